// Units, weights and numbers of bipartite machines as kernels see them.
//
// Everything is cut into words of 32 units, those of outputs and those of inputs: a lane of a warp
// has the four outputs of a word that share a block of random numbers (bipartite/numbers.hpp).
#pragma once

#include <cstdint>

#include "device/bytes.hpp"
#include "multispin/bipartite/numbers.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

constexpr int word_units = 32;
constexpr int weight_bytes = 4;
constexpr int tile_halves = 2;  // of 16 outputs, as the tensor cores take them

// Bit i of words[w * pitch + r] is unit 32 w + i of row r. There are `pitch` rows, a multiple of
// 32; what is beyond the rows that were asked for is computed along with them.
struct BitColumns {
  std::uint32_t* words;
  std::uint32_t pitch;

  MULTISPIN_HD std::uint32_t* at(std::uint32_t word, std::uint32_t row) const {
    return words + std::uint64_t{word} * pitch + row;
  }
};

// Integers by which inputs, which are bits, are multiplied: a tile of them has 32 outputs and 32
// inputs. Tile (q, k), its lanes of byte b and half m begin at
// pieces[((q * depth + k) * 8 + 2 b + m) * 32]. Of output 2 g + e + 16 m, g = lane / 4, and input
// 2 t + h + 8 i, t = lane % 4, a piece has byte b as byte i of its number 2 h + e.
struct alignas(16) TilePiece {
  LeftBytes bytes;
};
struct UnitTiles {
  TilePiece* pieces;
  std::uint32_t words;  // of outputs
  std::uint32_t depth;  // words of inputs

  MULTISPIN_HD TilePiece* tile(std::uint32_t word, std::uint32_t k) const {
    constexpr int size = weight_bytes * tile_halves * Warp::lanes;
    return pieces + (std::uint64_t{word} * depth + k) * size;
  }
};

// The output of a word that is number e of half m in a lane.
MULTISPIN_HD std::uint32_t unit_of_lane(int lane, int m, int e) {
  return static_cast<std::uint32_t>(lane / 4 * 2 + e + 16 * m);
}

// What fields are made of.
struct RowLevels {
  const std::int64_t* of_rows;  // null: all have level 0
  const double* factors;
  const double* offsets;  // [level * row + unit]
  std::uint32_t row;

  MULTISPIN_HD std::uint64_t of(std::uint32_t r) const {
    return of_rows == nullptr ? 0 : static_cast<std::uint64_t>(of_rows[r]);
  }
};

// What a row draws with.
struct alignas(16) RowKeys {
  random::UnitKeys keys;
};

// Units that keep what they are in `kept`. The mask has rows if `of_each_row`, or only one.
struct KeptUnits {
  const std::uint32_t* kept;  // null: none do
  const std::uint32_t* mask;
  bool of_each_row;
};

}  // namespace multispin::cuda
