// Overlaps of a replica, of which a warp holds those of 16 patterns of each block in every lane.
#pragma once

#include <cstdint>

#include "device/bytes.hpp"
#include "device/warp.hpp"
#include "multispin/host_device.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// Bits that are set.
MULTISPIN_HD std::int32_t ones_of(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __popc(bits);
#else
  return __builtin_popcount(bits);
#endif
}

// Overlaps with the patterns that are set.
MULTISPIN_HD std::int32_t sum_where(std::uint32_t bits,
                                    const std::int32_t (&overlaps)[model::pattern_bits]) {
  std::int32_t sum[2] = {0, 0};  // two chains
  MULTISPIN_UNROLL(16)
  for (int k = 0; k < model::pattern_bits; ++k) {
    sum[k % 2] += (bits >> k & 1U) != 0 ? overlaps[k] : 0;
  }
  return sum[0] + sum[1];
}
// A spin turns: of patterns that are as it is then, overlaps go up. Where there is no pattern they
// may wrap around.
MULTISPIN_HD void turn_where(std::uint32_t bits, bool up,
                             std::int32_t (&overlaps)[model::pattern_bits]) {
  const std::uint32_t same = up ? bits : ~bits;
  MULTISPIN_UNROLL(16)
  for (int k = 0; k < model::pattern_bits; ++k) {
    const std::uint32_t change = (same >> k & 1U) != 0 ? 2U : ~1U;
    overlaps[k] = static_cast<std::int32_t>(static_cast<std::uint32_t>(overlaps[k]) + change);
  }
}

struct LaneOverlaps {
  std::int32_t of[model::pattern_bits];
};

// Up to `most` blocks of patterns, from `first` on, in registers: loaded, used, stored.
template <int most>
class OverlapsInRegisters {
 public:
  // Of a kernel with them: registers for them, for rows on their way, and half a hundred more.
  static constexpr std::uint32_t blocks_at_once = most <= 2 ? 4 : 2;
  // The patterns at a site, fetched before they are needed.
  struct Row {
    OfLanes<std::uint32_t> bits[most];
  };

  MULTISPIN_HD OverlapsInRegisters(const PatternReplicas& r, std::uint32_t replica,
                                   std::uint32_t first = 0)
      : r_{r}, replica_{replica}, first_{first} {
    MULTISPIN_UNROLL(most)
    for (int b = 0; b < most; ++b) {
      Warp::each([&](int lane) {
        MULTISPIN_UNROLL(16)
        for (int k = 0; k < model::pattern_bits; ++k) {
          own_[b][lane].of[k] = there(b) ? *place(b, k, lane) : 0;
        }
      });
    }
  }
  MULTISPIN_HD void store() const {
    MULTISPIN_UNROLL(most)
    for (int b = 0; b < most; ++b) {
      if (!there(b)) continue;
      Warp::each([&](int lane) {
        MULTISPIN_UNROLL(16)
        for (int k = 0; k < model::pattern_bits; ++k) *place(b, k, lane) = own_[b][lane].of[k];
      });
    }
  }
  MULTISPIN_HD Row row(std::uint32_t site) const {
    Row row;
    MULTISPIN_UNROLL(most)
    for (int b = 0; b < most; ++b) {
      Warp::each(
          [&](int lane) { row.bits[b][lane] = there(b) ? r_.lane_of(site, block(b), lane) : 0; });
    }
    return row;
  }
  // Of the patterns that are up at a site, the sum of overlaps.
  MULTISPIN_HD std::int32_t sum_up(const Row& row) const {
    OfLanes<std::int32_t> sum;
    Warp::each([&](int lane) {
      sum[lane] = 0;
      MULTISPIN_UNROLL(most)
      for (int b = 0; b < most; ++b) sum[lane] += sum_where(row.bits[b][lane], own_[b][lane].of);
    });
    return Warp::sum(sum);
  }
  // Turns a spin; returns how many patterns are up there.
  MULTISPIN_HD std::int32_t turn(const Row& row, bool up) {
    OfLanes<std::int32_t> ones;
    Warp::each([&](int lane) {
      ones[lane] = 0;
      MULTISPIN_UNROLL(most)
      for (int b = 0; b < most; ++b) {
        turn_where(row.bits[b][lane], up, own_[b][lane].of);
        ones[lane] += ones_of(row.bits[b][lane]);
      }
    });
    return Warp::sum(ones);
  }

 private:
  MULTISPIN_HD std::uint32_t block(int b) const { return first_ + static_cast<std::uint32_t>(b); }
  MULTISPIN_HD bool there(int b) const { return block(b) < r_.blocks; }
  MULTISPIN_HD std::int32_t* place(int b, int k, int lane) const {
    return r_.overlaps_of(replica_, block(b)) + k * Warp::lanes + lane;
  }

  const PatternReplicas& r_;
  std::uint32_t replica_, first_;
  OfLanes<LaneOverlaps> own_[most];
};

// Sums and bytes of 16-bit numbers side by side: of two of them, times bytes `first` and the next.
template <int first>
MULTISPIN_HD std::uint32_t with_products(std::uint32_t sum, std::uint32_t numbers,
                                         std::uint32_t bytes) {
#if defined(__CUDA_ARCH__)
  return first == 0 ? __dp2a_lo(numbers, bytes, sum) : __dp2a_hi(numbers, bytes, sum);
#else
  return sum + (numbers & 0xffffU) * (bytes >> (8 * first) & 0xffU) +
         (numbers >> 16) * (bytes >> (8 * first + 8) & 0xffU);
#endif
}
// The same of up to 2 * pairs blocks where overlaps have 16 bits: two a register, so that an
// operation multiplies two of them with their bits. They are kept 2^15 larger, as numbers without
// sign, which nothing is carried between.
template <int pairs>
class PackedOverlaps {
 public:
  static constexpr std::uint32_t blocks_at_once = pairs == 1 ? 6 : 4;
  static constexpr std::uint32_t most_sites = (1U << 15) - 1;
  struct Row {
    OfLanes<std::uint32_t> bits[pairs][2];
  };

  MULTISPIN_HD PackedOverlaps(const PatternReplicas& r, std::uint32_t replica)
      : r_{r}, replica_{replica} {
    for_blocks([&](int p, int half, std::uint32_t block) {
      Warp::each([&](int lane) {
        MULTISPIN_UNROLL(8)
        for (int j = 0; j < 8; ++j) {
          const std::int32_t* const from = r_.overlaps_of(replica_, block) + lane;
          own_[p][lane].of[half][j] = packed(from[j * Warp::lanes], from[(j + 8) * Warp::lanes]);
        }
      });
    });
  }
  MULTISPIN_HD void store() const {
    for_blocks([&](int p, int half, std::uint32_t block) {
      Warp::each([&](int lane) {
        MULTISPIN_UNROLL(8)
        for (int j = 0; j < 8; ++j) {
          std::int32_t* const to = r_.overlaps_of(replica_, block) + lane;
          const std::uint32_t numbers = own_[p][lane].of[half][j];
          to[j * Warp::lanes] = static_cast<std::int32_t>(numbers & 0xffffU) - offset;
          to[(j + 8) * Warp::lanes] = static_cast<std::int32_t>(numbers >> 16) - offset;
        }
      });
    });
  }
  MULTISPIN_HD Row row(std::uint32_t site) const {
    Row row;
    MULTISPIN_UNROLL(pairs)
    for (int p = 0; p < pairs; ++p) {
      Warp::each([&](int lane) { row.bits[p][0][lane] = row.bits[p][1][lane] = 0; });
    }
    for_blocks([&](int p, int half, std::uint32_t block) {
      Warp::each([&](int lane) { row.bits[p][half][lane] = r_.lane_of(site, block, lane); });
    });
    return row;
  }
  MULTISPIN_HD std::int32_t sum_up(const Row& row) const {
    OfLanes<std::int32_t> sum;
    Warp::each([&](int lane) {
      std::uint32_t of[2] = {0, 0};  // two chains
      MULTISPIN_UNROLL(pairs)
      for (int p = 0; p < pairs; ++p) {
        const std::uint32_t bits = bits_of(row, p, lane);
        of[0] -= static_cast<std::uint32_t>(ones_of(bits)) * offset;
        MULTISPIN_UNROLL(8)
        for (int j = 0; j < 8; ++j) {
          const std::uint32_t bytes = bits >> j & ones;
          of[0] = with_products<0>(of[0], own_[p][lane].of[0][j], bytes);
          of[1] = with_products<2>(of[1], own_[p][lane].of[1][j], bytes);
        }
      }
      sum[lane] = static_cast<std::int32_t>(of[0] + of[1]);
    });
    return Warp::sum(sum);
  }
  MULTISPIN_HD std::int32_t turn(const Row& row, bool up) {
    OfLanes<std::int32_t> count;
    Warp::each([&](int lane) {
      count[lane] = 0;
      MULTISPIN_UNROLL(pairs)
      for (int p = 0; p < pairs; ++p) {
        const std::uint32_t bits = bits_of(row, p, lane);
        count[lane] += ones_of(bits);
        const std::uint32_t same = up ? bits : ~bits;
        MULTISPIN_UNROLL(8)
        for (int j = 0; j < 8; ++j) {
          // Bytes become 16-bit numbers.
          const std::uint32_t fours = (j < 2 ? same << (2 - j) : same >> (j - 2)) & 4 * ones;
          own_[p][lane].of[0][j] += picked_bytes<0x4140>(fours, 0) - 0x00020002U;
          own_[p][lane].of[1][j] += picked_bytes<0x4342>(fours, 0) - 0x00020002U;
        }
      }
    });
    return Warp::sum(count);
  }

 private:
  static constexpr std::int32_t offset = 1 << 15;
  static constexpr std::uint32_t ones = 0x01010101;  // bits j, j + 8 of either block, shifted by j

  struct OfLane {
    std::uint32_t of[2][8];  // block of the pair; bits j and j + 8 of it
  };

  // work(pair, block of it, block) for those that there are.
  template <class Work>
  MULTISPIN_HD void for_blocks(const Work& work) const {
    MULTISPIN_UNROLL(pairs)
    for (int p = 0; p < pairs; ++p) {
      const auto block = static_cast<std::uint32_t>(2 * p);
      if (block < r_.blocks) work(p, 0, block);
      if (block + 1 < r_.blocks) work(p, 1, block + 1);
    }
  }
  MULTISPIN_HD static std::uint32_t packed(std::int32_t low, std::int32_t high) {
    return static_cast<std::uint32_t>(low + offset) | static_cast<std::uint32_t>(high + offset)
                                                          << 16;
  }
  MULTISPIN_HD static std::uint32_t bits_of(const Row& row, int p, int lane) {
    return row.bits[p][0][lane] | row.bits[p][1][lane] << 16;
  }

  const PatternReplicas& r_;
  std::uint32_t replica_;
  OfLanes<OfLane> own_[pairs];
};

// The same of any number of blocks, which stay in memory.
class OverlapsInMemory {
 public:
  static constexpr std::uint32_t blocks_at_once = 8;
  using Row = std::uint32_t;  // the site

  MULTISPIN_HD OverlapsInMemory(const PatternReplicas& r, std::uint32_t replica)
      : r_{r}, replica_{replica} {}
  MULTISPIN_HD void store() const {}
  MULTISPIN_HD Row row(std::uint32_t site) const { return site; }
  MULTISPIN_HD std::int32_t sum_up(Row site) const {
    OfLanes<std::int32_t> sum;
    Warp::each([&](int lane) { sum[lane] = 0; });
    for (std::uint32_t b = 0; b < r_.blocks; ++b) {
      Warp::each([&](int lane) {
        std::int32_t own[model::pattern_bits];
        load(b, lane, own);
        sum[lane] += sum_where(r_.lane_of(site, b, lane), own);
      });
    }
    return Warp::sum(sum);
  }
  MULTISPIN_HD std::int32_t turn(Row site, bool up) {
    OfLanes<std::int32_t> ones;
    Warp::each([&](int lane) { ones[lane] = 0; });
    for (std::uint32_t b = 0; b < r_.blocks; ++b) {
      Warp::each([&](int lane) {
        const std::uint32_t bits = r_.lane_of(site, b, lane);
        std::int32_t own[model::pattern_bits];
        load(b, lane, own);
        turn_where(bits, up, own);
        std::int32_t* const to = r_.overlaps_of(replica_, b) + lane;
        MULTISPIN_UNROLL(16)
        for (int k = 0; k < model::pattern_bits; ++k) to[k * Warp::lanes] = own[k];
        ones[lane] += ones_of(bits);
      });
    }
    return Warp::sum(ones);
  }

 private:
  MULTISPIN_HD void load(std::uint32_t block, int lane,
                         std::int32_t (&own)[model::pattern_bits]) const {
    const std::int32_t* const from = r_.overlaps_of(replica_, block) + lane;
    MULTISPIN_UNROLL(16)
    for (int k = 0; k < model::pattern_bits; ++k) own[k] = from[k * Warp::lanes];
  }

  const PatternReplicas& r_;
  std::uint32_t replica_;
};

}  // namespace multispin::cuda
