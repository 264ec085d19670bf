// Bits times integers, by the tensor cores: what a warp does.
//
// An integer has four bytes without sign. Their products with bits are summed up byte by byte,
// which is exact for 2^23 inputs, and then put together.
#pragma once

#include <cstdint>

#include "bipartite/layout.hpp"
#include "device/bytes.hpp"
#include "device/warp.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// Blocks of 4 warps that a multiprocessor holds, by how many groups of rows a warp has: 32
// registers of a thread are sums of a group, and the others take about a hundred.
template <int groups>
inline constexpr std::uint32_t product_blocks = groups == 4 ? 2 : (groups == 2 ? 3 : 4);

// Of a word of outputs and 8 rows of inputs times `groups`.
template <int groups>
struct UnitProduct {
  static constexpr std::uint32_t rows_of_warp = 8 * groups;

  UnitTiles tiles;
  BitColumns inputs;

  // A lane has the sums of its outputs of a half, over byte b, for two rows of each group.
  using ByteSums = OfLanes<Products>[tile_halves][weight_bytes][groups];

  MULTISPIN_HD void add_up(std::uint32_t word, std::uint32_t first_row, std::uint32_t begin,
                           std::uint32_t end, ByteSums& sums) const {
    clear(sums);
    if (begin >= end) return;
    Operands now;
    load(word, first_row, begin, now);
    MULTISPIN_UNROLL(1)
    for (std::uint32_t k = begin; k < end; ++k) {
      Operands next;  // on their way while those before are multiplied
      load(word, first_row, k + 1 < end ? k + 1 : k, next);
      multiply(now, sums);
      now = next;
    }
  }

  // The row of a group that is number n of a lane.
  MULTISPIN_HD static std::uint32_t row_of_lane(int lane, int group, int n) {
    return static_cast<std::uint32_t>(8 * group + lane % 4 * 2 + n);
  }
  // The sum of output e of half m and row n of a group, modulo 2^32.
  MULTISPIN_HD static std::int32_t sum(const ByteSums& sums, int lane, int m, int e, int group,
                                       int n) {
    std::uint32_t out = 0;
    MULTISPIN_UNROLL(weight_bytes)
    for (int b = 0; b < weight_bytes; ++b) {
      out += static_cast<std::uint32_t>(sums[m][b][group][lane].of[2 * e + n]) << (8 * b);
    }
    return static_cast<std::int32_t>(out);
  }
  // The same, whole, of integers below 2^24 in modulus: their highest bytes are 0, or 255 if they
  // are negative.
  MULTISPIN_HD static std::int64_t wide_sum(const ByteSums& sums, int lane, int m, int e, int group,
                                            int n) {
    const auto of = [&](int b) { return std::int64_t{sums[m][b][group][lane].of[2 * e + n]}; };
    return of(0) + (of(1) << 8) + (of(2) << 16) - (of(3) / 255 << 24);
  }

 private:
  struct Operands {
    OfLanes<TilePiece> pieces[weight_bytes][tile_halves];
    OfLanes<std::uint32_t> inputs[groups];
  };

  MULTISPIN_HD static void clear(ByteSums& sums) {
    MULTISPIN_UNROLL(tile_halves)
    for (auto& half : sums) {
      MULTISPIN_UNROLL(weight_bytes)
      for (auto& byte : half) {
        MULTISPIN_UNROLL(groups)
        for (auto& group : byte) Warp::each([&](int lane) { group[lane] = {}; });
      }
    }
  }
  MULTISPIN_HD void load(std::uint32_t word, std::uint32_t first_row, std::uint32_t k,
                         Operands& to) const {
    const TilePiece* const tile = tiles.tile(word, k);
    const std::uint32_t* const from = inputs.at(k, first_row);
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(weight_bytes)
      for (int b = 0; b < weight_bytes; ++b) {
        MULTISPIN_UNROLL(tile_halves)
        for (int m = 0; m < tile_halves; ++m) {
          to.pieces[b][m][lane] = tile[(2 * b + m) * Warp::lanes + lane];
        }
      }
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) to.inputs[g][lane] = from[8 * g + lane / 4];
    });
  }
  MULTISPIN_HD static void multiply(const Operands& operands, ByteSums& sums) {
    constexpr std::uint32_t ones = 0x01010101;
    OfLanes<RightBytes> factors[groups];
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) {
        // Byte i of number h is input 2 t + h + 8 i.
        const std::uint32_t shifted = operands.inputs[g][lane] >> (lane % 4 * 2);
        factors[g][lane] = {{shifted & ones, shifted >> 1 & ones}};
      }
    });
    MULTISPIN_UNROLL(weight_bytes)
    for (int b = 0; b < weight_bytes; ++b) {
      MULTISPIN_UNROLL(tile_halves)
      for (int m = 0; m < tile_halves; ++m) {
        OfLanes<LeftBytes> weights;
        Warp::each([&](int lane) { weights[lane] = operands.pieces[b][m][lane].bytes; });
        MULTISPIN_UNROLL(groups)
        for (int g = 0; g < groups; ++g) add_products(weights, factors[g], sums[m][b][g]);
      }
    }
  }
};

}  // namespace multispin::cuda
