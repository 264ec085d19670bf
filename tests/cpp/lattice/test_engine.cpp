// Trajectories, bit for bit against the slow twin: every instruction set, generator, dynamics and
// kind of threshold, at widths one below, at and one above every width of word.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "support/engines.hpp"
#include "support/slowness.hpp"
#include "support/twin.hpp"

namespace multispin::test {
namespace {

using Shape = std::pair<std::int64_t, std::int64_t>;

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  // Words in a row of one colour around 2, 4, 8 and 16, with all 64 lanes in use.
  for (const std::int64_t words : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17})
    all.emplace_back(6, 128 * words);
  // Rows that do and do not fill a wide word with whole rows.
  for (const std::int64_t rows : {2, 4, 14, 18}) {
    for (const std::int64_t words : {1, 2, 3, 4, 5}) all.emplace_back(rows, 128 * words);
  }
  // Fewer lanes: one word of 1, 2, 3, 5, 47, 63; two of 37, 60; three of 31, 63; five of 13; 67
  // of 1.
  for (const std::int64_t columns : {2, 4, 6, 10, 94, 126, 148, 240, 186, 378, 130, 134}) {
    all.emplace_back(6, columns);
  }
  for (const std::int64_t rows : {2, 10}) {
    for (const std::int64_t columns : {2, 4, 6, 148, 186}) all.emplace_back(rows, columns);
  }
  return all;
}

struct CubicShape {
  std::int64_t planes, rows, columns;
};

std::vector<CubicShape> cubic_shapes() {
  std::vector<CubicShape> all;
  // As above: words in a row around 2, 4, 8 and 16.
  for (const std::int64_t words : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17}) {
    all.push_back({4, 6, 128 * words});
  }
  // Planes that do and do not end with a wide word of rows; planes smaller than one.
  for (const std::int64_t rows : {2, 4, 8, 10, 16, 18}) {
    for (const std::int64_t words : {1, 2, 3, 4}) all.push_back({2, rows, 128 * words});
  }
  // Fewer lanes.
  for (const std::int64_t columns : {2, 4, 6, 10, 94, 126, 148, 240, 186, 378, 130, 134}) {
    all.push_back({4, 6, columns});
    all.push_back({2, 2, columns});
  }
  // Planes that fill, do not fill and overfill the groups of words that are updated together.
  for (const std::int64_t rows : {30, 32, 34, 64, 66}) {
    all.push_back({2, rows, 128});
    all.push_back({4, rows, 64});
  }
  all.insert(all.end(), {{2, 30, 256}, {6, 16, 512}, {4, 18, 512}, {2, 34, 1024}, {2, 2, 4096}});
  return all;
}

constexpr Physics physics[] = {
    {"critical", Dynamics::metropolis, 1, 0, 2.269},
    {"criticalOfTheCube", Dynamics::metropolis, 1, 0, 4.5115},
    {"antiferromagnet", Dynamics::metropolis, -1, 0, 1.7},
    {"cold", Dynamics::metropolis, 1, 0, 0.05},
    {"hot", Dynamics::metropolis, 1, 0, 1e12},
    {"alwaysAccepting", Dynamics::metropolis, 1, 0, 1e20},
    {"free", Dynamics::metropolis, 0, 0, 1},
    {"field", Dynamics::metropolis, 1, 0.3, 2.5},
    {"fieldDown", Dynamics::metropolis, -0.7, -1.1, 1.3},
    {"fieldAgainstNeighbours", Dynamics::metropolis, 1, 4,
     3},  // local field zero when all are down
    {"paramagnet", Dynamics::metropolis, 0, -0.5, 1},
    {"glauber", Dynamics::glauber, 1, 0, 2.269},
    {"glauberCriticalOfTheCube", Dynamics::glauber, 1, 0, 4.5115},
    {"glauberAntiferromagnet", Dynamics::glauber, -1, 0, 1.9},
    {"glauberHot", Dynamics::glauber, 1, 0, 1e12},
    {"glauberField", Dynamics::glauber, 0.5, -2, 1.5},
    {"glauberAntiferromagnetInAField", Dynamics::glauber, -1, 0.4, 3},
    {"glauberFree", Dynamics::glauber, 0, 0, 1},
};

// A random start, then `sweeps` sweeps, at every instruction set.
void expect_twin(LatticeOptions options, double temperature, int sweeps) {
  twin::Lattice expected{options, options.first_stream, temperature};
  expected.randomize();
  const Spins start = expected.spins;
  expected.sweep(sweeps);
  for (const Isa isa : available_isas()) {
    options.isa = isa;
    LatticeEngine engine{options};
    set_temperature(engine, temperature);
    engine.randomize();
    ASSERT_TRUE(same_spins(start, spins_of(engine), options.columns)) << describe(options);
    ASSERT_TRUE(engine.sweep(static_cast<std::uint64_t>(sweeps)));
    EXPECT_TRUE(same_spins(expected.spins, spins_of(engine), options.columns)) << describe(options);
  }
}

class Trajectory : public ::testing::TestWithParam<std::tuple<Generator, Physics>> {};

TEST_P(Trajectory, IsThatOfTheTwin) {
  const auto& [generator, p] = GetParam();
  for (const auto& [rows, columns] : shapes()) {
    expect_twin(with_physics(make_options(rows, columns, generator), p), p.temperature, 3);
  }
}

TEST_P(Trajectory, IsThatOfTheCubicTwin) {
  const auto& [generator, p] = GetParam();
  for (const auto& [planes, rows, columns] : cubic_shapes()) {
    expect_twin(with_physics(make_cubic(planes, rows, columns, generator), p), p.temperature, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Trajectory,
                         ::testing::Combine(::testing::ValuesIn(generators),
                                            ::testing::ValuesIn(physics)),
                         [](const ::testing::TestParamInfo<Trajectory::ParamType>& info) {
                           return ::testing::PrintToString(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param).name;
                         });

// Enough draws for the tail (one in 2^12) to decide hundreds of spins either way.
TEST(Engine, ManyTails) {
  for (const Generator generator : generators) {
    for (const char* name : few({"critical", "field", "glauber", "glauberField"})) {
      const Physics& p = *std::ranges::find(physics, std::string_view{name}, &Physics::name);
      expect_twin(with_physics(make_options(512, 1024, generator), p), p.temperature, 2);
      expect_twin(with_physics(make_cubic(8, 64, 1024, generator), p), p.temperature, 2);
      expect_twin(with_physics(make_cubic(32, 64, 256, generator), p), p.temperature, 2);
    }
  }
}

TEST(Engine, ReplicasHaveTheirOwnStreamsAndTemperatures) {
  for (const Generator generator : generators) {
    LatticeOptions options = make_options(6, 130, generator);
    options.replicas = 5;
    options.seed = 0xfedcba9876543210U;
    options.first_stream = (std::uint64_t{1} << 32) - 2;  // the third stream needs a 33rd bit
    const std::vector<double> temperatures = {0.5, 1.5, 2.269, 4.0, 50.0};
    LatticeEngine engine{options};
    engine.set_temperatures(temperatures);
    engine.randomize();
    engine.sweep(20);
    for (std::int64_t r = 0; r < options.replicas; ++r) {
      const auto i = static_cast<std::size_t>(r);
      twin::Lattice expected{options, options.first_stream + i, temperatures[i]};
      expected.randomize();
      expected.sweep(20);
      EXPECT_TRUE(same_spins(expected.spins, spins_of(engine, r), options.columns)) << r;
    }
  }
}

TEST(Engine, SweepNumbersBeyond32Bits) {
  for (const Generator generator : generators) {
    const LatticeOptions options = make_options(6, 640, generator);
    const std::uint64_t first = (std::uint64_t{1} << 32) - 2;
    twin::Lattice expected{options, 0, 2.0};
    expected.sweeps_done = first;
    expected.sweep(4);
    for (const Isa isa : available_isas()) {
      LatticeOptions here = options;
      here.isa = isa;
      LatticeEngine engine{here};
      set_temperature(engine, 2.0);
      engine.set_sweeps_done(first);
      engine.sweep(4);
      EXPECT_EQ(engine.sweeps_done(), first + 4);
      EXPECT_TRUE(same_spins(expected.spins, spins_of(engine), options.columns)) << describe(here);
    }
  }
}

// Words with numbers above 2^32 exist only in lattices of 2^38 spins; the engine cannot be asked
// for one here, but streams of nearby seeds and streams can be told apart.
TEST(Engine, SeedsAndStreamsDiffer) {
  for (const Generator generator : generators) {
    const auto trajectory = [&](std::uint64_t seed, std::uint64_t stream) {
      LatticeOptions options = make_options(32, 128, generator);
      options.seed = seed;
      options.first_stream = stream;
      LatticeEngine engine{options};
      set_temperature(engine, 3.0);
      engine.sweep(2);
      return packed_of(engine);
    };
    const auto reference = trajectory(1, 1);
    EXPECT_EQ(trajectory(1, 1), reference);
    EXPECT_NE(trajectory(2, 1), reference);
    EXPECT_NE(trajectory(1, 2), reference);
    EXPECT_NE(trajectory(1 + (std::uint64_t{1} << 32), 1), reference);
    EXPECT_NE(trajectory(1, 1 + (std::uint64_t{1} << 32)), reference);
  }
}

TEST(Engine, CallsMayBeSplit) {
  LatticeEngine whole{make_options(64, 320)};
  LatticeEngine parts{make_options(64, 320)};
  for (LatticeEngine* engine : {&whole, &parts}) set_temperature(*engine, 2.3);
  whole.sweep(10);
  parts.sweep(0);
  for (const std::uint64_t sweeps : {1U, 0U, 2U, 7U}) parts.sweep(sweeps);
  EXPECT_EQ(parts.sweeps_done(), 10U);
  EXPECT_EQ(packed_of(parts), packed_of(whole));
}

TEST(Engine, TemperaturesMayChange) {
  const LatticeOptions options = make_options(10, 384);
  twin::Lattice hot{options, 0, 5.0};
  hot.sweep(3);
  twin::Lattice cold{options, 0, 1.0};
  cold.spins = hot.spins;
  cold.sweeps_done = hot.sweeps_done;
  cold.sweep(3);
  LatticeEngine engine{options};
  set_temperature(engine, 5.0);
  engine.sweep(3);
  set_temperature(engine, 1.0);
  engine.sweep(3);
  EXPECT_TRUE(same_spins(cold.spins, spins_of(engine), options.columns));
}

// What is set is all there is to the state: copied into another engine, it goes on the same way.
TEST(Engine, StateIsSpinsAndSweepNumber) {
  for (const std::int64_t columns : {6, 134, 384, 1152}) {
    const LatticeOptions options = make_options(6, columns);
    LatticeEngine first{options}, second{options};
    for (LatticeEngine* engine : {&first, &second}) set_temperature(*engine, 2.3);
    first.sweep(5);
    second.set_packed(packed_of(first).data());
    second.set_sweeps_done(first.sweeps_done());
    first.sweep(5);
    second.sweep(5);
    EXPECT_EQ(packed_of(first), packed_of(second)) << columns;
  }
}

}  // namespace
}  // namespace multispin::test
