// Linear masks across one AES round, exactly.
//
// A parity of bits of a plane, mask u, and a parity of bits of the next plane, mask w, are
// correlated by the product over the active S-boxes of c(u_i, v_i), where v = MixColumns^T w is the
// mask behind the S-boxes: 16 bytes that stand in the columns of w.
#pragma once

#include <array>
#include <bit>
#include <cmath>
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
constexpr int source_byte(int row, int column) {
  return 4 * ((column + row) % 4) + row;
}

inline constexpr int largest_order = 24;
// Masks with three or four active S-boxes are enumerated up to this weight of the output mask, so
// the table is complete up to an order three above it.
inline constexpr int output_weight = 8;
inline constexpr int complete_order = output_weight + 3;

struct BestMasks {
  double correlation = 0;
  std::uint64_t number = 0;             // of masks of one column with this correlation
  std::uint32_t input = 0, output = 0;  // one of them: S-box inputs, and the column after the round
};

// For each n, the parities of n bits of two neighbouring planes with the largest correlation.
// Masks of one column; masks that reach over several columns are products of these.
class OrderTable {
 public:
  OrderTable() {
    const auto correlation = sbox_correlations();
    for (unsigned u = 1; u < 256; ++u) {
      for (unsigned v = 1; v < 256; ++v) {
        note(sbox_[v][static_cast<std::size_t>(std::popcount(u))],
             {std::abs(correlation[u][v]) / 256.0, 1, u, v});
      }
    }
    enumerate_light_outputs();
    enumerate_few_boxes();
  }
  const BestMasks& best(int order) const { return best_[static_cast<std::size_t>(order)]; }

 private:
  static void note(BestMasks& best, const BestMasks& found) {
    if (found.correlation > best.correlation) {
      best = found;
    } else if (found.correlation == best.correlation) {
      best.number += found.number;
    }
  }
  void enumerate_light_outputs() {
    lowest_ = 0;
    highest_ = complete_order;
    for (int weight = 1; weight <= output_weight; ++weight) {
      // All masks of this weight, in order (Gosper).
      for (std::uint64_t mask = (1U << weight) - 1; mask < (std::uint64_t{1} << 32);) {
        offer(static_cast<std::uint32_t>(mask));
        const std::uint64_t low = mask & (~mask + 1);
        const std::uint64_t high = mask + low;
        mask = high | (((high ^ mask) / low) >> 2);
      }
    }
  }
  void enumerate_few_boxes() {
    const TransposedMix unmix(true);
    highest_ = largest_order;
    const auto offer_new = [&](std::uint32_t behind) {
      const std::uint32_t output = unmix(behind);
      lowest_ = std::popcount(output) <= output_weight ? complete_order + 1 : 0;
      offer(output);
    };
    for (unsigned i = 0; i < 4; ++i) {
      for (std::uint32_t v = 1; v < 256; ++v) {
        offer_new(v << (8 * i));
        for (unsigned j = i + 1; j < 4; ++j) {
          for (std::uint32_t v2 = 1; v2 < 256; ++v2) offer_new((v << (8 * i)) | (v2 << (8 * j)));
        }
      }
    }
  }
  // Notes the best input masks for this output mask.
  void offer(std::uint32_t output) {
    extend(mix_(output), 0, std::popcount(output), {1.0, 1, 0, output});
  }
  void extend(std::uint32_t behind, unsigned byte, int order, const BestMasks& so_far) {
    if (order > highest_) return;
    if (byte == 4) {
      if (order >= lowest_) note(best_[static_cast<std::size_t>(order)], so_far);
      return;
    }
    const std::uint32_t v = (behind >> (8 * byte)) & 255;
    if (v == 0) {
      extend(behind, byte + 1, order, so_far);
      return;
    }
    for (int weight = 1; weight <= 8; ++weight) {
      const BestMasks& step = sbox_[v][static_cast<std::size_t>(weight)];
      if (step.correlation == 0) continue;
      extend(behind, byte + 1, order + weight,
             {so_far.correlation * step.correlation, so_far.number * step.number,
              so_far.input | (step.input << (8 * byte)), so_far.output});
    }
  }

  int lowest_ = 0, highest_ = 0;  // orders of interest
  TransposedMix mix_{false};
  std::array<std::array<BestMasks, 9>, 256> sbox_{};
  std::array<BestMasks, largest_order + 1> best_{};
};

}  // namespace randomness
