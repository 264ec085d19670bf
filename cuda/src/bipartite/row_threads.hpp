// Rows of bits, their keys, and matrices, brought into the order in which products take them:
// bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "bipartite/layout.hpp"
#include "device/bytes.hpp"
#include "multispin/bipartite/numbers.hpp"
#include "multispin/bits/doubles.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// A row of the columns, a slot a word; what is beyond the rows is 0.
struct ColumnsFromRows {
  const std::uint32_t* from;  // [r * words + w]
  std::uint32_t rows, words;
  BitColumns to;

  MULTISPIN_HD void operator()(std::uint32_t row, std::uint32_t word) const {
    *to.at(word, row) = row < rows ? from[std::uint64_t{row} * words + word] : 0;
  }
};

struct RowsFromColumns {
  BitColumns from;
  std::uint32_t words;
  std::uint32_t* to;

  MULTISPIN_HD void operator()(std::uint32_t row, std::uint32_t word) const {
    to[std::uint64_t{row} * words + word] = *from.at(word, row);
  }
};

struct MakeRowKeys {
  std::uint64_t seed;
  const std::uint64_t* streams;
  random::Purpose purpose;
  std::uint32_t rows;
  RowKeys* out;

  MULTISPIN_HD void operator()(std::uint32_t row, std::uint32_t /*slot*/) const {
    out[row] = {random::unit_keys(seed, row < rows ? streams[row] : 0, purpose)};
  }
};

// Numbers rounded to integers, into tiles: lane thread % 32 of input word thread / 32, a slot a
// word of outputs. Beyond outputs and inputs there are zeros.
template <class T>
struct MakeTiles {
  const T* from;  // [output * of_output + input * of_input]
  std::uint64_t of_output, of_input;
  std::uint32_t outputs, inputs;
  double inverse;  // of the step
  UnitTiles to;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t word) const {
    const std::uint32_t k = thread / Warp::lanes;
    const int lane = static_cast<int>(thread % Warp::lanes);
    TilePiece* const tile = to.tile(word, k) + lane;
    MULTISPIN_UNROLL(tile_halves)
    for (int m = 0; m < tile_halves; ++m) {
      TilePiece pieces[weight_bytes];
      MULTISPIN_UNROLL(4)
      for (int at = 0; at < 4; ++at) {  // 2 h + e
        std::uint32_t numbers[4];
        MULTISPIN_UNROLL(4)
        for (int i = 0; i < 4; ++i) {
          numbers[i] =
              integer(word * word_units + unit_of_lane(lane, m, at % 2),
                      k * word_units + static_cast<std::uint32_t>(lane % 4 * 2 + at / 2 + 8 * i));
        }
        transpose_bytes(numbers);
        MULTISPIN_UNROLL(weight_bytes)
        for (int b = 0; b < weight_bytes; ++b) pieces[b].bytes.of[at] = numbers[b];
      }
      MULTISPIN_UNROLL(weight_bytes)
      for (int b = 0; b < weight_bytes; ++b) tile[(2 * b + m) * Warp::lanes] = pieces[b];
    }
  }

 private:
  MULTISPIN_HD std::uint32_t integer(std::uint32_t output, std::uint32_t input) const {
    using N = bits::OneDouble;
    if (output >= outputs || input >= inputs) return 0;
    const T number = from[output * of_output + input * of_input];
    const N::B rounded = N::rounded(N::times(static_cast<double>(number), inverse));
    return static_cast<std::uint32_t>(rounded);
  }
};

}  // namespace multispin::cuda
