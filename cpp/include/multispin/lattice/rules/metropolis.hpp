// Metropolis updates at h = 0, for one word of any width.
#pragma once

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/neighbours.hpp"
#include "multispin/lattice/rules/zero_field_classes.hpp"
#include "multispin/rules/acceptance.hpp"

namespace multispin::rules {

// Metropolis without a field: only spins with fewer than half of their bonds unsatisfied draw. Not
// for the temperatures so high that one of them would always accept.
template <class W, int neighbours_>
struct ZeroFieldMetropolis {
  static constexpr int neighbours = neighbours_;
  static constexpr int classes = neighbours / 2;  // unsatisfied bonds

  struct Prospect {
    ZeroFieldClasses<W, ZeroFieldMetropolis::classes> classes;
    W settled;  // flips in any case

    MULTISPIN_HD W result(W spin, W accepted) const {
      return bits::xor_or(spin, settled, accepted);
    }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
    // From the comparisons with each class's threshold.
    MULTISPIN_HD W accepted(const W (&less)[neighbours / 2], W /*top_plane*/) const {
      return classes.select(less);
    }
    // Lanes whose threshold has a one in plane k.
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      return classes.mask(acceptance.zero_field[k]);
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance,
                                   const Neighbours<W, neighbours>& site, Prospect& out) {
    const W spin = site.spin ^ bits::splat<W>(acceptance.antiferromagnet);
    const W parity = bits::xor3(site.up, site.down, site.centre);
    const W most = bits::majority(site.up, site.down, site.centre);
    if constexpr (neighbours == 4) {
      // Unsatisfied bonds of the first three: odd, two or more; of the fourth.
      const W odd = parity ^ spin;
      const W two = most ^ spin;
      const W fourth = site.side ^ spin;
      out.settled = bits::or_and(two, odd, fourth);
      out.classes.one = bits::or3(two, odd, fourth);
    } else {
      const W other_parity = bits::xor3(site.side, site.before, site.after);
      const W other_most = bits::majority(site.side, site.before, site.after);
      // Unsatisfied bonds are one + 2 two + 4 four. A full adder's sum and carry change sign with
      // all of its inputs, so `spin` is left out where it would cancel.
      const W one = parity ^ other_parity;
      const W carry = bits::majority(parity, other_parity, spin);  // xor spin
      const W two = bits::xor3(most, other_most, carry ^ spin);
      const W four = bits::majority(most, other_most, carry) ^ spin;
      out.settled = bits::or_and(four, two, one);
      out.classes = {one, two, one | two};
    }
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    ZeroFieldClasses<W, classes>::compare(acceptance.zero_field[k], word, r, less);
  }
};

}  // namespace multispin::rules
