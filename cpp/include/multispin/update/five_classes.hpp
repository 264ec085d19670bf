// Updates of the square lattice for any dynamics and field, for one word of any width.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/update/acceptance.hpp"

namespace multispin::update {

// Masks of sets of classes, a class for each number n = bit0 + 2 bit1 + 4 four of up neighbours.
// In general a table in memory: the subsets of n = 0, 1, 2 and those of n = 3, 4; any set is one
// of each. `low` and `high` are offsets as in Acceptance.
template <class W>
class ClassMasks {
 public:
  MULTISPIN_HD void set(W bit0, W bit1, W four) {
    const W none = ~bits::or3(bit0, bit1, four);
    const W one = bits::and_not(bit0, bit1);
    const W two = bits::and_not(bit1, bit0);
    const W three = bit1 & bit0;
    const W low[8] = {bits::zero<W>(), none,           one, none | one, two, none | two,
                      one | two,       ~(three | four)};
    const W high[4] = {bits::zero<W>(), three, four, three | four};
    for (int i = 0; i < 8; ++i) bits::store(low_ + i * W::words, low[i]);
    for (int i = 0; i < 4; ++i) bits::store(high_ + i * W::words, high[i]);
  }
  MULTISPIN_HD W operator()(int low, int high) const {
    return bits::loaded<W>(low_ + low) | bits::loaded<W>(high_ + high);
  }

 private:
  alignas(64) std::uint64_t low_[8 * W::words];
  alignas(64) std::uint64_t high_[4 * W::words];
};

// A GPU's registers cannot be indexed: choose class by class.
template <>
class ClassMasks<bits::Word64> {
 public:
  using Word = bits::Word64;

  MULTISPIN_HD void set(Word bit0, Word bit1, Word four) {
    bit0_ = bit0;
    bit1_ = bit1;
    four_ = four;
  }
  // In every lane the value of its class.
  MULTISPIN_HD Word select(const Word (&value)[5]) const {
    const Word even = bits::choose(bit0_, value[1], value[0]);
    const Word odd = bits::choose(bit0_, value[3], value[2]);
    return bits::choose(four_, value[4], bits::choose(bit1_, odd, even));
  }
  MULTISPIN_HD Word operator()(int low, int high) const {
    const int set = low + 8 * high;
    Word value[5];
    for (int n = 0; n < 5; ++n) {
      value[n] = (set >> n & 1) != 0 ? bits::ones<Word>() : bits::zero<Word>();
    }
    return select(value);
  }

 private:
  Word bit0_, bit1_, four_;
};

// Any dynamics, any field: one class for each number n of up neighbours.
template <class W, Dynamics dynamics>
struct FiveClasses {
  static constexpr int classes = 5;  // n = 0 .. 4

  struct Prospect {
    W base, favourable;

    MULTISPIN_HD W result(W /*spin*/, W accepted) const {
      return bits::xor_and(base, accepted, favourable);
    }

    ClassMasks<W> classes;

    MULTISPIN_HD W accepted(const W (&less)[5], W /*top_plane*/) const {
      return classes.select(less);
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
    out.classes.set(bit0, bit1, four);
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
