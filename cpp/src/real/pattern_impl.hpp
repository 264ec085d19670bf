// The kernels of couplings that patterns make: J_ij = sum_mu xi_i xi_j, in units. Part of impl.hpp.
//
// Overlaps M = sum_i xi_i s_i are maintained, as 16-bit numbers and what a few have beyond. A local
// field is sum_mu xi_i M - P s_i: twice the sum over the patterns that are up at the site, which a
// mask and a sum of products gives for as many patterns as a word has such numbers, less the sum of
// all.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "real/common_impl.hpp"

namespace multispin::kernels {
namespace {

using Short = Lanes::Short;
constexpr int shorts = Lanes::short_count;
constexpr int parts_of_block = model::pattern_lanes / shorts;

// Lanes `part` of the patterns at a site, and their overlaps of bit 0; those of bit k are
// pattern_lanes * k further on.
struct PatternPart {
  Short bits;
  std::int16_t* low;

  MULTISPIN_HD PatternPart(const std::int16_t* row, std::int16_t* overlaps, std::int64_t part)
      : bits(Lanes::load(row + part * shorts)),
        low(overlaps + part / parts_of_block * model::block_patterns +
            part % parts_of_block * shorts) {}
  // All bits where the pattern is up.
  MULTISPIN_HD Short up(int k) const { return (bits << (model::pattern_bits - 1 - k)) >> 15; }
};

MULTISPIN_HD std::int64_t parts_of(const PatternReplicas& r) {
  constexpr std::int64_t of_part = std::int64_t{shorts} * model::pattern_bits;
  return (r.patterns + of_part - 1) / of_part;
}

MULTISPIN_HD bool pattern_is_up(const std::int16_t* row, std::int64_t pattern) {
  return (row[pattern / model::pattern_bits] >> (pattern % model::pattern_bits) & 1) != 0;
}

// sum_mu xi_i M of `count` replicas side by side, for which masks are made once.
template <int count>
MULTISPIN_HD void fields_of_patterns(const std::int16_t* row,
                                     const PatternOverlaps* const (&overlaps)[count],
                                     std::int64_t parts, std::int64_t (&fields)[count]) {
  I minus[count] = {};
  for (std::int64_t part = 0; part < parts; ++part) {
    const PatternPart p(row, overlaps[0]->low, part);
    const std::int64_t place = p.low - overlaps[0]->low;
#pragma GCC unroll 16
    for (int k = 0; k < model::pattern_bits; ++k) {
      const Short up = p.up(k);
#pragma GCC unroll 8
      for (int r = 0; r < count; ++r) {
        const std::int16_t* const low = overlaps[r]->low + place + model::pattern_lanes * k;
        minus[r] += Lanes::pair_products(up, Lanes::load(low));
        Lanes::in_order(minus[r]);
      }
    }
  }
  for (int r = 0; r < count; ++r) {
    std::int64_t sum = 0;
    for (int i = 0; i < lanes; ++i) sum -= minus[r][i];
    const PatternOverlaps& o = *overlaps[r];
    for (std::int64_t h = 0; h < o.high_count; ++h) {
      if (pattern_is_up(row, o.high[h].pattern)) sum += o.high[h].value;
    }
    fields[r] = 2 * sum - o.sum;
  }
}

// Brings the parts beyond 16 bits up to date after a spin has turned, and some overlap with it from
// one end of what 16 bits hold to the other.
MULTISPIN_HD void carry_over(const PatternReplicas& r, PatternOverlaps& o, const std::int16_t* row,
                             bool up) {
  for (std::int64_t pattern = 0; pattern < r.patterns; ++pattern) {
    const std::int16_t now = o.low[model::overlap_place(pattern)];
    const int change = pattern_is_up(row, pattern) == up ? 2 : -2;
    const int before = now - change;
    if (before == static_cast<std::int16_t>(before)) continue;
    std::int64_t h = 0;
    while (h < o.high_count && o.high[h].pattern != pattern) ++h;
    if (h == o.high_count) o.high[o.high_count++] = {pattern, 0};
    o.high[h].value += change > 0 ? 1 << 16 : -(1 << 16);
    if (o.high[h].value == 0) o.high[h] = o.high[--o.high_count];
  }
}

// Adds `twice` to the overlaps of the patterns that are up at a site, and takes half of it from
// all. With more sites than 16 bits hold, returns whether an overlap went from one end of these to
// the other.
template <bool may_wrap>
MULTISPIN_HD bool add_row(const std::int16_t* row, std::int16_t* low, std::int64_t parts,
                          std::int16_t twice) {
  const Short if_up = Short{} + twice;
  const Short always = Short{} + static_cast<std::int16_t>(-twice / 2);
  Short wrapped{};
  for (std::int64_t part = 0; part < parts; ++part) {
    const PatternPart p(row, low, part);
#pragma GCC unroll 4
    for (int k = 0; k < model::pattern_bits; ++k) {
      std::int16_t* const place = p.low + model::pattern_lanes * k;
      const Short change = (p.up(k) & if_up) + always;
      const Short before = Lanes::load(place);
      const Short now = before + change;
      if constexpr (may_wrap) wrapped |= (before ^ now) & (change ^ now);
      Lanes::store(place, now);
    }
  }
  return may_wrap && Lanes::any(wrapped < 0);
}

MULTISPIN_HD void turn_spin(const PatternReplicas& r, std::int64_t replica, std::int64_t site,
                            std::int64_t parts) {
  const std::int16_t* const row = r.rows + site * r.row;
  PatternOverlaps& o = r.overlaps[replica];
  std::uint64_t& word = r.spins[replica * ((r.sites + 63) / 64) + site / 64];
  word ^= std::uint64_t{1} << (site % 64);
  const bool up = (word >> (site % 64) & 1U) != 0;
  const std::int16_t twice = up ? 4 : -4;
  if (r.sites <= INT16_MAX) {
    add_row<false>(row, o.low, parts, twice);
  } else if (add_row<true>(row, o.low, parts, twice)) {
    carry_over(r, o, row, up);
  }
  int ones = 0;
  for (std::int64_t i = 0; i < r.row; i += 4) {
    std::uint64_t bits;
    __builtin_memcpy(&bits, row + i, sizeof bits);
    ones += __builtin_popcountll(bits);
  }
  o.sum += (up ? 2 : -2) * (2 * ones - r.patterns);
  o.turned = true;
}

// Attempts of some replicas, side by side: those from place `first` on.
template <class Planes, class Rule, int count>
class PatternAttempts {
 public:
  PatternAttempts(const PatternBlock& b, std::int64_t first)
      : b_(b), r_(b.replicas), parts_(parts_of(r_)), words_((r_.sites + 63) / 64) {
    for (int i = 0; i < count; ++i) {
      replica_[i] = r_.moving[first + i];
      overlaps_[i] = r_.overlaps + replica_[i];
    }
  }

  void all(const Planes& planes) {
    const int positions = static_cast<int>(b_.positions.end - b_.positions.first);
    for (int i = 0; i < count; ++i) {
      draw<Planes, Rule>(planes, b_.noise, replica_[i], b_.positions.first, positions, draws_[i]);
    }
    for (int k = 0; k < positions; ++k) {
      if (k + 4 < positions) __builtin_prefetch(r_.rows + site(k + 4) * r_.row);
      attempt(k);
    }
  }

 private:
  std::int64_t site(int k) const { return site_at(b_.positions, b_.positions.first + k); }
  void attempt(int k) {
    const std::int64_t at = site(k);
    const std::uint64_t bit = std::uint64_t{1} << (at % 64);
    std::int64_t fields[count];
    fields_of_patterns(r_.rows + at * r_.row, overlaps_, parts_, fields);
    for (int i = 0; i < count; ++i) {
      const std::int64_t word = replica_[i] * words_ + at / 64;
      if (r_.free != nullptr && (r_.free[word] & bit) == 0) continue;
      const bool up = (r_.spins[word] & bit) != 0;
      const std::int64_t field = fields[i] + (up ? -r_.patterns : r_.patterns);
      const auto steps =
          static_cast<std::int32_t>(field * (std::int64_t{1} << r_.shift) + r_.fields[at]);
      const std::int32_t state = 2 * steps + (up ? 1 : 0);
      const std::int32_t drawn = draws_[i][k];
      if (Rule::template flips<bits::OneNumber>(state, drawn, b_.noise.lazy) == 0) continue;
      if (b_.turns == nullptr) {
        turn_spin(r_, replica_[i], at, parts_);
      } else {
        b_.turns[word] |= bit;
      }
    }
  }

  const PatternBlock& b_;
  const PatternReplicas& r_;
  const std::int64_t parts_, words_;
  std::int64_t replica_[count];
  const PatternOverlaps* overlaps_[count];
  alignas(64) std::int32_t draws_[count][block];
};

// Those from place `first` on, as many at a time as there are: accumulators for eight fit the
// registers.
template <class Planes, class Rule, int together>
void attempt_from(const PatternBlock& b, const Planes& planes, std::int64_t first) {
  for (; first + together <= b.replicas.replicas; first += together) {
    PatternAttempts<Planes, Rule, together>(b, first).all(planes);
  }
  if constexpr (together > 1) attempt_from<Planes, Rule, together / 2>(b, planes, first);
}

void turn_patterns(const PatternReplicas& r, const std::uint64_t* turns, std::int64_t first,
                   std::int64_t end) {
  const std::int64_t parts = parts_of(r);
  const std::int64_t words = (r.sites + 63) / 64;
  for (std::int64_t place = 0; place < r.replicas; ++place) {
    const std::int64_t replica = r.moving[place];
    for (std::int64_t site = first; site < end; ++site) {
      if ((turns[replica * words + site / 64] >> (site % 64) & 1U) != 0) {
        turn_spin(r, replica, site, parts);
      }
    }
  }
}

// Counts of the sites at which a replica's spin and a pattern agree, of a wide word of patterns.
MULTISPIN_HD bits::LaneCounts<Word> agreements(const PatternReplicas& r, const std::uint64_t* spins,
                                               std::int64_t word) {
  const auto* const rows = reinterpret_cast<const std::uint64_t*>(r.rows) + word;
  bits::LaneCounts<Word> counts;
  for (std::int64_t first = 0; first < r.sites; first += bits::LaneCounts<Word>::block) {
    std::int64_t site = first;
    counts.add_block([&] {
      Word row = bits::zero<Word>();
      if (site >= r.sites) return row;
      const std::uint64_t up = spins[site / 64] >> (site % 64) & 1U;
      Word down;
      bits::broadcast(down, up - 1, up - 1);
      bits::load(row, rows + site++ * (r.row / 4));
      return row ^ down;
    });
  }
  counts.finish();
  return counts;
}

// Overlaps of the spins as they are.
void add_up_patterns(const PatternReplicas& r, std::int64_t replica) {
  PatternOverlaps& o = r.overlaps[replica];
  const int planes = 64 - __builtin_clzll(static_cast<std::uint64_t>(r.sites));
  o.sum = o.high_count = 0;
  for (std::int64_t word = 0; 64 * word < r.patterns; word += Word::words) {
    const bits::LaneCounts<Word> counts =
        agreements(r, r.spins + replica * ((r.sites + 63) / 64), word);
    std::uint64_t of_plane[bits::LaneCounts<Word>::planes][Word::words];
    for (int p = 0; p < planes; ++p) bits::store(of_plane[p], counts.plane(p));
    for (int k = 0; k < 64 * Word::words && 64 * word + k < r.patterns; ++k) {
      std::int64_t overlap = -r.sites;
      for (int p = 0; p < planes; ++p) {
        overlap += static_cast<std::int64_t>(of_plane[p][k / 64] >> (k % 64) & 1U) << (p + 1);
      }
      const auto low = static_cast<std::int16_t>(overlap);
      o.low[model::overlap_place(64 * word + k)] = low;
      if (low != overlap) o.high[o.high_count++] = {64 * word + k, overlap - low};
      o.sum += overlap;
    }
  }
}

}  // namespace
}  // namespace multispin::kernels
