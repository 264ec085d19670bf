// Acceptance probabilities as bit planes, exact to 2^-45 or better.
//
// A probability q is held as the integer Q = round(q 2^(K+32)), K coarse planes. A lane draws a
// K-bit number r from them and accepts when r < t, t = Q >> 32. What that leaves out, the fraction
// f = Q mod 2^32, is made good by lanes that draw again: with probability 2^-K, the same for all,
// a lane forgets r and accepts when a 32-bit tail v is below V = t 2^(32-K) + f. So
//     P = (1 - 2^-K) t / 2^K + 2^-K V / 2^32 = t / 2^K + 2^-K f / 2^32 = Q / 2^(K+32),   exactly.
// Where V would not fit into 32 bits, t is one more and V so much less. Few lanes draw again, so a
// kernel hardly pays for them; which they are costs one plane (redrawn_lanes).
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/planes.hpp"

namespace multispin::rules {

// Planes of a threshold, coarse and tail: at least as many as any generator uses.
inline constexpr int max_planes = 48;

struct Threshold {
  std::uint64_t coarse;  // t, at most 2^K
  std::uint64_t tail;    // V, at most 2^32
  int coarse_planes;     // K

  // t is 2^K: every r accepts, and so does a tail that equals V - 1.
  MULTISPIN_HD bool always() const { return coarse >> coarse_planes != 0; }
  // Bit of plane k as the kernels visit them: t from its lowest bit, then V from its highest. Where
  // all accept, the numbers need not fit: ones for t, and V - 1, which then has to be reached only.
  MULTISPIN_HD unsigned plane(int k) const {
    if (k < coarse_planes) return always() ? 1U : static_cast<unsigned>(coarse >> k) & 1U;
    const int bit = random::tail_planes - 1 - (k - coarse_planes);
    return static_cast<unsigned>((always() ? tail - 1 : tail) >> bit) & 1U;
  }
};

// `probability` in [0, 1].
inline Threshold make_threshold(double probability, int coarse_planes) {
  constexpr std::uint64_t one = std::uint64_t{1} << random::tail_planes;
  const double scaled = std::ldexp(probability, coarse_planes + random::tail_planes);
  const auto Q = static_cast<std::uint64_t>(std::nearbyint(scaled));
  const int step = random::tail_planes - coarse_planes;  // V counts 2^step for each unit of t
  const std::uint64_t t = Q >> random::tail_planes;
  const std::uint64_t V = (t << step) + (Q & (one - 1));
  if (V < one || t >> coarse_planes != 0) return {t, V, coarse_planes};
  return {t + 1, V + (std::uint64_t{1} << step) - one, coarse_planes};
}

// The lanes of a word that draw again, from its plane number K. Each field of 16 lanes has its 16
// bits of that plane; where they are a number below 2^(20-K), its last four bits are the lane. So
// a lane is chosen with probability 2^-K, and never two of one field: their joint probability of
// accepting differs from the product by 2^-2K at most.
template <int coarse_planes>
inline constexpr int redraw_bits = 20 - coarse_planes;

template <int coarse_planes>
MULTISPIN_HD std::uint64_t redrawn_lanes(std::uint64_t plane) {
  std::uint64_t lanes = 0;
  for (unsigned first = 0; first < 64; first += 16) {
    const auto field = static_cast<unsigned>(plane >> first) & 0xffffU;
    if (field >> redraw_bits<coarse_planes> == 0) lanes |= std::uint64_t{1} << (first + field % 16);
  }
  return lanes;
}

// Which of `lanes` accept with the tail that follows plane K. `mask(k)` gives the lanes whose
// threshold has a one in plane k, `always` those whose thresholds are.
template <class W, class Planes, class Mask>
MULTISPIN_HD W accepted_by_tail(const Planes& planes, typename Planes::State state, W lanes,
                                W always, const Mask& mask) {
  W accepted = bits::zero<W>();
  // Most significant plane first: a lane is decided at the first plane where v and V differ.
  for (int k = Planes::coarse_planes; k < Planes::coarse_planes + random::tail_planes; ++k) {
    const W r = planes.next(state, k + 1);
    const W V = mask(k);
    accepted = accepted | (lanes & V & ~r);
    lanes = lanes & ~(V ^ r);
    if (!bits::any(lanes)) break;
  }
  return accepted | (lanes & always);
}

// `less` with the lanes that plane K of a word, `plane`, chooses to draw again made good.
// `prospect` is the word's, `state` what the planes were drawn from so far.
template <class W, class Planes, class Prospect, class Acceptance>
MULTISPIN_HD W with_redrawn_lanes(const Planes& planes, const typename Planes::State& state,
                                  const Prospect& prospect, const Acceptance& acceptance, W plane,
                                  W less) {
  std::uint64_t chosen[W::words];
  bits::store(chosen, plane);
  for (auto& word : chosen) word = redrawn_lanes<Planes::coarse_planes>(word);
  const W lanes = bits::loaded<W>(chosen);
  const auto mask = [&](int k) { return prospect.mask(acceptance, k); };
  const W accepted = accepted_by_tail(planes, state, lanes, prospect.always(acceptance), mask);
  return (less & ~lanes) | accepted;
}

}  // namespace multispin::rules
