// Heat-bath (Glauber) updates of the square lattice at h = 0, for one word of any width.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/update/acceptance.hpp"

namespace multispin::update {

// Heat bath without a field. The class with as many neighbours up as down has q = 1/2: of the
// coarse planes, a one in the most significant alone; the others have q < 1/2.
template <class W>
struct ZeroFieldGlauber {
  static constexpr int classes = 2;  // |sum| = 4 and |sum| = 2; the third needs no comparison

  struct Prospect {
    W base, two, level;  // two: |sum| = 2; level: sum = 0

    MULTISPIN_HD W result(W /*spin*/, W accepted) const { return base ^ accepted; }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
    MULTISPIN_HD W accepted(const W (&less)[2], W top_plane) const {
      return bits::choose(level, ~top_plane, bits::choose(two, less[1], less[0]));
    }
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      const unsigned classes = acceptance.zero_field[k];
      W lanes = bits::zero<W>();
      if ((classes & 1U) != 0) lanes = ~(two | level);
      if ((classes & 2U) != 0) lanes = lanes | two;
      if ((classes & 4U) != 0) lanes = lanes | level;
      return lanes;
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance, const Neighbours<W>& site,
                                   Prospect& out) {
    const W parity = bits::xor3(site.up, site.down, site.centre);
    const W most = bits::majority(site.up, site.down, site.centre);
    const W carry = parity & site.side;
    const W bit1 = most ^ carry;
    out.two = parity ^ site.side;
    out.level = bits::and_not(bit1, out.two);
    // Favoured: up where f >= 0, so a level site is up for either sign of J.
    const W at_least_two = most | carry;
    const W at_least_three = bits::or_and(most & carry, bit1, out.two);
    const W reversed = bits::splat<W>(acceptance.antiferromagnet);
    out.base = at_least_two ^ (reversed & ~(at_least_two ^ at_least_three));
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    switch (acceptance.zero_field[k]) {
      case 0:
        for (int i = 0; i < group; ++i) less[i] = bits::and_not(less[i], r[i]);
        break;
      case 2:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step(word[i].prospect.two, r[i], less[i]);
        }
        break;
      case 3:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step_not(word[i].prospect.level, r[i], less[i]);
        }
        break;
      case 4:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step(word[i].prospect.level, r[i], less[i]);
        }
        break;
      default:
        for (int i = 0; i < group; ++i) {
          less[i] = bits::less_than_step(word[i].prospect.mask(acceptance, k), r[i], less[i]);
        }
    }
  }
};

}  // namespace multispin::update
