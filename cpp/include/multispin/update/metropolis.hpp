// Metropolis updates of the square lattice at h = 0, for one word of any width.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/update/acceptance.hpp"

namespace multispin::update {

// Metropolis without a field: only spins with no or one unsatisfied bond draw. Not for the
// temperatures so high that one of them would always accept.
template <class W>
struct ZeroFieldMetropolis {
  static constexpr int classes = 2;  // four and three satisfied bonds

  struct Prospect {
    W settled, bent;  // settled: flips in any case; bent: at least one bond unsatisfied

    MULTISPIN_HD W result(W spin, W accepted) const {
      return bits::xor_or(spin, settled, accepted);
    }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
    // From the comparisons with each class's threshold.
    MULTISPIN_HD W accepted(const W (&less)[2], W /*top_plane*/) const {
      return bits::choose(bent, less[1], less[0]);
    }
    // Lanes whose threshold has a one in plane k.
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      switch (acceptance.zero_field[k]) {
        case 0:
          return bits::zero<W>();
        case 1:
          return ~bent;
        case 2:
          return bent;
        default:
          return bits::ones<W>();
      }
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance, const Neighbours<W>& site,
                                   Prospect& out) {
    const W spin = site.spin ^ bits::splat<W>(acceptance.antiferromagnet);
    // Unsatisfied bonds of the first three: odd, two or more; of the fourth.
    const W odd = bits::xor3(site.up, site.down, site.centre) ^ spin;
    const W two = bits::majority(site.up, site.down, site.centre) ^ spin;
    const W fourth = site.side ^ spin;
    const W free = bits::or_and(two, odd, fourth);
    out.bent = bits::or3(two, odd, fourth);
    out.settled = free;
  }
  // Plane k of r < t in a group of words. The branch goes the same way all through a half sweep.
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    switch (acceptance.zero_field[k]) {
      case 0:
        for (int i = 0; i < group; ++i) less[i] = bits::and_not(less[i], r[i]);
        break;
      case 1:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step_not(word[i].prospect.bent, r[i], less[i]);
        }
        break;
      case 2:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step(word[i].prospect.bent, r[i], less[i]);
        }
        break;
      default:
        for (int i = 0; i < group; ++i) less[i] = bits::or_not(less[i], r[i]);
    }
  }
};

}  // namespace multispin::update
