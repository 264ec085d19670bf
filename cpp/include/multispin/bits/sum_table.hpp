// Sums of integers that bits choose, by tables.
//
// Four inputs have 16 states. For some outputs side by side a table has a row for each state: what
// the inputs that it has add to each output. So one row that is loaded and added does what four
// inputs do to all of these outputs (Arlazarov, Dinic, Kronrod & Faradzev, Sov. Math. Dokl. 11,
// 1209 (1970)). The tables of a pass over all rows of bits fit the L1 cache: the more inputs have
// one, the less often sums come and go.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "multispin/bits/numbers.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

// Vectors of outputs that are added up side by side at most.
template <class W>
inline constexpr int most_table_vectors = Numbers<W>::count == 16 ? 2 : 4;

// Tables for `vectors` vectors of outputs, which have the type Number: 32 bits or 16.
template <class W, int vectors, class Number = std::int32_t>
struct alignas(64) SumTable {
  using Lanes = Numbers<W>;
  using Vector = std::conditional_t<sizeof(Number) == 2, typename Lanes::Short, typename Lanes::I>;

  static constexpr int numbers = static_cast<int>(sizeof(Vector) / sizeof(Number));
  static constexpr int row = vectors * numbers;
  // A power of two, so that a shift finds the row of a state.
  static constexpr int stride = static_cast<int>(std::bit_ceil(static_cast<unsigned>(row)));
  static constexpr int group_inputs = 4;
  static constexpr int states = 1 << group_inputs;
  // Of a pass: 32 KiB of tables at AVX-512, whose processors have an L1 cache of 32 or 48 KiB, and
  // 16 or 8 KiB at others.
  static constexpr int groups = Lanes::count == 16 ? 16 : 8;
  static constexpr int inputs = groups * group_inputs;

  Number of[groups * states * stride];

  // Of `inputs` inputs, vector v of the numbers of input i being of_input(i, v).
  template <class OfInput>
  MULTISPIN_HD void make(const OfInput& of_input) {
    for (int group = 0; group < groups; ++group) {
      Number* const to = of + group * states * stride;
      for (int v = 0; v < vectors; ++v) {
        Vector sums[states] = {};
        for (int i = 0; i < group_inputs; ++i) {
          const Vector own = of_input(group * group_inputs + i, v);
          for (int s = 0; s < 1 << i; ++s) sums[(1 << i) + s] = sum(sums[s], own);
        }
        for (int s = 0; s < states; ++s) Lanes::store(to + s * stride + v * numbers, sums[s]);
      }
    }
  }

  // Adds, modulo 2^32 or 2^16, the inputs whose bits are the lowest of `word`.
  template <int group = 0>
  MULTISPIN_HD void add(std::uint64_t word, Vector (&sums)[vectors]) const {
    if constexpr (group < groups) {
      constexpr std::uint64_t bytes = stride * sizeof(Number);
      constexpr int up = std::countr_zero(bytes), down = group * group_inputs;
      // The state times the bytes of a row, by one shift.
      const std::uint64_t moved = down < up ? word << (up - down) : word >> (down - up);
      const std::uint64_t offset = moved & ((states - 1) * bytes);
      const auto* const from = reinterpret_cast<const Number*>(
          reinterpret_cast<const char*>(of + group * states * stride) + offset);
      for (int v = 0; v < vectors; ++v) {
        sums[v] = sum(sums[v], Lanes::load(from + v * numbers));
        Lanes::in_order(sums[v]);
      }
      add<group + 1>(word, sums);
    }
  }

 private:
  typedef std::make_unsigned_t<Number> Unsigned __attribute__((vector_size(sizeof(Vector))));
  MULTISPIN_HD static Vector sum(Vector a, Vector b) { return (Vector)((Unsigned)a + (Unsigned)b); }
};

}  // namespace multispin::bits
