// Updates of the square lattice for any dynamics and field, for one word of any width.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/update/acceptance.hpp"

namespace multispin::update {

// Any dynamics, any field: one class for each number n of up neighbours.
template <class W, Dynamics dynamics>
struct FiveClasses {
  struct Prospect {
    W base, favourable;

    MULTISPIN_HD W result(W /*spin*/, W accepted) const {
      return bits::xor_and(base, accepted, favourable);
    }

    // Subsets of the classes n = 0, 1, 2 and of n = 3, 4; any set of classes is one of each.
    alignas(64) std::uint64_t low[8 * W::words];
    alignas(64) std::uint64_t high[4 * W::words];

    MULTISPIN_HD W classes(int l, int h) const {
      return bits::loaded<W>(low + l) | bits::loaded<W>(high + h);
    }
    MULTISPIN_HD W always(const Acceptance& acceptance) const {
      return classes(acceptance.always_low, acceptance.always_high);
    }
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      return classes(acceptance.low[k], acceptance.high[k]);
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance, const Neighbours<W>& site,
                                   Prospect& out) {
    const W parity = bits::xor3(site.up, site.down, site.centre);
    const W most = bits::majority(site.up, site.down, site.centre);
    // n = bit0 + 2 bit1 + 4 four.
    const W bit0 = parity ^ site.side;
    const W carry = parity & site.side;
    const W bit1 = most ^ carry;
    const W four = most & carry;
    const W none = ~bits::or3(bit0, bit1, four);
    const W one = bits::and_not(bit0, bit1);
    const W two = bits::and_not(bit1, bit0);
    const W three = bit1 & bit0;
    const W low[8] = {bits::zero<W>(), none,           one, none | one, two, none | two,
                      one | two,       ~(three | four)};
    const W high[4] = {bits::zero<W>(), three, four, three | four};
    for (int i = 0; i < 8; ++i) bits::store(out.low + i * W::words, low[i]);
    for (int i = 0; i < 4; ++i) bits::store(out.high + i * W::words, high[i]);
    const W favoured = out.classes(acceptance.up_low, acceptance.up_high);
    out.base = favoured;
    out.favourable = dynamics == Dynamics::glauber ? bits::ones<W>() : ~(site.spin ^ favoured);
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    for (int i = 0; i < group; ++i) {
      less[i] = bits::less_than_step(word[i].prospect.mask(acceptance, k), r[i], less[i]);
    }
  }
};

}  // namespace multispin::update
