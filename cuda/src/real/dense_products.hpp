// Flips of many replicas, brought into the states of a tile by the tensor cores. A body for
// launch.hpp.
//
// What the flips of a block change is a product: of the couplings of 128 sites of the tile with 128
// positions of the block, and of what flips at these in each replica, which is 1, -1 or 0.
// Couplings are numbers of 32 bits, four bytes without sign; products are made byte by byte, and
// put together modulo 2^32. Each is a sum of 128 bytes at most, and exact.
#pragma once

#include <cstdint>

#include "device/bytes.hpp"
#include "device/warp.hpp"
#include "multispin/host_device.hpp"
#include "real/dense_threads.hpp"

namespace multispin::cuda {

// As ApplyDense, but a warp takes a part of a tile of up to 32 replicas of a sample. `ordered`:
// positions have an order of their own.
template <bool ordered>
struct MultiplyDense {
  // A thread has 168 registers: 64 are sums, 32 are what flips.
  static constexpr std::uint32_t block_warps = 4;
  static constexpr std::uint32_t blocks_at_once = 3;
  static constexpr std::uint32_t replicas_of_warp = 32;
  static constexpr std::uint32_t least_replicas = 64;  // of a sample, for which it pays

  static constexpr std::uint32_t most_parts = 8;

  ApplyDense apply;
  std::uint32_t parts;  // of a tile: 1, 2, 4 or 8

  MULTISPIN_HD static std::uint32_t chunks(const DenseReplicas& r) {
    return r.replicas / r.of_sample * chunks_of_sample(r);
  }
  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const DenseReplicas& r = apply.in.r;
    const std::uint32_t tile = warp / apply.chunks / parts;
    if (tile == apply.but) return;
    const std::uint32_t part = warp / apply.chunks % parts;
    const std::uint32_t chunk = warp % apply.chunks;
    const std::uint32_t sample = chunk / chunks_of_sample(r);
    const std::uint32_t before = chunk % chunks_of_sample(r) * replicas_of_warp;
    const Work work{tile * block_sites + part * sites_of_part(), sample * r.of_sample + before,
                    r.of_sample - before};
    if (apply.all_up != nullptr) begin_up(work, sample);
    for (std::uint32_t b = apply.first_block; b < apply.end_block; ++b) bring_in(work, b);
  }

 private:
  static constexpr int groups = replicas_of_warp / 8;
  static constexpr int bytes = 4;  // of a coupling
  static constexpr int rows = 16;  // sites at a time

  struct Work {
    std::uint32_t first_site, first_replica, left;

    MULTISPIN_HD bool has(std::uint32_t replica) const { return replica < left; }
  };
  struct alignas(8) Two {
    std::int32_t of[2];
  };
  // What flips: 32 positions of the block, 8 replicas.
  using Factors = OfLanes<RightBytes>[segments][groups];
  using Sums = OfLanes<Products>[bytes][groups];

  MULTISPIN_HD static std::uint32_t chunks_of_sample(const DenseReplicas& r) {
    return (r.of_sample + replicas_of_warp - 1) / replicas_of_warp;
  }
  MULTISPIN_HD std::uint32_t sites_of_part() const { return block_sites / parts; }
  // States are those with all spins up.
  MULTISPIN_HD void begin_up(const Work& work, std::uint32_t sample) const {
    const std::uint64_t row = apply.in.r.row / 4;
    const std::uint32_t at = work.first_site / 4;
    for (std::uint32_t i = 0; i < replicas_of_warp && work.has(i); ++i) {
      Four* const to = apply.in.states_of(work.first_replica + i) + at;
      const Four* const from = apply.all_up + sample * row + at;
      Warp::each([&](int lane) {
        if (static_cast<std::uint32_t>(lane) < sites_of_part() / 4) to[lane] = from[lane];
      });
    }
    Warp::meet();
  }
  MULTISPIN_HD void bring_in(const Work& work, std::uint32_t block) const {
    Factors factors;
    if (!factors_of(work, block, factors)) return;
    MULTISPIN_UNROLL(1)
    for (std::uint32_t i = 0; i < sites_of_part(); i += rows) {
      const std::uint32_t first_site = work.first_site + i;
      Sums sums;
      MULTISPIN_UNROLL(bytes)
      for (auto& of_byte : sums) {
        MULTISPIN_UNROLL(groups)
        for (auto& group : of_byte) Warp::each([&](int lane) { group[lane] = {}; });
      }
      MULTISPIN_UNROLL(segments)
      for (int s = 0; s < segments; ++s) {
        OfLanes<LeftBytes> couplings[bytes];
        not_ahead(block);  // addresses of rows, in 64 registers
        load(work, block, s, first_site, couplings);
        MULTISPIN_UNROLL(bytes)
        for (int b = 0; b < bytes; ++b) {
          MULTISPIN_UNROLL(groups)
          for (int g = 0; g < groups; ++g) add_products(couplings[b], factors[s][g], sums[b][g]);
        }
      }
      add(work, first_site, sums);
    }
  }
  // Column g of a group is a replica; byte i of number h in lane t is position 2t + h + 8i of the
  // segment, so that a shift and a mask make it. Whether there is anything.
  MULTISPIN_HD bool factors_of(const Work& work, std::uint32_t block, Factors& factors) const {
    constexpr std::uint32_t ones = 0x01010101;
    const DenseReplicas& r = apply.in.r;
    OfLanes<std::uint32_t> any;
    Warp::each([&](int lane) {
      any[lane] = 0;
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) {
        const auto replica = static_cast<std::uint32_t>(8 * g + lane / 4);
        Flips flips{};
        if (work.has(replica)) {
          flips = r.flips[std::uint64_t{block} * r.replicas + work.first_replica + replica];
        }
        MULTISPIN_UNROLL(segments)
        for (int s = 0; s < segments; ++s) {
          any[lane] |= flips.up[s] | flips.down[s];
          MULTISPIN_UNROLL(2)
          for (int h = 0; h < 2; ++h) {
            const int shift = lane % 4 * 2 + h;
            const std::uint32_t up = flips.up[s] >> shift & ones;
            const std::uint32_t down = flips.down[s] >> shift & ones;
            factors[s][g][lane].of[h] = up + down * 0xffU;
          }
        }
      }
    });
    return Warp::ballot([&](int lane) { return any[lane] != 0; }) != 0;
  }
  // Row g is site 2g, row g + 8 the one after it; columns as above. Beyond the last position
  // nothing flips, and there is memory.
  MULTISPIN_HD void load(const Work& work, std::uint32_t block, int segment,
                         std::uint32_t first_site, OfLanes<LeftBytes> (&couplings)[bytes]) const {
    const std::uint64_t row = apply.in.r.row;
    const std::int32_t* const from = numbers_of(apply.in.couplings_of(work.first_replica));
    Warp::each([&](int lane) {
      const std::uint32_t site = first_site + static_cast<std::uint32_t>(lane / 4 * 2);
      const std::uint32_t first =
          block * block_sites + static_cast<std::uint32_t>(Warp::lanes * segment + lane % 4 * 2);
      const std::int32_t* place = from + first * row + site;
      MULTISPIN_UNROLL(2)
      for (int h = 0; h < 2; ++h) {
        std::uint32_t of[2][4];
        MULTISPIN_UNROLL(4)
        for (int i = 0; i < 4; ++i) {
          const auto k = static_cast<std::uint32_t>(h + 8 * i);
          if (ordered) place = from + apply.in.order.site(first + k) * row + site;
          const Two two = *reinterpret_cast<const Two*>(ordered ? place : place + k * row);
          of[0][i] = static_cast<std::uint32_t>(two.of[0]);
          of[1][i] = static_cast<std::uint32_t>(two.of[1]);
        }
        MULTISPIN_UNROLL(2)
        for (int e = 0; e < 2; ++e) {
          transpose_bytes(of[e]);
          MULTISPIN_UNROLL(bytes)
          for (int b = 0; b < bytes; ++b) couplings[b][lane].of[2 * h + e] = of[e][b];
        }
      }
    });
  }
  MULTISPIN_HD void add(Work work, std::uint32_t first_site, const Sums& sums) const {
    not_ahead(work.first_replica);  // nor those of states
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(groups)
      for (int g = 0; g < groups; ++g) {
        MULTISPIN_UNROLL(2)
        for (int n = 0; n < 2; ++n) {
          const auto replica = static_cast<std::uint32_t>(8 * g + lane % 4 * 2 + n);
          if (!work.has(replica)) continue;
          std::int32_t* const states = numbers_of(apply.in.states_of(work.first_replica + replica));
          Two& two = *reinterpret_cast<Two*>(states + first_site + lane / 4 * 2);
          Two sum = two;
          MULTISPIN_UNROLL(2)
          for (int e = 0; e < 2; ++e) {
            auto state = static_cast<std::uint32_t>(sum.of[e]);
            MULTISPIN_UNROLL(bytes)
            for (int b = 0; b < bytes; ++b) {
              state += static_cast<std::uint32_t>(sums[b][g][lane].of[2 * e + n]) << (8 * b);
            }
            sum.of[e] = static_cast<std::int32_t>(state);
          }
          two = sum;
        }
      }
    });
  }
};

}  // namespace multispin::cuda
