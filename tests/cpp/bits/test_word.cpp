// Operations on words, bit by bit against their definitions. Only the portable width can be named
// here; the wider ones are tested through the engine, which must give the same spins (test_engine).
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>

#include "multispin/bits/adder.hpp"
#include "multispin/bits/word.hpp"

namespace multispin::bits {
namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};

unsigned bit(std::uint64_t word, int index) {
  return static_cast<unsigned>(word >> index) & 1U;
}

void expect_words(const Word128& got, std::uint64_t low, std::uint64_t high) {
  EXPECT_EQ(got.element[0], low);
  EXPECT_EQ(got.element[1], high);
}

TEST(Word, LaneMask) {
  EXPECT_EQ(lane_mask(1), 1U);
  EXPECT_EQ(lane_mask(63), all >> 1);
  EXPECT_EQ(lane_mask(64), all);
}

TEST(Word, RotateDown) {
  std::mt19937_64 generator{1};
  for (int lanes = 1; lanes <= 64; ++lanes) {
    for (int amount = 0; amount < lanes; ++amount) {
      const std::uint64_t x = generator();  // unused lanes full of rubbish
      std::uint64_t expected = 0;
      for (int b = 0; b < lanes; ++b) {
        expected |= std::uint64_t{bit(x, (b + amount) % lanes)} << b;
      }
      EXPECT_EQ(rotate_down(x, amount, lanes), expected) << amount << " of " << lanes;
    }
  }
}

TEST(Word, LoadsAndStores) {
  const std::uint64_t from[] = {11, 22, 33};
  Word128 word{};
  load(word, from);
  expect_words(word, 11, 22);
  for (int count = 0; count <= 2; ++count) {
    load_first(word, from, count);
    expect_words(word, count > 0 ? 11 : 0, count > 1 ? 22 : 0);
  }
  for (unsigned mask = 0; mask < 4; ++mask) {
    std::uint64_t to[] = {7, 7};
    store_masked(to, Word128{{11, 22}}, mask);
    EXPECT_EQ(to[0], (mask & 1U) != 0 ? 11U : 7U);
    EXPECT_EQ(to[1], (mask & 2U) != 0 ? 22U : 7U);
  }
  expect_words(insert(Word128{{11, 22}}, 1, 5), 11, 5);
  expect_words(insert_even(Word128{{11, 22}}, 5), 5, 22);
  expect_words(zero<Word128>(), 0, 0);
  expect_words(ones<Word128>(), all, all);
  expect_words(splat<Word128>(9), 9, 9);
}

TEST(Word, Arithmetic) {
  const Word128 a{{all, 0x123456789abcdef0}};
  const Word128 b{{1, 0x0fedcba987654321}};
  expect_words(add64(a, b), 0, 0x123456789abcdef0 + 0x0fedcba987654321);
  expect_words(multiply32(a, b), 0xffffffff, std::uint64_t{0x9abcdef0} * 0x87654321);
  expect_words(high32(a), 0xffffffff, 0x12345678);
  expect_words(join32(a, b), 0x1ffffffff, 0x876543219abcdef0);
  expect_words(population(a), 64, 32);
  EXPECT_EQ(total(Word128{{40, 2}}), 42U);
  EXPECT_FALSE(any(Word128{{0, 0}}));
  EXPECT_TRUE(any(Word128{{0, 1}}));
  EXPECT_TRUE(any(Word128{{1, 0}}));
}

TEST(Word, ShuffleShift) {
  const Word128 a{{0xff00, 0x0ff0}};
  const std::uint64_t source[] = {1, 0};
  const std::uint64_t up[] = {4, 0};
  const std::uint64_t down[] = {64, 8};
  expect_words(shuffle_shift(a, source, up, down), 0xff00, 0xff00 | 0xff);
}

// Operations with three operands act on each bit alone: eight lanes show everything.
TEST(Word, LogicByTruthTable) {
  constexpr std::uint64_t low_a = 0xf0, low_b = 0xcc, low_c = 0xaa;
  const Word128 a{{low_a, ~low_a}}, b{{low_b, ~low_b}}, c{{low_c, ~low_c}};
  const auto expect_table = [&](const char* what, const Word128& got, auto&& truth) {
    for (int i = 0; i < 8; ++i) {
      const unsigned x = bit(low_a, i), y = bit(low_b, i), z = bit(low_c, i);
      EXPECT_EQ(bit(got.element[0], i), truth(x, y, z) ? 1U : 0U) << what;
      EXPECT_EQ(bit(got.element[1], i), truth(1 - x, 1 - y, 1 - z) ? 1U : 0U) << what;
    }
  };
  using u = unsigned;
  expect_table("xor3", xor3(a, b, c), [](u x, u y, u z) { return (x + y + z) % 2 != 0; });
  expect_table("or3", or3(a, b, c), [](u x, u y, u z) { return x + y + z != 0; });
  expect_table("or_and", or_and(a, b, c), [](u x, u y, u z) { return x != 0 || y + z == 2; });
  expect_table("xor_and", xor_and(a, b, c), [](u x, u y, u z) { return (x + y * z) % 2 != 0; });
  expect_table("majority", majority(a, b, c), [](u x, u y, u z) { return x + y + z >= 2; });
  expect_table("or_not", or_not(a, b), [](u x, u y, u) { return x != 0 || y == 0; });
  expect_table("and_not", and_not(a, b), [](u x, u y, u) { return x != 0 && y == 0; });
  // One more bit of t and r above what has been compared: less where t > r, as before where equal.
  const auto step = [](u t, u r, u less) { return t > r || (t == r && less != 0); };
  expect_table("less_than_step", less_than_step(a, b, c), step);
  expect_table("less_than_step_not", less_than_step_not(a, b, c),
               [&](u t, u r, u less) { return step(1 - t, r, less); });
}

TEST(LaneCounters, CountEveryLaneByItself) {
  std::mt19937_64 generator{2};
  LaneCounters counters;
  std::array<std::int64_t, 64> expected{};
  for (int i = 0; i < 10000; ++i) {
    // Lanes of very different rates: lane 0 always, the last ones almost never.
    std::uint64_t word = 1;
    for (int lane = 1; lane < 64; ++lane) {
      word |= std::uint64_t{generator() % static_cast<std::uint64_t>(lane * lane) == 0} << lane;
    }
    counters.add(word);
    for (int lane = 0; lane < 64; ++lane)
      expected[static_cast<std::size_t>(lane)] += bit(word, lane);
  }
  for (int lane = 0; lane < 64; ++lane) {
    EXPECT_EQ(counters[lane], expected[static_cast<std::size_t>(lane)]);
  }
}

}  // namespace
}  // namespace multispin::bits
