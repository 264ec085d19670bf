// Acceptance probabilities: with Q = round(q 2^(K+32)), exactly Q of the 2^(K+32) numbers that a
// lane can draw accept. Shown by enumeration of the K coarse bits and of the edges of the tail.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "multispin/bits/word.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/update/metropolis.hpp"
#include "multispin/update/threshold.hpp"

namespace multispin::update {
namespace {

using bits::Word128;
constexpr int coarse = random::coarse_planes;
constexpr int tail = random::tail_planes;
constexpr std::uint64_t one = std::uint64_t{1} << (coarse + tail);  // probability one
constexpr std::uint64_t all_ones = (std::uint64_t{1} << coarse) - 1;

// A generator that gives every lane the number that the test wants it to draw: coarse bits lowest
// first, then the tail highest first.
struct Script {
  struct State {};
  std::array<Word128, all_planes> plane{};

  void draw(int lane, std::uint64_t r, std::uint64_t v) {
    for (int k = 0; k < coarse; ++k) set(k, lane, r >> k & 1U);
    for (int k = 0; k < tail; ++k) set(coarse + k, lane, v >> (tail - 1 - k) & 1U);
  }
  void set(int k, int lane, std::uint64_t bit) {
    plane[static_cast<std::size_t>(k)].element[lane / 64] |= bit << (lane % 64);
  }
  Word128 next(State&, int k) const { return plane[static_cast<std::size_t>(k)]; }
};

bool in_lane(const Word128& word, int lane) {
  return (word.element[lane / 64] >> (lane % 64) & 1U) != 0;
}

struct Outcome {
  Word128 accepted, all_ones;
};

// The coarse comparison as the kernels do it.
Outcome compare(const Script& script, Threshold threshold) {
  Script::State state;
  Word128 less = bits::splat<Word128>(threshold.always() ? ~std::uint64_t{0} : 0);
  Word128 every = bits::ones<Word128>();
  for (int k = 0; k < coarse; ++k) {
    const Word128 mask = bits::splat<Word128>(threshold.plane(k) != 0 ? ~std::uint64_t{0} : 0);
    const Word128 r = script.next(state, k);
    less = bits::less_than_step(mask, r, less);
    every = every & r;
  }
  return {less, every};
}

std::vector<Threshold> interesting_thresholds() {
  const std::uint64_t step = std::uint64_t{1} << tail;
  std::vector<Threshold> thresholds;
  for (const std::uint64_t q :
       {std::uint64_t{0}, std::uint64_t{1}, step - 1, step, step + 1, 5 * step + 77, one / 2 - 1,
        one / 2, one / 2 + 1, one - step - 1, one - step, one - step + 1, one - 1, one}) {
    thresholds.push_back({q});
  }
  std::mt19937_64 generator{1};
  for (int i = 0; i < 50; ++i) thresholds.push_back({generator() % one});
  return thresholds;
}

TEST(Threshold, EveryCoarseNumber) {
  for (const Threshold threshold : interesting_thresholds()) {
    SCOPED_TRACE(threshold.value);
    std::uint64_t accepted = 0;
    for (std::uint64_t first = 0; first <= all_ones; first += 128) {
      Script script;
      for (int lane = 0; lane < 128; ++lane) {
        script.draw(lane, first + static_cast<std::uint64_t>(lane), 0);
      }
      const Outcome outcome = compare(script, threshold);
      for (int lane = 0; lane < 128; ++lane) {
        const std::uint64_t r = first + static_cast<std::uint64_t>(lane);
        accepted += in_lane(outcome.accepted, lane) ? 1 : 0;
        EXPECT_EQ(in_lane(outcome.accepted, lane), threshold.always() || r < threshold.value >> tail);
        EXPECT_EQ(in_lane(outcome.all_ones, lane), r == all_ones);
      }
    }
    // One number, all ones, is left to the tail, so Q / 2^tail, rounded down, accept at once.
    EXPECT_EQ(accepted, threshold.always() ? all_ones + 1 : threshold.value >> tail);
  }
}

TEST(Threshold, TailAroundItsThreshold) {
  constexpr std::uint64_t largest = (std::uint64_t{1} << tail) - 1;
  std::mt19937_64 generator{2};
  for (const Threshold threshold : interesting_thresholds()) {
    if (threshold.always()) continue;
    const std::uint64_t f = threshold.value & largest;
    Script script;
    std::array<std::uint64_t, 128> v{};
    for (int lane = 0; lane < 128; ++lane) {
      auto& number = v[static_cast<std::size_t>(lane)];
      number = generator() & largest;
      if (lane < 8) number = (f + static_cast<std::uint64_t>(lane) - 4) & largest;
      if (lane == 8) number = 0;
      if (lane == 9) number = largest;
      // A number that agrees with f down to some plane.
      if (lane >= 64) number = f ^ (number >> (lane - 64) % tail);
      script.draw(lane, all_ones, number);
    }
    const Word128 undecided{{0xffffffffffff0fff, 0xfedcba9876543210}};
    const auto mask = [&](int k) {
      return bits::splat<Word128>(threshold.plane(k) != 0 ? ~std::uint64_t{0} : 0);
    };
    const Word128 late = accepted_by_tail<Word128>(script, Script::State{}, undecided, mask);
    for (int lane = 0; lane < 128; ++lane) {
      EXPECT_EQ(in_lane(late, lane),
                in_lane(undecided, lane) && v[static_cast<std::size_t>(lane)] < f);
    }
  }
}

TEST(Threshold, RoundsToTheNearestMultiple) {
  EXPECT_EQ(make_threshold(0.0).value, 0U);
  EXPECT_EQ(make_threshold(0.5).value, one / 2);
  EXPECT_EQ(make_threshold(1.0).value, one);
  EXPECT_TRUE(make_threshold(1.0).always());
  EXPECT_FALSE(make_threshold(0.999).always());
  const double unit = std::ldexp(1.0, -(coarse + tail));
  EXPECT_EQ(make_threshold(unit * 7.25).value, 7U);
  EXPECT_EQ(make_threshold(unit * 6.5).value, 6U);  // ties to even
  EXPECT_EQ(make_threshold(unit * 7.5).value, 8U);
}

TEST(Threshold, ErrorOfAProbabilityIsBelowTheStatedBound) {
  std::mt19937_64 generator{3};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int i = 0; i < 1000; ++i) {
    const double q = uniform(generator);
    const double held = std::ldexp(static_cast<double>(make_threshold(q).value), -(coarse + tail));
    EXPECT_LE(std::fabs(held - q), std::ldexp(0.5, -(coarse + tail)));
  }
}

TEST(Rates, AreThoseOfMetropolisAndHeatBath) {
  constexpr double J = -0.8, h = 0.3, T = 1.7;
  const Rates metropolis = make_rates(Dynamics::metropolis, J, h, T);
  const Rates glauber = make_rates(Dynamics::glauber, J, h, T);
  for (int up = 0; up < 5; ++up) {
    const double field = J * (2 * up - 4) + h;
    // Probability that the new spin is up, against sigma(2 f / T).
    const double against = std::ldexp(static_cast<double>(glauber.threshold[up].value), -44);
    const double is_up = glauber.up[up] ? 1 - against : against;
    EXPECT_NEAR(is_up, 1 / (1 + std::exp(-2 * field / T)), 1e-13);
    const double leaves = std::ldexp(static_cast<double>(metropolis.threshold[up].value), -44);
    EXPECT_NEAR(leaves, std::exp(-2 * std::fabs(field) / T), 1e-13);
    EXPECT_EQ(metropolis.up[up], field >= 0);
  }
}

// The rule for zero field has no place for thresholds of probability one.
TEST(Rates, ChoiceOfTheRule) {
  EXPECT_EQ(rule_for(Dynamics::metropolis, 1, 0, 2.0), Rule::zero_field_metropolis);
  EXPECT_EQ(rule_for(Dynamics::metropolis, -1, 0, 2.0), Rule::zero_field_metropolis);
  EXPECT_EQ(rule_for(Dynamics::metropolis, 1, 0.1, 2.0), Rule::metropolis);
  EXPECT_EQ(rule_for(Dynamics::metropolis, 0, 0, 2.0), Rule::metropolis);
  EXPECT_EQ(rule_for(Dynamics::metropolis, 1, 0, 1e20), Rule::metropolis);
  EXPECT_EQ(rule_for(Dynamics::glauber, 1, 0, 2.0), Rule::glauber);
}

}  // namespace
}  // namespace multispin::update
