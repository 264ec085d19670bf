// The CUDA engine of real couplings, compiled for the host, over an emulated device
// (tests/emulation). The oracle is the engine of the CPU. Equality is exact.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "multispin/cuda/real/engine.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/real/layout.hpp"
#include "support/engines.hpp"
#include "support/real.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

using CudaReal = cuda::RealEngine;

struct Case {
  std::int64_t sites = 27;
  double density = 0.2;  // of edges among all pairs
  Storage storage = Storage::sparse;
  std::int64_t replicas = 65;
  std::int64_t samples = 1;
  RealDynamics dynamics = RealDynamics::metropolis;
  SiteOrder order = SiteOrder::fixed;
  std::uint64_t first_stream = 0;
};

// Uniform from 0 to 1.
double uniform(std::uint64_t number) {
  const auto key = random::derive(3, 0, random::Purpose::initial_spins, 0);
  return static_cast<double>(random::initial_word(key, number, 0) >> 11) * 0x1p-53;
}

RealOptions options_of(const Case& c, Generator generator) {
  RealOptions o;
  o.sites = c.sites;
  for (std::uint32_t i = 0; i < c.sites; ++i) {
    o.fields.push_back(i % 3 == 0 ? 0.0 : uniform(i) - 0.5);
    for (std::uint32_t j = 0; j < i; ++j) {
      const std::uint64_t pair = std::uint64_t{i} * 100000 + j;
      if (uniform(pair) >= c.density) continue;
      o.edges.push_back(j % 2 == 0 ? GraphEdge{i, j} : GraphEdge{j, i});
      if (j % 11 == 5) o.edges.push_back({i, j});  // a second one, which adds up
    }
  }
  for (std::size_t e = 0; e < o.edges.size() * static_cast<std::size_t>(c.samples); ++e) {
    o.couplings.push_back((uniform((std::uint64_t{1} << 40) + e) - 0.5) *
                          std::sqrt(12.0 / (c.density * static_cast<double>(c.sites) + 1.0)));
  }
  o.samples = c.samples;
  o.replicas = c.replicas;
  o.storage = c.storage;
  o.dynamics = c.dynamics;
  o.order = c.order;
  o.generator = generator;
  o.seed = 0x0123456789abcdefU;
  o.first_stream = c.first_stream;
  return o;
}

std::string describe(const RealOptions& o) {
  return std::to_string(o.sites) + " sites, " + std::to_string(o.replicas) + " replicas of " +
         std::to_string(o.samples) + " samples, " +
         (o.storage == Storage::dense ? "dense" : "sparse") + ", dynamics " +
         std::to_string(static_cast<int>(o.dynamics)) + ", order " +
         std::to_string(static_cast<int>(o.order));
}

// One for each replica, from zero to hot.
std::vector<double> wide_temperatures(std::int64_t replicas) {
  std::vector<double> temperatures;
  for (std::int64_t r = 0; r < replicas; ++r) {
    const double t = 0.1 * std::pow(100.0, static_cast<double>(r % 50) / 50.0);
    temperatures.push_back(r % 17 == 3 ? 1e17 : (r % 13 == 2 ? 0.0 : t));
  }
  return temperatures;
}

template <class Engine>
std::vector<std::uint64_t> packed(Engine& engine) {
  std::vector<std::uint64_t> words(
      static_cast<std::size_t>(engine.sites() * engine.packed_words()));
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
  Spins spins(static_cast<std::size_t>(engine.sites()));
  engine.get_spins(replica, spins.data());
  return spins;
}

std::vector<std::uint64_t> random_words(const CudaReal& engine) {
  std::vector<std::uint64_t> words(
      static_cast<std::size_t>(engine.sites() * engine.packed_words()));
  const auto key = random::derive(7, 0, random::Purpose::initial_spins, 0);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = random::initial_word(key, i, 0);
  return words;
}

// A random start, sweeps from late in a run on, measurements, spins that are held, and others that
// are; on both.
void expect_equal(const RealOptions& options, std::uint64_t sweeps_before = 0) {
  RealEngine expected{options};
  CudaReal engine{options, 0};
  EXPECT_EQ(engine.step(), expected.step());
  EXPECT_EQ(engine.rounding_error(), expected.rounding_error());
  const std::vector<std::uint64_t> held = random_words(engine);
  const auto run = [&](auto& e, std::vector<Sums>& sums) {
    e.set_temperatures(wide_temperatures(options.replicas));
    e.randomize();
    e.set_sweeps_done(sweeps_before);
    ASSERT_TRUE(e.run(2, 2, sums.data()));
    e.hold(held.data());
    ASSERT_TRUE(e.sweep(1));
    e.hold(nullptr);
    ASSERT_TRUE(e.sweep(2));
  };
  std::vector<Sums> sums(static_cast<std::size_t>(2 * options.replicas));
  std::vector<Sums> expected_sums(sums.size());
  run(expected, expected_sums);
  run(engine, sums);
  EXPECT_EQ(sums, expected_sums) << describe(options);
  ASSERT_EQ(engine.sweeps_done(), expected.sweeps_done());
  EXPECT_EQ(packed(engine), packed(expected)) << describe(options);
  EXPECT_EQ(sums_of(engine), sums_of(expected)) << describe(options);
}

constexpr RealDynamics all_dynamics[] = {RealDynamics::metropolis, RealDynamics::glauber,
                                         RealDynamics::parallel};

class CudaRealTrajectory : public ::testing::TestWithParam<Generator> {};

TEST_P(CudaRealTrajectory, IsThatOfTheCpuForEverySetting) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    for (const RealDynamics dynamics : all_dynamics) {
      for (const SiteOrder order : {SiteOrder::fixed, SiteOrder::random}) {
        for (const std::int64_t samples : {1, 5}) {
          expect_equal(options_of({70, 0.3, storage, 35, samples, dynamics, order, 3}, GetParam()));
        }
      }
    }
  }
}

// From 64 of a sample on, flips are brought in by products of matrices.
TEST_P(CudaRealTrajectory, IsThatOfTheCpuForManyReplicasOfASample) {
  for (const std::int64_t sites : {std::int64_t{129}, 300 / slowness}) {
    for (const RealDynamics dynamics : all_dynamics) {
      for (const SiteOrder order : {SiteOrder::fixed, SiteOrder::random}) {
        for (const auto& [replicas, samples] :
             few<std::pair<int, int>>({{64, 1}, {97, 1}, {132, 2}})) {
          expect_equal(options_of({sites, 0.6, Storage::dense, replicas, samples, dynamics, order},
                                  GetParam()));
        }
      }
    }
  }
}

// One below, at and one above what a warp, a group of numbers and a block have room for.
TEST_P(CudaRealTrajectory, IsThatOfTheCpuForAnyNumberOfSites) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    for (const std::int64_t sites : {1, 2, 31, 33, 63, 64, 65, 127, 128, 129, 256, 257, 400}) {
      for (const SiteOrder order : {SiteOrder::fixed, SiteOrder::random}) {
        const double density = storage == Storage::dense ? 1.0 : 4.0 / static_cast<double>(sites);
        expect_equal(options_of({sites, density, storage, 5, 1, RealDynamics::metropolis, order, 0},
                                GetParam()));
      }
      expect_equal(options_of({sites, 0.1, storage, 5, 1, RealDynamics::parallel}, GetParam()));
    }
  }
}

TEST_P(CudaRealTrajectory, IsThatOfTheCpuForAnyNumberOfReplicas) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    for (const std::int64_t replicas : {1, 31, 32, 33, 64, 65, 130, 513}) {
      for (const std::uint64_t first_stream : few<std::uint64_t>({0, 130, 4193000})) {
        Case c{150, 0.05, storage, replicas};
        c.first_stream = first_stream;
        expect_equal(options_of(c, GetParam()), (std::uint64_t{1} << 33) + 5);
      }
      expect_equal(options_of({10, 0.5, storage, replicas, replicas}, GetParam()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, CudaRealTrajectory, ::testing::ValuesIn(generators),
                         [](const auto& info) { return ::testing::PrintToString(info.param); });

// --- patterns -----------------------------------------------------------------------------------

std::vector<std::uint64_t> patterns_of(std::int64_t sites, std::int64_t count) {
  const auto key = random::derive(9, 0, random::Purpose::initial_spins, 0);
  std::vector<std::uint64_t> words(static_cast<std::size_t>((sites + 63) / 64 * count));
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = random::initial_word(key, i, 0);
  return words;
}

RealOptions with_patterns(std::int64_t sites, const std::vector<std::uint64_t>& patterns,
                          std::int64_t replicas) {
  RealOptions o;
  o.sites = sites;
  o.storage = Storage::patterns;
  o.patterns = patterns;
  o.unit = 1.0 / static_cast<double>(sites);
  for (std::uint32_t i = 0; i < sites; ++i) o.fields.push_back(i % 3 == 0 ? 0.0 : uniform(i) - 0.5);
  o.replicas = replicas;
  o.seed = 11;
  return o;
}

TEST(CudaReal, PatternsHaveTheSpinsOfTheCpu) {
  for (const std::int64_t sites : few<std::int64_t>({33, 1, 31, 128, 300, 130})) {
    for (const std::int64_t count : few<std::int64_t>({17, 1, 512, 600})) {
      const std::vector<std::uint64_t> patterns = patterns_of(sites, count);
      for (const RealDynamics dynamics : all_dynamics) {
        for (const SiteOrder order : orders) {
          for (const Generator generator : generators) {
            RealOptions o = with_patterns(sites, patterns, 35);
            o.dynamics = dynamics;
            o.order = order;
            o.generator = generator;
            o.first_stream = 5;
            ASSERT_NO_FATAL_FAILURE(expect_equal(o, 7)) << count;
          }
        }
      }
    }
  }
}

// Overlaps are kept in 16 bits, in registers of 32, or in memory.
void expect_equal_with_patterns(std::int64_t sites, std::int64_t count, RealDynamics dynamics) {
  const std::vector<std::uint64_t> patterns = patterns_of(sites, count);
  RealOptions o = with_patterns(sites, patterns, sites < 1000 ? 35 : 1);
  o.dynamics = dynamics;
  ASSERT_NO_FATAL_FAILURE(expect_equal(o, 7)) << count;
}

TEST(CudaReal, AnyNumberOfPatternsHasTheSpinsOfTheCpu) {
  for (const RealDynamics dynamics : all_dynamics) {
    for (const std::int64_t count : few<std::int64_t>({600, 1024, 1025, 1600, 2048, 2049})) {
      expect_equal_with_patterns(200, count, dynamics);
    }
  }
  for (const std::int64_t sites : {32767, 32768}) {
    expect_equal_with_patterns(sites, 600, RealDynamics::parallel);
    if (slowness == 1) expect_equal_with_patterns(sites, 1100, RealDynamics::metropolis);
  }
}

TEST(CudaReal, OverlapsWithPatterns) {
  const std::int64_t sites = model::block_sites * 3 + 5;
  const std::vector<std::uint64_t> patterns = patterns_of(sites, 515);
  for (const RealDynamics dynamics : all_dynamics) {
    RealOptions o = with_patterns(sites, patterns, 4);
    o.dynamics = dynamics;
    RealEngine expected{o};
    CudaReal engine{o, 0};
    std::vector<std::int64_t> found(4 * 515), wanted(4 * 515);
    const auto compare = [&] {
      engine.pattern_overlaps(found.data());
      expected.pattern_overlaps(wanted.data());
      EXPECT_EQ(found, wanted);
      EXPECT_EQ(packed(engine), packed(expected));
      EXPECT_EQ(sums_of(engine), sums_of(expected));
    };
    compare();
    engine.randomize();
    expected.randomize();
    engine.sweep(3);
    expected.sweep(3);
    compare();
    const Spins spins = spins_of(expected, 1);
    engine.set_spins(2, spins.data());
    expected.set_spins(2, spins.data());
    engine.sweep(1);
    expected.sweep(1);
    compare();
    o.fields.assign(o.fields.size(), 0.5);
    engine.set_couplings({}, o.fields);
    expected.set_couplings({}, o.fields);
    engine.sweep(1);
    expected.sweep(1);
    compare();
    const std::vector<ReplicaPair> pairs{{0, 1}, {3, 2}};
    std::vector<std::int64_t> links(2), of_cpu(2);
    engine.link_overlaps(pairs, links.data());
    expected.link_overlaps(pairs, of_cpu.data());
    EXPECT_EQ(links, of_cpu);
  }
}

TEST(CudaReal, AListOfAllPairsChangesNothing) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const RealOptions listed = make_real(all_pairs_in_order(600), 3, storage, Generator::philox);
    CudaReal one{listed, 0}, other{unlisted(listed), 0};
    one.sweep(2);
    other.sweep(2);
    EXPECT_EQ(packed(one), packed(other));
    const std::vector<ReplicaPair> pairs{{0, 1}, {1, 2}};
    std::vector<std::int64_t> expected(pairs.size()), found(pairs.size());
    one.link_overlaps(pairs, expected.data());
    other.link_overlaps(pairs, found.data());
    EXPECT_EQ(found, expected);
  }
}

// Few levels of many attempts are launched, many of few are swept by a block.
TEST(CudaReal, LaunchesLevelsOfLargeGraphs) {
  for (const RealDynamics dynamics :
       few({RealDynamics::parallel, RealDynamics::glauber, RealDynamics::metropolis})) {
    for (const SiteOrder order : {SiteOrder::fixed, SiteOrder::random}) {
      const Case c{6000, 0.0001, Storage::sparse, 40, 2, dynamics, order, 0};
      const RealOptions options = options_of(c, Generator::philox);
      setenv("MULTISPIN_EMULATED_FAILURE", "sparse_sweeps", 1);
      EXPECT_NO_THROW(expect_equal(options));
      unsetenv("MULTISPIN_EMULATED_FAILURE");
    }
  }
}

TEST(CudaReal, SetsAndReadsSpins) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const RealOptions options = options_of({140, 0.1, storage, 67}, Generator::philox);
    RealEngine expected{options};
    CudaReal engine{options, 0};
    EXPECT_EQ(sums_of(engine), sums_of(expected)) << "all up";
    engine.fill(false);
    for (const std::int64_t r : {0, 31, 32, 66, 5}) {
      EXPECT_EQ(spins_of(engine, r), Spins(140, -1));
      Spins spins;
      for (std::uint64_t i = 0; i < 140; ++i) {
        spins.push_back(uniform(i + 1000 * static_cast<std::uint64_t>(r)) < 0.5 ? std::int8_t{1}
                                                                                : std::int8_t{-1});
      }
      engine.set_spins(r, spins.data());
      EXPECT_EQ(spins_of(engine, r), spins);
    }
    const std::vector<std::uint64_t> words = packed(engine);
    expected.set_packed(words.data());
    EXPECT_EQ(sums_of(engine), sums_of(expected));
    engine.fill(true);
    // Bits beyond the last replica do not matter.
    std::vector<std::uint64_t> more = words;
    for (std::size_t i = 1; i < more.size(); i += 2) more[i] |= ~std::uint64_t{7};
    engine.set_packed(more.data());
    EXPECT_EQ(packed(engine), words);
    EXPECT_EQ(sums_of(engine), sums_of(expected));
    ASSERT_TRUE(engine.sweep(2));
    ASSERT_TRUE(expected.sweep(2));
    EXPECT_EQ(packed(engine), packed(expected));
  }
}

TEST(CudaReal, ChangesCouplingsAndTemperatures) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const RealOptions options = options_of({50, 0.3, storage, 6, 2}, Generator::philox);
    std::vector<double> couplings = options.couplings;
    for (double& coupling : couplings) coupling = 3.0 * coupling + 0.2;
    const std::vector<double> fields(50, 0.125);
    RealEngine expected{options};
    CudaReal engine{options, 1};
    const auto change = [&](auto& e) {
      e.randomize();
      e.sweep(3);
      e.set_couplings(couplings, fields);
      e.sweep(2);
      e.set_temperatures(std::vector<double>{0.0, 1.0, 2.0, 0.5, 0.0, 4.0});
      e.sweep(2);
      return packed(e);
    };
    EXPECT_EQ(change(engine), change(expected));
    EXPECT_EQ(sums_of(engine), sums_of(expected));
    EXPECT_EQ(engine.step(), expected.step());
    EXPECT_EQ(engine.rounding_error(), expected.rounding_error());
    EXPECT_EQ(engine.device(), 1);
    EXPECT_THROW(engine.set_couplings(fields, fields), std::invalid_argument);
    EXPECT_THROW(engine.set_temperatures(std::vector<double>(5, 1.0)), std::invalid_argument);
    EXPECT_THROW(engine.set_temperatures(std::vector<double>(6, -1.0)), std::invalid_argument);
  }
}

TEST(CudaReal, ArraysGoOutAndIn) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    for (const std::int64_t replicas : {1, 33, 130}) {
      const RealOptions options = options_of({130, 0.1, storage, replicas}, Generator::philox);
      CudaReal engine{options, 1};
      engine.randomize();
      const std::vector<std::uint64_t> words = packed(engine);
      const cuda::DeviceArray spins = engine.spins();
      const cuda::DeviceArray bits = engine.packed();
      EXPECT_EQ(spins.shape, (std::vector<std::int64_t>{replicas, 130}));
      EXPECT_EQ(bits.shape, (std::vector<std::int64_t>{130, engine.packed_words()}));
      engine.sweep(1);
      std::vector<std::uint64_t> copied(words.size());
      cuda::copy_to_host(bits, copied.data());
      EXPECT_EQ(copied, words);

      CudaReal again{options, 1};
      const auto filled = cuda::ForeignArray::Filled::already;
      const auto* const data = static_cast<const std::int8_t*>(spins.data);
      again.set_spins({data, spins.shape, filled, nullptr});
      EXPECT_EQ(packed(again), words);
      again.sweep(1);
      EXPECT_EQ(packed(again), packed(engine));
      Spins unpacked(static_cast<std::size_t>(spins.size()));
      cuda::copy_to_host(spins, unpacked.data());
      const auto last = static_cast<std::ptrdiff_t>(130 * (replicas - 1));
      again.set_spins({data + last, {130}, filled, nullptr});
      for (const std::int64_t r : {std::int64_t{0}, replicas - 1}) {
        EXPECT_EQ(spins_of(again, r), Spins(unpacked.begin() + last, unpacked.end()));
      }
      static_cast<std::int8_t*>(spins.data)[26] = 0;
      EXPECT_THROW(again.set_spins({data, spins.shape, filled, nullptr}), std::invalid_argument);
    }
  }
}

TEST(CudaReal, ComparesReplicas) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const RealOptions options = options_of({120, 0.1, storage, 70}, Generator::philox);
    RealEngine expected{options};
    CudaReal engine{options, 0};
    const std::vector<ReplicaPair> pairs{{0, 0}, {0, 1}, {69, 3}, {54, 55}, {64, 63}, {1, 0}};
    const auto compared = [&](auto& e) {
      e.randomize();
      e.sweep(2);
      std::vector<std::int64_t> all(pairs.size() * (2 + 4 + 5), -1);
      e.overlaps(pairs, all.data());
      e.link_overlaps(pairs, all.data() + pairs.size());
      const SlabOverlaps slabs = e.slab_overlaps({4, 5, 6});
      slabs(pairs, 0, all.data() + 2 * pairs.size());
      slabs(pairs, 1, all.data() + 6 * pairs.size());
      return all;
    };
    EXPECT_EQ(compared(engine), compared(expected));
    engine.overlaps({}, nullptr);
    EXPECT_THROW(engine.slab_overlaps({4, 5}), std::invalid_argument);
  }
}

TEST(CudaReal, GoesOnWhereItWasStopped) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const Case c{200, 0.03, storage, 20, 1, RealDynamics::metropolis, SiteOrder::random};
    const RealOptions options = options_of(c, Generator::philox);
    RealEngine expected{options};
    CudaReal engine{options, 0};
    ASSERT_TRUE(expected.sweep(300));
    setenv("MULTISPIN_EMULATED_DELAY", "30", 1);
    int asked = 0;
    EXPECT_FALSE(engine.sweep(300, [&] { return ++asked == 2; }));
    unsetenv("MULTISPIN_EMULATED_DELAY");
    ASSERT_GT(engine.sweeps_done(), 0U);
    ASSERT_LT(engine.sweeps_done(), 300U);
    ASSERT_TRUE(engine.finish());
    ASSERT_TRUE(engine.sweep(300 - engine.sweeps_done()));
    EXPECT_EQ(packed(engine), packed(expected));
  }
}

TEST(CudaReal, IsSplitIntoCallsAsOneLikes) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    for (const RealDynamics dynamics : all_dynamics) {
      for (const std::int64_t sites : {100, 300}) {
        const RealOptions options =
            options_of({sites, 0.1, storage, 3, 1, dynamics}, Generator::philox);
        CudaReal whole{options, 0};
        CudaReal parts{options, 0};
        ASSERT_TRUE(whole.sweep(7));
        for (const std::uint64_t sweeps : {3, 0, 4}) ASSERT_TRUE(parts.sweep(sweeps));
        EXPECT_EQ(packed(parts), packed(whole));
      }
    }
  }
}

TEST(CudaReal, RefusesWhatTheCpuRefuses) {
  RealOptions options = options_of(Case{}, Generator::philox);
  options.edges[0].second = static_cast<std::uint32_t>(options.sites);
  EXPECT_THROW((CudaReal{options, 0}), std::invalid_argument);
  EXPECT_THROW((CudaReal{options_of(Case{}, Generator::philox), 2}), cuda::DeviceError);
  CudaReal engine{options_of(Case{}, Generator::philox), 0};
  Spins spins(27, 1);
  spins[4] = 0;
  EXPECT_THROW(engine.set_spins(0, spins.data()), std::invalid_argument);
}

TEST(CudaReal, SaysThatASweepHasFailed) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    CudaReal engine{options_of({27, 0.2, storage}, Generator::philox), 0};
    const char* const kernel = storage == Storage::dense ? "dense_scan" : "sparse_sweeps";
    setenv("MULTISPIN_EMULATED_FAILURE", kernel, 1);
    EXPECT_THROW(engine.sweep(1), cuda::DeviceError);
    unsetenv("MULTISPIN_EMULATED_FAILURE");
    EXPECT_THROW(packed(engine), cuda::DeviceError);
    EXPECT_THROW(engine.sweep(1), cuda::DeviceError);
  }
}

TEST(CudaReal, TakesTheMemoryItSays) {
  for (const Storage storage : {Storage::dense, Storage::sparse}) {
    const RealOptions options = options_of({500, 0.1, storage, 1000, 10}, Generator::philox);
    const auto used = cuda::free_memory(0);
    const auto edges = static_cast<std::int64_t>(options.edges.size());
    const CudaReal engine{options, 0};
    const auto said = cuda::real_bytes(500, edges, 10, 1000, storage);
    const auto taken = used - cuda::free_memory(0);
    EXPECT_GE(taken, said);
    EXPECT_LE(taken, said + said / 5);
    setenv("MULTISPIN_EMULATED_MEMORY", std::to_string(taken + said / 2).c_str(), 1);
    EXPECT_THROW((CudaReal{options, 0}), cuda::OutOfMemory);
    unsetenv("MULTISPIN_EMULATED_MEMORY");
    EXPECT_EQ(used - cuda::free_memory(0), taken);
  }
}

}  // namespace
}  // namespace multispin::test
