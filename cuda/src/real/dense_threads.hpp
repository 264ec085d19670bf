// What one warp does where couplings of all pairs are kept. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "device/shared.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/real/rules/noise.hpp"
#include "real/draws.hpp"
#include "real/launch.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// Modulo 2^32: `sign` is 0, or -1 to take away.
MULTISPIN_HD std::int32_t with_change(std::int32_t state, std::int32_t change, std::int32_t sign) {
  const auto signed_change = static_cast<std::uint32_t>(change ^ sign) -  //
                             static_cast<std::uint32_t>(sign);
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(state) + signed_change);
}

// work(position in the block, sign) for all flips.
template <class Work>
MULTISPIN_HD void for_each_flip(const Flips& flips, const Work& work) {
  MULTISPIN_UNROLL(segments)
  for (int s = 0; s < segments; ++s) {
    for (std::uint32_t left = flips.up[s]; left != 0; left &= left - 1) {
      work(static_cast<std::uint32_t>(Warp::lanes * s + lowest_bit(left)), 0);
    }
    for (std::uint32_t left = flips.down[s]; left != 0; left &= left - 1) {
      work(static_cast<std::uint32_t>(Warp::lanes * s + lowest_bit(left)), -1);
    }
  }
}

// The sites of a sweep: position p is site order[p], or site p without an order.
struct SiteOrderOnDevice {
  const std::uint32_t* order;
  std::uint32_t sites;

  // Of what is beyond the last position, any site.
  MULTISPIN_HD std::uint32_t site(std::uint32_t position) const {
    if (order == nullptr) return position;
    return order[position < sites ? position : sites - 1];
  }
};

// Flips of blocks of positions that are brought into the states of a tile: block_sites neighbouring
// sites, four a lane.
struct BringIn {
  DenseReplicas r;
  SiteOrderOnDevice order;

  MULTISPIN_HD const Four* couplings_of(std::uint32_t replica) const {
    const std::uint64_t rows = std::uint64_t{replica / r.of_sample} * r.sites;
    return r.couplings + rows * (r.row / 4);
  }
  MULTISPIN_HD Four* states_of(std::uint32_t replica) const {
    return r.states + std::uint64_t{replica} * (r.row / 4);
  }
  MULTISPIN_HD void add_flips(std::uint32_t replica, std::uint32_t tile, std::uint32_t block,
                              OfLanes<Four>& states) const {
    const Flips flips = r.flips[std::uint64_t{block} * r.replicas + replica];
    const Four* const couplings = couplings_of(replica) + tile * (block_sites / 4);
    for_each_flip(flips, [&](std::uint32_t k, std::int32_t sign) {
      const Four* const row =
          couplings + std::uint64_t{order.site(block * block_sites + k)} * (r.row / 4);
      Warp::each([&](int lane) {
        const Four change = row[lane];
        Four& state = states[lane];
        MULTISPIN_UNROLL(4)
        for (int i = 0; i < 4; ++i) state.of[i] = with_change(state.of[i], change.of[i], sign);
      });
    });
  }
  MULTISPIN_HD void bring_in(std::uint32_t replica, std::uint32_t tile, std::uint32_t first_block,
                             std::uint32_t end_block, const Four* from) const {
    Four* const to = states_of(replica) + tile * (block_sites / 4);
    OfLanes<Four> states;
    Warp::each([&](int lane) { states[lane] = from[lane]; });
    for (std::uint32_t b = first_block; b < end_block; ++b) add_flips(replica, tile, b, states);
    Warp::each([&](int lane) { to[lane] = states[lane]; });
  }
};

// A warp takes a tile of some replicas, those that lie `chunks` apart; warps of the same tile are
// next to each other, and meet the same rows in the cache.
struct ApplyDense {
  static constexpr std::uint32_t block_warps = 16;
  static constexpr std::uint32_t blocks_at_once = 2;

  BringIn in;
  std::uint32_t first_block, end_block;
  std::uint32_t but;  // a tile that has its flips
  std::uint32_t first_replica, end_replica;
  std::uint32_t chunks;
  const Four* all_up;  // (sample, site): where states are to begin; null: with those there are

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t tile = warp / chunks;
    if (tile == but) return;
    for (std::uint32_t r = first_replica + warp % chunks; r < end_replica; r += chunks) {
      const std::uint64_t row = in.r.row / 4;
      const Four* const from =
          all_up == nullptr ? in.states_of(r) : all_up + std::uint64_t{r / in.r.of_sample} * row;
      in.bring_in(r, tile, first_block, end_block, from + tile * (block_sites / 4));
    }
  }
};

// The spins of a block of one replica, one after the other or all at once.
template <class Planes, class Rule>
struct ScanBlock {
  using One = bits::OneNumber;

  BringIn in;
  RealNumbers numbers;
  const std::uint32_t* held;  // as the bits of spins; null: none
  std::uint32_t held_row;
  bool at_once;  // parallel dynamics: no flip is seen by another

  // Positions of a segment that are there and whose spins are not held.
  MULTISPIN_HD std::uint32_t free(std::uint32_t replica, std::uint32_t position) const {
    return Warp::ballot([&](int lane) {
      const std::uint32_t p = position + static_cast<std::uint32_t>(lane);
      if (p >= in.r.sites) return false;
      if (held == nullptr) return true;
      const std::uint64_t word = std::uint64_t{in.order.site(p)} * held_row + replica / 32;
      return (held[word] >> (replica % 32) & 1U) == 0;
    });
  }

  // Attempts all spins of the block, whose states are brought up to date as they flip: those of
  // this segment and the ones after it, or of all. rows(position in the block) gives a row of
  // couplings, row(segment, lane).
  template <bool keep_all, class Rows>
  MULTISPIN_HD void scan(const Planes& planes, std::uint32_t replica, std::uint32_t block,
                         const Rows& rows, Segments& states, Flips& flips) const {
    const std::int32_t lazy = numbers.noise[replica].lazy;
    Segments draws;
    draw_block<Planes, Rule>(planes, numbers, replica, block, draws);
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      const int first = Warp::lanes * s;
      const auto flipping = [&] {
        return Warp::ballot([&](int lane) {
          return Rule::template flips<One>(states[s][lane], draws[s][lane], lazy) != 0;
        });
      };
      const std::uint32_t allowed =
          free(replica, block * block_sites + static_cast<std::uint32_t>(first));
      // A spin turns at its own attempt only, so what it was before is what it is there.
      const std::uint32_t are_up = Warp::ballot([&](int l) { return (states[s][l] & 1) != 0; });
      std::uint32_t flipped = at_once ? flipping() & allowed : 0U;
      for (std::uint32_t left = at_once ? 0U : allowed;;) {
        const std::uint32_t next = flipping() & left;
        if (next == 0) break;
        const int k = lowest_bit(next);
        left &= ~((2U << k) - 1U);
        flipped |= 1U << k;
        turn(rows(first + k), (are_up >> k & 1U) == 0 ? 1 : -1, keep_all ? 0 : s, states);
      }
      flips.up[s] = flipped & ~are_up;
      flips.down[s] = flipped & are_up;
    }
  }

  // `sign` is 1 or -1.
  template <class Row>
  MULTISPIN_HD static void turn(const Row& row, std::int32_t sign, int first_segment,
                                Segments& states) {
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      if (s < first_segment) continue;
      Warp::each([&](int lane) {
        const auto change = static_cast<std::uint32_t>(row(s, lane)) *  //
                            static_cast<std::uint32_t>(sign);
        states[s][lane] =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(states[s][lane]) + change);
      });
    }
  }
  // Of a site with those of a block, as they lie in memory.
  MULTISPIN_HD auto row_of(std::uint32_t replica, std::uint32_t block, std::uint32_t site) const {
    const std::int32_t* const row =
        numbers_of(in.couplings_of(replica)) + std::uint64_t{site} * in.r.row;
    return [this, row, block](int segment, int lane) { return row[site_of(block, segment, lane)]; };
  }

  MULTISPIN_HD std::uint32_t site_of(std::uint32_t block, int segment, int lane) const {
    return in.order.site(block * block_sites +
                         static_cast<std::uint32_t>(Warp::lanes * segment + lane));
  }
  MULTISPIN_HD void load(std::uint32_t replica, std::uint32_t block, Segments& states) const {
    const std::int32_t* const from = numbers_of(in.states_of(replica));
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      Warp::each([&](int lane) { states[s][lane] = from[site_of(block, s, lane)]; });
    }
  }
  // Where sites come in the order of their numbers.
  MULTISPIN_HD void keep(std::uint32_t replica, std::uint32_t block, const Segments& states) const {
    std::int32_t* const to = numbers_of(in.states_of(replica)) + block * block_sites;
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      Warp::each([&](int lane) { to[Warp::lanes * s + lane] = states[s][lane]; });
    }
  }
  MULTISPIN_HD void note(std::uint32_t replica, std::uint32_t block, const Flips& flips) const {
    Warp::once([&] { in.r.flips[std::uint64_t{block} * in.r.replicas + replica] = flips; });
  }
};

// A block of positions of one replica, the flips of which are only noted. Blocks from first_block
// on, a block of all replicas after the other.
template <class Planes, class Rule>
struct ScanDense {
  ScanBlock<Planes, Rule> scan;
  std::uint32_t first_block;
  std::uint64_t sweep;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t block = first_block + warp / scan.in.r.replicas;
    const std::uint32_t replica = warp % scan.in.r.replicas;
    Segments states;
    Flips flips;
    scan.load(replica, block, states);
    const auto rows = [&](int k) {
      const std::uint32_t position = block * block_sites + static_cast<std::uint32_t>(k);
      return scan.row_of(replica, block, scan.in.order.site(position));
    };
    const Planes planes(scan.numbers.keys, sweep, 0);
    scan.template scan<false>(planes, replica, block, rows, states, flips);
    scan.note(replica, block, flips);
  }
};

// The block of positions `block` of all replicas of a sample, a slot, in sweeps in which sites come
// in the order of their numbers. Warps of a block share its couplings: a flip waits for a row, and
// a row of shared memory takes a tenth of the time.
template <class Planes, class Rule>
struct ScanShared {
  static constexpr std::uint32_t blocks_at_once = 2;

  struct Shared {
    Four rows[block_sites][block_sites / 4];
  };

  ScanBlock<Planes, Rule> scan;
  std::uint32_t block;
  std::uint64_t first_sweep;
  std::uint32_t sweeps;  // one, unless this is the only block

  // Couplings are not changed by kernels that the queue still has.
  MULTISPIN_HD void share(Shared& shared, std::uint32_t place, std::uint32_t warps,
                          std::uint32_t sample) const {
    const DenseReplicas& r = scan.in.r;
    const std::uint64_t row = r.row / 4;
    const std::uint64_t first = std::uint64_t{sample} * r.sites + block * block_sites;
    const Four* const from = r.couplings + first * row + block * (block_sites / 4);
    for (std::uint32_t k = place; k < block_sites; k += warps) {
      Warp::each([&](int lane) { copy_ahead(shared.rows[k][lane], from[k * row + lane]); });
    }
  }
  MULTISPIN_HD void operator()(const Shared& shared, std::uint32_t warp,
                               std::uint32_t sample) const {
    const std::uint32_t replica = sample * scan.in.r.of_sample + warp;
    const auto rows = [&](int k) {
      const std::int32_t* const row = numbers_of(shared.rows[k]);
      return [row](int segment, int lane) { return row[Warp::lanes * segment + lane]; };
    };
    Segments states;
    Flips flips;
    scan.load(replica, block, states);
    for (std::uint32_t i = 0; i < sweeps; ++i) {
      const Planes planes(scan.numbers.keys, first_sweep + i, 0);
      scan.template scan<true>(planes, replica, block, rows, states, flips);
    }
    scan.note(replica, block, flips);
    scan.keep(replica, block, states);
  }
};

// The same, where few replicas have the couplings of a sample: a step of such a sweep, in which
// block and tile are the same. The first warps, one a replica, bring the flips of the block before
// into the states of this one and scan it; the others bring them into all other tiles meanwhile.
template <class Planes, class Rule>
struct StepDense {
  static constexpr std::uint32_t block_warps = ApplyDense::block_warps;
  static constexpr std::uint32_t blocks_at_once = ApplyDense::blocks_at_once;

  ScanBlock<Planes, Rule> scan;
  ApplyDense apply;  // the flips of the block before; none if end_block is first_block
  std::uint32_t block;
  std::uint64_t first_sweep;
  std::uint32_t sweeps;  // one, unless this is the only block

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t slot) const {
    const std::uint32_t replicas = scan.in.r.replicas;
    if (warp >= replicas) {
      if ((warp - replicas) / apply.chunks != block) apply(warp - replicas, slot);
      return;
    }
    const auto rows = [&](int k) {
      return scan.row_of(warp, block, block * block_sites + static_cast<std::uint32_t>(k));
    };
    Segments states;
    Flips flips;
    scan.load(warp, block, states);
    if (apply.first_block != apply.end_block) bring_in(warp, states);
    for (std::uint32_t i = 0; i < sweeps; ++i) {
      const Planes planes(scan.numbers.keys, first_sweep + i, 0);
      scan.template scan<true>(planes, warp, block, rows, states, flips);
    }
    scan.note(warp, block, flips);
    scan.keep(warp, block, states);
  }

 private:
  MULTISPIN_HD void bring_in(std::uint32_t replica, Segments& states) const {
    const std::uint32_t before = apply.first_block;
    const Flips flips = scan.in.r.flips[std::uint64_t{before} * scan.in.r.replicas + replica];
    for_each_flip(flips, [&](std::uint32_t k, std::int32_t sign) {
      scan.turn(scan.row_of(replica, block, before * block_sites + k), sign | 1, 0, states);
    });
  }
};

// --- states and couplings
// -------------------------------------------------------------------------

// The spins of a block of a replica that are down, as flips out of a state in which all are up.
struct FlipsFromSpins {
  SpinBits bits;
  DenseReplicas r;
  std::uint32_t first_replica, count;  // of replicas

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t replica = first_replica + thread % count;
    const std::uint32_t block = thread / count;
    Flips flips{};
    for (std::uint32_t k = 0; k < block_sites; ++k) {
      const std::uint32_t site = block * block_sites + k;
      const bool down = site < r.sites && !bits.up(site, replica);
      flips.down[k / 32] |= (down ? 1U : 0U) << (k % 32);
    }
    r.flips[std::uint64_t{block} * r.replicas + replica] = flips;
  }
};

// A word of spins of one site, a slot, from the states of its replicas; neighbouring threads take
// neighbouring sites.
struct SpinsFromStates {
  SpinBits bits;
  DenseReplicas r;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const std::uint32_t first = 32 * slot;
    const std::uint32_t left = r.replicas - first;
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < (left < 32 ? left : 32); ++i) {
      const std::int32_t* const states =
          numbers_of(r.states + std::uint64_t{first + i} * (r.row / 4));
      word |= (static_cast<std::uint32_t>(states[site]) & 1U) << i;
    }
    *bits.word(site, slot) = word;
  }
};

// Twice the energy, with its sign turned, and the sum of spins of a replica, a slot:
// sum_i s_i (f_i + h_i).
struct MeasureDense {
  static constexpr int sums = 2;
  DenseReplicas r;
  const std::int32_t* fields;
  std::uint32_t threads;

  MULTISPIN_HD Sums<2> operator()(std::uint32_t thread, std::uint32_t slot) const {
    const std::int32_t* const states = numbers_of(r.states + std::uint64_t{slot} * (r.row / 4));
    Sums<2> out{};
    for (std::uint32_t j = thread; j < r.sites; j += threads) {
      const std::int64_t spin = 2 * (states[j] & 1) - 1;
      out.value[0] += spin * (std::int64_t{states[j] >> 1} + fields[j]);
      out.value[1] += spin;
    }
    return out;
  }
};

// Rows of one sample, that are zeros at first: a site its own neighbour,
struct CoupleItself {
  std::int32_t* couplings;
  std::uint32_t row;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t /*slot*/) const {
    couplings[std::uint64_t{site} * row + site] = 1;
  }
};
// and two sites each other's; several couplings of the same ones add up.
struct CoupleSites {
  std::int32_t* couplings;
  std::uint32_t row;
  const CoupledSites* edges;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const CoupledSites edge = edges[thread];
    const auto four_times =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(edge.coupling) << 2);
    add_to(couplings + std::uint64_t{edge.first} * row + edge.second, four_times);
    add_to(couplings + std::uint64_t{edge.second} * row + edge.first, four_times);
  }
};

}  // namespace multispin::cuda
