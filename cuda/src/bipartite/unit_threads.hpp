// What becomes of sums: fields, probabilities, draws, softplus. Bodies for launch.hpp; a slot of
// those with a product is a word of outputs.
#pragma once

#include <cstdint>

#include "bipartite/layout.hpp"
#include "bipartite/product_threads.hpp"
#include "device/warp.hpp"
#include "multispin/bipartite/numbers.hpp"
#include "multispin/bipartite/rules/units.hpp"
#include "multispin/bipartite/soft_sums.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

template <int groups>
struct DrawUnits {
  static constexpr std::uint32_t block_warps = 4;
  static constexpr std::uint32_t blocks_at_once = product_blocks<groups>;
  using Product = UnitProduct<groups>;

  Product product;
  RowLevels levels;
  const RowKeys* keys;
  std::uint64_t step;
  KeptUnits kept;
  BitColumns out;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t word) const {
    const std::uint32_t first = warp * Product::rows_of_warp;
    typename Product::ByteSums sums;
    product.add_up(word, first, 0, product.tiles.depth, sums);
    OfLanes<std::uint32_t> up[groups][2];
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) {
        MULTISPIN_UNROLL(2)
        for (int n = 0; n < 2; ++n) up[g][n][lane] = drawn(sums, word, first, lane, g, n);
      }
    });
    // Lanes with the same rows have different units of them.
    MULTISPIN_UNROLL(groups)
    for (auto& group : up) {
      MULTISPIN_UNROLL(2)
      for (auto& row : group) together(row);
    }
    Warp::each([&](int lane) { write(up, word, first, lane); });
  }

 private:
  MULTISPIN_HD std::uint32_t drawn(const typename Product::ByteSums& sums, std::uint32_t word,
                                   std::uint32_t first, int lane, int group, int n) const {
    const std::uint32_t row = first + Product::row_of_lane(lane, group, n);
    const std::uint32_t block = 8 * word + static_cast<std::uint32_t>(lane / 4);
    const random::PhiloxBlock numbers = random::unit_block(keys[row].keys, step, block);
    const std::uint64_t level = levels.of(row);
    const double factor = levels.factors[level];
    const double* const offsets = levels.offsets + level * levels.row + word * word_units;
    std::uint32_t up = 0;
    MULTISPIN_UNROLL(tile_halves)
    for (int m = 0; m < tile_halves; ++m) {
      MULTISPIN_UNROLL(2)
      for (int e = 0; e < 2; ++e) {
        const std::uint32_t unit = unit_of_lane(lane, m, e);
        const std::int32_t sum = Product::sum(sums, lane, m, e, group, n);
        const float field = rules::unit_field(factor, sum, offsets[unit]);
        const std::int32_t is_up = rules::unit_up<bits::OneNumber>(field, numbers.x[2 * m + e]);
        up |= (is_up != 0 ? 1U : 0U) << unit;
      }
    }
    return up;
  }
  MULTISPIN_HD static void together(OfLanes<std::uint32_t>& words) {
    MULTISPIN_UNROLL(3)
    for (int distance = 4; distance < Warp::lanes; distance *= 2) {
      const auto others = Warp::taken(words, [&](int lane) { return lane ^ distance; });
      Warp::each([&](int lane) { words[lane] |= others[lane]; });
    }
  }
  // A lane writes one row's, and neighbours write neighbours.
  MULTISPIN_HD void write(const OfLanes<std::uint32_t> (&up)[groups][2], std::uint32_t word,
                          std::uint32_t first, int lane) const {
    MULTISPIN_UNROLL(groups)
    for (int g = 0; g < groups; ++g) {
      MULTISPIN_UNROLL(2)
      for (int n = 0; n < 2; ++n) {
        if (lane / 4 != 2 * g + n) continue;
        const std::uint32_t row = first + Product::row_of_lane(lane, g, n);
        std::uint32_t units = up[g][n][lane];
        const std::uint64_t at = std::uint64_t{word} * out.pitch + row;
        if (kept.kept != nullptr) {
          units ^= (units ^ kept.kept[at]) & kept.mask[kept.of_each_row ? at : word];
        }
        out.words[at] = units;
      }
    }
  }
};

struct AsField {
  MULTISPIN_HD static float of(float x) { return x; }
};
struct AsProbability {
  MULTISPIN_HD static float of(float x) { return rules::sigmoid<bits::OneNumber>(x); }
};

// act(row, unit, sum) of all outputs that a product has.
template <int groups, class Act>
MULTISPIN_HD void for_each_output(const typename UnitProduct<groups>::ByteSums& sums,
                                  std::uint32_t word, std::uint32_t first, const Act& act) {
  using Product = UnitProduct<groups>;
  Warp::each([&](int lane) {
    MULTISPIN_UNROLL(groups)
    for (int g = 0; g < groups; ++g) {
      MULTISPIN_UNROLL(2)
      for (int n = 0; n < 2; ++n) {
        MULTISPIN_UNROLL(tile_halves)
        for (int m = 0; m < tile_halves; ++m) {
          MULTISPIN_UNROLL(2)
          for (int e = 0; e < 2; ++e) {
            act(first + Product::row_of_lane(lane, g, n),
                word * word_units + unit_of_lane(lane, m, e), Product::sum(sums, lane, m, e, g, n));
          }
        }
      }
    }
  });
}

template <int groups, class As>
struct WriteUnits {
  static constexpr std::uint32_t block_warps = 4;
  static constexpr std::uint32_t blocks_at_once = product_blocks<groups>;
  using Product = UnitProduct<groups>;

  Product product;
  RowLevels levels;
  std::uint32_t rows, units;
  float* out;  // [r * units + u]

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t word) const {
    const std::uint32_t first = warp * Product::rows_of_warp;
    typename Product::ByteSums sums;
    product.add_up(word, first, 0, product.tiles.depth, sums);
    const auto act = [&](std::uint32_t row, std::uint32_t unit, std::int32_t sum) {
      if (row >= rows || unit >= units) return;
      const std::uint64_t level = levels.of(row);
      const double offset = levels.offsets[level * levels.row + unit];
      const float field = rules::unit_field(levels.factors[level], sum, offset);
      out[std::uint64_t{row} * units + unit] = As::of(field);
    };
    for_each_output<groups>(sums, word, first, act);
  }
};

// Sums of all outputs of the words, [r * 32 words + u].
template <int groups>
struct WriteSums {
  static constexpr std::uint32_t block_warps = 4;
  static constexpr std::uint32_t blocks_at_once = product_blocks<groups>;
  using Product = UnitProduct<groups>;

  Product product;
  std::int32_t* out;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t word) const {
    const std::uint32_t first = warp * Product::rows_of_warp;
    typename Product::ByteSums sums;
    product.add_up(word, first, 0, product.tiles.depth, sums);
    const std::uint64_t row_units = std::uint64_t{product.tiles.words} * word_units;
    const auto act = [&](std::uint32_t row, std::uint32_t unit, std::int32_t sum) {
      out[row * row_units + unit] = sum;
    };
    for_each_output<groups>(sums, word, first, act);
  }
};

// Softplus of some units of a row at a level: thread 8 r + l has lane l. Slots are parts of the
// units, soft_words of 64 each, at a level after the other.
struct AddSoftplus {
  const std::int32_t* sums;
  std::uint32_t units, row_units, parts;
  RowLevels levels;
  const std::int64_t* wanted;  // levels
  std::uint32_t rows;
  SoftSums* out;  // [slot * rows + r]

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t slot) const {
    constexpr std::uint32_t part_units = soft_words * 64;
    const std::uint32_t row = thread / soft_lanes;
    const std::uint32_t lane = thread % soft_lanes;
    const auto level = static_cast<std::uint64_t>(wanted[slot / parts]);
    const std::uint32_t first = slot % parts * part_units;
    const std::uint32_t end = units - first < part_units ? units : first + part_units;
    const double* const offsets = levels.offsets + level * levels.row;
    double sum = 0.0;
    double product = 1.0;
    for (std::uint32_t u = first + lane; u < end; u += soft_lanes) {
      const std::int32_t of_weights = sums[std::uint64_t{row} * row_units + u];
      const double x = rules::wide_unit_field(levels.factors[level], of_weights, offsets[u]);
      rules::add_softplus<bits::OneDouble>(x, sum, product);
    }
    SoftSums& to = out[std::uint64_t{slot} * rows + row];
    to.sums[lane] = sum;
    to.products[lane] = product;
  }
};

}  // namespace multispin::cuda
