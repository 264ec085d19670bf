// Bad input: a typed error that names the argument, says what was given and what is allowed.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "support/engines.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void expect_refused(const LatticeOptions& options, const std::vector<std::string>& parts) {
  expect_message([&] { LatticeEngine{options}; }, parts);
}

TEST(Errors, Shape) {
  const std::int64_t too_large = (std::int64_t{1} << 31) + 2;
  for (const std::int64_t side : {std::int64_t{0}, std::int64_t{-2}, std::int64_t{1},
                                  std::int64_t{3}, std::int64_t{127}, too_large}) {
    expect_refused(make_options(side, 64), {"shape", std::to_string(side), "even", "2^31"});
    expect_refused(make_options(64, side), {"shape", std::to_string(side), "even", "2^31"});
    if (side == 1) continue;  // a square lattice
    expect_refused(make_cubic(side, 64, 64), {"shape", std::to_string(side), "even", "2^31"});
  }
  const std::int64_t largest = std::int64_t{1} << 31;
  expect_refused(make_cubic(2, largest, largest), {"shape", "2 x 2147483648", "2^62 spins"});
}

TEST(Errors, Counts) {
  for (const int count : {0, -1}) {
    LatticeOptions options = make_options(64, 64);
    options.replicas = count;
    expect_refused(options, {"replicas", std::to_string(count), "at least 1"});
    options = make_options(64, 64);
    options.threads = count;
    expect_refused(options, {"threads", std::to_string(count), "at least 1"});
  }
}

TEST(Errors, Couplings) {
  for (const double bad : {nan, infinity, -infinity}) {
    LatticeOptions options = make_options(64, 64);
    options.J = bad;
    expect_refused(options, {"J", "finite"});
    options = make_options(64, 64);
    options.h = bad;
    expect_refused(options, {"h", "finite"});
  }
}

TEST(Errors, InstructionSetThatCannotRun) {
  LatticeOptions options = make_options(64, 64);
  options.isa = static_cast<Isa>(99);
  expect_refused(options, {"isa"});
}

TEST(Errors, MoreMemoryThanThereCanBe) {
  const std::int64_t side = std::int64_t{1} << 31;
  EXPECT_THROW(LatticeEngine{make_options(side, side)}, std::bad_alloc);
}

TEST(Errors, Temperatures) {
  LatticeOptions options = make_options(64, 64);
  options.replicas = 2;
  LatticeEngine engine{options};
  engine.set_temperatures(std::vector<double>{1.0, 2.0});
  for (const double bad : {0.0, -1.0, nan, infinity}) {
    expect_message([&] { engine.set_temperatures(std::vector<double>{3.0, bad}); },
                   {"temperature", "above 0"});
  }
  expect_message([&] { engine.set_temperatures(std::vector<double>{3.0}); },
                 {"temperature", "got 1", "2"});
  EXPECT_EQ(engine.temperatures()[0], 1.0);  // a refused call changes nothing
  EXPECT_EQ(engine.temperatures()[1], 2.0);
}

TEST(Errors, Spins) {
  LatticeEngine engine{make_options(4, 64)};
  engine.randomize();
  const Spins before = spins_of(engine);
  for (const int bad : {0, 2, -2, 127, -128}) {
    Spins spins(before.size(), 1);
    spins[100] = static_cast<std::int8_t>(bad);
    expect_message([&] { engine.set_spins(0, spins.data()); }, {"init", std::to_string(bad)});
  }
  EXPECT_EQ(spins_of(engine), before);
}

TEST(Errors, Blocks) {
  LatticeEngine engine{make_options(12, 64)};
  std::vector<float> means(12 * 64);
  const std::pair<std::int64_t, std::int64_t> bad[] = {{0, 2}, {-1, 2}, {5, 2}, {24, 2},
                                                       {1, 0}, {1, 1},  {1, 6}, {1, 128}};
  for (const auto& size : bad) {
    expect_message([&] { engine.block_average(0, size.first, size.second, means.data()); },
                   {"block", std::to_string(size.first), std::to_string(size.second), "12", "64"});
  }
}

}  // namespace
}  // namespace multispin::test
