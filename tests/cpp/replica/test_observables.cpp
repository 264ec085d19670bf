// Spins in and out of the replica engine, sums and overlaps: against plain loops over unpacked
// spins, for one and several bundles, at every instruction set.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "support/replicas.hpp"

namespace multispin::test {
namespace {

std::int64_t product(const Spins& a, const Spins& b, std::size_t site) {
  return std::int64_t{a[site]} * b[site];
}

// Graphs with one site, with double bonds, and with more edges and sites than a word has bits;
// bundles of all widths, lanes before the first replica; shared signs and signs of their own.
void for_many_engines(const std::function<void(ReplicaEngine&, const ReplicaOptions&)>& check) {
  for (const Isa isa : available_isas()) {
    for (const Graph& graph : {Graph{1, {}}, torus({2, 2}), torus({4, 4, 4}), mixed_graph(141)}) {
      for (const std::int64_t replicas : {1, 65, 200, 300, 1100}) {
        ReplicaOptions options = make_replicas(graph, replicas);
        if (replicas % 2 == 0) options = with_own_signs(options);
        options.isa = isa;
        options.first_stream = static_cast<std::uint64_t>(3 * replicas);
        options.threads = replicas > 1000 ? 2 : 1;
        ReplicaEngine engine{options};
        prepare(engine);
        engine.sweep(2);
        check(engine, options);
        if (::testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

// Sign of an edge in a replica.
int sign_of(const ReplicaOptions& o, std::int64_t replica, std::size_t edge) {
  const auto sample = static_cast<std::size_t>(replica / (o.replicas / o.samples));
  return o.signs[sample * o.edges.size() + edge];
}

Sums naive_sums(const ReplicaOptions& o, std::int64_t replica, const Spins& spins) {
  Sums sums;
  for (std::size_t e = 0; e < o.edges.size(); ++e) {
    sums.bonds += sign_of(o, replica, e) * spins[o.edges[e].first] * spins[o.edges[e].second];
  }
  for (const int s : spins) sums.spins += s;
  return sums;
}

TEST(ReplicaObservables, Sums) {
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    const std::vector<Sums> sums = sums_of(engine);
    for (std::int64_t r = 0; r < o.replicas; ++r) {
      ASSERT_EQ(sums[static_cast<std::size_t>(r)], naive_sums(o, r, spins_of(engine, r)))
          << "replica " << r << " of " << describe(o);
    }
  });
}

TEST(ReplicaObservables, RunTakesThemAfterEachInterval) {
  const ReplicaOptions options = make_replicas(torus({4, 4, 4}), 300);
  ReplicaEngine engine{options}, again{options};
  prepare(engine);
  prepare(again);
  constexpr std::size_t draws = 4;
  std::vector<Sums> sums(draws * 300), expected;
  ASSERT_TRUE(engine.run(draws, 3, sums.data()));
  for (std::size_t d = 0; d < draws; ++d) {
    again.sweep(3);
    for (const Sums& s : sums_of(again)) expected.push_back(s);
  }
  EXPECT_TRUE(sums == expected);
}

// Pairs near each other and in different bundles, a replica with itself, one pair twice.
std::vector<ReplicaPair> some_pairs(std::int64_t replicas) {
  std::mt19937_64 generator{9};
  std::vector<ReplicaPair> pairs;
  for (int i = 0; i < 40; ++i) {
    pairs.push_back(
        {static_cast<std::uint32_t>(generator() % static_cast<std::uint64_t>(replicas)),
         static_cast<std::uint32_t>(generator() % static_cast<std::uint64_t>(replicas))});
  }
  const auto last = static_cast<std::uint32_t>(replicas - 1);
  pairs.push_back({last, last});
  pairs.push_back({0, last});
  pairs.push_back(pairs.front());
  return pairs;
}

TEST(ReplicaObservables, Overlaps) {
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    const std::vector<ReplicaPair> pairs = some_pairs(o.replicas);
    std::vector<std::int64_t> overlaps(pairs.size()), links(pairs.size());
    engine.overlaps(pairs, overlaps.data());
    if (o.samples == 1) engine.link_overlaps(pairs, links.data());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const Spins a = spins_of(engine, pairs[i].first), b = spins_of(engine, pairs[i].second);
      std::int64_t overlap = 0, link = 0;
      for (std::size_t s = 0; s < a.size(); ++s) overlap += product(a, b, s);
      for (const GraphEdge& e : o.edges) link += product(a, b, e.first) * product(a, b, e.second);
      ASSERT_EQ(overlaps[i], overlap) << "pair " << i << " of " << describe(o);
      if (o.samples > 1) continue;  // other signs, another energy: links have no meaning
      ASSERT_EQ(links[i], link) << "pair " << i << " of " << describe(o);
    }
  });
}

// Replicas of one disorder sample have the same signs.
TEST(ReplicaObservables, LinkOverlapsInsideDisorderSamples) {
  const Graph graph = torus({3, 4, 5});
  ReplicaOptions o = make_replicas(graph, 600);
  o.samples = 150;
  o.signs = random_signs(graph.edges.size() * 150);
  ReplicaEngine engine{o};
  prepare(engine);
  engine.sweep(2);
  std::vector<ReplicaPair> pairs;
  for (std::uint32_t k = 0; k < 150; ++k) pairs.push_back({4 * k + 1, 4 * k + 3});
  std::vector<std::int64_t> links(pairs.size());
  engine.link_overlaps(pairs, links.data());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Spins a = spins_of(engine, pairs[i].first), b = spins_of(engine, pairs[i].second);
    std::int64_t link = 0;
    for (const GraphEdge& e : o.edges) link += product(a, b, e.first) * product(a, b, e.second);
    ASSERT_EQ(links[i], link) << "pair " << i;
  }
}

TEST(ReplicaObservables, OverlapsByGroups) {
  constexpr std::int32_t groups = 5;
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    // Group 3 is empty; group 1 has a word full of sites, if there are so many.
    std::vector<std::int32_t> group_of(static_cast<std::size_t>(o.sites));
    for (std::size_t s = 0; s < group_of.size(); ++s) {
      group_of[s] = s < 64 ? 1 : std::array{0, 2, 4, 4}[s % 4];
    }
    const std::vector<ReplicaPair> pairs = some_pairs(o.replicas);
    std::vector<std::int64_t> got(pairs.size() * groups);
    engine.group_overlaps(pairs, group_of, groups, got.data());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const Spins a = spins_of(engine, pairs[i].first), b = spins_of(engine, pairs[i].second);
      std::vector<std::int64_t> expected(groups);
      for (std::size_t s = 0; s < a.size(); ++s) {
        expected[static_cast<std::size_t>(group_of[s])] += product(a, b, s);
      }
      const auto begin = got.begin() + static_cast<std::ptrdiff_t>(i * groups);
      ASSERT_EQ(std::vector(begin, begin + groups), expected) << "pair " << i << describe(o);
    }
  });
}

TEST(ReplicaObservables, PackedBitsAreSpins) {
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    const std::vector<std::uint64_t> words = packed_of(engine);
    const auto row = static_cast<std::size_t>(engine.packed_words());
    ASSERT_EQ(row, static_cast<std::size_t>(o.replicas + 63) / 64);
    std::vector<std::uint64_t> expected(words.size());
    for (std::int64_t r = 0; r < o.replicas; ++r) {
      const Spins spins = spins_of(engine, r);
      const auto word = static_cast<std::size_t>(r / 64);
      for (std::size_t s = 0; s < spins.size(); ++s) {
        expected[s * row + word] |= std::uint64_t{spins[s] > 0} << (r % 64);
      }
    }
    ASSERT_TRUE(words == expected) << describe(o);  // unused bits are zero
  });
}

TEST(ReplicaObservables, PackedRoundTrip) {
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    const std::vector<std::uint64_t> words = packed_of(engine);
    std::vector<std::uint64_t> rubbish = words;
    const auto row = static_cast<std::size_t>(engine.packed_words());
    const std::int64_t used = o.replicas % 64;
    for (std::size_t i = row - 1; i < rubbish.size() && used != 0; i += row) {
      rubbish[i] |= ~std::uint64_t{0} << used;
    }
    engine.fill(false);
    engine.set_packed(rubbish.data());
    ASSERT_TRUE(packed_of(engine) == words) << describe(o);
  });
}

TEST(ReplicaObservables, SetsOneReplica) {
  for_many_engines([](ReplicaEngine& engine, const ReplicaOptions& o) {
    std::vector<Spins> expected = all_spins(engine);
    std::mt19937_64 generator{10};
    for (const std::size_t r : {std::size_t{0}, expected.size() / 2, expected.size() - 1}) {
      for (std::int8_t& s : expected[r]) s = generator() % 2 == 0 ? 1 : -1;
      engine.set_spins(static_cast<std::int64_t>(r), expected[r].data());
    }
    ASSERT_TRUE(all_spins(engine) == expected) << describe(o);
  });
}

}  // namespace
}  // namespace multispin::test
