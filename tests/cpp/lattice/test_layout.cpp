// Where a spin lives: the packed words, and the neighbours that the kernels see.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "support/engines.hpp"

namespace multispin::test {
namespace {

// Rows and columns: every stride that packs rows into wide words and those next to it, lanes of all
// kinds (64, fewer, one), rows that do and do not fill the last wide word.
const std::pair<std::int64_t, std::int64_t> shapes[] = {
    {2, 2},    {2, 4},   {4, 2},   {6, 6},    {14, 10},  {18, 126}, {2, 128},  {6, 128},
    {10, 148}, {6, 186}, {4, 256}, {6, 384},  {2, 512},  {10, 512}, {6, 130},  {4, 134},
    {6, 640},  {2, 768}, {4, 896}, {6, 1024}, {2, 1152}, {4, 1920}, {2, 2048}, {6, 2176},
};

Spins random_spins(std::int64_t count, std::uint64_t seed) {
  std::mt19937_64 generator{seed};
  Spins spins(static_cast<std::size_t>(count));
  for (std::int8_t& s : spins) s = (generator() & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
  return spins;
}

TEST(Layout, LanesWordsAndStride) {
  for (const auto& [rows, columns] : shapes) {
    const model::Lattice l = model::make_lattice(rows, columns);
    EXPECT_EQ(2 * l.lanes * l.words, columns);
    EXPECT_GE(l.lanes, 1);
    EXPECT_LE(l.lanes, 64);
    for (std::int64_t more = l.lanes + 1; more <= 64; ++more) EXPECT_NE(columns / 2 % more, 0);
    EXPECT_GE(l.stride, l.words);
    EXPECT_TRUE(l.stride == 1 || l.stride % 2 == 0);
    EXPECT_EQ(l.spins(), rows * columns);
  }
}

// The same of cubic lattices, planes first: planes that end with a wide word of rows, and not.
const std::tuple<std::int64_t, std::int64_t, std::int64_t> cubic_shapes[] = {
    {2, 2, 2},   {4, 2, 6},   {2, 14, 10}, {6, 10, 128}, {2, 16, 128}, {4, 6, 186}, {2, 6, 256},
    {4, 8, 256}, {2, 6, 384}, {4, 2, 512}, {2, 6, 640},  {4, 6, 1024}, {6, 4, 130}, {2, 4, 2176},
};

TEST(Layout, SpinsComeBackAsTheyWereSet) {
  for (const auto& [rows, columns] : shapes) {
    LatticeOptions options = make_options(rows, columns);
    options.replicas = 2;
    LatticeEngine engine{options};
    const Spins first = random_spins(rows * columns, 1);
    const Spins second = random_spins(rows * columns, 2);
    engine.set_spins(0, first.data());
    engine.set_spins(1, second.data());
    EXPECT_TRUE(same_spins(first, spins_of(engine, 0), columns)) << describe(options);
    EXPECT_TRUE(same_spins(second, spins_of(engine, 1), columns)) << describe(options);
  }
}

TEST(Layout, SiteOfEveryBit) {
  for (const auto& [rows, columns] : shapes) {
    LatticeEngine engine{make_options(rows, columns)};
    const Spins spins = random_spins(rows * columns, 3);
    engine.set_spins(0, spins.data());
    const std::vector<std::uint64_t> words = packed_of(engine);
    const model::Lattice& l = engine.lattice();
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t colour = (r + c) % 2, k = c / 2;
        const std::uint64_t word =
            words[static_cast<std::size_t>((colour * rows + r) * l.words + k % l.words)];
        const bool up = spins[static_cast<std::size_t>(r * columns + c)] == 1;
        ASSERT_EQ((word >> (k / l.words) & 1U) != 0, up) << describe(engine.options());
      }
    }
    for (const std::uint64_t word : words) EXPECT_EQ(word & ~bits::lane_mask(l.lanes), 0U);
  }
}

// Set by words, rubbish in the unused lanes included.
TEST(Layout, PackedWordsComeBackWithoutTheUnusedLanes) {
  std::mt19937_64 generator{4};
  for (const auto& [rows, columns] : shapes) {
    LatticeEngine engine{make_options(rows, columns)};
    std::vector<std::uint64_t> words = packed_of(engine);
    for (std::uint64_t& word : words) word = generator();
    engine.set_packed(words.data());
    for (std::uint64_t& word : words) word &= bits::lane_mask(engine.lattice().lanes);
    EXPECT_EQ(packed_of(engine), words) << describe(engine.options());
    LatticeEngine copy{make_options(rows, columns)};
    copy.set_spins(0, spins_of(engine).data());
    EXPECT_EQ(packed_of(copy), words);
  }
}

// The energy counts every bond once; a wrong neighbour anywhere changes it for random spins.
TEST(Layout, NeighboursByEnergyAtEveryIsa) {
  for (const Isa isa : available_isas()) {
    for (const auto& [rows, columns] : shapes) {
      LatticeOptions options = make_options(rows, columns);
      options.isa = isa;
      LatticeEngine engine{options};
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const Spins spins = random_spins(rows * columns, seed);
        engine.set_spins(0, spins.data());
        EXPECT_EQ(sums_of(engine), naive_sums(spins, rows, columns)) << describe(options);
      }
    }
  }
}

// One spin down among ups: each of its bonds must be seen, wherever it is.
TEST(Layout, OneSpinDownAtEveryIsa) {
  for (const Isa isa : available_isas()) {
    for (const auto& [rows, columns] : {std::pair{6L, 10L}, {4L, 128L}, {2L, 384L}, {6L, 640L}}) {
      LatticeOptions options = make_options(rows, columns);
      options.isa = isa;
      LatticeEngine engine{options};
      Spins spins(static_cast<std::size_t>(rows * columns), 1);
      for (std::int8_t& spin : spins) {
        spin = -1;
        engine.set_spins(0, spins.data());
        EXPECT_EQ(sums_of(engine), (Sums{2 * rows * columns - 8, rows * columns - 2}));
        spin = 1;
      }
    }
  }
}

TEST(Layout, SiteOfEveryBitOfACube) {
  for (const auto& [planes, rows, columns] : cubic_shapes) {
    LatticeEngine engine{make_cubic(planes, rows, columns)};
    const Spins spins = random_spins(planes * rows * columns, 3);
    engine.set_spins(0, spins.data());
    EXPECT_TRUE(same_spins(spins, spins_of(engine), columns)) << describe(engine.options());
    const std::vector<std::uint64_t> words = packed_of(engine);
    const model::Lattice& l = engine.lattice();
    for (std::int64_t i = 0; i < l.spins(); ++i) {
      const std::int64_t row = i / columns, c = i % columns, k = c / 2;
      const std::int64_t colour = (row / rows + row % rows + c) % 2;
      const std::uint64_t word =
          words[static_cast<std::size_t>((colour * planes * rows + row) * l.words + k % l.words)];
      const bool up = spins[static_cast<std::size_t>(i)] == 1;
      ASSERT_EQ((word >> (k / l.words) & 1U) != 0, up) << describe(engine.options());
    }
    LatticeEngine copy{engine.options()};
    copy.set_packed(words.data());
    EXPECT_EQ(packed_of(copy), words) << describe(engine.options());
  }
}

TEST(Layout, NeighboursOfACubeByEnergyAtEveryIsa) {
  for (const Isa isa : available_isas()) {
    for (const auto& [planes, rows, columns] : cubic_shapes) {
      LatticeOptions options = make_cubic(planes, rows, columns);
      options.isa = isa;
      LatticeEngine engine{options};
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const Spins spins = random_spins(planes * rows * columns, seed);
        engine.set_spins(0, spins.data());
        EXPECT_EQ(sums_of(engine), naive_sums(spins, rows, columns, planes)) << describe(options);
      }
    }
  }
}

TEST(Layout, FillAndStart) {
  LatticeEngine engine{make_options(6, 130)};
  EXPECT_EQ(sums_of(engine), (Sums{2 * 6 * 130, 6 * 130}));  // all up from the start
  engine.fill(false);
  EXPECT_EQ(sums_of(engine), (Sums{2 * 6 * 130, -6 * 130}));
  engine.fill(true);
  EXPECT_EQ(sums_of(engine), (Sums{2 * 6 * 130, 6 * 130}));
}

TEST(Layout, BytesAreAboutOneBitASpin) {
  // 1.1 bits a spin where rows fill their words.
  EXPECT_LE(static_cast<double>(8 * lattice_bytes(8192, 8192, 1)), 1.1 * 8192 * 8192);
  EXPECT_LE(static_cast<double>(8 * lattice_bytes(1024, 1024, 64)), 1.1 * 64 * 1024 * 1024);
  EXPECT_LE(static_cast<double>(8 * lattice_bytes(512, 512, 1, 512)), 1.001 * 512 * 512 * 512);
}

}  // namespace
}  // namespace multispin::test
