// The square and the cubic lattice and their packed layout (plain numbers; the engine owns the
// memory).
//
// Site (z, r, c) has colour (z + r + c) mod 2; the two colours are separate arrays. Rows are
// counted through all planes: row r of plane z is number z * rows + r. Within a row a colour's
// sites are numbered k = c / 2 and striped over the lanes: bit b of word w holds k = b * words + w.
// A neighbour in another row then has the same word and bit, one in the same row the same bit of
// the same or the adjacent word, and only a row's two edge words need a rotation by one lane. Word
// w of row y is element y * stride + w of its array. Bits from `lanes` up, and words from `words`
// to `stride`, are padding: they hold no spin and mean nothing.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::model {

struct Lattice {
  std::int64_t planes;  // 1: the square lattice, which has no bonds from plane to plane
  std::int64_t rows;    // of a plane
  std::int64_t columns;
  int lanes;            // bits of a word in use, 1 .. 64
  std::int64_t words;   // words of one colour in a row
  std::int64_t stride;  // words from one row to the next; even, or 1

  MULTISPIN_HD bool cubic() const { return planes > 1; }
  MULTISPIN_HD int neighbours() const { return cubic() ? 6 : 4; }
  // Length along an axis: 0 from plane to plane, 1 from row to row, 2 along the rows.
  MULTISPIN_HD std::int64_t side(int axis) const {
    return axis == 0 ? planes : axis == 1 ? rows : columns;
  }
  MULTISPIN_HD std::int64_t all_rows() const { return planes * rows; }
  MULTISPIN_HD std::int64_t spins() const { return all_rows() * columns; }
  MULTISPIN_HD std::int64_t colour_words() const { return all_rows() * stride; }
};

// Lanes: the largest divisor of columns / 2 that a word can hold, so that all lanes are equally
// long. Strides of 1, 2 and 4 let one wide word hold whole rows; all others are even, so that a
// 128-bit block of random bits never spans two rows.
MULTISPIN_HD Lattice make_lattice(std::int64_t rows, std::int64_t columns,
                                  std::int64_t planes = 1) {
  const std::int64_t sites = columns / 2;
  int lanes = sites < 64 ? static_cast<int>(sites) : 64;
  while (sites % lanes != 0) --lanes;
  const std::int64_t words = sites / lanes;
  const std::int64_t stride = words == 1 ? 1 : (words == 3 ? 4 : words + words % 2);
  return {planes, rows, columns, lanes, words, stride};
}

// Whether the other-colour neighbours in the row of a row's sites are k and k + 1 (else k and
// k - 1). `row` may be counted in its plane or through all of them, as these have even numbers of
// rows.
MULTISPIN_HD bool looks_right(std::int64_t plane, std::int64_t row, int colour) {
  return ((plane + row + colour) & 1) != 0;
}

}  // namespace multispin::model
