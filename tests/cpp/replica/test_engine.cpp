// The replica engine: what its trajectories do not depend on. That they are the right ones is
// tested against the slow twin (tests/python/engines/test_replica_twin.py).
#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "support/replicas.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

// Numbers of lanes around each width of words and of bundles.
constexpr std::int64_t many_replicas[] = {1,   2,   63,  64,  65,  127, 128,
                                          129, 255, 256, 257, 512, 513, 1100};

// Every kernel: generators, dynamics, with and without a field, one set of signs, signs of their
// own, and shared random numbers.
std::vector<ReplicaOptions> every_rule(const Graph& graph, std::int64_t replicas) {
  std::vector<ReplicaOptions> all;
  for (const Generator generator : generators) {
    for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
      for (const double h : {0.0, -0.4}) {
        ReplicaOptions o = make_replicas(graph, replicas, generator);
        o.dynamics = dynamics;
        o.h = h;
        all.push_back(o);
        all.push_back(with_own_signs(o));
        all.push_back(all.back());
        all.back().shared_random_numbers = true;
      }
    }
  }
  return all;
}

std::vector<std::uint64_t> packed_after(const ReplicaOptions& options, std::uint64_t sweeps) {
  ReplicaEngine engine{options};
  prepare(engine);
  engine.sweep(sweeps);
  return packed_of(engine);
}

void expect_same_at_every_isa(ReplicaOptions options, std::uint64_t sweeps) {
  options.isa = Isa::portable;
  const std::vector<std::uint64_t> expected = packed_after(options, sweeps);
  for (const Isa isa : available_isas()) {
    options.isa = isa;
    EXPECT_TRUE(packed_after(options, sweeps) == expected) << describe(options);
  }
}

TEST(ReplicaEngine, SameSpinsAtEveryIsaForEveryRule) {
  for (const Graph& graph : {torus({4, 4, 4}), torus({3, 5}), mixed_graph(150)}) {
    for (const ReplicaOptions& o : every_rule(graph, 300)) expect_same_at_every_isa(o, 3);
  }
}

TEST(ReplicaEngine, SameSpinsAtEveryIsaForEveryNumberOfReplicas) {
  for (const std::int64_t replicas : many_replicas) {
    for (const Generator generator : generators) {
      expect_same_at_every_isa(make_replicas(torus({3, 4, 5}), replicas, generator), 3);
    }
  }
}

// So many sweeps that lanes draw again thousands of times.
TEST(ReplicaEngine, SameSpinsAtEveryIsaForLong) {
  for (const Generator generator : generators) {
    expect_same_at_every_isa(make_replicas(torus({4, 4, 4}), 512, generator), 1000 / slowness);
  }
}

// Around the numbers of bonds where a digit more is drawn, and up to the most there may be.
TEST(ReplicaEngine, SameSpinsAtEveryIsaWithManyBonds) {
  const Graph large = slowness == 1
                          ? hubs({13, 63, 64, 127, 128, 255, 256, 1023, 1024, 70001, 131071})
                          : hubs({13, 63, 64, 127, 128, 1024});
  for (const Generator generator : generators) {
    expect_same_at_every_isa(make_replicas(large, 70, generator), 2);
    for (const std::int64_t replicas : many_replicas) {
      const ReplicaOptions options = make_replicas(dense_graph(40, 14), replicas, generator);
      expect_same_at_every_isa(options, 3);
      expect_same_at_every_isa(with_own_signs(options), 3);
    }
    expect_same_at_every_isa(make_replicas(all_pairs(20), 512, generator), 200 / slowness);
  }
}

// Few and many bundles; sweeps that each bundle does by itself, and sweeps so large that all
// threads share them.
TEST(ReplicaEngine, ThreadsChangeNothing) {
  for (const auto& [graph, replicas] : {std::pair{torus({4, 4, 4}), 100},
                                        {mixed_graph(150), 1100},
                                        {torus({40001}), 512},
                                        {dense_graph(60, 30), 1100},
                                        {dense_graph(9000, 14), 512},
                                        {torus({64, 64, 5}), 700}}) {
    for (const bool shared : {false, true}) {
      ReplicaOptions options = make_replicas(graph, replicas);
      // A set of signs for each is much memory; and not more than 12 bonds.
      if (shared && (graph.sites > 1000 || graph.sites == 60)) continue;
      if (shared) options = with_own_signs(options);
      options.shared_random_numbers = shared;
      const std::vector<std::uint64_t> expected = packed_after(options, 3);
      for (const int threads : {2, 3}) {
        options.threads = threads;
        EXPECT_TRUE(packed_after(options, 3) == expected) << describe(options);
      }
    }
  }
}

TEST(ReplicaEngine, CallsMayBeCutAnywhere) {
  for (const Graph& graph : {mixed_graph(150), torus({40001})}) {
    const ReplicaOptions options = make_replicas(graph, 512);
    const std::vector<std::uint64_t> expected = packed_after(options, 7);
    ReplicaEngine engine{options};
    prepare(engine);
    engine.sweep(1);
    engine.sweep(0);
    engine.run(2, 2, nullptr);
    std::vector<Sums> sums(2 * 512);
    engine.run(2, 1, sums.data());
    EXPECT_EQ(engine.sweeps_done(), 7U);
    EXPECT_TRUE(packed_of(engine) == expected) << describe(options);
  }
}

TEST(ReplicaEngine, GoesOnFromPackedSpins) {
  const ReplicaOptions options = make_replicas(torus({4, 4, 4}), 200);
  ReplicaEngine first{options};
  prepare(first);
  first.sweep(4);
  ReplicaEngine second{options};
  second.set_temperatures(first.temperatures());
  second.set_packed(packed_of(first).data());
  second.set_sweeps_done(4);
  first.sweep(3);
  second.sweep(3);
  EXPECT_EQ(second.sweeps_done(), 7U);
  EXPECT_TRUE(packed_of(second) == packed_of(first));
}

// Engines that together have the streams of one; each replica keeps its temperature and signs.
void expect_same_in_parts(const ReplicaOptions& whole, const std::vector<std::int64_t>& sizes) {
  ReplicaEngine engine{whole};
  prepare(engine);
  engine.sweep(5);
  std::int64_t first = 0;
  for (const std::int64_t size : sizes) {
    ReplicaOptions part = whole;
    part.replicas = size;
    part.first_stream = whole.first_stream + static_cast<std::uint64_t>(first);
    if (whole.samples > 1) {
      part.samples = size;
      const auto edges = static_cast<std::int64_t>(whole.edges.size());
      part.signs.assign(whole.signs.begin() + first * edges,
                        whole.signs.begin() + (first + size) * edges);
    }
    ReplicaEngine some{part};
    prepare(some);
    some.sweep(5);
    for (std::int64_t r = 0; r < size; ++r) {
      ASSERT_TRUE(spins_of(some, r) == spins_of(engine, first + r))
          << "replica " << first + r << " by itself of " << describe(part);
    }
    first += size;
  }
  ASSERT_EQ(first, whole.replicas);
}

TEST(ReplicaEngine, ReplicasMayBeCutAnywhere) {
  const std::vector<std::int64_t> sizes = {1, 27, 1, 128, 130, 400, 13};
  for (ReplicaOptions options : every_rule(mixed_graph(40), 700)) {
    options.first_stream = 100;
    expect_same_in_parts(options, sizes);
  }
}

TEST(ReplicaEngine, ReplicasWithManyBondsMayBeCutAnywhere) {
  for (const Generator generator : generators) {
    ReplicaOptions options = make_replicas(dense_graph(40, 14), 700, generator);
    options.first_stream = 100;
    expect_same_in_parts(options, {1, 27, 1, 128, 130, 400, 13});
    expect_same_in_parts(with_own_signs(options), {300, 2, 398});
  }
}

// A sweep in pieces by all threads, and one by each bundle alone, are the same sweep.
TEST(ReplicaEngine, LargeGraphsMayBeCutToo) {
  expect_same_in_parts(make_replicas(torus({40001}), 512), {128, 384});
}

TEST(ReplicaEngine, StreamsGoUpToTheLast) {
  ReplicaOptions options = make_replicas(torus({3, 4}), 5);
  options.first_stream = (std::uint64_t{1} << 26) - 5;
  expect_same_at_every_isa(options, 3);
  expect_same_in_parts(options, {2, 3});
}

// Neighbouring streams, seeds, and generators have nothing in common.
TEST(ReplicaEngine, TrajectoriesDependOnWhatTheyShould) {
  const ReplicaOptions options = make_replicas(torus({4, 4, 4}), 2);
  ReplicaEngine engine{options};
  engine.set_temperatures(std::vector<double>{3.0, 3.0});
  engine.sweep(2);
  EXPECT_NE(spins_of(engine, 0), spins_of(engine, 1));
  const auto expect_other = [&](const ReplicaOptions& changed, double temperature) {
    ReplicaEngine other{changed};
    other.set_temperatures(std::vector<double>{temperature, temperature});
    other.sweep(2);
    EXPECT_NE(spins_of(other, 0), spins_of(engine, 0)) << describe(changed);
  };
  ReplicaOptions changed = options;
  changed.seed += std::uint64_t{1} << 63;
  expect_other(changed, 3.0);
  changed = options;
  changed.generator = Generator::philox;
  expect_other(changed, 3.0);
  changed = options;
  changed.dynamics = Dynamics::glauber;
  expect_other(changed, 3.0);
  changed = options;
  changed.J = 1.1;
  expect_other(changed, 3.0);
  expect_other(options, 3.3);
}

TEST(ReplicaEngine, StartsWithAllSpinsUpAtTemperatureOne) {
  for (const std::int64_t replicas : {1, 130, 700}) {
    ReplicaEngine engine{make_replicas(torus({3, 4}), replicas)};
    EXPECT_EQ(engine.sweeps_done(), 0U);
    for (std::int64_t r = 0; r < replicas; ++r) {
      EXPECT_EQ(spins_of(engine, r), Spins(12, 1));
      EXPECT_EQ(engine.temperatures()[static_cast<std::size_t>(r)], 1.0);
    }
    engine.fill(false);
    EXPECT_EQ(spins_of(engine, replicas - 1), Spins(12, -1));
    engine.fill(true);
    EXPECT_EQ(spins_of(engine, replicas - 1), Spins(12, 1));
  }
}

TEST(ReplicaEngine, Colours) {
  const auto colours = [](const Graph& graph) {
    return ReplicaEngine{make_replicas(graph, 1)}.colours();
  };
  EXPECT_EQ(colours({5, {}}), 1);
  EXPECT_EQ(colours(torus({4, 4, 4})), 2);
  EXPECT_EQ(colours(torus({2, 2})), 2);
  EXPECT_EQ(colours(torus({5})), 3);
}

// A spin is a bit, an edge 32 bytes for all replicas and, with signs of their own, a bit for each.
TEST(ReplicaEngine, Bytes) {
  const auto bytes = [](std::int64_t samples, std::int64_t replicas, std::uint64_t first_stream,
                        bool shared) {
    return replica_bytes(1000, 3000, samples, replicas, first_stream, shared);
  };
  constexpr std::size_t graph = 1000 * 8 + 3000 * 32;
  EXPECT_EQ(bytes(1, 512, 0, false), 64 * 1000 + graph);
  EXPECT_EQ(bytes(512, 512, 0, false), 64 * (1000 + 3000) + graph);
  EXPECT_EQ(bytes(1, 128, 0, false), 16 * 1000 + graph);
  EXPECT_EQ(bytes(1, 129, 0, false), 32 * 1000 + graph);
  EXPECT_EQ(bytes(1, 257, 0, false), 64 * 1000 + graph);
  EXPECT_EQ(bytes(1, 513, 0, false), (64 + 16) * 1000 + graph);
  EXPECT_EQ(bytes(1, 128, 127, false), 32 * 1000 + graph);  // streams of two pairs of words
  EXPECT_EQ(bytes(2, 2, 511, true), (64 + 64) * 4000 + graph);
}

}  // namespace
}  // namespace multispin::test
