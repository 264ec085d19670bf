// A word from its neighbours to its new spins, as a GPU thread does it.
//
// The CPU's kernels compare each plane with a mask of the lanes whose threshold has a one there, a
// branch that always goes the same way. Here every class has a comparison of its own, with bits
// that are the same for all threads, and a lane chooses that of its class at the end: more logic
// operations, but no branch, and the words that all threads share cost nothing to fetch. Nothing
// before the end needs the neighbours, so there is time to fetch them.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/neighbours.hpp"
#include "multispin/rules/acceptance.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::rules {

// What all words of a replica share in a half sweep.
template <class UpdateRule, class Planes>
struct SharedDraws {
  Planes planes;
  ThresholdPlanes<UpdateRule::classes> threshold;
  Acceptance acceptance;
};

// A word of which some lanes draw again, with all that this takes: whoever has it can do it.
template <class UpdateRule, class Planes>
struct Redrawn {
  bits::Word64 spin;  // before
  typename UpdateRule::Prospect prospect;
  bits::Word64 plane;     // chose the lanes
  bits::Word64 accepted;  // by what was drawn first
  typename Planes::State state;

  // What they accept.
  MULTISPIN_HD bits::Word64 drawn(const SharedDraws<UpdateRule, Planes>& shared) const {
    return with_redrawn_lanes(shared.planes, state, prospect, shared.acceptance, plane, accepted);
  }
};

// neighbours() gives the Neighbours of the word; redraw(Redrawn) gives what is accepted by a word
// of which some lanes draw again, or what was accepted first if somebody will finish it later.
template <class UpdateRule, class Planes, class GetNeighbours, class Redraw>
MULTISPIN_HD bits::Word64 updated_word(const SharedDraws<UpdateRule, Planes>& shared,
                                       std::uint64_t flat_word, const GetNeighbours& neighbours,
                                       const Redraw& redraw) {
  using W = bits::Word64;
  constexpr int coarse = Planes::coarse_planes;
  constexpr int classes = UpdateRule::classes;
  typename Planes::State state = shared.planes.start(flat_word);
  W less[classes];
  W plane{};
  MULTISPIN_UNROLL(classes)
  for (int n = 0; n < classes; ++n) less[n] = bits::both(shared.threshold.always[n]);
  // A chain of planes waits for itself anyway; unrolled, its code would be large. With six
  // neighbours there are more thresholds than registers would hold, and the compiler would try.
  // With five classes it would draw all planes first, were it not for one that is left for a loop.
  [[maybe_unused]] constexpr int unrolled = Planes::chained || UpdateRule::neighbours == 6 ? 1
                                            : classes > 2 ? coarse - 1
                                                          : coarse;
  MULTISPIN_UNROLL(unrolled)
  for (int k = 0; k < coarse; ++k) {
    plane = shared.planes.next(state, k);
    MULTISPIN_UNROLL(classes)
    for (int n = 0; n < classes; ++n) {
      less[n] = bits::less_than_step(bits::both(shared.threshold.bit[k][n]), plane, less[n]);
    }
  }
  const W top_plane = plane;
  plane = shared.planes.next(state, coarse);
  const Neighbours<W, UpdateRule::neighbours> site = neighbours();
  typename UpdateRule::Prospect prospect;
  UpdateRule::prepare(shared.acceptance, site, prospect);
  W accepted = prospect.accepted(less, top_plane);
  if (bits::any_field_below<redraw_bits<coarse>>(&plane, 1)) {
    accepted = redraw(Redrawn<UpdateRule, Planes>{site.spin, prospect, plane, accepted, state});
  }
  return prospect.result(site.spin, accepted);
}

}  // namespace multispin::rules
