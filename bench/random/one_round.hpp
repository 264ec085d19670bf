// Linear masks across one AES round, exactly.
//
// A parity of bits of a plane, mask u, and a parity of bits of the next plane, mask w, are
// correlated by the product over the active S-boxes of c(u_i, v_i), where v = MixColumns^T w is the
// mask behind the S-boxes: 16 bytes that stand in the columns of w.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "multispin/random/aes.hpp"

namespace randomness {

// 256 times the correlation of u.x and v.S(x), x uniform: [u][v].
inline std::array<std::array<int, 256>, 256> sbox_correlations() {
  const auto box = multispin::random::aes_detail::make_sbox();
  std::array<std::array<int, 256>, 256> table{};
  for (unsigned u = 0; u < 256; ++u) {
    for (unsigned v = 0; v < 256; ++v) {
      for (unsigned x = 0; x < 256; ++x) {
        table[u][v] += std::popcount((u & x)) % 2 == std::popcount((v & box[x])) % 2 ? 1 : -1;
      }
    }
  }
  return table;
}

// The transpose of MixColumns, or of its inverse, for masks of one column (row r in byte r).
class TransposedMix {
 public:
  explicit TransposedMix(bool inverse) {
    constexpr std::array<std::uint8_t, 4> forward{2, 1, 1, 3};  // column 0 of the matrix
    constexpr std::array<std::uint8_t, 4> backward{14, 9, 13, 11};
    const auto& factor = inverse ? backward : forward;
    for (unsigned row = 0; row < 4; ++row) {
      for (unsigned mask = 0; mask < 256; ++mask) {
        for (unsigned k = 0; k < 4; ++k) {
          for (unsigned bit = 0; bit < 8; ++bit) {
            const unsigned product = times(factor[(row + 4 - k) % 4], 1U << bit);
            const auto odd = static_cast<std::uint32_t>(std::popcount(product & mask) % 2);
            table_[row][mask] |= odd << (8 * k + bit);
          }
        }
      }
    }
  }
  std::uint32_t operator()(std::uint32_t mask) const {
    return table_[0][mask & 255] ^ table_[1][(mask >> 8) & 255] ^ table_[2][(mask >> 16) & 255] ^
           table_[3][mask >> 24];
  }

 private:
  static unsigned times(unsigned factor, unsigned a) {
    unsigned product = 0;
    for (; factor != 0; factor >>= 1) {
      if (factor % 2 != 0) product ^= a;
      a = (a << 1) ^ ((a & 0x80) != 0 ? 0x11b : 0);
    }
    return product;
  }

  std::array<std::array<std::uint32_t, 256>, 4> table_{};
};

// Byte of the state before the round that S-box byte `row` of column `column` takes (ShiftRows).
constexpr int source_byte(int row, int column) { return 4 * ((column + row) % 4) + row; }

}  // namespace randomness
