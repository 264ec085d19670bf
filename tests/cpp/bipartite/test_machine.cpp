// Bipartite machines against plain loops, at every instruction set; the rules of one unit against
// exact probabilities.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bipartite/kernels_of.hpp"
#include "multispin/bipartite/learning.hpp"
#include "multispin/bipartite/machine.hpp"
#include "multispin/bipartite/numbers.hpp"
#include "multispin/bipartite/outer.hpp"
#include "multispin/bipartite/partition.hpp"
#include "multispin/bipartite/rules/units.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

using bits::OneNumber;
using Words = std::vector<std::uint64_t>;

const Poll never;

std::int64_t words_of(std::int64_t units) {
  return (units + 63) / 64;
}

bool up(const Words& bits, std::int64_t units, std::int64_t row, std::int64_t unit) {
  const auto at = static_cast<std::size_t>(row * words_of(units) + unit / 64);
  return (bits[at] >> (unit % 64) & 1U) != 0;
}

struct Given {
  Given(std::int64_t visible_units, std::int64_t hidden_units, std::int64_t row_count)
      : visible(visible_units), hidden(hidden_units), rows(row_count) {
    std::mt19937_64 generator{static_cast<std::uint64_t>(visible * 1000 + hidden)};
    std::normal_distribution<double> normal;
    for (std::int64_t i = 0; i < visible * hidden; ++i) weights.push_back(normal(generator));
    for (std::int64_t i = 0; i < visible; ++i) visible_offsets.push_back(normal(generator));
    for (std::int64_t j = 0; j < hidden; ++j) hidden_offsets.push_back(normal(generator));
    for (std::int64_t r = 0; r < rows; ++r) {
      streams.push_back(generator());
      for (std::int64_t w = 0; w < words_of(visible); ++w) {
        const std::int64_t left = visible - 64 * w;
        bits.push_back(generator() & generator() & bits::lane_mask(left < 64 ? int(left) : 64));
      }
    }
  }
  Bipartite machine(Isa isa) const {
    Bipartite out(visible, hidden);
    out.set(weights.data(), visible_offsets.data(), hidden_offsets.data(), isa);
    return out;
  }
  // Of a hidden unit, as the step rounds its weights.
  float field(std::int64_t row, std::int64_t unit, double step) const {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < visible; ++i) {
      const double weight = weights[static_cast<std::size_t>(unit * visible + i)];
      if (up(bits, visible, row, i))
        sum += static_cast<std::int64_t>(std::nearbyint(weight / step));
    }
    return rules::unit_field(step, static_cast<std::int32_t>(sum),
                             hidden_offsets[static_cast<std::size_t>(unit)]);
  }

  std::int64_t visible, hidden, rows;
  std::vector<double> weights, visible_offsets, hidden_offsets;
  Words bits, streams;
};

TEST(Bipartite, HiddenUnitsAreThoseOfPlainLoops) {
  const std::uint64_t seed = 3, step = std::uint64_t{5} << 32;
  for (const auto& [visible, hidden, rows] :
       {std::array<std::int64_t, 3>{1, 1, 1}, {63, 65, 4}, {64, 64, 90}, {130, 17, 70}}) {
    const Given given(visible, hidden, rows);
    for (const Isa isa : available_isas()) {
      const Bipartite machine = given.machine(isa);
      std::vector<float> fields(static_cast<std::size_t>(rows * hidden));
      std::vector<float> probabilities = fields;
      Words drawn(static_cast<std::size_t>(rows * words_of(hidden)));
      const UnitRows from{given.bits.data(), rows};
      const Means means{2, isa, never};
      ASSERT_TRUE(machine.fields(Layer::hidden, from, fields.data(), means));
      ASSERT_TRUE(machine.probabilities(Layer::hidden, from, probabilities.data(), means));
      ASSERT_TRUE(machine.draw(Layer::hidden, from, {seed, given.streams.data(), step},
                               drawn.data(), means));
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t j = hidden; j < 64 * words_of(hidden); ++j) {
          ASSERT_FALSE(up(drawn, hidden, r, j)) << "beyond the units";
        }
        const random::UnitKeys keys = random::unit_keys(
            seed, given.streams[static_cast<std::size_t>(r)], random::Purpose::bipartite_hidden);
        for (std::int64_t j = 0; j < hidden; ++j) {
          const float x = given.field(r, j, machine.step());
          const auto at = static_cast<std::size_t>(r * hidden + j);
          ASSERT_EQ(fields[at], x) << name(isa);
          ASSERT_EQ(probabilities[at], rules::sigmoid<OneNumber>(x)) << name(isa);
          const std::uint32_t number =
              random::unit_number(keys, step, static_cast<std::uint32_t>(j));
          ASSERT_EQ(up(drawn, hidden, r, j), rules::unit_up<OneNumber>(x, number) != 0);
        }
      }
    }
  }
}

// Both ways of a product, whichever is the faster one here, and columns of every number of lines.
TEST(Bipartite, TablesAndInputsAddTheSame) {
  std::mt19937_64 generator{1};
  constexpr std::int64_t words = 3, rows = 37, stride = 40;
  struct alignas(64) Line {
    std::int32_t of[16];
  };
  std::vector<Line> matrix(words * 64 * 4), start(rows * 4);
  for (auto* const lines : {&matrix, &start}) {
    for (Line& line : *lines) {
      for (std::int32_t& number : line.of) number = static_cast<std::int32_t>(generator());
    }
  }
  Words bits;
  for (std::int64_t i = 0; i < words * stride; ++i) bits.push_back(generator() & generator());
  for (const Isa isa : available_isas()) {
    for (const int columns : {16, 32, 48, 64}) {
      std::vector<Line> expected = start, tables = start, inputs = start;
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t k = 0; k < 64 * words; ++k) {
          if ((bits[static_cast<std::size_t>(k / 64 * stride + r)] >> (k % 64) & 1U) == 0) continue;
          for (int c = 0; c < columns; ++c) {
            auto& to = expected[static_cast<std::size_t>(r * 4 + c / 16)].of[c % 16];
            const auto& own = matrix[static_cast<std::size_t>(k * 4 + c / 16)].of[c % 16];
            to = static_cast<std::int32_t>(static_cast<std::uint32_t>(to) +
                                           static_cast<std::uint32_t>(own));
          }
        }
      }
      kernels::BitProduct product{bits.data(), stride,           rows, words, matrix.front().of,
                                  columns,     tables.front().of};
      bipartite_kernels(isa).add_by_tables(product);
      product.sums = inputs.front().of;
      bipartite_kernels(isa).add_by_inputs(product);
      const auto same = [&](const std::vector<Line>& got) {
        return std::memcmp(got.data(), expected.data(), got.size() * sizeof(Line)) == 0;
      };
      EXPECT_TRUE(same(tables)) << name(isa) << ", " << columns;
      EXPECT_TRUE(same(inputs)) << name(isa) << ", " << columns;
    }
  }
}

// P(noise > x) against that of the numbers: v of 2^31 have noise of one sign above that of v.
TEST(Bipartite, NoiseIsLogistic) {
  double worst = 0.0;
  const auto look = [&](std::uint32_t v) {
    const auto noise = static_cast<double>(rules::logistic_noise<OneNumber>(v << 1));
    worst = std::max(worst, std::abs(v * 0x1p-32 - 1.0 / (1.0 + std::exp(noise))));
    ASSERT_EQ(rules::logistic_noise<OneNumber>(v << 1 | 1U), -static_cast<float>(noise));
  };
  for (std::uint32_t v = 1; v < 1U << 16; v += 2) look(v);
  for (std::uint32_t v = 1; v < 1U << 31; v += 2002) look(v);
  for (std::uint32_t v = (1U << 31) - 1; v > (1U << 31) - (1U << 16); v -= 2) look(v);
  EXPECT_LT(worst, 0x1p-24);
}

TEST(Bipartite, SigmoidIsGoodTo1e7) {
  double worst = 0.0;
  for (float x = -120.0F; x < 120.0F; x += 0x1p-9F) {
    const double exact = 1.0 / (1.0 + std::exp(-static_cast<double>(x)));
    worst = std::max(worst, std::abs(rules::sigmoid<OneNumber>(x) - exact));
  }
  EXPECT_LT(worst, 1e-7);
}

TEST(Bipartite, OuterIsThatOfPlainLoops) {
  const Given given(70, 33, 300);
  std::vector<double> values;
  for (std::int64_t i = 0; i < 300 * 33; ++i) values.push_back(static_cast<double>(i % 1001 - 500));
  for (const Isa isa : available_isas()) {
    std::vector<double> out(70 * 33);
    ASSERT_TRUE(
        outer({given.bits.data(), 300}, 70, values.data(), 33, out.data(), {2, isa, never}));
    for (std::int64_t k = 0; k < 70; ++k) {
      for (std::int64_t n = 0; n < 33; ++n) {
        double expected = 0.0;
        for (std::int64_t r = 0; r < 300; ++r) {
          if (up(given.bits, 70, r, k)) expected += values[static_cast<std::size_t>(r * 33 + n)];
        }
        ASSERT_EQ(out[static_cast<std::size_t>(k * 33 + n)], expected);
      }
    }
  }
}

template <class T>
struct Moved {
  explicit Moved(const Given& given)
      : weights(given.weights.begin(), given.weights.end()),
        velocity(weights.size(), T(0.25)),
        along_visible(given.visible_offsets.size()),
        along_hidden(given.hidden_offsets.size()) {}
  MovingWeights<T> moving() {
    return {weights.data(), velocity.data(), along_visible.data(), along_hidden.data()};
  }
  bool operator==(const Moved&) const = default;

  std::vector<T> weights, velocity;
  std::vector<double> along_visible, along_hidden;
};

// Sums that are made by `outer` first, at the portable instruction set, and block by block.
template <class T>
void expect_the_same_step(const Given& given, const LearningRates& rates) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < given.rows * given.hidden; ++i) {
    values.push_back(static_cast<float>(i * 7919 % 1001 - 500) / 1024.0F);
  }
  const UnitRows rows{given.bits.data(), given.rows};
  std::vector<double> sums(static_cast<std::size_t>(given.visible * given.hidden));
  ASSERT_TRUE(outer(rows, given.visible, values.data(), given.hidden, sums.data(),
                    {1, Isa::portable, never}));
  const CentredUnits of{given.visible, given.hidden, given.hidden_offsets.data(),
                        given.visible_offsets.data(), given.hidden_offsets.data()};
  Moved<T> expected(given);
  learn(of, sums.data(), rates, expected.moving(), Isa::portable);
  for (const Isa isa : available_isas()) {
    Moved<T> got(given), of_sums(given);
    ASSERT_TRUE(learn_from(rows, values.data(), of, rates, got.moving(), {3, isa, never}));
    learn(of, sums.data(), rates, of_sums.moving(), isa);
    EXPECT_TRUE(got == expected);
    EXPECT_TRUE(of_sums == expected);
  }
}

TEST(Bipartite, AStepOfLearningIsTheSameHoweverSumsAreMade) {
  for (const std::int64_t rows : {1, 40, 300}) {  // of integers of 32 bits, and of 64
    for (const auto& [visible, hidden] :
         {std::pair{1, 1}, std::pair{70, 33}, std::pair{130, 200}, std::pair{700, 65}}) {
      const Given given(visible, hidden, rows);
      expect_the_same_step<float>(given, {0.1, 0.7, 0.0, 0.3});
      expect_the_same_step<double>(given, {0.1, 0.0, 0.2, 0.0});
    }
  }
}

TEST(Bipartite, CentredUnitsAreThoseOfPlainLoops) {
  constexpr int rows = 5, hidden = 7;
  std::vector<float> units;
  for (int i = 0; i < rows * hidden; ++i) units.push_back(static_cast<float>(i) / 64.0F);
  const std::vector<double> weights{0.5, -0.25, 0.0, 2.0, -1.0}, lambda(hidden, 0.125);
  std::vector<float> got = units;
  std::vector<double> data(hidden, 9.0), model(hidden, 9.0);  // what was there does not matter
  centre(got.data(), rows, hidden, weights.data(), lambda.data(), data.data(), model.data());
  for (std::size_t j = 0; j < hidden; ++j) {
    double sums[2] = {0.0, 0.0};
    for (std::size_t r = 0; r < rows; ++r) {
      const double unit = units[r * hidden + j];
      sums[weights[r] < 0.0 ? 1 : 0] += std::abs(weights[r]) * unit;
      EXPECT_EQ(got[r * hidden + j], weights[r] * (unit - 0.125));
    }
    EXPECT_EQ(data[j], sums[0]);
    EXPECT_EQ(model[j], sums[1]);
  }
}

TEST(Bipartite, PartitionFunctionOfTwoUnits) {
  const double a = 0.3, b = -0.7;
  for (const double w : {0.0, 1.5, -40.0, 1000.0, -1000.0}) {
    const double most = std::max({0.0, a, b, a + b + w});
    const double expected = most + std::log(std::exp(-most) + std::exp(a - most) +
                                            std::exp(b - most) + std::exp(a + b + w - most));
    for (const Isa isa : available_isas()) {
      double got = 0.0;
      ASSERT_TRUE(log_partition(&w, 1, 1, &a, &b, &got, {1, isa, never}));
      EXPECT_NEAR(got, expected, 1e-14 * std::max(1.0, std::abs(expected)));
    }
  }
}

TEST(Bipartite, Refuse) {
  expect_message([] { Bipartite(0, 3); }, {"weights: got no visible units"});
  expect_message([] { Bipartite(3, 0); }, {"weights: got no hidden units"});
  const Given given(3, 2, 1);
  Bipartite machine = given.machine(Isa::portable);
  std::vector<double> bad = given.weights;
  bad[4] = std::nan("");
  expect_message(
      [&] {
        machine.set(bad.data(), given.visible_offsets.data(), given.hidden_offsets.data(),
                    Isa::portable);
      },
      {"weights: allowed: finite numbers"});
  std::vector<float> out(2);
  const std::int64_t level = 1;
  expect_message(
      [&] {
        machine.fields(Layer::hidden, {given.bits.data(), 1, &level}, out.data(),
                       {1, Isa::portable, never});
      },
      {"level: got 1, allowed: 0 to 0"});
  expect_message(
      [&] {
        machine.fields(Layer::hidden, {given.bits.data(), 1}, out.data(),
                       {0, Isa::portable, never});
      },
      {"threads: got 0"});
}

TEST(Bipartite, Stop) {
  const Given given(70, 65, 20);
  const Bipartite machine = given.machine(Isa::portable);
  const Poll at_once = [] { return true; };
  Words visible(20 * 2), hidden(20 * 2);
  EXPECT_FALSE(machine.gibbs({given.bits.data(), 20}, 1'000'000'000, {1, given.streams.data(), 0},
                             {}, visible.data(), hidden.data(), {1, Isa::portable, at_once}));
}

}  // namespace
}  // namespace multispin::test
