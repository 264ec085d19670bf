// What becomes of sums: fields, probabilities, draws, softplus. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "bipartite/kernels.hpp"
#include "bipartite/product_impl.hpp"
#include "multispin/bipartite/numbers.hpp"
#include "multispin/bipartite/rules/units.hpp"
#include "multispin/bits/doubles.hpp"

namespace multispin::kernels {
namespace {

using Wide = bits::Doubles<Word>;
using D = Wide::D;
using F = Lanes::F;

// As many numbers of 32 bits.
typedef std::int32_t HalfIntegers __attribute__((vector_size(4 * Word::words)));
typedef float HalfFloats __attribute__((vector_size(4 * Word::words)));

MULTISPIN_HD D load_doubles(const double* from) {
  return Wide::load(from);
}
MULTISPIN_HD D load_doubles(const float* from) {
  HalfFloats out;
  __builtin_memcpy(&out, from, sizeof out);
  return __builtin_convertvector(out, D);
}
constexpr int block_vectors = block_units / lanes;

// The fields of neighbours: of the first half, and of the second.
MULTISPIN_HD void wide_fields(const UnitFields& f, std::int64_t r, int c, D (&fields)[2]) {
  Word halves[2];
  const I sums = Lanes::load(f.sums + r * block_units + c);
  bits::doubles32(Lanes::word(Lanes::as_unsigned(sums)), halves[0], halves[1]);
  const double* const offsets = f.offsets[r] + f.first + c;
  for (int i = 0; i < 2; ++i) {
    fields[i] = f.factors[r] * Wide::of_word(halves[i]) + Wide::load(offsets + i * Wide::count);
  }
}

// rules::unit_field of neighbours.
MULTISPIN_HD F field(const UnitFields& f, std::int64_t r, int c) {
  D fields[2];
  wide_fields(f, r, c, fields);
  const U both = Lanes::number(bits::floats64(Wide::word(fields[0]), Wide::word(fields[1])));
  return Lanes::as_float(Lanes::as_signed(both));
}

struct NoChange {
  MULTISPIN_HD static F of(F x) { return x; }
};
struct Probability {
  MULTISPIN_HD static F of(F x) { return rules::sigmoid<Lanes>(x); }
};

template <class Change>
void write_fields(const UnitFields& f, float* to, std::int64_t stride) {
  for (std::int64_t r = 0; r < f.rows; ++r) {
    float* const row = to + r * stride + f.first;
    if (f.units == block_units) {
      for (int c = 0; c < block_units; c += lanes)
        Lanes::store(row + c, Change::of(field(f, r, c)));
    } else {
      float edge[block_units];
      for (int c = 0; c < f.units; c += lanes) Lanes::store(edge + c, Change::of(field(f, r, c)));
      for (int c = 0; c < f.units; ++c) row[c] = edge[c];
    }
  }
}

// The numbers of a block's units, random::unit_number of neighbours.
MULTISPIN_HD void unit_numbers(const UnitDraws& d, std::int64_t r, std::int64_t first,
                               U (&numbers)[block_vectors]) {
  const std::uint64_t* const keys = d.keys + r * row_keys;
  std::uint64_t in_turn[Word::words];
  for (int i = 0; i < Word::words; ++i) in_turn[i] = static_cast<std::uint64_t>(i);
  const Word places = bits::loaded<Word>(in_turn);
  for (int block = 0; block < 16; block += Word::words) {
    const auto number = static_cast<std::uint64_t>(first / 4 + block);
    Word x[4] = {bits::add64(places, bits::splat<Word>(number)), bits::splat<Word>(d.step),
                 bits::splat<Word>(d.step >> 32), bits::splat<Word>(keys[2 * random::unit_rounds])};
    const Word m0 = bits::splat<Word>(random::philox_multiplier_0);
    const Word m1 = bits::splat<Word>(random::philox_multiplier_1);
    for (int round = 0; round < random::unit_rounds; ++round) {
      const Word p0 = bits::multiply32(x[0], m0);
      const Word p1 = bits::multiply32(x[2], m1);
      x[0] = bits::xor3(bits::high32(p1), x[1], bits::splat<Word>(keys[2 * round]));
      x[1] = p1;
      x[2] = bits::xor3(bits::high32(p0), x[3], bits::splat<Word>(keys[2 * round + 1]));
      x[3] = p0;
    }
    const int at = (block / 8 * 32 + block % 8 * 2) / lanes;
    numbers[at] = Lanes::number(bits::join32(x[0], x[1]));
    numbers[at + 16 / lanes] = Lanes::number(bits::join32(x[2], x[3]));
  }
}

template <class Field>
MULTISPIN_HD std::uint64_t drawn(const UnitDraws& d, std::int64_t r, std::int64_t first,
                                 const Field& field_at) {
  U numbers[block_vectors];
  unit_numbers(d, r, first, numbers);
  std::uint64_t word = 0;
  for (int v = 0; v < block_vectors; ++v) {
    const I up = rules::unit_up<Lanes>(field_at(v * lanes), numbers[v]);
    word |= std::uint64_t{Lanes::signs(up)} << (v * lanes);
  }
  return word;
}

void draw_units(const UnitFields& f, const UnitDraws& d) {
  for (std::int64_t r = 0; r < f.rows; ++r) {
    d.bits[r] = drawn(d, r, f.first, [&](int c) { return field(f, r, c); });
  }
}

void draw_given(const float* from, std::int64_t stride, std::int64_t rows, std::int64_t first,
                int units, const UnitDraws& d) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* const row = from + r * stride;
    float edge[block_units];
    if (units < block_units) {
      // What is not there is never up.
      for (int c = 0; c < block_units; ++c) edge[c] = c < units ? row[c] : -__builtin_inff();
    }
    const float* const fields = units < block_units ? edge : row;
    d.bits[r] = drawn(d, r, first, [&](int c) { return Lanes::load(fields + c); });
  }
}

void add_softplus(const UnitFields& f, SoftSums* to) {
  // Halves of vectors go to lanes in turn.
  constexpr int parts = soft_lanes / Wide::count;
  for (std::int64_t r = 0; r < f.rows; ++r) {
    D sums[parts], products[parts];
    for (int p = 0; p < parts; ++p) {
      sums[p] = Wide::load(to[r].sums + p * Wide::count);
      products[p] = Wide::load(to[r].products + p * Wide::count);
    }
    for (int v = 0; v * lanes < f.units; ++v) {
      D x[2];
      wide_fields(f, r, v * lanes, x);
      for (int i = 0; i < 2; ++i) {
        const int p = (2 * v + i) % parts;
        rules::add_softplus<Wide>(x[i], sums[p], products[p]);
      }
    }
    for (int p = 0; p < parts; ++p) {
      Wide::store(to[r].sums + p * Wide::count, sums[p]);
      Wide::store(to[r].products + p * Wide::count, products[p]);
    }
  }
}

}  // namespace
}  // namespace multispin::kernels
