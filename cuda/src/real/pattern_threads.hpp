// What one warp does where patterns make the couplings. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/host_device.hpp"
#include "real/draws.hpp"
#include "real/launch.hpp"
#include "real/pattern_overlaps.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// What the sum of a replica's overlaps changes by when a spin turns where `ones` patterns of these
// are up.
MULTISPIN_HD std::int64_t change_of_sum(std::int64_t ones, std::int64_t patterns, bool up) {
  return (up ? 2 : -2) * (2 * ones - patterns);
}

// Positions first to end of one replica in `sweeps` sweeps.
template <class Planes, class Rule, class Overlaps>
struct PatternAttempts {
  // Rows that are on their way from memory.
  static constexpr int ahead = 4;

  PatternReplicas r;
  RealNumbers numbers;
  const std::uint32_t* held;
  std::uint32_t held_row;
  const std::uint32_t* order;
  std::uint32_t first, end;
  std::uint64_t first_sweep;
  std::uint32_t sweeps;

  // Up to 32 positions of one replica, one a lane. Bit k: that of lane k.
  struct Segment {
    std::uint32_t replica;
    std::int32_t lazy;
    OfLanes<std::uint32_t> site;
    OfLanes<std::int32_t> field;
    std::uint32_t free, up;

    MULTISPIN_HD bool is_up(int k) const { return (up >> k & 1U) != 0; }
  };

  // Of a block of positions, the spins that turn: one after the other, so that `turned` is called
  // before the next one is looked at, or all at once, and it is not. done(segment, first position,
  // turned) has what turned of up to 32.
  template <bool at_once, class Done>
  MULTISPIN_HD void attempt_block(std::uint32_t replica, std::uint32_t block, std::uint64_t sweep,
                                  Overlaps& overlaps, std::int64_t& sum, const Done& done) const {
    Segments draws;
    draw_block<Planes, Rule>(Planes(numbers.keys, sweep, 0), numbers, replica, block, draws);
    MULTISPIN_UNROLL(1)
    for (int s = 0; s < segments; ++s) {
      const std::uint32_t begin = block * block_sites + static_cast<std::uint32_t>(s * Warp::lanes);
      if (begin >= end) break;
      const Segment segment = this->segment(replica, begin);
      done(segment, begin, attempt<at_once>(segment, draws[0], overlaps, sum));
      // The next one's come to where this one's were: an index would put all into memory.
      MULTISPIN_UNROLL(segments)
      for (int i = 0; i + 1 < segments; ++i) draws[i] = draws[i + 1];
    }
  }

 private:
  MULTISPIN_HD Segment segment(std::uint32_t replica, std::uint32_t begin) const {
    Segment out;
    out.replica = replica;
    out.lazy = numbers.noise[replica].lazy;
    Warp::each([&](int lane) {
      const std::uint32_t p = begin + static_cast<std::uint32_t>(lane);
      const std::uint32_t there = p < end ? p : end - 1;
      out.site[lane] = order == nullptr ? there : order[there];
      out.field[lane] = r.fields[out.site[lane]];
    });
    out.free = Warp::ballot([&](int lane) {
      return begin + static_cast<std::uint32_t>(lane) < end && is_free(replica, out.site[lane]);
    });
    out.up = Warp::ballot([&](int lane) {
      const std::uint32_t site = out.site[lane];
      return (*r.word(r.spins, replica, site) >> (site % 32) & 1U) != 0;
    });
    return out;
  }
  MULTISPIN_HD bool is_free(std::uint32_t replica, std::uint32_t site) const {
    if (held == nullptr) return true;
    const std::uint32_t word = held[std::uint64_t{site} * held_row + replica / 32];
    return (word >> (replica % 32) & 1U) == 0;
  }
  template <bool at_once>
  MULTISPIN_HD std::uint32_t attempt(const Segment& segment, const OfLanes<std::int32_t>& draws,
                                     Overlaps& overlaps, std::int64_t& sum) const {
    typename Overlaps::Row rows[ahead];
    MULTISPIN_UNROLL(ahead)
    for (int k = 0; k < ahead; ++k) rows[k] = overlaps.row(Warp::of(segment.site, k));
    std::uint32_t turned = 0;
    MULTISPIN_UNROLL(ahead)
    for (int k = 0; k < Warp::lanes; ++k) {
      typename Overlaps::Row& row = rows[k % ahead];
      if (turns(segment, draws, k, overlaps.sum_up(row), sum)) {
        turned |= 1U << k;
        const bool up = !segment.is_up(k);
        if (!at_once) sum += change_of_sum(overlaps.turn(row, up), r.patterns, up);
      }
      row = overlaps.row(Warp::of(segment.site, k + ahead < Warp::lanes ? k + ahead : k));
    }
    return turned;
  }
  // Whether the spin of lane k turns, whose field is 2 sum_up - sum - P s. Modulo 2^32, as fields
  // in steps are; all lanes make the sum, and this one has the numbers that belong to it.
  MULTISPIN_HD bool turns(const Segment& segment, const OfLanes<std::int32_t>& draws, int k,
                          std::int32_t sum_up, std::int64_t sum) const {
    const bool up = segment.is_up(k);
    const std::uint32_t field = 2 * static_cast<std::uint32_t>(sum_up) -
                                static_cast<std::uint32_t>(sum) +
                                (up ? 0U - r.patterns : r.patterns);
    const std::uint32_t flips = Warp::ballot([&](int lane) {
      const std::uint32_t steps =
          (field << r.shift) + static_cast<std::uint32_t>(segment.field[lane]);
      const auto state = static_cast<std::int32_t>(2 * steps + (up ? 1U : 0U));
      return Rule::template flips<bits::OneNumber>(state, draws[lane], segment.lazy) != 0;
    });
    return (flips & segment.free & 1U << k) != 0;
  }
};

template <class Planes, class Rule, class Overlaps>
struct PatternSweeps {
  using Attempts = PatternAttempts<Planes, Rule, Overlaps>;
  static constexpr std::uint32_t blocks_at_once = Overlaps::blocks_at_once;

  Attempts attempts;

  MULTISPIN_HD void operator()(std::uint32_t replica, std::uint32_t /*slot*/) const {
    const PatternReplicas& r = attempts.r;
    Overlaps overlaps(r, replica);
    std::int64_t sum = r.sums[replica];
    for (std::uint32_t i = 0; i < attempts.sweeps; ++i) {
      for (std::uint32_t b = attempts.first / block_sites; b * block_sites < attempts.end; ++b) {
        attempts.template attempt_block<false>(
            replica, b, attempts.first_sweep + i, overlaps, sum,
            [&](const typename Attempts::Segment& segment, std::uint32_t /*begin*/,
                std::uint32_t turned) { turn_spins(segment, turned); });
      }
    }
    overlaps.store();
    Warp::once([&] { r.sums[replica] = sum; });
  }

 private:
  // Lane 0 does, as sites may share a word in a drawn order.
  MULTISPIN_HD void turn_spins(const typename Attempts::Segment& segment,
                               std::uint32_t turned) const {
    const PatternReplicas& r = attempts.r;
    for (; turned != 0; turned &= turned - 1) {
      const std::uint32_t site = Warp::of(segment.site, lowest_bit(turned));
      Warp::once([&] { *r.word(r.spins, segment.replica, site) ^= 1U << (site % 32); });
    }
    Warp::meet();
  }
};

// A block of sites of one replica, the turns of which are only noted.
template <class Planes, class Rule, class Overlaps>
struct PatternTurns {
  using Attempts = PatternAttempts<Planes, Rule, Overlaps>;
  static constexpr std::uint32_t blocks_at_once = Overlaps::blocks_at_once;

  Attempts attempts;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const PatternReplicas& r = attempts.r;
    const std::uint32_t replica = warp % r.replicas;
    Overlaps overlaps(r, replica);
    std::int64_t sum = r.sums[replica];
    attempts.template attempt_block<true>(
        replica, warp / r.replicas, attempts.first_sweep, overlaps, sum,
        [&](const typename Attempts::Segment& /*segment*/, std::uint32_t begin,
            std::uint32_t turned) {
          Warp::once([&] { *r.word(r.turns, replica, begin) = turned; });
        });
  }
};

// Brings what was noted of a replica into the overlaps of one block of patterns, and the block's
// share of the sum.
struct BringPatternTurns {
  PatternReplicas r;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t replica = warp % r.replicas;
    const std::uint32_t block = warp / r.replicas;
    const auto left =
        static_cast<std::int64_t>(r.patterns) - std::int64_t{block} * model::block_patterns;
    const std::int64_t here = left < model::block_patterns ? left : model::block_patterns;
    OverlapsInRegisters<1> overlaps(r, replica, block);
    std::int64_t change = 0;
    for (std::uint32_t w = 0; w < r.words(); ++w) {
      const std::uint64_t at = std::uint64_t{replica} * r.words() + w;
      const std::uint32_t spins = r.spins[at];
      for (std::uint32_t bits = r.turns[at]; bits != 0; bits &= bits - 1) {
        const int k = lowest_bit(bits);
        const bool up = (spins >> k & 1U) == 0;
        const auto row = overlaps.row(32 * w + static_cast<std::uint32_t>(k));
        change += change_of_sum(overlaps.turn(row, up), here, up);
      }
    }
    overlaps.store();
    Warp::once([&] { add_to(r.sums + replica, change); });
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
