// The CUDA replica engine, compiled for the host, over an emulated device (tests/emulation). The
// oracle is the engine of the CPU. Equality is exact.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "multispin/cuda/replica/engine.hpp"
#include "multispin/random/streams.hpp"
#include "support/replicas.hpp"

namespace multispin::test {
namespace {

using CudaReplicas = cuda::ReplicaEngine;

// Sites of every degree from 0 to 12: site k has k leaves of its own.
Graph every_degree() {
  Graph graph{13, {}};
  for (std::uint32_t centre = 0; centre < 13; ++centre) {
    for (std::uint32_t i = 0; i < centre; ++i) {
      graph.edges.push_back({centre, static_cast<std::uint32_t>(graph.sites++)});
    }
  }
  return graph;
}

struct Case {
  Graph graph = torus({3, 3, 3});
  std::int64_t replicas = 65;
  std::uint64_t first_stream = 0;
  std::int64_t samples = 1;
  Dynamics dynamics = Dynamics::metropolis;
  double h = 0;
  bool shared = false;
};

// +1 or -1, from a number.
std::int8_t sign_of(std::uint64_t number) {
  return (number * 0x9e3779b97f4a7c15U >> 40 & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
}

ReplicaOptions options_of(const Case& c, Generator generator) {
  ReplicaOptions o;
  o.sites = c.graph.sites;
  o.edges = c.graph.edges;
  o.samples = c.samples;
  for (std::size_t i = 0; i < c.graph.edges.size() * static_cast<std::size_t>(c.samples); ++i) {
    o.signs.push_back(sign_of(i + 1));
  }
  o.replicas = c.replicas;
  o.J = 1.25;
  o.h = c.h;
  o.dynamics = c.dynamics;
  o.generator = generator;
  o.seed = 0x0123456789abcdefU;
  o.first_stream = c.first_stream;
  o.shared_random_numbers = c.shared;
  return o;
}

// One for each replica, from cold to hot; some always accept, as far as numbers of 48 bits can
// tell.
std::vector<double> wide_temperatures(const ReplicaOptions& o) {
  std::vector<double> temperatures;
  for (std::int64_t r = 0; r < o.replicas; ++r) {
    const double t = 0.4 * std::pow(100.0, static_cast<double>(r % 50) / 50.0);
    temperatures.push_back(o.shared_random_numbers ? 2.0 : (r % 17 == 3 ? 1e17 : t));
  }
  return temperatures;
}

template <class Engine>
std::vector<std::uint64_t> packed(Engine& engine) {
  const ReplicaOptions& o = engine.options();
  std::vector<std::uint64_t> words(static_cast<std::size_t>(o.sites * engine.packed_words()));
  engine.get_packed(words.data());
  return words;
}

template <class Engine>
std::vector<Sums> sums_of(Engine& engine) {
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  engine.sums(sums.data());
  return sums;
}

template <class Engine>
Spins spins_of(Engine& engine, std::int64_t replica) {
  Spins spins(static_cast<std::size_t>(engine.options().sites));
  engine.get_spins(replica, spins.data());
  return spins;
}

// A random start, sweeps from late in a run on, and measurements, on both.
void expect_equal(const ReplicaOptions& options, std::uint64_t sweeps_before = 0) {
  ReplicaEngine expected{options};
  CudaReplicas engine{options, 0};
  const auto prepare = [&](auto& e) {
    e.set_temperatures(wide_temperatures(options));
    e.randomize();
    e.set_sweeps_done(sweeps_before);
  };
  prepare(expected);
  prepare(engine);
  EXPECT_EQ(packed(engine), packed(expected)) << "initial, " << describe(options);
  std::vector<Sums> sums(static_cast<std::size_t>(2 * options.replicas));
  std::vector<Sums> expected_sums(sums.size());
  ASSERT_TRUE(expected.run(2, 2, expected_sums.data()));
  ASSERT_TRUE(engine.run(2, 2, sums.data()));
  EXPECT_EQ(sums, expected_sums) << describe(options);
  ASSERT_TRUE(expected.sweep(1));
  ASSERT_TRUE(engine.sweep(1));
  ASSERT_EQ(engine.sweeps_done(), expected.sweeps_done());
  EXPECT_EQ(packed(engine), packed(expected)) << describe(options);
  EXPECT_EQ(sums_of(engine), sums_of(expected)) << describe(options);
  EXPECT_EQ(engine.colours(), expected.colours());
}

class CudaReplicaTrajectory : public ::testing::TestWithParam<Generator> {};

// 0: Metropolis at h = 0; 1 and 2: what has a class for each number of bonds.
const std::pair<Dynamics, double> rules[] = {
    {Dynamics::metropolis, 0}, {Dynamics::metropolis, -0.4}, {Dynamics::glauber, 0}};

TEST_P(CudaReplicaTrajectory, IsThatOfTheCpuForEveryDegreeAndRule) {
  for (const auto& [dynamics, h] : rules) {
    for (const Graph& graph : {torus({5}), torus({4, 4}), torus({3, 3, 3}), torus({2, 2, 2, 2}),
                               torus({2, 2, 2, 2, 2, 2}), every_degree(), Graph{5, {}}}) {
      for (const std::int64_t samples : {1, 70}) {
        for (const bool shared : {false, true}) {
          if (shared && samples == 1) continue;
          Case c{graph, 70, 0, samples, dynamics, h, shared};
          expect_equal(options_of(c, GetParam()));
        }
      }
    }
  }
}

TEST_P(CudaReplicaTrajectory, IsThatOfTheCpuWithManyBonds) {
  for (const Graph& graph : {hubs({13, 14, 63, 64, 127, 128, 1000}), all_pairs(14), all_pairs(50),
                             dense_graph(40, 14)}) {
    for (const std::int64_t replicas : {1, 70, 513}) {
      Case c{graph, replicas, 7, 1, Dynamics::metropolis, 0, false};
      expect_equal(options_of(c, GetParam()), (std::uint64_t{1} << 33) + 5);
      c.samples = replicas;
      if (replicas == 70) expect_equal(options_of(c, GetParam()));
    }
  }
}

TEST_P(CudaReplicaTrajectory, IsThatOfTheCpuForAnyNumberOfReplicas) {
  for (const std::int64_t replicas : {1, 64, 65, 130, 513}) {
    for (const std::uint64_t first_stream : {0, 1, 63, 64, 130, 511, 67108000}) {
      Case c;
      c.replicas = replicas;
      c.first_stream = first_stream;
      expect_equal(options_of(c, GetParam()), (std::uint64_t{1} << 33) + 5);
      c.samples = replicas;
      expect_equal(options_of(c, GetParam()));
      c.shared = true;
      expect_equal(options_of(c, GetParam()));
    }
  }
}

TEST_P(CudaReplicaTrajectory, IsThatOfTheCpuWithSeveralReplicasOfASample) {
  Case c;
  c.replicas = 132;
  c.samples = 33;
  expect_equal(options_of(c, GetParam()));
}

// A lane in 2^K draws again, so of this many several hundred do, in every rule.
TEST_P(CudaReplicaTrajectory, IsThatOfTheCpuWhereLanesDrawAgain) {
  for (const auto& [dynamics, h] : rules) {
    Case c{torus({16, 16, 16}), 512, 0, 1, dynamics, h, false};
    expect_equal(options_of(c, GetParam()));
  }
  Case many{all_pairs(40), 4096, 0, 1, Dynamics::metropolis, 0, false};
  expect_equal(options_of(many, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Each, CudaReplicaTrajectory, ::testing::ValuesIn(generators),
                         [](const auto& info) { return ::testing::PrintToString(info.param); });

// More items a thread than a counter of few planes holds, were they not shared out.
TEST(CudaReplica, CountsLargeGraphs) {
  Case c{torus({22, 22, 22}), 1, 5, 1, Dynamics::metropolis, 0, false};
  c.graph.sites += 3;  // and sites without bonds
  ReplicaEngine expected{options_of(c, Generator::philox)};
  CudaReplicas engine{options_of(c, Generator::philox), 0};
  EXPECT_EQ(sums_of(engine), sums_of(expected)) << "all up";
  expected.randomize();
  engine.randomize();
  EXPECT_EQ(sums_of(engine), sums_of(expected));
}

TEST(CudaReplica, SetsAndReadsSpins) {
  for (const std::uint64_t first_stream : {0, 7}) {
    Case c;
    c.replicas = 130;
    c.first_stream = first_stream;
    ReplicaEngine expected{options_of(c, Generator::philox)};
    CudaReplicas engine{options_of(c, Generator::philox), 0};
    engine.fill(false);
    const auto sites = static_cast<std::size_t>(c.graph.sites);
    for (std::int64_t r = 0; r < c.replicas; ++r) {
      EXPECT_EQ(spins_of(engine, r), Spins(sites, -1));
      Spins spins;
      for (std::size_t i = 0; i < sites; ++i) {
        spins.push_back(sign_of(i + 1000 * static_cast<std::uint64_t>(r) + 1));
      }
      expected.set_spins(r, spins.data());
      engine.set_spins(r, spins.data());
      EXPECT_EQ(spins_of(engine, r), spins);
    }
    const std::vector<std::uint64_t> words = packed(expected);
    EXPECT_EQ(packed(engine), words);
    engine.fill(true);
    // Bits beyond the last replica do not matter.
    std::vector<std::uint64_t> more = words;
    for (std::size_t i = 2; i < more.size(); i += 3) more[i] |= ~std::uint64_t{3};
    engine.set_packed(more.data());
    EXPECT_EQ(packed(engine), words);
    EXPECT_EQ(sums_of(engine), sums_of(expected));
  }
}

TEST(CudaReplica, ArraysGoOutAndIn) {
  for (const std::int64_t replicas : {1, 63, 64, 130}) {
    for (const std::uint64_t first_stream : {0, 7, 63}) {
      Case c;
      c.replicas = replicas;
      c.first_stream = first_stream;
      CudaReplicas engine{options_of(c, Generator::philox), 1};
      engine.randomize();
      const std::vector<std::uint64_t> words = packed(engine);
      const cuda::DeviceArray spins = engine.spins();
      const cuda::DeviceArray bits = engine.packed();
      EXPECT_EQ(spins.shape, (std::vector<std::int64_t>{replicas, 27}));
      EXPECT_EQ(bits.shape, (std::vector<std::int64_t>{27, engine.packed_words()}));
      engine.sweep(1);
      std::vector<std::uint64_t> copied(words.size());
      cuda::copy_to_host(bits, copied.data());
      EXPECT_EQ(copied, words);

      CudaReplicas again{options_of(c, Generator::philox), 1};
      const auto filled = cuda::ForeignArray::Filled::already;
      const auto* const data = static_cast<const std::int8_t*>(spins.data);
      again.set_spins({data, spins.shape, filled, nullptr});
      EXPECT_EQ(packed(again), words);
      Spins unpacked(static_cast<std::size_t>(spins.size()));
      cuda::copy_to_host(spins, unpacked.data());
      const auto last = static_cast<std::ptrdiff_t>(27 * (replicas - 1));
      EXPECT_EQ(spins_of(again, replicas - 1), Spins(unpacked.begin() + last, unpacked.end()));
      again.set_spins({data + last, {27}, filled, nullptr});
      for (const std::int64_t r : {std::int64_t{0}, replicas - 1}) {
        EXPECT_EQ(spins_of(again, r), Spins(unpacked.begin() + last, unpacked.end()));
      }
    }
  }
}

TEST(CudaReplica, RefusesArraysAndStaysAsItIs) {
  CudaReplicas engine{options_of(Case{}, Generator::philox), 1};
  engine.randomize();
  const std::vector<std::uint64_t> kept = packed(engine);
  const cuda::DeviceArray spins = engine.spins();
  const auto refused = [&](CudaReplicas& by, const void* data, std::vector<std::int64_t> shape) {
    EXPECT_THROW(by.set_spins({static_cast<const std::int8_t*>(data), std::move(shape),
                               cuda::ForeignArray::Filled::by_somebody, nullptr}),
                 std::invalid_argument);
  };
  refused(engine, spins.data, {3, 9});
  refused(engine, spins.data, {27, 65});
  const Spins of_host(27, 1);
  refused(engine, of_host.data(), {27});
  CudaReplicas elsewhere{options_of(Case{}, Generator::philox), 0};
  refused(elsewhere, spins.data, spins.shape);
  static_cast<std::int8_t*>(spins.data)[26] = 0;
  refused(engine, spins.data, spins.shape);
  EXPECT_EQ(packed(engine), kept);
}

TEST(CudaReplica, ReshapesArraysWithoutGaps) {
  CudaReplicas engine{options_of(Case{}, Generator::philox), 0};
  const cuda::DeviceArray spins = engine.spins();
  const cuda::DeviceArray cube = cuda::reshaped(spins, {65, 3, 3, 3});
  EXPECT_EQ(cube.strides, (std::vector<std::int64_t>{27, 9, 3, 1}));
  EXPECT_EQ(cube.data, spins.data);
  EXPECT_THROW(cuda::reshaped(spins, {65, 3, 3, 4}), std::invalid_argument);
  cuda::DeviceArray gaps = spins;
  gaps.strides = {32, 1};
  EXPECT_THROW(cuda::reshaped(gaps, {65 * 27}), std::invalid_argument);
}

TEST(CudaReplica, ComparesReplicas) {
  for (const std::int64_t samples : {1, 65}) {
    Case c{torus({11, 11, 11}), 130, 9, samples, Dynamics::metropolis, 0, false};
    c.graph.sites += 2;
    const ReplicaOptions options = options_of(c, Generator::philox);
    ReplicaEngine expected{options};
    CudaReplicas engine{options, 0};
    std::vector<std::int32_t> group_of;
    for (std::int64_t i = 0; i < c.graph.sites; ++i) {
      group_of.push_back(static_cast<std::int32_t>(i % 7 == 0 ? 0 : (i / 9 % 4) + 1));
    }
    constexpr std::int64_t groups = 7;  // the last two are empty
    const std::vector<ReplicaPair> pairs{{0, 0}, {0, 1}, {129, 3}, {54, 55}, {64, 63}, {1, 0}};
    const auto compared = [&](auto& e) {
      e.randomize();
      e.sweep(2);
      std::vector<std::int64_t> all(pairs.size() * (2 + groups), -1);
      e.overlaps(pairs, all.data());
      e.link_overlaps(pairs, all.data() + pairs.size());
      e.group_overlaps(pairs, group_of, groups, all.data() + 2 * pairs.size());
      return all;
    };
    const std::vector<std::int64_t> expected_sums = compared(expected);
    EXPECT_EQ(compared(engine), expected_sums);
    EXPECT_EQ(expected_sums[0], options.sites);
    engine.overlaps({}, nullptr);
  }
}

TEST(CudaReplica, ComparesReplicasWithoutBonds) {
  const Case c{Graph{5, {}}, 3, 0, 1, Dynamics::metropolis, 0, false};
  CudaReplicas engine{options_of(c, Generator::philox), 0};
  std::int64_t sum = -1;
  engine.link_overlaps(std::vector<ReplicaPair>{{0, 2}}, &sum);
  EXPECT_EQ(sum, 0);
}

// More than passes through a device's buffers at a time, by 16 sites (and bonds).
TEST(CudaReplica, TakesLargeBatchesByParts) {
  const Case c{torus({16400}), 16384, 0, 1, Dynamics::metropolis, 0, false};
  const ReplicaOptions options = options_of(c, Generator::philox);
  CudaReplicas engine{options, 0};
  std::vector<std::uint64_t> words(static_cast<std::size_t>(options.sites * engine.packed_words()));
  const auto key = random::derive(5, 0, random::Purpose::initial_spins, 0);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = random::initial_word(key, i, 0);
  engine.set_packed(words.data());
  EXPECT_TRUE(packed(engine) == words);
  const auto spin = [&](std::int64_t site, std::uint32_t replica) {
    const auto at = static_cast<std::size_t>(site * engine.packed_words() + replica / 64);
    return (words[at] >> (replica % 64) & 1U) != 0 ? 1 : -1;
  };
  const std::vector<ReplicaPair> pairs{{3, 16383}, {8000, 64}};
  const std::vector<std::int32_t> group_of = [&] {
    std::vector<std::int32_t> groups;
    for (std::int64_t i = 0; i < options.sites; ++i) groups.push_back(i < 16390 ? 0 : 1);
    return groups;
  }();
  std::vector<std::int64_t> site_sums(2), bond_sums(2), group_sums(4);
  engine.overlaps(pairs, site_sums.data());
  engine.link_overlaps(pairs, bond_sums.data());
  engine.group_overlaps(pairs, group_of, 2, group_sums.data());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    std::int64_t groups[2] = {};
    std::int64_t bonds = 0;
    for (std::int64_t i = 0; i < options.sites; ++i) {
      const auto equal = [&](std::int64_t site) {
        return spin(site, pairs[p].first) * spin(site, pairs[p].second);
      };
      groups[group_of[static_cast<std::size_t>(i)]] += equal(i);
      bonds += equal(i) * equal((i + 1) % options.sites);
    }
    EXPECT_EQ(site_sums[p], groups[0] + groups[1]);
    EXPECT_EQ(bond_sums[p], bonds);
    EXPECT_EQ(group_sums[2 * p], groups[0]);
    EXPECT_EQ(group_sums[2 * p + 1], groups[1]);
  }
  // As many as a thread's counters hold.
  engine.fill(true);
  for (const Sums& sums : sums_of(engine)) ASSERT_EQ(sums.spins, options.sites);
}

TEST(CudaReplica, GoesOnWhereItWasStopped) {
  Case c;
  c.replicas = 130;
  const ReplicaOptions options = options_of(c, Generator::philox);
  ReplicaEngine expected{options};
  CudaReplicas engine{options, 0};
  ASSERT_TRUE(expected.sweep(500));
  setenv("MULTISPIN_EMULATED_DELAY", "30", 1);
  int asked = 0;
  EXPECT_FALSE(engine.sweep(500, [&] { return ++asked == 2; }));
  unsetenv("MULTISPIN_EMULATED_DELAY");
  ASSERT_GT(engine.sweeps_done(), 0U);
  ASSERT_LT(engine.sweeps_done(), 500U);
  ASSERT_TRUE(engine.finish());
  ASSERT_TRUE(engine.sweep(500 - engine.sweeps_done()));
  EXPECT_EQ(packed(engine), packed(expected));
}

TEST(CudaReplica, IsSplitIntoCallsAsOneLikes) {
  const ReplicaOptions options = options_of(Case{}, Generator::philox);
  CudaReplicas whole{options, 1};
  CudaReplicas parts{options, 1};
  ASSERT_TRUE(whole.sweep(7));
  for (const std::uint64_t sweeps : {3, 0, 4}) ASSERT_TRUE(parts.sweep(sweeps));
  EXPECT_EQ(packed(parts), packed(whole));
  EXPECT_EQ(whole.device(), 1);
}

TEST(CudaReplica, ChangesTemperatures) {
  const ReplicaOptions options = options_of(Case{}, Generator::philox);
  ReplicaEngine expected{options};
  CudaReplicas engine{options, 0};
  for (const double t : {5.0, 0.3, 2.0}) {
    const std::vector<double> temperatures(65, t);
    expected.set_temperatures(temperatures);
    engine.set_temperatures(temperatures);
    ASSERT_TRUE(expected.sweep(2));
    ASSERT_TRUE(engine.sweep(2));
    EXPECT_EQ(packed(engine), packed(expected)) << t;
  }
  EXPECT_THROW(engine.set_temperatures(std::vector<double>(64, 1.0)), std::invalid_argument);
}

TEST(CudaReplica, RefusesWhatTheCpuRefuses) {
  ReplicaOptions options = options_of(Case{}, Generator::philox);
  options.edges[0].second = static_cast<std::uint32_t>(options.sites);
  EXPECT_THROW((CudaReplicas{options, 0}), std::invalid_argument);
  EXPECT_THROW((CudaReplicas{options_of(Case{}, Generator::philox), 2}), cuda::DeviceError);
  Case shared;
  shared.samples = shared.replicas;
  shared.shared = true;
  CudaReplicas engine{options_of(shared, Generator::philox), 0};
  std::vector<double> temperatures(65, 1.0);
  temperatures[3] = 2.0;
  EXPECT_THROW(engine.set_temperatures(temperatures), std::invalid_argument);
  Spins spins(static_cast<std::size_t>(engine.options().sites), 1);
  spins[4] = 0;
  EXPECT_THROW(engine.set_spins(0, spins.data()), std::invalid_argument);
}

TEST(CudaReplica, SaysThatASweepHasFailed) {
  CudaReplicas engine{options_of(Case{}, Generator::philox), 0};
  setenv("MULTISPIN_EMULATED_FAILURE", "update_sites", 1);
  EXPECT_THROW(engine.sweep(1), cuda::DeviceError);
  unsetenv("MULTISPIN_EMULATED_FAILURE");
  EXPECT_THROW(packed(engine), cuda::DeviceError);
  EXPECT_THROW(engine.sweep(1), cuda::DeviceError);
}

TEST(CudaReplica, TakesTheMemoryItSays) {
  const Case c{torus({8, 8, 8}), 1030, 3, 1030, Dynamics::metropolis, 0, false};
  const auto used = cuda::free_memory(0);
  const ReplicaOptions options = options_of(c, Generator::philox);
  const CudaReplicas engine{options, 0};
  const auto said = cuda::replica_bytes(options.sites, 3 * 512, 1030, 1030, 3, false);
  const auto taken = used - cuda::free_memory(0);
  EXPECT_GE(taken, said);
  EXPECT_LE(taken, said + said / 5);  // and thresholds
}

}  // namespace
}  // namespace multispin::test
