// Threads change nothing: one lattice cut into bands, and many replicas shared out.
#include <gtest/gtest.h>

#include <cstdint>
#include <tuple>
#include <vector>

#include "support/engines.hpp"
#include "support/slowness.hpp"
#include "support/twin.hpp"

namespace multispin::test {
namespace {

// Large enough for four bands a thread, and an awkward size: 25 words of 41 lanes,
// or 16 lines of short rows of which the last is incomplete.
constexpr std::int64_t awkward[][2] = {{1022, 2050}, {32770, 64}};

class Bands : public ::testing::TestWithParam<Generator> {};

TEST_P(Bands, AreTheTrajectoryOfTheTwin) {
  for (const auto& [rows, columns] : awkward) {
    LatticeOptions options = make_options(rows, columns, GetParam());
    twin::Lattice expected{options, 0, 2.269};
    expected.randomize();
    expected.sweep(2);
    for (const Isa isa : available_isas()) {
      for (const int threads : few({1, 2, 3, 7})) {
        options.isa = isa;
        options.threads = threads;
        LatticeEngine engine{options};
        set_temperature(engine, 2.269);
        engine.randomize();
        engine.sweep(2);
        EXPECT_TRUE(same_spins(expected.spins, spins_of(engine), columns)) << describe(options);
        EXPECT_EQ(sums_of(engine), naive_sums(expected.spins, rows, columns)) << describe(options);
      }
    }
  }
}

// Planes of 25 rows of 41 lanes that steps cut; two planes a band; three bands at most.
TEST_P(Bands, OfPlanesAreTheTrajectoryOfTheTwin) {
  for (const auto& [planes, rows, columns] :
       {std::tuple{64, 130, 128}, {14, 1022, 64}, {6, 256, 512}, {34, 10, 2050}, {2, 64, 16384}}) {
    LatticeOptions options = make_cubic(planes, rows, columns, GetParam());
    twin::Lattice expected{options, 0, 4.5};
    expected.randomize();
    expected.sweep(2);
    for (const Isa isa : available_isas()) {
      for (const int threads : few({1, 2, 3, 7})) {
        options.isa = isa;
        options.threads = threads;
        LatticeEngine engine{options};
        set_temperature(engine, 4.5);
        engine.randomize();
        engine.sweep(2);
        EXPECT_TRUE(same_spins(expected.spins, spins_of(engine), columns)) << describe(options);
        EXPECT_EQ(sums_of(engine), naive_sums(expected.spins, rows, columns, planes))
            << describe(options);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Bands, ::testing::ValuesIn(generators),
                         [](const ::testing::TestParamInfo<Generator>& info) {
                           return ::testing::PrintToString(info.param);
                         });

// Longer runs, by one thread against several: the twin would be too slow.
TEST(Threads, BandsOfALongRun) {
  for (const Dynamics dynamics : {Dynamics::metropolis, Dynamics::glauber}) {
    for (const LatticeOptions& lattice : {make_options(1024, 1024), make_cubic(64, 128, 256)}) {
      LatticeOptions options = lattice;
      options.dynamics = dynamics;
      options.h = dynamics == Dynamics::glauber ? 0.1 : 0.0;
      std::vector<std::uint64_t> expected;
      std::vector<Sums> expected_sums;
      for (const int threads : {1, 2, 3, 4, 7}) {
        options.threads = threads;
        LatticeEngine engine{options};
        set_temperature(engine, 2.269);
        std::vector<Sums> sums(5);
        engine.run(5, 4, sums.data());
        EXPECT_EQ(sums.back(), sums_of(engine));
        if (threads == 1) {
          expected = packed_of(engine);
          expected_sums = sums;
        }
        EXPECT_TRUE(packed_of(engine) == expected) << describe(options);
        EXPECT_EQ(sums, expected_sums) << describe(options);
      }
    }
  }
}

// Few bands, odd numbers of them, and more threads than bands.
TEST(Threads, FewBands) {
  for (const LatticeOptions& lattice :
       {make_options(128, 1024), make_options(194, 1026), make_options(330, 1024),
        make_cubic(6, 128, 512), make_cubic(10, 130, 256)}) {
    LatticeOptions options = lattice;
    std::vector<std::uint64_t> expected;
    std::vector<Sums> expected_sums;
    for (int threads = 1; threads <= 8; ++threads) {
      options.threads = threads;
      LatticeEngine engine{options};
      set_temperature(engine, 2.269);
      std::vector<Sums> sums(30);
      engine.run(30, 3, sums.data());
      if (threads == 1) {
        expected = packed_of(engine);
        expected_sums = sums;
      }
      EXPECT_TRUE(packed_of(engine) == expected) << describe(options);
      EXPECT_EQ(sums, expected_sums) << describe(options);
    }
  }
}

TEST(Threads, ReplicasSharedOut) {
  std::vector<std::vector<std::uint64_t>> expected;
  std::vector<Sums> expected_sums;
  for (const int threads : {1, 2, 3, 7}) {
    LatticeOptions options = make_options(32, 192, Generator::philox);
    options.replicas = 7;
    options.threads = threads;
    LatticeEngine engine{options};
    engine.set_temperatures(std::vector<double>{1, 1.5, 2, 2.5, 3, 3.5, 4});
    engine.randomize();
    std::vector<Sums> sums(10 * 7);
    engine.run(10, 3, sums.data());
    std::vector<std::vector<std::uint64_t>> got;
    for (std::int64_t r = 0; r < options.replicas; ++r) got.push_back(packed_of(engine, r));
    if (threads == 1) {
      expected = got;
      expected_sums = sums;
    }
    EXPECT_EQ(got, expected) << threads;
    EXPECT_EQ(sums, expected_sums) << threads;
  }
}

// Fewer replicas than threads, each large enough to be cut up.
TEST(Threads, SeveralReplicasInBands) {
  LatticeOptions options = make_options(512, 1024);
  options.replicas = 2;
  const std::vector<double> temperatures = {2.0, 2.5};
  std::vector<std::vector<Sums>> sums;
  std::vector<std::vector<std::uint64_t>> words;
  for (const int threads : {1, 3}) {
    options.threads = threads;
    LatticeEngine engine{options};
    engine.set_temperatures(temperatures);
    sums.emplace_back(6 * 2);
    engine.run(6, 2, sums.back().data());
    words.push_back(packed_of(engine, 0));
    const auto second = packed_of(engine, 1);
    words.back().insert(words.back().end(), second.begin(), second.end());
  }
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_TRUE(words[0] == words[1]);
}

}  // namespace
}  // namespace multispin::test
