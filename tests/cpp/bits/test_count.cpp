// Bit-sliced counting and choosing, lane by lane against arithmetic; and blocks turned over. The
// words that can be named here are the portable one and that of GPUs; the wider ones are tested
// through the kernels of their instruction sets, at the end.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <type_traits>
#include <vector>

#include "multispin/bits/adder.hpp"
#include "multispin/bits/count.hpp"
#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"
#include "replica/kernels.hpp"
#include "support/engines.hpp"

namespace multispin::bits {
namespace {

template <class W>
std::uint64_t element(W word, int index) {
  std::uint64_t elements[W::words];
  store(elements, word);
  return elements[index];
}

template <class W>
unsigned lane(W word, int index) {
  return static_cast<unsigned>(element(word, index / 64) >> (index % 64)) & 1U;
}

template <class W>
W random_word(std::mt19937_64& generator) {
  std::uint64_t elements[W::words];
  for (std::uint64_t& e : elements) e = generator();
  return loaded<W>(elements);
}

template <class W>
class Count : public ::testing::Test {};

using Words = ::testing::Types<Word64, Word128>;
TYPED_TEST_SUITE(Count, Words);

// Word number i has in lane x bit i of first + x: all patterns of `size` bits come by.
template <class W, int size>
void expect_counts() {
  constexpr int planes = count_planes<size>;
  constexpr int lanes = 64 * W::words;
  for (unsigned first = 0; first < 1U << size; first += lanes) {
    W x[size];
    for (int i = 0; i < size; ++i) {
      std::uint64_t elements[W::words] = {};
      for (unsigned l = 0; l < lanes; ++l) {
        elements[l / 64] |= std::uint64_t{(first + l) >> i & 1U} << (l % 64);
      }
      x[i] = loaded<W>(elements);
    }
    W counted[planes];
    count_bits(x, counted);
    for (unsigned l = 0; l < lanes; ++l) {
      const unsigned pattern = (first + l) & ((1U << size) - 1U);
      unsigned count = 0;
      for (int p = 0; p < planes; ++p) count |= lane(counted[p], static_cast<int>(l)) << p;
      ASSERT_EQ(count, static_cast<unsigned>(std::popcount(pattern))) << size << ' ' << pattern;
    }
  }
}

TYPED_TEST(Count, EveryPatternOfEverySize) {
  expect_counts<TypeParam, 2>();
  expect_counts<TypeParam, 4>();
  expect_counts<TypeParam, 6>();
  expect_counts<TypeParam, 8>();
  expect_counts<TypeParam, 12>();
}

TEST(CountPlanes, AreEnoughAndNoneTooMany) {
  const auto expect = [](int planes, int most) {
    EXPECT_EQ(planes, std::bit_width(static_cast<unsigned>(most))) << most;
  };
  expect(count_planes<1>, 1);
  expect(count_planes<2>, 2);
  expect(count_planes<3>, 3);
  expect(count_planes<4>, 4);
  expect(count_planes<6>, 6);
  expect(count_planes<7>, 7);
  expect(count_planes<8>, 8);
  expect(count_planes<12>, 12);
}

// Lanes that count 0, 1, ..., most, 0, ...
template <class W, int most>
std::array<W, count_planes<most>> counting_lanes() {
  std::array<W, count_planes<most>> planes;
  for (unsigned p = 0; p < planes.size(); ++p) {
    std::uint64_t elements[W::words] = {};
    for (unsigned l = 0; l < 64 * W::words; ++l) {
      elements[l / 64] |= std::uint64_t{l % (most + 1) >> p & 1U} << (l % 64);
    }
    planes[p] = loaded<W>(elements);
  }
  return planes;
}

// Leaves of number `from` on are ones that the compiler knows of.
template <class W, int most, int from>
void expect_selected() {
  std::mt19937_64 generator{most};
  W value[most + 1];
  for (W& v : value) v = random_word<W>(generator);
  const auto planes = counting_lanes<W, most>();
  const W got = select<most>(planes.data(), [&](auto n) {
    if constexpr (decltype(n)::value < from) {
      return value[decltype(n)::value];
    } else {
      return Ones{};
    }
  });
  for (int l = 0; l < 64 * W::words; ++l) {
    const int n = l % (most + 1);
    ASSERT_EQ(lane(got, l), n < from ? lane(value[n], l) : 1U) << "count " << n << " of " << most;
  }
}

// All leaves words, as for any field; and those of the upper half ones, as without a field.
template <class W, int... most>
void expect_all_selected() {
  (expect_selected<W, most, most + 1>(), ...);
  (expect_selected<W, most, (most + 1) / 2>(), ...);
}

TYPED_TEST(Count, SelectsByTheCount) {
  expect_all_selected<TypeParam, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>();
}

TYPED_TEST(Count, ChoosesLaneByLane) {
  using W = TypeParam;
  std::mt19937_64 generator{3};
  const W mask = random_word<W>(generator);
  const W a = random_word<W>(generator), b = random_word<W>(generator);
  for (int l = 0; l < 64 * W::words; ++l) {
    const bool first = lane(mask, l) != 0;
    EXPECT_EQ(lane(choose(mask, a, b), l), lane(first ? a : b, l));
    EXPECT_EQ(lane(choose(mask, Ones{}, b), l), first ? 1U : lane(b, l));
    EXPECT_EQ(lane(choose(mask, a, Ones{}), l), first ? lane(a, l) : 1U);
  }
  static_assert(std::is_same_v<decltype(choose(mask, Ones{}, Ones{})), Ones>);
}

// Bits of lanes of very different rates: lane 0 counts always, the last ones rarely.
template <class W>
class Drops {
 public:
  static constexpr unsigned lanes = 64 * W::words;

  W next() {
    std::uint64_t elements[W::words] = {};
    for (unsigned l = 0; l < lanes; ++l) {
      const std::uint64_t bit = generator_() % (l + 1) == 0 ? 1 : 0;
      elements[l / 64] |= bit << (l % 64);
      expected_[l] += bit;
    }
    return loaded<W>(elements);
  }
  template <class Counts>
  void expect(const Counts& counts) const {
    for (unsigned l = 0; l < lanes; ++l) {
      std::uint64_t count = 0;
      for (int p = 0; p < Counts::planes; ++p) {
        count |= std::uint64_t{lane(counts.plane(p), static_cast<int>(l))} << p;
      }
      EXPECT_EQ(count, expected_[l]) << "lane " << l;
    }
  }

 private:
  std::mt19937_64 generator_{4};
  std::array<std::uint64_t, lanes> expected_{};
};

TYPED_TEST(Count, LaneCountsByThemselves) {
  for (const int blocks : {0, 1, 2, 3, 7, 8, 1300}) {
    Drops<TypeParam> drops;
    LaneCounts<TypeParam> counts;
    for (int block = 0; block < blocks; ++block) counts.add_block([&] { return drops.next(); });
    counts.finish();
    drops.expect(counts);
  }
}

TYPED_TEST(Count, RunningCountsAtAnyTime) {
  Drops<TypeParam> drops;
  RunningCounts<TypeParam> counts;
  for (int turn = 0; turn < 1000; ++turn) {
    TypeParam x[7];
    for (TypeParam& word : x) word = drops.next();
    counts.add_seven(x);
    if (turn < 3) drops.expect(counts);
  }
  drops.expect(counts);
}

TEST(LaneCounters, CountWordsByThemselvesAndInPairs) {
  std::mt19937_64 generator{6};
  for (const int words : {0, 1, 2, 3, 15, 16, 255, 256, 257, 65537}) {
    LaneCounters counters;
    std::array<std::int64_t, 64> expected{};
    const auto next = [&] {
      const std::uint64_t word = words > 300 ? ~std::uint64_t{0} << 1 : generator();
      for (int lane = 0; lane < 64; ++lane) {
        expected[static_cast<std::size_t>(lane)] += static_cast<std::int64_t>(word >> lane & 1U);
      }
      return word;
    };
    int left = words;
    for (; left > 1; left -= left % 3 == 0 ? 1 : 2) {
      if (left % 3 == 0) {
        counters.add(next());
      } else {
        const std::uint64_t first = next();
        counters.add(first, next());
      }
    }
    if (left == 1) counters.add(next());
    std::int64_t counts[64];
    counters.get(counts);
    for (int lane = 0; lane < 64; ++lane) {
      ASSERT_EQ(counts[lane], expected[static_cast<std::size_t>(lane)]) << words;
      ASSERT_EQ(counters[lane], counts[lane]) << words;
    }
  }
}

TEST(Transpose, TurnsBlocksOver) {
  std::mt19937_64 generator{5};
  Word128 rows[64], turned[64];
  for (int r = 0; r < 64; ++r) turned[r] = rows[r] = random_word<Word128>(generator);
  transpose(turned);
  for (int e = 0; e < Word128::words; ++e) {
    for (int r = 0; r < 64; ++r) {
      for (int c = 0; c < 64; ++c) {
        ASSERT_EQ(lane(turned[c], 64 * e + r), lane(rows[r], 64 * e + c)) << r << ", " << c;
      }
    }
  }
}

TEST(Word, LoadsPairs) {
  const std::uint64_t from[] = {1, 2, 3, 4};
  const std::uint64_t* const pair[] = {from + 1};
  Word128 word{};
  load_pairs(word, pair);
  EXPECT_EQ(element(word, 0), 2U);
  EXPECT_EQ(element(word, 1), 3U);
}

// --- through the kernels of every instruction set
// --------------------------------------------------

const kernels::ReplicaKernels& kernels_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::replica_avx512;
  if (isa == Isa::avx2) return kernels::replica_avx2;
#endif
  static_cast<void>(isa);
  return kernels::replica_portable;
}

TEST(ReplicaKernels, NumbersBecomePlanes) {
  constexpr int lanes = 64 * kernels::block_words;
  std::mt19937_64 generator{6};
  alignas(64) std::uint64_t numbers[lanes], planes[lanes];
  for (std::uint64_t& n : numbers) n = generator();
  for (const Isa isa : available_isas()) {
    kernels_of(isa).planes_of_numbers(numbers, planes);
    for (int l = 0; l < lanes; ++l) {
      std::uint64_t number = 0;
      for (int k = 0; k < 64; ++k) {
        number |= (planes[k * kernels::block_words + l / 64] >> (l % 64) & 1U) << k;
      }
      ASSERT_EQ(number, numbers[l % 64 * kernels::block_words + l / 64])
          << name(isa) << ", lane " << l;
    }
  }
}

// Spins of a bundle, with rubbish where no site is: kernels may read but must not count it.
struct RandomBundle {
  RandomBundle(int words, std::int64_t sites, std::mt19937_64& generator)
      : words(words), memory(static_cast<std::size_t>((sites + 1) * words + kernels::block_words)) {
    for (std::uint64_t& word : memory) word = generator();
  }
  kernels::Bundle view() { return {memory.data(), memory.data(), words, 0}; }
  unsigned up(std::int64_t site, int lane) const {
    const auto word = static_cast<std::size_t>(site * words + lane / 64);
    return static_cast<unsigned>(memory[word] >> (lane % 64)) & 1U;
  }
  int words;
  std::vector<std::uint64_t> memory;
};

// Around 16 words, which are added together, and less where several sites share a wide word.
TEST(ReplicaKernels, CountUp) {
  std::mt19937_64 generator{7};
  for (const Isa isa : available_isas()) {
    for (const int words : {2, 4, 8}) {
      for (const std::int64_t sites : {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 31, 32, 33, 200}) {
        RandomBundle bundle(words, sites, generator);
        std::vector<std::uint64_t> sums(64 * kernels::block_words);
        kernels_of(isa).count(bundle.view(), nullptr, 0, sites, sums.data());
        for (int l = 0; l < 64 * words; ++l) {
          std::uint64_t expected = 0;
          for (std::int64_t s = 0; s < sites; ++s) expected += bundle.up(s, l);
          ASSERT_EQ(sums[static_cast<std::size_t>(l % 64 * words + l / 64)] >> 32, expected)
              << name(isa) << ", " << words << " words, " << sites << " sites, lane " << l;
        }
      }
    }
  }
}

TEST(ReplicaKernels, SitesOfLanes) {
  constexpr std::int64_t sites = 90;
  std::mt19937_64 generator{8};
  for (const Isa isa : available_isas()) {
    for (const int words : {2, 4, 8}) {
      RandomBundle bundle(words, sites, generator);
      std::vector<std::uint32_t> positions(64);
      for (std::uint32_t& p : positions) p = static_cast<std::uint32_t>(generator() % sites);
      for (const int count : {1, 37, 64}) {
        const auto lanes = static_cast<std::size_t>(64 * words);
        std::vector<std::uint64_t> row(lanes + 2, 99);
        kernels_of(isa).sites_of_lanes(bundle.view(), positions.data(), count, row.data() + 1);
        for (int l = 0; l < 64 * words; ++l) {
          std::uint64_t expected = 0;
          for (int i = 0; i < count; ++i) {
            expected |= std::uint64_t{bundle.up(positions[static_cast<std::size_t>(i)], l)} << i;
          }
          ASSERT_EQ(row[static_cast<std::size_t>(1 + l % 64 * words + l / 64)], expected)
              << name(isa) << ", " << words << ", lane " << l;
        }
        ASSERT_EQ(row.front(), 99U);
        ASSERT_EQ(row.back(), 99U);
      }
    }
  }
}

}  // namespace
}  // namespace multispin::bits
