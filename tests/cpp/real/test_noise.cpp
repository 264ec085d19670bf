// The noise of real couplings: how far the probability to accept is from what it should be.
//
// A draw accepts a field if its logarithm is at least some x, which is to say if u' <= p, where u'
// is what the logarithm is of, and p what x is of: the probability that is wanted. Were u' uniform,
// that would be the probability to accept; it is off by no more than u' is from the uniform number
// that it is made of. So the largest such distance, of all numbers, holds for every threshold.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/real/layout.hpp"
#include "multispin/real/rounding.hpp"
#include "multispin/real/rules/noise.hpp"
#include "support/real.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

using bits::OneNumber;
using rules::HeatBath;
using rules::Metropolis;
using rules::NoiseScale;

constexpr double promised = 0x1p-24;
constexpr double odd_numbers = 0x1p-31;  // u is an odd multiple of it: as good as uniform

// The uniform number that a logarithm is of.
template <class Rule>
double uniform_of(double logarithm) {
  const double power = std::exp2(-logarithm * 0x1p-26);
  if constexpr (std::is_same_v<Rule, Metropolis>) return power;
  return 2 * power / (1 + power);
}
template <class Rule>
std::uint32_t logarithm_of(std::uint32_t number) {
  const float u = rules::uniform_31<OneNumber>(number);
  if constexpr (std::is_same_v<Rule, Metropolis>) {
    return rules::minus_log2<OneNumber>(u, (127 + 31) << 23);
  }
  const float scaled = u * 0x1p-31F;
  return rules::minus_log2<OneNumber>(scaled / (2.0F - scaled), 127 << 23);
}

// visit(number, least, most): all values that a float has for the 31 bits, one of the numbers that
// have it, and between what their bits are.
template <class Visit>
void for_each_float(std::uint32_t stride, const Visit& visit) {
  for (std::uint32_t v = 1; v < 1U << 24; v += 2 * stride) visit(v << 1, v, v);
  for (int k = 24; k < 31; ++k) {
    const std::uint32_t half_apart = 1U << (k - 24);
    for (std::uint32_t m = 0; m < 1U << 23; m += stride) {
      const std::uint32_t v = (1U << k) + 2 * half_apart * m;
      if (k == 24 && m % 2 != 0) continue;  // what lies between is rounded to the even ones
      visit(v << 1, v - half_apart, v + half_apart);
    }
  }
  visit(0xffffffffU, (1U << 31) - 64, 1U << 31);
}

template <class Rule>
double largest_distance() {
  double distance = 0.0;
  for_each_float(slowness, [&](std::uint32_t number, double least, double most) {
    const double u = uniform_of<Rule>(logarithm_of<Rule>(number));
    distance = std::max({distance, std::abs(u - least * 0x1p-31), std::abs(u - most * 0x1p-31)});
  });
  return distance;
}

// Of the floats above, that each is the one of its number.
TEST(RealNoise, EveryFloatIsVisited) {
  std::uint64_t count = 0;
  double last = 0.0;
  for_each_float(1024, [&](std::uint32_t number, double least, double most) {
    const double u = rules::uniform_31<OneNumber>(number);
    ASSERT_GE(u, least);
    ASSERT_LE(u, most);
    ASSERT_GT(u, last);
    last = u;
    ++count;
  });
  EXPECT_EQ(last, 0x1p31);
  EXPECT_EQ(count, 7 * 8192 + 8192 + 1U);
}

// The seventh that is left is for the temperature (`TemperaturesAreRounded`).
TEST(RealNoise, EveryProbabilityOfMetropolisIsCloserThanPromised) {
  const double distance = largest_distance<Metropolis>();
  EXPECT_LT(distance + odd_numbers, promised * 6 / 7) << distance / promised << " of it";
  EXPECT_GT(distance, promised / 8);  // floats are not better than that
}

TEST(RealNoise, EveryProbabilityOfTheHeatBathIsCloserThanPromised) {
  // The sign is exact, and half of all numbers have the one that decides.
  const double distance = largest_distance<HeatBath>() / 2;
  EXPECT_LT(distance + odd_numbers, promised * 6 / 7) << distance / promised << " of it";
  EXPECT_GT(distance, promised / 8);
}

// --- with temperatures and fields
// ----------------------------------------------------------------

const std::vector<double> temperatures = {0x1p21, 1.3e7,        0x1.8p28, 3.1e8,   1e9,
                                          0x1p30, 0x1.62e43p33, 1e11,     7e13,    0x1p50,
                                          2e16,   0x1p56,       1e18,     0x1p100, 1e300};

// What a scale makes of a logarithm of one step, in steps of the field.
double slope_of(const NoiseScale& scale) {
  return std::ldexp(static_cast<double>(scale.factor), scale.shift - 32);
}

template <class Rule>
bool flips(std::uint32_t number, const NoiseScale& scale, std::int32_t state, std::int32_t lazy) {
  const std::int32_t draw =
      Rule::template draw<OneNumber>(number, scale.cap, scale.factor, scale.shift);
  const std::int32_t all = Rule::template flips<OneNumber>(state, draw, lazy);
  EXPECT_TRUE(all == 0 || all == -1);
  return all != 0;
}

// The share of all numbers that flip a spin, exactly: those whose u is further than 2^-22 from
// where the answer changes have the answer of their side, as the tests above have found.
template <class Rule>
double share_of_flips(const NoiseScale& scale, std::int32_t field, bool up, std::int32_t lazy) {
  const std::int32_t state = 2 * field + (up ? 1 : 0);
  const double changes_at = uniform_of<Rule>(std::abs(field) / slope_of(scale));
  const double odd = 0x1p30;
  const auto first = static_cast<std::int64_t>(std::max(0.0, (changes_at - 0x1p-22) * odd));
  const auto last = static_cast<std::int64_t>(std::min(odd, (changes_at + 0x1p-22) * odd));
  std::int64_t count = 0;
  for (const std::uint32_t coin : {0U, 1U}) {
    const auto flips_at = [&](std::int64_t k) {
      return flips<Rule>(static_cast<std::uint32_t>(k) << 2 | coin, scale, state, lazy);
    };
    for (std::int64_t k = first; k < last; ++k) count += flips_at(k) ? 1 : 0;
    if (first > 0 && flips_at(first - 1)) count += first;
    if (last < (std::int64_t{1} << 30) && flips_at(last)) count += (std::int64_t{1} << 30) - last;
  }
  return static_cast<double>(count) * 0x1p-31;
}

std::vector<std::int32_t> fields_at(double temperature) {
  std::vector<std::int32_t> fields = {0, 1, 1000, (1 << 30) - 1};
  for (const double p : {1 - 1e-7, 0.9999, 0.97, 0.8, 0.5, 0.4999, 0.3, 0.1, 1e-3, 1e-6}) {
    const double field = std::round(-temperature / 2 * std::log(p));
    if (field < 0x1p30) fields.push_back(static_cast<std::int32_t>(field));
  }
  return fields;
}

template <class Rule, class Wanted>
void expect_shares(std::int32_t lazy, const Wanted& wanted) {
  for (const double temperature : temperatures) {
    const NoiseScale scale = noise_scale(temperature, 1.0);
    for (const std::int32_t size : fields_at(temperature)) {
      for (const int sign : {1, -1}) {
        for (const bool up : {false, true}) {
          const std::int32_t field = sign * size;
          EXPECT_NEAR(share_of_flips<Rule>(scale, field, up, lazy),
                      wanted((up ? 2.0 : -2.0) * field / temperature, size), promised)
              << "temperature " << temperature << ", field " << field << ", up " << up;
        }
      }
    }
  }
}

TEST(RealNoise, SharesOfMetropolis) {
  expect_shares<Metropolis>(
      -1, [](double cost, std::int32_t /*size*/) { return std::exp(-std::max(cost, 0.0)); });
}

TEST(RealNoise, LazySpinsFlipHalfAsOften) {
  for (const std::int32_t lazy : {0, 999, 1000, (1 << 20) - 1}) {
    expect_shares<Metropolis>(lazy, [lazy](double cost, std::int32_t size) {
      return std::exp(-std::max(cost, 0.0)) * (size <= lazy ? 0.5 : 1.0);
    });
  }
}

TEST(RealNoise, SharesOfTheHeatBath) {
  expect_shares<HeatBath>(
      0, [](double cost, std::int32_t /*size*/) { return 1 / (1 + std::exp(cost)); });
}

// Without a temperature, downhill alone; without a field, half of the time or not at all.
TEST(RealNoise, TemperatureOfZero) {
  const NoiseScale scale = noise_scale(0.0, 1.0);
  for (const std::int32_t field : {1, 12345, (1 << 30) - 1}) {
    for (const std::uint32_t number : {0U, 1U, 2U, 3U, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
      for (const std::int32_t up : {0, 1}) {
        EXPECT_EQ(flips<Metropolis>(number, scale, 2 * field + up, 0), up == 0);
        EXPECT_EQ(flips<Metropolis>(number, scale, -2 * field + up, 0), up == 1);
        EXPECT_EQ(flips<HeatBath>(number, scale, 2 * field + up, 0), up == 0);
        EXPECT_EQ(flips<HeatBath>(number, scale, -2 * field + up, 0), up == 1);
        EXPECT_EQ(flips<Metropolis>(number, scale, up, 0), number % 2 == 0);
        EXPECT_FALSE(flips<HeatBath>(number, scale, up, 0));
      }
    }
  }
}

// A multiple of step / (32 ln 2) where there is no shift, and 2^-32 of itself where there is one:
// from 2^20 steps on, a probability is off by less than a seventh of what is promised because of
// it.
TEST(RealNoise, TemperaturesAreRounded) {
  constexpr double ln2 = 0x1.62e42fefa39efp-1;
  for (double t = 1e-3; t < 4e16; t *= 1.37) {
    const double rounded = slope_of(noise_scale(t, 1.0)) * 0x1p27 / ln2;
    EXPECT_NEAR(rounded, t, std::max(0.501 / (32 * ln2), t * 0x1p-32)) << t;
    if (t > 0x1p20) {
      EXPECT_LT(std::abs(rounded / t - 1) / std::exp(1.0), promised / 7) << t;
    }
  }
}

// A logarithm beyond the cap is above all fields, and no threshold is too large for its bits.
TEST(RealNoise, CapsAreAboveAllFields) {
  for (double t = 1e-6; t < 1e40; t *= 1.0137) {
    const NoiseScale scale = noise_scale(t, 1.0);
    const auto at = [&](std::uint32_t logarithm) {
      return rules::threshold<OneNumber>(logarithm, scale.cap, scale.factor, scale.shift);
    };
    ASSERT_LT(static_cast<std::uint64_t>(scale.cap) << scale.shift,
              scale.shift == 0 ? std::uint64_t{1} << 33 : std::uint64_t{1} << 32);
    ASSERT_GE(scale.shift, 0);
    ASSERT_LE(scale.shift, 28);
    std::int32_t last = 0;
    for (std::uint64_t logarithm = 0; logarithm <= std::uint64_t{1} << 31; logarithm += 0x1234567) {
      const std::int32_t now = at(static_cast<std::uint32_t>(logarithm));
      ASSERT_GE(now, last) << t;
      last = now;
    }
    if (scale.cap <= 1U << 31) {
      ASSERT_GE(at(scale.cap), rules::field_limit) << t;
    }
    ASSERT_GE(at(1U << 31), std::min(slope_of(scale) * 0x1p31 - 1, 0x1p30)) << t;
  }
}

// --- side by side
// --------------------------------------------------------------------------------

// As many numbers as a word has room for, in the form that can be named here.
TEST(RealNoise, SideBySideAsByItself) {
  using Many = bits::Numbers<bits::Word128>;
  static_assert(Many::count == 4);
  const std::uint32_t states[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678};
  for (const double t : {0.0, 1.0, 1e5, 1e9, 1e10, 1e12, 1e20}) {
    const NoiseScale scale = noise_scale(t, 1.0);
    for (std::uint64_t n = 0; n < std::uint64_t{1} << 32; n += 0x1fedc * slowness) {
      std::uint32_t number[4];
      for (std::uint32_t i = 0; i < 4; ++i) number[i] = static_cast<std::uint32_t>(n) ^ i << 30 ^ i;
      const auto expect_same = [&](auto rule) {
        using Rule = decltype(rule);
        const Many::I draws =
            Rule::template draw<Many>(Many::load(number), Many::splat(scale.cap),
                                      Many::splat(scale.factor), Many::splat(scale.shift));
        const std::uint32_t state = states[n % 8];
        const Many::I all =
            Rule::template flips<Many>(Many::splat(static_cast<std::int32_t>(state)), draws, 1000);
        for (int i = 0; i < 4; ++i) {
          const std::int32_t draw =
              Rule::template draw<OneNumber>(number[i], scale.cap, scale.factor, scale.shift);
          ASSERT_EQ(draws[i], draw) << t << ", number " << number[i];
          ASSERT_EQ(all[i],
                    Rule::template flips<OneNumber>(static_cast<std::int32_t>(state), draw, 1000));
        }
      };
      expect_same(Metropolis{});
      expect_same(HeatBath{});
    }
  }
}

// Number that attempt p of a stream's first sweep has.
std::uint32_t number_of(const RealOptions& o, std::uint64_t p) {
  const random::StreamKeys keys =
      random::stream_keys(o.seed, 0, random::Purpose::real_aes, random::Purpose::real_philox);
  const std::uint64_t k = p % 64;
  const std::uint64_t word =
      (o.first_stream << model::stream_shift) + p / 64 * 16 + k % 32 / 2 / 2 * 2;
  const auto of_planes = [&](const auto& planes) {
    auto state = planes.start(word);
    bits::Word128 plane = planes.next(state, 0);
    if (k >= 32) plane = planes.next(state, 1);
    return static_cast<std::uint32_t>(plane.element[k % 32 / 2 % 2] >> (32 * (k % 2)));
  };
  if (o.generator == Generator::aes) return of_planes(random::AesPlanes<bits::Word128>{keys, 0, 0});
  return of_planes(random::PhiloxPlanes<bits::Word128>{keys, 0, 0});
}

// Spins by themselves in fields that lie at, just above and just below what their own numbers make
// of a temperature: at every instruction set, each does what the number by itself says.
TEST(RealNoise, SitesOfAnEngineOnTheEdge) {
  for (const Storage storage : {Storage::sparse, Storage::dense}) {
    const std::int64_t sites = storage == Storage::dense ? 700 : 40'000 / slowness;
    for (const RealDynamics dynamics : {RealDynamics::metropolis, RealDynamics::glauber}) {
      for (const double temperature : {3e5, 1e8, 2e9, 1e11, 4e16}) {
        for (const Generator generator : generators) {
          RealOptions o;
          o.sites = sites;
          o.storage = storage;
          o.dynamics = dynamics;
          o.generator = generator;
          o.seed = 12345;
          o.first_stream = 6;
          const NoiseScale scale = noise_scale(temperature, 1.0);
          std::vector<std::int32_t> fields;
          std::vector<std::uint32_t> numbers;
          for (std::int64_t i = 0; i < sites; ++i) {
            const std::uint32_t number = number_of(o, static_cast<std::uint64_t>(i));
            const std::int32_t draw =
                dynamics == RealDynamics::metropolis
                    ? Metropolis::draw<OneNumber>(number, scale.cap, scale.factor, scale.shift)
                    : HeatBath::draw<OneNumber>(number, scale.cap, scale.factor, scale.shift);
            const std::int32_t size =
                dynamics == RealDynamics::metropolis ? draw & INT32_MAX : draw >> 1 ^ draw >> 31;
            const auto beside = static_cast<std::int32_t>(i % 3 - 1);
            const std::int32_t field = std::min(size + beside, (1 << 30) - 200);
            fields.push_back(i % 2 == 0 ? field : -field);
            numbers.push_back(number);
          }
          fields[0] = (1 << 30) - 200;  // so that a step is one
          o.fields.assign(fields.begin(), fields.end());
          for (const Isa isa : available_isas()) {
            o.isa = isa;
            RealEngine engine{o};
            ASSERT_EQ(engine.step(), 1.0);
            engine.set_temperatures(std::vector<double>{temperature});
            for (const bool up : {true, false}) {
              engine.set_sweeps_done(0);
              engine.fill(up);
              engine.sweep(1);
              const Spins after = spins_of(engine, 0);
              for (std::size_t i = 0; i < fields.size(); ++i) {
                const std::int32_t state = 2 * fields[i] + (up ? 1 : 0);
                const bool flip = dynamics == RealDynamics::metropolis
                                      ? flips<Metropolis>(numbers[i], scale, state, (1 << 20) - 1)
                                      : flips<HeatBath>(numbers[i], scale, state, 0);
                ASSERT_EQ(after[i] > 0, up != flip)
                    << describe(o) << ", site " << i << ", temperature " << temperature;
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace multispin::test
