// Acceptance probabilities: with Q = round(q 2^(K+32)), a lane accepts with probability Q /
// 2^(K+32) exactly. Shown by enumeration of the K coarse bits, of the lanes that draw again and of
// the edges of the tail.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/rules/acceptance.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::rules {
namespace {

using bits::Word128;
constexpr int tail = random::tail_planes;

// Numbers of coarse planes: those of the generators.
template <class Coarse>
class ThresholdOf : public ::testing::Test {
 protected:
  static constexpr int coarse = Coarse::value;
  static constexpr std::uint64_t one = std::uint64_t{1} << (coarse + tail);  // probability one
  static constexpr std::uint64_t all_ones = (std::uint64_t{1} << coarse) - 1;
};
using Coarse =
    ::testing::Types<std::integral_constant<int, random::AesPlanes<Word128>::coarse_planes>,
                     std::integral_constant<int, random::PhiloxPlanes<Word128>::coarse_planes>>;
TYPED_TEST_SUITE(ThresholdOf, Coarse, );

// A generator that gives every lane the number that the test wants it to draw: coarse bits lowest
// first; then, one plane later, the tail highest first.
template <int coarse>
struct Script {
  static constexpr int coarse_planes = coarse;
  struct State {};
  std::array<Word128, coarse + 1 + tail> plane{};

  void draw(int lane, std::uint64_t r, std::uint64_t v) {
    for (int k = 0; k < coarse; ++k) set(k, lane, r >> k & 1U);
    for (int k = 0; k < tail; ++k) set(coarse + 1 + k, lane, v >> (tail - 1 - k) & 1U);
  }
  void set(int k, int lane, std::uint64_t bit) {
    plane[static_cast<std::size_t>(k)].element[lane / 64] |= bit << (lane % 64);
  }
  Word128 next(State& /*state*/, int k) const { return plane[static_cast<std::size_t>(k)]; }
};

bool in_lane(const Word128& word, int lane) {
  return (word.element[lane / 64] >> (lane % 64) & 1U) != 0;
}

Word128 every_lane(bool set) {
  return bits::splat<Word128>(set ? ~std::uint64_t{0} : 0);
}

// The coarse comparison, as the kernels do it.
template <int coarse>
Word128 compare(const Script<coarse>& script, Threshold threshold) {
  typename Script<coarse>::State state;
  Word128 less = every_lane(threshold.always());
  for (int k = 0; k < coarse; ++k) {
    const Word128 r = script.next(state, k);
    less = bits::less_than_step(every_lane(threshold.plane(k) != 0), r, less);
  }
  return less;
}

struct Case {
  std::uint64_t Q;
  Threshold threshold;
};

std::vector<Case> interesting_thresholds(int coarse) {
  const std::uint64_t one = std::uint64_t{1} << (coarse + tail);
  const std::uint64_t step = std::uint64_t{1} << tail;
  std::vector<std::uint64_t> numbers{0,
                                     1,
                                     step - 1,
                                     step,
                                     step + 1,
                                     5 * step + 77,
                                     one / 2 - 1,
                                     one / 2,
                                     one / 2 + 1,
                                     one - step - 1,
                                     one - step,
                                     one - step + 1,
                                     one - step + (step >> coarse),  // the tail just fits
                                     one - step + (step >> coarse) + 1,
                                     one - 1,
                                     one};
  std::mt19937_64 generator{1};
  for (int i = 0; i < 20; ++i) numbers.push_back(generator() % one);
  std::vector<Case> cases;
  for (const std::uint64_t Q : numbers) {
    const double q = std::ldexp(static_cast<double>(Q), -(coarse + tail));  // Q < 2^53: exact
    cases.push_back({Q, make_threshold(q, coarse)});
  }
  return cases;
}

TYPED_TEST(ThresholdOf, EveryCoarseNumber) {
  for (const Case& one : interesting_thresholds(this->coarse)) {
    const Threshold& threshold = one.threshold;
    SCOPED_TRACE(one.Q);
    std::uint64_t accepted = 0, wrong = 0;
    for (std::uint64_t first = 0; first <= this->all_ones; first += 128) {
      Script<TestFixture::coarse> script;
      for (int lane = 0; lane < 128; ++lane) {
        script.draw(lane, first + static_cast<std::uint64_t>(lane), 0);
      }
      const Word128 less = compare(script, threshold);
      for (int lane = 0; lane < 128; ++lane) {
        const std::uint64_t r = first + static_cast<std::uint64_t>(lane);
        accepted += in_lane(less, lane) ? 1 : 0;
        wrong += in_lane(less, lane) != (r < threshold.coarse) ? 1 : 0;
      }
    }
    EXPECT_EQ(wrong, 0U);
    // One lane in 2^K draws again instead, and accepts `tail` of 2^32 numbers.
    EXPECT_EQ(this->all_ones * (accepted << (tail - this->coarse)) + threshold.tail, one.Q);
    EXPECT_LE(threshold.tail, std::uint64_t{1} << tail);
  }
}

TYPED_TEST(ThresholdOf, TailAroundItsThreshold) {
  constexpr std::uint64_t largest = (std::uint64_t{1} << tail) - 1;
  std::mt19937_64 generator{2};
  for (const Case& one : interesting_thresholds(this->coarse)) {
    const Threshold& threshold = one.threshold;
    SCOPED_TRACE(one.Q);
    const std::uint64_t V = threshold.tail;
    Script<TestFixture::coarse> script;
    std::array<std::uint64_t, 128> v{};
    for (int lane = 0; lane < 128; ++lane) {
      auto& number = v[static_cast<std::size_t>(lane)];
      number = generator() & largest;
      if (lane < 8) number = (V + static_cast<std::uint64_t>(lane) - 4) & largest;
      if (lane == 8) number = 0;
      if (lane == 9) number = largest;
      // A number that agrees with V down to some plane.
      if (lane >= 64) number = (V ^ (number >> (lane - 64) % tail)) & largest;
      script.draw(lane, 0, number);
    }
    const Word128 lanes{{0xffffffffffff0fff, 0xfedcba9876543210}};
    const auto mask = [&](int k) { return every_lane(threshold.plane(k) != 0); };
    const Word128 accepted =
        accepted_by_tail<Word128>(script, {}, lanes, every_lane(threshold.always()), mask);
    for (int lane = 0; lane < 128; ++lane) {
      EXPECT_EQ(in_lane(accepted, lane),
                in_lane(lanes, lane) && v[static_cast<std::size_t>(lane)] < V);
    }
  }
}

// Of all values of a field, 2^(16-K) choose each of its lanes, and no other lane.
TYPED_TEST(ThresholdOf, EveryLaneIsChosenAsOften) {
  constexpr int coarse = TestFixture::coarse;
  constexpr std::uint64_t none = 0x8000800080008000;  // fields that choose nobody
  for (int first = 0; first < 64; first += 16) {
    std::array<int, 64> chosen{};
    for (std::uint64_t field = 0; field < 1U << 16; ++field) {
      const std::uint64_t plane =
          (none & ~(std::uint64_t{0xffff} << first)) | field << static_cast<unsigned>(first);
      const std::uint64_t lanes = redrawn_lanes<coarse>(plane);
      const Word128 words[2] = {{{none, none}}, {{none, plane}}};
      EXPECT_EQ(bits::any_field_below<redraw_bits<coarse>>(words, 2), lanes != 0);
      for (int lane = 0; lane < 64; ++lane) {
        chosen[static_cast<std::size_t>(lane)] += static_cast<int>(lanes >> lane & 1U);
      }
    }
    for (int lane = 0; lane < 64; ++lane) {
      EXPECT_EQ(chosen[static_cast<std::size_t>(lane)],
                lane / 16 == first / 16 ? 1 << (16 - coarse) : 0);
    }
  }
}

// Q of the probability that a threshold stands for.
std::uint64_t held(const Threshold& t) {
  const std::uint64_t others = (std::uint64_t{1} << t.coarse_planes) - 1;
  return others * (t.coarse << (tail - t.coarse_planes)) + t.tail;
}

TYPED_TEST(ThresholdOf, RoundsToTheNearestMultiple) {
  constexpr int coarse = TestFixture::coarse;
  const auto value = [](double q) { return held(make_threshold(q, coarse)); };
  EXPECT_EQ(value(0.0), 0U);
  EXPECT_EQ(value(0.5), this->one / 2);
  EXPECT_EQ(value(1.0), this->one);
  EXPECT_TRUE(make_threshold(1.0, coarse).always());
  EXPECT_FALSE(make_threshold(0.999, coarse).always());
  const double unit = std::ldexp(1.0, -(coarse + tail));
  EXPECT_EQ(value(unit * 7.25), 7U);
  EXPECT_EQ(value(unit * 6.5), 6U);  // ties to even
  EXPECT_EQ(value(unit * 7.5), 8U);
  std::mt19937_64 generator{3};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int i = 0; i < 1000; ++i) {
    const double q = uniform(generator);
    EXPECT_LE(std::fabs(static_cast<double>(value(q)) * unit - q), unit / 2);
  }
}

TYPED_TEST(ThresholdOf, RatesAreThoseOfMetropolisAndHeatBath) {
  constexpr int coarse = TestFixture::coarse;
  constexpr double J = -0.8, h = 0.3, T = 1.7;
  const auto probability = [](Threshold t) {
    return std::ldexp(static_cast<double>(held(t)), -(coarse + tail));
  };
  for (const int neighbours : {4, 6}) {
    const Rates metropolis = make_rates(Dynamics::metropolis, neighbours, J, h, T, coarse);
    const Rates glauber = make_rates(Dynamics::glauber, neighbours, J, h, T, coarse);
    for (int up = 0; up <= neighbours; ++up) {
      const double field = J * (2 * up - neighbours) + h;
      EXPECT_NEAR(probability(metropolis.threshold[up]), std::exp(-2 * std::fabs(field) / T),
                  1e-13);
      EXPECT_EQ(metropolis.up[up], field >= 0);
      // The new spin is up with probability sigma(2 f / T).
      const double against = probability(glauber.threshold[up]);
      EXPECT_NEAR(glauber.up[up] ? 1 - against : against, 1 / (1 + std::exp(-2 * field / T)),
                  1e-13);
    }
  }
}

// The rules for zero field have no place for the thresholds of the highest temperatures.
TYPED_TEST(ThresholdOf, ChoiceOfTheRule) {
  for (const int neighbours : {4, 6}) {
    const auto rule = [&](Dynamics dynamics, double J, double h, double T) {
      return rule_for(dynamics, neighbours, J, h, T, TestFixture::coarse);
    };
    EXPECT_EQ(rule(Dynamics::metropolis, 1, 0, 2.0), Rule::zero_field_metropolis);
    EXPECT_EQ(rule(Dynamics::metropolis, -1, 0, 2.0), Rule::zero_field_metropolis);
    EXPECT_EQ(rule(Dynamics::metropolis, 1, 0.1, 2.0), Rule::metropolis);
    EXPECT_EQ(rule(Dynamics::metropolis, 0, 0, 2.0), Rule::metropolis);
    EXPECT_EQ(rule(Dynamics::metropolis, 1, 0, 1e20), Rule::metropolis);
    EXPECT_EQ(rule(Dynamics::glauber, 1, 0, 2.0), Rule::zero_field_glauber);
    EXPECT_EQ(rule(Dynamics::glauber, -1, 0, 2.0), Rule::zero_field_glauber);
    EXPECT_EQ(rule(Dynamics::glauber, 1, 0.1, 2.0), Rule::glauber);
    EXPECT_EQ(rule(Dynamics::glauber, 0, 0, 2.0), Rule::glauber);
    EXPECT_EQ(rule(Dynamics::glauber, 1, 0, 1e20), Rule::glauber);
  }
}

}  // namespace
}  // namespace multispin::rules
