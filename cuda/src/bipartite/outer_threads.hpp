// Sums over samples of bits times numbers: bodies for launch.hpp. Outputs of the product are
// values, its inputs are samples, and its rows are units.
#pragma once

#include <cstdint>

#include "bipartite/layout.hpp"
#include "bipartite/product_threads.hpp"
#include "device/launch.hpp"
#include "multispin/bits/doubles.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// A slot is a word of values; `parts` warps share the samples of the same sums.
template <int groups>
struct AddOuter {
  static constexpr std::uint32_t block_warps = 4;
  static constexpr std::uint32_t blocks_at_once = product_blocks<groups>;
  using Product = UnitProduct<groups>;

  Product product;
  std::uint32_t parts, units, width;
  std::int64_t* totals;  // [u * width + v]

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t word) const {
    const std::uint32_t part = warp % parts;
    const std::uint32_t first = warp / parts * Product::rows_of_warp;
    const std::uint64_t depth = product.tiles.depth;
    typename Product::ByteSums sums;
    product.add_up(word, first, static_cast<std::uint32_t>(depth * part / parts),
                   static_cast<std::uint32_t>(depth * (part + 1) / parts), sums);
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) {
        MULTISPIN_UNROLL(2)
        for (int n = 0; n < 2; ++n) add_row(sums, word, first, lane, g, n);
      }
    });
  }

 private:
  MULTISPIN_HD void add_row(const typename Product::ByteSums& sums, std::uint32_t word,
                            std::uint32_t first, int lane, int group, int n) const {
    const std::uint32_t unit = first + Product::row_of_lane(lane, group, n);
    if (unit >= units) return;
    MULTISPIN_UNROLL(tile_halves)
    for (int m = 0; m < tile_halves; ++m) {
      MULTISPIN_UNROLL(2)
      for (int e = 0; e < 2; ++e) {
        const std::uint32_t value = word * word_units + unit_of_lane(lane, m, e);
        if (value >= width) continue;
        add_to(totals + std::uint64_t{unit} * width + value,
               Product::wide_sum(sums, lane, m, e, group, n));
      }
    }
  }
};

// Totals become doubles where they are.
struct ScaleTotals {
  std::int64_t* totals;
  std::uint64_t before;
  double step;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    using N = bits::OneDouble;
    std::int64_t* const at = totals + before + thread;
    const N::B scaled = N::bits_of(N::times(static_cast<double>(*at), step));
    *at = static_cast<std::int64_t>(scaled);
  }
};

// 32 samples and 32 units, turned over: a warp's, a slot a word of samples. Bit i of word
// to.at(s, u) is unit u of sample 32 s + i.
struct TurnSamples {
  const std::uint32_t* from;  // [sample * words + word]
  std::uint32_t samples, words;
  BitColumns to;

  MULTISPIN_HD void operator()(std::uint32_t word, std::uint32_t slot) const {
    OfLanes<std::uint32_t> of_sample;
    OfLanes<std::uint32_t> of_unit;
    Warp::each([&](int lane) {
      const std::uint32_t sample = slot * word_units + static_cast<std::uint32_t>(lane);
      of_sample[lane] = sample < samples ? from[std::uint64_t{sample} * words + word] : 0;
    });
    MULTISPIN_UNROLL(word_units)
    for (int i = 0; i < word_units; ++i) {
      const std::uint32_t column =
          Warp::ballot([&](int lane) { return (of_sample[lane] >> i & 1U) != 0; });
      Warp::each([&](int lane) {
        if (lane == i) of_unit[lane] = column;
      });
    }
    Warp::each([&](int lane) {
      *to.at(slot, word * word_units + static_cast<std::uint32_t>(lane)) = of_unit[lane];
    });
  }
};

}  // namespace multispin::cuda
