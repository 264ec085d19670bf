// Blocks of 64 x 64 bits turned over, one in each element of a wide word.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

// One of the six steps: swaps the off-diagonal `size` x `size` squares of all squares twice as
// wide.
template <int size, class W>
MULTISPIN_HD void swap_squares(W (&rows)[64], std::uint64_t low_halves) {
  const W mask = splat<W>(low_halves);
  for (int first = 0; first < 64; first += 2 * size) {
    for (int k = first; k < first + size; ++k) {
      const W change = (shift_down<size>(rows[k]) ^ rows[k + size]) & mask;
      rows[k + size] = rows[k + size] ^ change;
      rows[k] = rows[k] ^ shift_up<size>(change);
    }
  }
}

// Bit c of row r becomes bit r of row c (Warren, Hacker's Delight, 2nd ed., 7-3).
template <class W>
MULTISPIN_HD void transpose(W (&rows)[64]) {
  swap_squares<32>(rows, 0x00000000ffffffff);
  swap_squares<16>(rows, 0x0000ffff0000ffff);
  swap_squares<8>(rows, 0x00ff00ff00ff00ff);
  swap_squares<4>(rows, 0x0f0f0f0f0f0f0f0f);
  swap_squares<2>(rows, 0x3333333333333333);
  swap_squares<1>(rows, 0x5555555555555555);
}

}  // namespace multispin::bits
