// Moments of samples against plain loops, at sizes around those of words, blocks and tiles, at
// every instruction set.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "multispin/moments/moment_sums.hpp"
#include "multispin/moments/sample_bits.hpp"
#include "support/engines.hpp"
#include "support/expect_message.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

using Weights = std::vector<std::int64_t>;

struct Moments {
  explicit Moments(std::int64_t spins)
      : first(static_cast<std::size_t>(spins), -7),
        second(static_cast<std::size_t>(spins * spins), -7) {}
  std::vector<std::int64_t> first, second;
  MomentSums sums() { return {first.data(), second.data()}; }
};

// Spins of different means, some of them alike, so that moments are not all about 0.
Spins some_samples(std::int64_t samples, std::int64_t spins, std::uint64_t seed = 1) {
  std::mt19937_64 generator{seed};
  Spins out;
  for (std::int64_t s = 0; s < samples; ++s) {
    const std::uint64_t common = generator() % 8;
    for (std::int64_t i = 0; i < spins; ++i) {
      const bool up =
          i % 5 == 0 ? common < 5 : generator() % 16 <= static_cast<std::uint64_t>(i % 16);
      out.push_back(up ? 1 : -1);
    }
  }
  return out;
}

Moments expected(const Spins& samples, std::int64_t spins, const Weights& weights = {}) {
  Moments out(spins);
  out.first.assign(out.first.size(), 0);
  out.second.assign(out.second.size(), 0);
  const auto n = static_cast<std::size_t>(spins);
  for (std::size_t s = 0; s < samples.size() / n; ++s) {
    const std::int64_t weight = weights.empty() ? 1 : weights[s];
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t own = weight * samples[s * n + i];
      out.first[i] += own;
      for (std::size_t j = 0; j < n; ++j) out.second[i * n + j] += own * samples[s * n + j];
    }
  }
  return out;
}

Moments computed(const Spins& samples, std::int64_t spins, Isa isa, int threads = 1,
                 const Weights& weights = {}) {
  SampleBits bits{static_cast<std::int64_t>(samples.size()) / spins, spins};
  EXPECT_TRUE(bits.set_spins(samples.data(), threads, isa));
  Moments out(spins);
  EXPECT_TRUE(moment_sums(bits, weights, threads, isa, out.sums()));
  return out;
}

void expect_same(const Moments& got, const Moments& wanted, const std::string& what) {
  ASSERT_TRUE(got.first == wanted.first) << what;
  ASSERT_TRUE(got.second == wanted.second) << what;
}

std::string text(std::int64_t samples, std::int64_t spins, Isa isa) {
  return std::to_string(samples) + " samples of " + std::to_string(spins) + " spins, " +
         std::string(name(isa));
}

Weights some_weights(std::int64_t samples) {
  std::mt19937_64 generator{2};
  Weights weights;
  for (std::int64_t s = 0; s < samples; ++s) {
    // Of all sizes, 0 among them.
    weights.push_back(static_cast<std::int64_t>(generator() >> 20 >> generator() % 45));
  }
  return weights;
}

// Words and three words of samples; blocks of 8, 64 and 128 spins, and tiles of up to 1024 spins.
constexpr std::int64_t sample_sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 257};
const auto spin_sizes = few<std::int64_t>({1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 200});

void check(std::int64_t samples, std::int64_t spins) {
  const Spins given = some_samples(samples, spins);
  const Weights weights = some_weights(samples);
  const Moments plain = expected(given, spins), weighed = expected(given, spins, weights);
  for (const Isa isa : available_isas()) {
    for (const int threads : {1, 3}) {
      const std::string what = text(samples, spins, isa);
      expect_same(computed(given, spins, isa, threads), plain, what);
      expect_same(computed(given, spins, isa, threads, weights), weighed, what + ", weights");
    }
  }
}

TEST(Moments, OfEverySize) {
  for (const std::int64_t samples : sample_sizes) {
    for (const std::int64_t spins : spin_sizes) check(samples, spins);
  }
}

TEST(Moments, OfSeveralTiles) {
  for (const std::int64_t spins : few<std::int64_t>({511, 512, 513, 1023, 1024, 1025})) {
    check(70, spins);
  }
}

// Counts of 16 bits are full after 1023 words; all of them of spins that always differ.
TEST(Moments, OfManySamples) {
  for (const std::int64_t samples : few<std::int64_t>({65'471, 65'472, 65'473, 200'000})) {
    Spins given = some_samples(samples, 3);
    for (std::size_t s = 0; s < given.size(); s += 3) {
      given[s] = 1;
      given[s + 1] = -1;
    }
    const Weights weights = some_weights(samples);
    for (const Isa isa : available_isas()) {
      const std::string what = text(samples, 3, isa);
      expect_same(computed(given, 3, isa), expected(given, 3), what);
      expect_same(computed(given, 3, isa, 1, weights), expected(given, 3, weights), what);
    }
  }
}

// Ranges of bits in rows, within a word and over its end, with other bits around them.
TEST(Moments, OfBitsFromAnywhere) {
  constexpr std::int64_t row_words = 5, spins = 67;
  std::mt19937_64 generator{3};
  std::vector<std::uint64_t> rows(row_words * spins);
  for (std::uint64_t& word : rows) word = generator();
  for (const std::int64_t first : {0, 1, 60, 63, 64, 100, 191}) {
    for (const std::int64_t samples : {1, 4, 5, 63, 64, 65, 128, 129}) {
      Spins given;
      for (std::int64_t s = first; s < first + samples; ++s) {
        for (std::int64_t i = 0; i < spins; ++i) {
          const auto at = static_cast<std::size_t>(i * row_words + s / 64);
          given.push_back((rows[at] >> (s % 64) & 1U) != 0 ? 1 : -1);
        }
      }
      SampleBits bits{samples, spins};
      bits.set_bits(rows.data(), row_words, first);
      Moments got(spins);
      ASSERT_TRUE(moment_sums(bits, {}, 1, available_isas().back(), got.sums()));
      expect_same(got, expected(given, spins),
                  std::to_string(first) + ", " + std::to_string(samples));
    }
  }
}

TEST(Moments, OfTheLargestWeights) {
  const Spins given{1, -1, 1, 1};
  for (const Isa isa : available_isas()) {
    expect_same(computed(given, 2, isa, 1, {most_weight - 2, 1}),
                expected(given, 2, {most_weight - 2, 1}), std::string(name(isa)));
    expect_same(computed(given, 2, isa, 1, {0, 0}), expected(given, 2, {0, 0}), "none");
  }
}

TEST(Moments, RefuseWeights) {
  SampleBits bits{2, 1};
  Moments out(1);
  for (const Weights& weights :
       {Weights{1}, Weights{1, 1, 1}, Weights{1, -1}, Weights{most_weight - 1, 1},
        Weights{std::numeric_limits<std::int64_t>::max(), 1}}) {
    expect_message([&] { moment_sums(bits, weights, 1, Isa::portable, out.sums()); },
                   {"sample_weight: allowed: "});
  }
}

TEST(Moments, RefuseNoSamples) {
  expect_message([] { SampleBits(0, 3); }, {"samples: got none"});
  expect_message([] { SampleBits(3, 0); }, {"samples: got no spins"});
}

// One wrong value of every bit pattern, wherever it is.
TEST(Moments, RefuseOtherValues) {
  for (const Isa isa : available_isas()) {
    for (const std::int64_t spins : {3, 64, 70}) {
      const std::int64_t samples = 67;
      Spins given = some_samples(samples, spins);
      SampleBits bits{samples, spins};
      for (int value = -128; value < 128; ++value) {
        if (value == 1 || value == -1) continue;
        const auto at = static_cast<std::size_t>((value + 128) * 7919) % given.size();
        const std::int8_t right = given[at];
        given[at] = static_cast<std::int8_t>(value);
        expect_message(
            [&] { bits.set_spins(given.data(), 2, isa); },
            {"samples: got the value " + std::to_string(value) + ", allowed: +1 and -1"});
        given[at] = right;
      }
    }
  }
}

TEST(Moments, Stop) {
  constexpr std::int64_t spins = 200;
  const auto at_once = [] { return true; };
  // The clock is asked, so what is short ends before.
  for (const int threads : {1, 3}) {
    bool stopped = false;
    for (std::int64_t samples = 200'000 / slowness; !stopped && samples < 10'000'000;
         samples *= 4) {
      SampleBits bits{samples, spins};
      const Spins given = some_samples(samples, spins);
      Moments out(spins);
      const Weights weights(static_cast<std::size_t>(samples), 3);
      stopped = !(bits.set_spins(given.data(), threads, Isa::portable, at_once) &&
                  moment_sums(bits, weights, threads, Isa::portable, out.sums(), at_once));
    }
    EXPECT_TRUE(stopped);
  }
}

}  // namespace
}  // namespace multispin::test
