// Acceptance probabilities as bit planes, exact to 2^-44 or better.
//
// A probability q is held as the integer Q = round(q 2^(K+32)), K coarse planes. With r the K-bit
// number that a lane draws, t = Q >> 32 and f = Q mod 2^32, a lane accepts when r < t. It also
// accepts when r is all ones (which r < t never is) and a 32-bit tail v drawn for it has v < f:
//     P = t / 2^K + 2^-K f / 2^32 = Q / 2^(K+32),   exactly.
// The all-ones event is rare (2^-K), the same for every class, and found with half an operation a
// plane; so a vector almost never draws the tail. Q = 2^(K+32), "always", is a mask of its own.
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/planes.hpp"

namespace multispin::update {

// At least as many planes as any generator uses.
inline constexpr int max_planes = 48;

struct Threshold {
  std::uint64_t value;  // Q
  int coarse;           // K

  MULTISPIN_HD bool always() const {
    return value == std::uint64_t{1} << (coarse + random::tail_planes);
  }
  // Bit of plane k as the kernels visit them: t from its lowest bit, then f from its highest.
  MULTISPIN_HD unsigned plane(int k) const {
    if (always()) return k < coarse ? 1U : 0U;
    const int bit = k < coarse ? random::tail_planes + k : random::tail_planes - 1 - (k - coarse);
    return static_cast<unsigned>(value >> bit) & 1U;
  }
};

// `probability` in [0, 1].
inline Threshold make_threshold(double probability, int coarse) {
  const double scaled = std::ldexp(probability, coarse + random::tail_planes);
  return {static_cast<std::uint64_t>(std::nearbyint(scaled)), coarse};
}

// The lanes of `undecided` (all ones in every coarse plane) that accept after all, from their
// tails. `mask(k)` gives the lanes whose threshold has a one in plane k.
template <class W, class Planes, class Mask>
MULTISPIN_HD W accepted_by_tail(const Planes& planes, typename Planes::State state, W undecided,
                                const Mask& mask) {
  W accepted = bits::zero<W>();
  // Most significant plane first: a lane is decided at the first plane where v and f differ.
  for (int k = Planes::coarse_planes; k < Planes::coarse_planes + random::tail_planes; ++k) {
    const W r = planes.next(state, k);
    const W f = mask(k);
    accepted = accepted | (undecided & f & ~r);
    undecided = undecided & ~(f ^ r);
    if (!bits::any(undecided)) break;
  }
  return accepted;
}

}  // namespace multispin::update
