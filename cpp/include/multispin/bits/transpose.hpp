// Blocks of 64 x 64 bits turned over, one in each element of a wide word.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

// Turns over 8 x 8 squares of unit x unit bits; row i of squares is rows[step * i].
template <int unit, int step = unit, class W>
MULTISPIN_HD void turn_eight(W* rows) {
  W r[8];
  for (int i = 0; i < 8; ++i) r[i] = rows[step * i];
  for (int i = 0; i < 4; ++i) swap_squares<4 * unit>(r[i], r[i + 4]);
  for (int i = 0; i < 2; ++i) {
    swap_squares<2 * unit>(r[i], r[i + 2]);
    swap_squares<2 * unit>(r[i + 4], r[i + 6]);
  }
  for (int i = 0; i < 8; i += 2) swap_squares<unit>(r[i], r[i + 1]);
  for (int i = 0; i < 8; ++i) rows[step * i] = r[i];
}

// Bit c of row r becomes bit r of row c (Warren, Hacker's Delight, 2nd ed., 7-3), three of the six
// steps at a time, for as many rows as registers hold.
template <class W>
MULTISPIN_HD void transpose(W (&rows)[64]) {
  for (int i = 0; i < 8; ++i) turn_eight<8>(rows + i);
  for (int i = 0; i < 64; i += 8) turn_eight<1>(rows + i);
}

}  // namespace multispin::bits
