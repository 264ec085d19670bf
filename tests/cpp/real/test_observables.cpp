// Spins in and out of the engine of real couplings, sums and overlaps: against plain loops over
// unpacked spins.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "support/real.hpp"

namespace multispin::test {
namespace {

void for_many_engines(const std::function<void(RealEngine&, const RealOptions&)>& check) {
  for (const Isa isa : available_isas()) {
    for (const Storage storage : storages) {
      for (const Graph& graph :
           {Graph{1, {}}, torus({2, 2}), torus({4, 4, 4}), any_pairs(141, 300)}) {
        for (const std::int64_t replicas : {1, 33, 70, 300}) {
          RealOptions options =
              make_real(graph, replicas, storage, Generator::aes, replicas % 2 == 0 ? 2 : 1);
          options.isa = isa;
          options.first_stream = static_cast<std::uint64_t>(3 * replicas);
          options.threads = replicas > 100 ? 2 : 1;
          RealEngine engine{options};
          prepare(engine);
          engine.sweep(2);
          check(engine, options);
          if (::testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

// -E in steps, of rounded couplings and fields.
Sums naive_sums(const RealEngine& engine, const RealOptions& o, std::int64_t replica) {
  const Spins spins = spins_of(engine, replica);
  const auto sample = static_cast<std::size_t>(replica / (o.replicas / o.samples));
  const auto steps = [&](double value) { return std::llround(value / engine.step()); };
  Sums sums;
  for (std::size_t e = 0; e < o.edges.size(); ++e) {
    sums.bonds += steps(o.couplings[sample * o.edges.size() + e]) * spins[o.edges[e].first] *
                  spins[o.edges[e].second];
  }
  for (std::size_t i = 0; i < spins.size(); ++i) {
    sums.bonds += steps(o.fields[i]) * spins[i];
    sums.spins += spins[i];
  }
  return sums;
}

// No two of the numbers are a half apart, which would be rounded one way or the other.
TEST(RealObservables, Sums) {
  for_many_engines([](RealEngine& engine, const RealOptions& o) {
    const std::vector<Sums> sums = sums_of(engine);
    for (std::int64_t r = 0; r < o.replicas; ++r) {
      const Sums& got = sums[static_cast<std::size_t>(r)];
      const Sums expected = naive_sums(engine, o, r);
      // A number that lies halfway is taken to the even one, here away from zero.
      ASSERT_NEAR(static_cast<double>(got.bonds), static_cast<double>(expected.bonds),
                  static_cast<double>(o.edges.size() / 8 + 2))
          << "replica " << r << " of " << describe(o);
      ASSERT_EQ(got.spins, expected.spins);
      ASSERT_EQ(engine.energy(got), -engine.step() * static_cast<double>(got.bonds));
    }
  });
}

// What fields say after many flips is what they are of the spins as they stand.
TEST(RealObservables, NothingDrifts) {
  for (const Storage storage : storages) {
    for (const RealDynamics dynamics : all_real_dynamics) {
      RealOptions o = make_real(any_pairs(130, 600), 40, storage);
      o.dynamics = dynamics;
      o.order = SiteOrder::random;
      RealEngine engine{o}, fresh{o};
      prepare(engine);
      for (int round = 0; round < 4; ++round) {
        engine.sweep(100);
        fresh.set_packed(packed_of(engine).data());
        ASSERT_EQ(sums_of(engine), sums_of(fresh)) << describe(o);
      }
    }
  }
}

TEST(RealObservables, RunTakesThemAfterEachInterval) {
  for (const Storage storage : storages) {
    for (const int threads : {1, 3}) {
      RealOptions options = make_real(torus({4, 4, 4}), 300, storage);
      options.threads = threads;
      RealEngine engine{options}, again{options};
      prepare(engine);
      prepare(again);
      for (const std::uint64_t interval : {0, 1, 3}) {
        constexpr std::size_t draws = 40;
        std::vector<Sums> sums(draws * 300), expected;
        ASSERT_TRUE(engine.run(draws, interval, sums.data()));
        for (std::size_t d = 0; d < draws; ++d) {
          again.sweep(interval);
          for (const Sums& s : sums_of(again)) expected.push_back(s);
        }
        EXPECT_TRUE(sums == expected);
      }
    }
  }
}

TEST(RealObservables, SpinsInAndOut) {
  for_many_engines([](RealEngine& engine, const RealOptions& o) {
    RealEngine other{o}, third{o};
    const std::vector<std::uint64_t> words = packed_of(engine);
    other.set_packed(words.data());
    for (std::int64_t r = 0; r < o.replicas; ++r) {
      const Spins spins = spins_of(engine, r);
      for (std::size_t i = 0; i < spins.size(); ++i) {
        const std::size_t word =
            i * static_cast<std::size_t>(engine.packed_words()) + static_cast<std::size_t>(r / 64);
        ASSERT_EQ(words[word] >> (r % 64) & 1U, spins[i] > 0 ? 1U : 0U);
      }
      third.set_spins(r, spins.data());
    }
    if (o.replicas % 64 != 0) {
      ASSERT_EQ(words.back() >> (o.replicas % 64), 0U);
    }
    ASSERT_EQ(packed_of(other), words);
    ASSERT_EQ(packed_of(third), words);
    ASSERT_EQ(sums_of(other), sums_of(engine));
    ASSERT_EQ(sums_of(third), sums_of(engine));
    for (const bool up : {true, false}) {
      third.fill(up);
      for (const Sums& sums : sums_of(third)) ASSERT_EQ(sums.spins, up ? o.sites : -o.sites);
    }
  });
}

TEST(RealObservables, Overlaps) {
  for_many_engines([](RealEngine& engine, const RealOptions& o) {
    std::vector<ReplicaPair> pairs;
    for (std::uint32_t r = 0; r < o.replicas; r += 7) {
      pairs.push_back({r, static_cast<std::uint32_t>(o.replicas) - 1 - r});
    }
    std::vector<std::int64_t> overlaps(pairs.size()), links(pairs.size());
    engine.overlaps(pairs, overlaps.data());
    engine.link_overlaps(pairs, links.data());
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const Spins a = spins_of(engine, pairs[p].first);
      const Spins b = spins_of(engine, pairs[p].second);
      std::int64_t overlap = 0;
      std::int64_t link = 0;
      for (std::size_t i = 0; i < a.size(); ++i) overlap += std::int64_t{a[i]} * b[i];
      for (const GraphEdge& e : o.edges) {
        link += std::int64_t{a[e.first]} * a[e.second] * b[e.first] * b[e.second];
      }
      ASSERT_EQ(overlaps[p], overlap);
      ASSERT_EQ(links[p], link);
    }
  });
}

TEST(RealObservables, LinkOverlapsOfAllPairs) {
  const RealOptions listed = make_real(all_pairs_in_order(37), 6, Storage::dense);
  RealEngine one{listed}, other{unlisted(listed)};
  prepare(one);
  prepare(other);
  const std::vector<ReplicaPair> pairs{{0, 1}, {2, 5}, {3, 3}};
  std::vector<std::int64_t> expected(pairs.size()), found(pairs.size());
  one.link_overlaps(pairs, expected.data());
  other.link_overlaps(pairs, found.data());
  EXPECT_EQ(found, expected);
}

TEST(RealObservables, OverlapsOfSlabs) {
  RealEngine engine{make_real(torus({4, 3, 5}), 9, Storage::sparse)};
  prepare(engine);
  const std::vector<ReplicaPair> pairs = {{0, 8}, {3, 3}};
  const std::vector<std::int64_t> shape = {5, 3, 4};
  const SlabOverlaps slabs = engine.slab_overlaps(shape);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto side = static_cast<std::size_t>(shape[axis]);
    std::vector<std::int64_t> sums(pairs.size() * side), expected(pairs.size() * side);
    slabs(pairs, axis, sums.data());
    const std::vector<std::int32_t> x = coordinates(shape, axis);
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const Spins a = spins_of(engine, pairs[p].first);
      const Spins b = spins_of(engine, pairs[p].second);
      for (std::size_t i = 0; i < a.size(); ++i) {
        expected[p * side + static_cast<std::size_t>(x[i])] += std::int64_t{a[i]} * b[i];
      }
    }
    EXPECT_EQ(sums, expected);
  }
}

}  // namespace
}  // namespace multispin::test
