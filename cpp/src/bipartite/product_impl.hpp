// Bits times integers. Part of impl.hpp.
//
// Four inputs have 16 states. For a block of outputs a table has a row for each state: what the
// inputs that it has add to each output. So one row that is loaded and added does what four inputs
// do to the whole block (Arlazarov, Dinic, Kronrod & Faradzev, Sov. Math. Dokl. 11, 1209 (1970)).
// The tables of a pass over all rows fit the L1 cache: the more inputs have one, the less often
// sums come and go. Where there are few rows, or few inputs are active, it is faster to add the
// rows of those.
#pragma once

#include <bit>
#include <cstdint>

#include "bipartite/kernels.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using Lanes = bits::Numbers<Word>;
using I = Lanes::I;
using U = Lanes::U;

constexpr int lanes = Lanes::count;
constexpr int most_vectors = lanes == 16 ? 2 : 4;  // side by side
constexpr int group_inputs = 4;
// Of a pass: 32 KiB of tables at AVX-512, whose processors have an L1 cache of 32 or 48 KiB, and
// 16 or 8 KiB at others.
constexpr int groups = lanes == 16 ? 16 : 8;
constexpr int pass_inputs = groups * group_inputs;
constexpr int word_passes = block_units / pass_inputs;
constexpr int states = 1 << group_inputs;

// Modulo 2^32.
MULTISPIN_HD I sum(I a, I b) {
  return (I)((U)a + (U)b);
}

template <int vectors>
struct alignas(64) SumTable {
  static constexpr int row = vectors * lanes;
  std::int32_t of[groups * states * row];

  // Of the inputs whose rows begin at `from`.
  MULTISPIN_HD void make(const std::int32_t* from) {
    for (int group = 0; group < groups; ++group, from += group_inputs * block_units) {
      std::int32_t* const to = of + group * states * row;
      for (int v = 0; v < vectors; ++v) {
        I sums[states];
        sums[0] = Lanes::splat(0);
        for (int i = 0; i < group_inputs; ++i) {
          const I own = Lanes::load(from + i * block_units + v * lanes);
          for (int s = 0; s < 1 << i; ++s) sums[(1 << i) + s] = sum(sums[s], own);
        }
        for (int s = 0; s < states; ++s) Lanes::store(to + s * row + v * lanes, sums[s]);
      }
    }
  }
};

// Of the inputs whose bits are the lowest of `word`, group by group.
template <int vectors, int group = 0>
MULTISPIN_HD void add_states(const SumTable<vectors>& table, std::uint64_t word,
                             I (&sums)[vectors]) {
  if constexpr (group < groups) {
    constexpr std::uint64_t row = SumTable<vectors>::row * sizeof(std::int32_t);
    constexpr int up = std::countr_zero(row), down = group * group_inputs;
    // The state times the bytes of a row, by one shift.
    const std::uint64_t moved = down < up ? word << (up - down) : word >> (down - up);
    const std::uint64_t offset = moved & ((states - 1) * row);
    const auto* const from = reinterpret_cast<const std::int32_t*>(
        reinterpret_cast<const char*>(table.of + group * states * SumTable<vectors>::row) + offset);
    for (int v = 0; v < vectors; ++v) {
      sums[v] = sum(sums[v], Lanes::load(from + v * lanes));
      Lanes::in_order(sums[v]);
    }
    add_states<vectors, group + 1>(table, word, sums);
  }
}

template <int vectors>
void add_columns_by_tables(const BitProduct& p, int column) {
  SumTable<vectors> table;
  for (std::int64_t pass = 0; pass < word_passes * p.words; ++pass) {
    const std::uint64_t* const bits = p.bits + pass / word_passes * p.stride;
    const int shift = static_cast<int>(pass % word_passes) * pass_inputs;
    table.make(p.matrix + pass * pass_inputs * block_units + column);
    for (std::int64_t r = 0; r < p.rows; ++r) {
      // Rows without an active input follow each other, as those of an image's border do.
      if (bits[r] == 0) continue;
      std::int32_t* const own = p.sums + r * block_units + column;
      I sums[vectors];
      for (int v = 0; v < vectors; ++v) sums[v] = Lanes::load(own + v * lanes);
      add_states<vectors>(table, bits[r] >> shift, sums);
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
