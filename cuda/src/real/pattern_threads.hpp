// What one warp does where patterns make the couplings. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "multispin/bits/count.hpp"
#include "multispin/host_device.hpp"
#include "real/draws.hpp"
#include "real/launch.hpp"
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

// Spins of one replica and its overlaps, which a warp holds lane by lane.
struct PatternSpins {
  PatternReplicas r;

  MULTISPIN_HD std::uint32_t* word(std::uint32_t* of, std::uint32_t replica,
                                   std::uint32_t site) const {
    return of + std::uint64_t{replica} * r.words() + site / 32;
  }
  // As lane 0, which writes them, sees them.
  MULTISPIN_HD bool bit(std::uint32_t* of, std::uint32_t replica, std::uint32_t site) const {
    OfLanes<std::uint32_t> words;
    Warp::each([&](int lane) { words[lane] = *word(of, replica, site); });
    return (Warp::of(words, 0) >> (site % 32) & 1U) != 0;
  }
  // sum_mu xi_i M, of which `sum` is that of all M.
  MULTISPIN_HD std::int64_t field(std::uint32_t replica, std::uint32_t site,
                                  std::int64_t sum) const {
    OfLanes<std::int32_t> own;
    Warp::each([&](int lane) { own[lane] = 0; });
    for (std::uint32_t b = 0; b < r.blocks; ++b) {
      const std::int32_t* const overlaps = r.overlaps_of(replica, b);
      Warp::each([&](int lane) {
        const std::uint32_t bits = r.lane_of(site, b, lane);
        MULTISPIN_UNROLL(16)
        for (int k = 0; k < model::pattern_bits; ++k) {
          const std::int32_t overlap = overlaps[k * Warp::lanes + lane];
          own[lane] += (bits >> k & 1U) != 0 ? overlap : 0;
        }
      });
    }
    return 2 * std::int64_t{Warp::sum(own)} - sum;
  }
  // Turns a spin in the overlaps of one block of patterns; returns the patterns that are up there.
  MULTISPIN_HD std::int32_t turn_in(std::uint32_t replica, std::uint32_t site, std::uint32_t block,
                                    bool up) const {
    std::int32_t* const overlaps = r.overlaps_of(replica, block);
    OfLanes<std::int32_t> ones;
    Warp::each([&](int lane) {
      const std::uint32_t bits = r.lane_of(site, block, lane);
      MULTISPIN_UNROLL(16)
      for (int k = 0; k < model::pattern_bits; ++k) {
        const bool with = ((bits >> k & 1U) != 0) == up;
        auto& overlap = reinterpret_cast<std::uint32_t&>(overlaps[k * Warp::lanes + lane]);
        overlap += with ? 2U : ~1U;  // where there is no pattern it may wrap around
      }
      ones[lane] = ones_of(bits);
    });
    return Warp::sum(ones);
  }
  MULTISPIN_HD std::int64_t change_of_sum(std::int64_t ones, bool up) const {
    return (up ? 2 : -2) * (2 * ones - static_cast<std::int64_t>(r.patterns));
  }
};

// Positions first to end of one replica, one after the other, in `sweeps` sweeps; or of one sweep
// all at once, a block of positions a warp, where turns are only noted.
template <class Planes, class Rule>
struct PatternAttempts {
  PatternSpins spins;
  RealNumbers numbers;
  const std::uint32_t* held;
  std::uint32_t held_row;
  const std::uint32_t* order;
  std::uint32_t first, end;
  std::uint64_t first_sweep;
  std::uint32_t sweeps;

  MULTISPIN_HD bool is_free(std::uint32_t replica, std::uint32_t site) const {
    if (held == nullptr) return true;
    const std::uint32_t word = held[std::uint64_t{site} * held_row + replica / 32];
    return (word >> (replica % 32) & 1U) == 0;
  }
  // Whether an attempt turns the spin of a site.
  MULTISPIN_HD bool turns(std::uint32_t replica, std::uint32_t site, bool up, std::int64_t sum,
                          std::int32_t draw) const {
    const auto own = static_cast<std::int64_t>(spins.r.patterns);
    const std::int64_t field = spins.field(replica, site, sum) + (up ? -own : own);
    const auto steps = static_cast<std::int32_t>(field * (std::int64_t{1} << spins.r.shift) +
                                                 spins.r.fields[site]);
    const std::int32_t lazy = numbers.noise[replica].lazy;
    return Rule::template flips<bits::OneNumber>(2 * steps + (up ? 1 : 0), draw, lazy) != 0;
  }
  MULTISPIN_HD void sweep_block(const Planes& planes, std::uint32_t replica, std::uint32_t block,
                                std::int64_t& sum) const {
    Segments draws;
    draw_block<Planes, Rule>(planes, numbers, replica, block, draws);
    const std::uint32_t begin = block * block_sites;
    const std::uint32_t last = begin + block_sites < end ? begin + block_sites : end;
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      for (int k = 0; k < Warp::lanes; ++k) {
        const std::uint32_t p = begin + static_cast<std::uint32_t>(Warp::lanes * s + k);
        if (p >= last) break;
        const std::uint32_t site = order == nullptr ? p : order[p];
        if (!is_free(replica, site)) continue;
        const bool up = spins.bit(spins.r.spins, replica, site);
        if (!turns(replica, site, up, sum, Warp::of(draws[s], k))) continue;
        turn(replica, site, !up, sum);
      }
    }
  }
  MULTISPIN_HD void turn(std::uint32_t replica, std::uint32_t site, bool up,
                         std::int64_t& sum) const {
    Warp::once([&] { *spins.word(spins.r.spins, replica, site) ^= 1U << (site % 32); });
    std::int64_t ones = 0;
    for (std::uint32_t b = 0; b < spins.r.blocks; ++b) ones += spins.turn_in(replica, site, b, up);
    sum += spins.change_of_sum(ones, up);
  }
};

template <class Planes, class Rule>
struct PatternSweeps {
  PatternAttempts<Planes, Rule> attempts;

  MULTISPIN_HD void operator()(std::uint32_t replica, std::uint32_t /*slot*/) const {
    std::int64_t* const place = attempts.spins.r.sums + replica;
    std::int64_t sum = *place;
    for (std::uint32_t i = 0; i < attempts.sweeps; ++i) {
      const Planes planes(attempts.numbers.keys, attempts.first_sweep + i, 0);
      for (std::uint32_t b = attempts.first / block_sites; b * block_sites < attempts.end; ++b) {
        attempts.sweep_block(planes, replica, b, sum);
      }
    }
    Warp::once([&] { *place = sum; });
  }
};

template <class Planes, class Rule>
struct PatternTurns {
  PatternAttempts<Planes, Rule> attempts;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const PatternReplicas& r = attempts.spins.r;
    const std::uint32_t replica = warp % r.replicas;
    const std::uint32_t block = warp / r.replicas;
    Segments draws;
    draw_block<Planes, Rule>(Planes(attempts.numbers.keys, attempts.first_sweep, 0),
                             attempts.numbers, replica, block, draws);
    const std::int64_t sum = r.sums[replica];
    MULTISPIN_UNROLL(segments)
    for (int s = 0; s < segments; ++s) {
      std::uint32_t noted = 0;
      const std::uint32_t begin = block * block_sites + static_cast<std::uint32_t>(Warp::lanes * s);
      for (int k = 0; k < Warp::lanes; ++k) {
        const std::uint32_t site = begin + static_cast<std::uint32_t>(k);
        if (site >= r.sites) break;
        if (!attempts.is_free(replica, site)) continue;
        const bool up = attempts.spins.bit(r.spins, replica, site);
        const bool turns = attempts.turns(replica, site, up, sum, Warp::of(draws[s], k));
        noted |= (turns ? 1U : 0U) << k;
      }
      if (begin < r.sites) {
        Warp::once([&] { *attempts.spins.word(r.turns, replica, begin) = noted; });
      }
    }
  }
};

// Brings what was noted of a replica into its spins and the overlaps of one block of patterns; the
// block's share of the sum, too.
struct BringPatternTurns {
  PatternSpins spins;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t replica = warp % spins.r.replicas;
    const std::uint32_t block = warp / spins.r.replicas;
    const auto left =
        static_cast<std::int64_t>(spins.r.patterns) - std::int64_t{block} * model::block_patterns;
    const std::int64_t here = left < model::block_patterns ? left : model::block_patterns;
    std::int64_t change = 0;
    for (std::uint32_t w = 0; w < spins.r.words(); ++w) {
      const std::uint64_t at = std::uint64_t{replica} * spins.r.words() + w;
      for (std::uint32_t bits = spins.r.turns[at]; bits != 0; bits &= bits - 1) {
        const std::uint32_t site = 32 * w + static_cast<std::uint32_t>(lowest_bit(bits));
        const bool up = (spins.r.spins[at] >> (site % 32) & 1U) == 0;
        change +=
            (up ? 2 : -2) * (2 * std::int64_t{spins.turn_in(replica, site, block, up)} - here);
      }
    }
    Warp::once([&] { add_to(spins.r.sums + replica, change); });
  }
};

// A word of spins of one replica: those that were noted turn.
struct TurnPatternSpins {
  PatternReplicas r;

  MULTISPIN_HD void operator()(std::uint32_t word, std::uint32_t slot) const {
    const std::uint64_t at = std::uint64_t{slot} * r.words() + word;
    r.spins[at] ^= r.turns[at];
  }
};

// A word of spins of one site, a slot, as bits of replicas.
struct SpinsOfPatterns {
  SpinBits bits;
  PatternReplicas r;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const std::uint32_t first = 32 * slot;
    const std::uint32_t left = r.replicas - first;
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < (left < 32 ? left : 32); ++i) {
      const std::uint64_t at = std::uint64_t{first + i} * r.words() + site / 32;
      word |= (r.spins[at] >> (site % 32) & 1U) << i;
    }
    *bits.word(site, slot) = word;
  }
};

// The other way, a word of one replica, counted from `first` on.
struct PatternSpinsFromBits {
  SpinBits bits;
  PatternReplicas r;
  std::uint32_t first;

  MULTISPIN_HD void operator()(std::uint32_t word, std::uint32_t slot) const {
    const std::uint32_t replica = first + slot;
    std::uint32_t spins = 0;
    for (std::uint32_t i = 0; i < 32 && 32 * word + i < r.sites; ++i) {
      spins |= (bits.up(32 * word + i, replica) ? 1U : 0U) << i;
    }
    r.spins[std::uint64_t{replica} * r.words() + word] = spins;
  }
};

// Overlaps of one replica with a block of patterns, and their share of the sum, which is zero.
struct OverlapsFromSpins {
  PatternReplicas r;
  std::uint32_t first, count;  // of replicas

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t replica = first + warp % count;
    const std::uint32_t block = warp / count;
    OfLanes<std::int32_t> own[model::pattern_bits];
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(16)
      for (int k = 0; k < model::pattern_bits; ++k) own[k][lane] = 0;
    });
    for (std::uint32_t site = 0; site < r.sites; ++site) {
      const std::uint64_t at = std::uint64_t{replica} * r.words() + site / 32;
      const bool up = (r.spins[at] >> (site % 32) & 1U) != 0;
      Warp::each([&](int lane) {
        const std::uint32_t bits = r.lane_of(site, block, lane);
        MULTISPIN_UNROLL(16)
        for (int k = 0; k < model::pattern_bits; ++k) {
          own[k][lane] += ((bits >> k & 1U) != 0) == up ? 1 : -1;
        }
      });
    }
    OfLanes<std::int32_t> there;
    std::int32_t* const to = r.overlaps_of(replica, block);
    Warp::each([&](int lane) {
      there[lane] = 0;
      MULTISPIN_UNROLL(16)
      for (int k = 0; k < model::pattern_bits; ++k) {
        const std::uint32_t pattern = block * model::block_patterns +
                                      static_cast<std::uint32_t>(model::pattern_bits * lane + k);
        if (pattern < r.patterns) there[lane] += own[k][lane];
        to[k * Warp::lanes + lane] = own[k][lane];
      }
    });
    const std::int64_t sum = Warp::sum(there);
    Warp::once([&] { add_to(r.sums + replica, sum); });
  }
};

// Twice the energy, with its sign turned, and the sum of spins of a replica, a slot.
struct MeasurePatterns {
  static constexpr int sums = 2;
  PatternReplicas r;
  std::uint32_t threads;

  MULTISPIN_HD Sums<2> operator()(std::uint32_t thread, std::uint32_t slot) const {
    Sums<2> out{};
    const std::int64_t unit = std::int64_t{1} << r.shift;
    for (std::uint32_t p = thread; p < r.patterns; p += threads) {
      const std::int64_t overlap =
          r.overlaps_of(slot, 0)[static_cast<std::uint32_t>(model::overlap_place(p))];
      out.value[0] += overlap * overlap * unit;
    }
    for (std::uint32_t j = thread; j < r.sites; j += threads) {
      const std::uint64_t at = std::uint64_t{slot} * r.words() + j / 32;
      const std::int64_t spin = (r.spins[at] >> (j % 32) & 1U) != 0 ? 1 : -1;
      out.value[0] += 2 * spin * r.fields[j] - std::int64_t{r.patterns} * unit;
      out.value[1] += spin;
    }
    return out;
  }
};

}  // namespace multispin::cuda
