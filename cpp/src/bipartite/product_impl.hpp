// Bits times integers. Part of impl.hpp.
//
// By tables of the sums of four inputs each (bits/sum_table.hpp). Where there are few rows, or few
// inputs are active, it is faster to add the rows of those.
#pragma once

#include <cstdint>

#include "bipartite/kernels.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/sum_table.hpp"
#include "multispin/bits/word.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using Lanes = bits::Numbers<Word>;
using I = Lanes::I;
using U = Lanes::U;

constexpr int lanes = Lanes::count;
constexpr int most_vectors = bits::most_table_vectors<Word>;  // side by side

// Modulo 2^32.
MULTISPIN_HD I sum(I a, I b) {
  return (I)((U)a + (U)b);
}

template <int vectors>
void add_columns_by_tables(const BitProduct& p, int column) {
  using Table = bits::SumTable<Word, vectors>;
  constexpr int word_passes = block_units / Table::inputs;
  Table table;
  for (std::int64_t pass = 0; pass < word_passes * p.words; ++pass) {
    const std::uint64_t* const bits = p.bits + pass / word_passes * p.stride;
    const int shift = static_cast<int>(pass % word_passes) * Table::inputs;
    const std::int32_t* const matrix = p.matrix + pass * Table::inputs * block_units + column;
    table.make(
        [&](int input, int v) { return Lanes::load(matrix + input * block_units + v * lanes); });
    for (std::int64_t r = 0; r < p.rows; ++r) {
      // Rows without an active input follow each other, as those of an image's border do.
      if (bits[r] == 0) continue;
      std::int32_t* const own = p.sums + r * block_units + column;
      I sums[vectors];
      for (int v = 0; v < vectors; ++v) sums[v] = Lanes::load(own + v * lanes);
      table.add(bits[r] >> shift, sums);
      for (int v = 0; v < vectors; ++v) Lanes::store(own + v * lanes, sums[v]);
    }
  }
}

template <int vectors>
void add_columns_by_inputs(const BitProduct& p, int column) {
  for (std::int64_t r = 0; r < p.rows; ++r) {
    std::int32_t* const own = p.sums + r * block_units + column;
    I sums[vectors];
    for (int v = 0; v < vectors; ++v) sums[v] = Lanes::load(own + v * lanes);
    for (std::int64_t w = 0; w < p.words; ++w) {
      const std::int32_t* const rows = p.matrix + w * block_units * block_units + column;
      for (std::uint64_t left = p.bits[w * p.stride + r]; left != 0; left &= left - 1) {
        const std::int32_t* const from = rows + __builtin_ctzll(left) * block_units;
        for (int v = 0; v < vectors; ++v) sums[v] = sum(sums[v], Lanes::load(from + v * lanes));
      }
    }
    for (int v = 0; v < vectors; ++v) Lanes::store(own + v * lanes, sums[v]);
  }
}

// As many columns at a time as there are vectors for.
template <template <int> class Add, int vectors = most_vectors>
void add_columns(const BitProduct& p, int column = 0) {
  for (; p.columns - column >= vectors * lanes; column += vectors * lanes) {
    Add<vectors>::go(p, column);
  }
  if constexpr (vectors > 1) add_columns<Add, vectors - 1>(p, column);
}

template <int vectors>
struct ByTables {
  static void go(const BitProduct& p, int column) { add_columns_by_tables<vectors>(p, column); }
};
template <int vectors>
struct ByInputs {
  static void go(const BitProduct& p, int column) { add_columns_by_inputs<vectors>(p, column); }
};

void add_by_tables(const BitProduct& p) {
  add_columns<ByTables>(p);
}
void add_by_inputs(const BitProduct& p) {
  add_columns<ByInputs>(p);
}

}  // namespace
}  // namespace multispin::kernels
