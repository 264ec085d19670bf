// Bipartite machines on GPUs, compiled for the host, over an emulated device (tests/emulation). The
// oracle is the machine of the CPU. Equality is exact.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "multispin/bipartite/machine.hpp"
#include "multispin/bipartite/outer.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/cuda/bipartite/machine.hpp"
#include "multispin/cuda/bipartite/outer.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

using CudaBipartite = cuda::Bipartite;
using Words = std::vector<std::uint64_t>;
using Doubles = std::vector<double>;

const Poll never;
const Means means{1, Isa::portable, never};
constexpr std::uint64_t seed = 3, first_step = (std::uint64_t{5} << 32) - 1;

std::size_t words_of(std::int64_t units) {
  return static_cast<std::size_t>((units + 63) / 64);
}

// Numbers of two layers at three levels, and rows of both.
struct Pair {
  Pair(std::int64_t visible_units, std::int64_t hidden_units, std::int64_t row_count)
      : visible(visible_units),
        hidden(hidden_units),
        rows(row_count),
        generator(static_cast<std::uint64_t>(visible * 1000 + hidden)),
        weights(numbers(visible * hidden)),
        visible_offsets(numbers(3 * visible)),
        hidden_offsets(numbers(3 * hidden)),
        cpu(visible, hidden),
        gpu(visible, hidden, 0) {
    for (std::int64_t r = 0; r < rows; ++r) {
      streams.push_back(generator());
      levels.push_back(static_cast<std::int64_t>(generator() % 3));
      add_row(visible, of_visible);
      add_row(visible, mask);
      add_row(hidden, of_hidden);
    }
    cpu.set(weights.data(), visible_offsets.data(), hidden_offsets.data(), Isa::portable);
    gpu.set(weights.data(), visible_offsets.data(), hidden_offsets.data(), Isa::portable);
  }
  Doubles numbers(std::int64_t count) {
    std::normal_distribution<double> normal;
    Doubles out;
    for (std::int64_t i = 0; i < count; ++i) out.push_back(normal(generator));
    return out;
  }
  void add_row(std::int64_t units, Words& to) {
    for (std::int64_t left = units; left > 0; left -= 64) {
      to.push_back(generator() & bits::lane_mask(left < 64 ? int(left) : 64));
    }
  }
  void set_levels() {
    const double scales[] = {1.0, 0.0, 0.37};
    cpu.set_levels(3, scales, visible_offsets.data(), hidden_offsets.data());
    gpu.set_levels(3, scales, visible_offsets.data(), hidden_offsets.data());
  }
  UnitRows given_to(Layer to, bool with_levels) const {
    const Words& from = to == Layer::visible ? of_hidden : of_visible;
    return {from.data(), rows, with_levels ? levels.data() : nullptr};
  }

  std::int64_t visible, hidden, rows;
  std::mt19937_64 generator;
  Doubles weights, visible_offsets, hidden_offsets;
  Bipartite cpu;
  CudaBipartite gpu;
  Words of_visible, of_hidden, mask, streams;
  std::vector<std::int64_t> levels;
};

void expect_equal_layers(Pair& p, Layer to, bool with_levels) {
  const UnitRows from = p.given_to(to, with_levels);
  const auto rows = static_cast<std::size_t>(p.rows);
  std::vector<float> wanted(rows * static_cast<std::size_t>(p.gpu.units(to))), got = wanted;
  ASSERT_TRUE(p.cpu.fields(to, from, wanted.data(), means));
  ASSERT_TRUE(p.gpu.fields(to, from, got.data()));
  EXPECT_EQ(got, wanted);
  ASSERT_TRUE(p.cpu.probabilities(to, from, wanted.data(), means));
  ASSERT_TRUE(p.gpu.probabilities(to, from, got.data()));
  EXPECT_EQ(got, wanted);
  const RowNumbers numbers{seed, p.streams.data(), first_step};
  Words up(rows * words_of(p.gpu.units(to)), 1), drawn = up;
  ASSERT_TRUE(p.cpu.draw(to, from, numbers, up.data(), means));
  ASSERT_TRUE(p.gpu.draw(to, from, numbers, drawn.data()));
  EXPECT_EQ(drawn, up);
  const std::vector<std::int64_t> at =
      with_levels ? std::vector<std::int64_t>{2, 0, 1, 2} : std::vector<std::int64_t>{0};
  const auto count = static_cast<std::int64_t>(at.size());
  Doubles sums(rows * at.size()), added = sums;
  ASSERT_TRUE(p.cpu.softplus(to, {from.bits, from.rows}, at.data(), count, sums.data(), means));
  ASSERT_TRUE(p.gpu.softplus(to, {from.bits, from.rows}, at.data(), count, added.data()));
  EXPECT_EQ(added, sums);
}

void expect_equal_chains(Pair& p, const HeldUnits& held, bool with_levels) {
  const UnitRows from = p.given_to(Layer::hidden, with_levels);
  const RowNumbers numbers{seed, p.streams.data(), first_step};
  const auto rows = static_cast<std::size_t>(p.rows);
  Words visible(rows * words_of(p.visible), 1), hidden(rows * words_of(p.hidden), 1);
  Words got_visible = visible, got_hidden = hidden;
  ASSERT_TRUE(p.cpu.gibbs(from, 4, numbers, held, visible.data(), hidden.data(), means));
  ASSERT_TRUE(p.gpu.gibbs(from, 4, numbers, held, got_visible.data(), got_hidden.data()));
  EXPECT_EQ(got_visible, visible);
  EXPECT_EQ(got_hidden, hidden);
}

TEST(CudaBipartite, IsTheMachineOfTheCpu) {
  for (const auto& [visible, hidden, rows] : {std::array<std::int64_t, 3>{1, 1, 1},
                                              {31, 33, 4},
                                              {32, 64, 33},
                                              {65, 63, 70},
                                              {130, 17, 31},
                                              {96, 200, 200}}) {
    SCOPED_TRACE(std::to_string(visible) + " x " + std::to_string(hidden));
    Pair p(visible, hidden, rows);
    EXPECT_EQ(p.gpu.step(), p.cpu.step());
    for (const bool with_levels : {false, true}) {
      if (with_levels) p.set_levels();
      EXPECT_EQ(p.gpu.levels(), p.cpu.levels());
      expect_equal_layers(p, Layer::hidden, with_levels);
      expect_equal_layers(p, Layer::visible, with_levels);
      expect_equal_chains(p, {}, with_levels);
      expect_equal_chains(p, {p.mask.data(), false}, with_levels);
      expect_equal_chains(p, {p.mask.data(), true}, with_levels);
    }
  }
}

// Whatever was there before, and however much of it.
TEST(CudaBipartite, KeepsNothingFromCallBefore) {
  Pair many(70, 40, 90), few(70, 40, 3);
  Words hidden(90 * words_of(40)), visible(90 * words_of(70));
  const RowNumbers numbers{seed, many.streams.data(), 0};
  ASSERT_TRUE(few.gpu.gibbs(many.given_to(Layer::hidden, false), 2, numbers,
                            {many.mask.data(), true}, visible.data(), hidden.data()));
  expect_equal_layers(few, Layer::hidden, false);
  expect_equal_layers(few, Layer::visible, false);
  expect_equal_chains(few, {}, false);
}

template <class T>
void expect_equal_sums(std::int64_t samples, std::int64_t units, std::int64_t width) {
  Pair p(units, 1, samples);
  std::vector<T> values;
  for (const double x : p.numbers(samples * width)) values.push_back(static_cast<T>(x));
  values[0] = 3;
  Doubles wanted(static_cast<std::size_t>(units * width)), got = wanted;
  const UnitRows rows{p.of_visible.data(), samples};
  ASSERT_TRUE(outer(rows, units, values.data(), width, wanted.data(), means));
  cuda::Outer sums{0};
  for (int time = 0; time < 2; ++time) {
    ASSERT_TRUE(sums.add_up(rows, units, values.data(), width, got.data(), Isa::portable));
    EXPECT_EQ(got, wanted);
  }
}

TEST(CudaBipartite, OuterSumsAreThoseOfTheCpu) {
  expect_equal_sums<float>(1, 1, 1);
  expect_equal_sums<double>(33, 31, 65);
  expect_equal_sums<float>(300, 64, 32);
  expect_equal_sums<double>(1000, 65, 3);
}

TEST(CudaBipartite, RefusesWhatTheCpuRefuses) {
  EXPECT_THROW((CudaBipartite{0, 1, 0}), std::invalid_argument);
  EXPECT_THROW((CudaBipartite{1, 1, 2}), cuda::DeviceError);
  Pair p(3, 2, 5);
  p.weights[4] = std::numeric_limits<double>::infinity();
  const auto set = [&] {
    p.gpu.set(p.weights.data(), p.visible_offsets.data(), p.hidden_offsets.data(), Isa::portable);
  };
  expect_message(set, {"weights", "finite"});
  std::vector<float> out(10);
  const auto fields = [&] {
    p.gpu.fields(Layer::hidden, p.given_to(Layer::hidden, true), out.data());
  };
  p.levels[3] = 1;
  expect_message(fields, {"level: got", "allowed: 0 to 0"});
  cuda::Outer sums{0};
  Doubles bad(5, std::numeric_limits<double>::quiet_NaN()), to(3);
  const auto add_up = [&] {
    sums.add_up({p.of_visible.data(), 5}, 3, bad.data(), 1, to.data(), Isa::portable);
  };
  expect_message(add_up, {"values", "finite"});
  expect_equal_layers(p, Layer::hidden, false);
}

TEST(CudaBipartite, StopsWhenAskedTo) {
  Pair p(64, 64, 40);
  int looks = 0;
  const Poll poll = [&looks] { return ++looks > 2; };
  Words hidden(40), visible(40);
  setenv("MULTISPIN_EMULATED_DELAY", "30", 1);
  EXPECT_FALSE(p.gpu.gibbs(p.given_to(Layer::hidden, false), std::int64_t{1} << 40,
                           {seed, p.streams.data(), 0}, {}, visible.data(), hidden.data(), poll));
  unsetenv("MULTISPIN_EMULATED_DELAY");
  expect_equal_chains(p, {}, false);
}

TEST(CudaBipartite, AFailureIsNotForGood) {
  Pair p(40, 70, 20);
  Words hidden(40), visible(20);
  setenv("MULTISPIN_EMULATED_FAILURE", "draw_units", 1);
  EXPECT_THROW(p.gpu.gibbs(p.given_to(Layer::hidden, false), 2, {seed, p.streams.data(), 0}, {},
                           visible.data(), hidden.data()),
               cuda::DeviceError);
  unsetenv("MULTISPIN_EMULATED_FAILURE");
  expect_equal_chains(p, {}, false);
}

}  // namespace
}  // namespace multispin::test
