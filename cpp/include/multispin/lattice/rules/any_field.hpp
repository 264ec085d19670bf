// Updates for any dynamics and field, for one word of any width.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/neighbours.hpp"
#include "multispin/rules/acceptance.hpp"

namespace multispin::rules {

// Masks of sets of classes, a class for each number n of up neighbours; sets as in Acceptance.
// In general tables in memory, for the subsets of n = 0, 1, 2, of 3, 4 and, with six neighbours, of
// 5, 6; any set is one of each.
template <class W, int neighbours>
class ClassMasks {
 public:
  MULTISPIN_HD void set(const CountUp<W>& up) {
    const W none = ~bits::or3(up.bit0, up.bit1, up.four);
    W one = bits::and_not(up.bit0, up.bit1);
    W two = bits::and_not(up.bit1, up.bit0);
    const W three = up.bit1 & up.bit0;
    W four = up.four;
    if constexpr (neighbours == 6) {
      const W five = up.four & up.bit0;
      const W six = up.four & up.bit1;
      one = bits::and_not(one, up.four);
      two = bits::and_not(two, up.four);
      four = bits::and_not(four, five | six);
      store_pair(12, five, six);
    }
    const W low[8] = {bits::zero<W>(),   none, one, none | one, two, none | two, one | two,
                      ~(three | up.four)};
    for (int i = 0; i < 8; ++i) bits::store(table_ + i * W::words, low[i]);
    store_pair(8, three, four);
  }
  MULTISPIN_HD W operator()(unsigned set) const {
    const W lanes = entry(set & 7U) | entry(8 + (set >> 3 & 3U));
    if constexpr (neighbours == 4) return lanes;
    return lanes | entry(12 + (set >> 5));
  }

 private:
  MULTISPIN_HD void store_pair(int first, W a, W b) {
    const W sets[4] = {bits::zero<W>(), a, b, a | b};
    for (int i = 0; i < 4; ++i) bits::store(table_ + (first + i) * W::words, sets[i]);
  }
  MULTISPIN_HD W entry(unsigned i) const { return bits::loaded<W>(table_ + i * W::words); }

  alignas(64) std::uint64_t table_[4 * (neighbours / 2 + 1) * W::words];
};

// A GPU's registers cannot be indexed: choose class by class.
template <int neighbours>
class ClassMasks<bits::Word64, neighbours> {
 public:
  using Word = bits::Word64;

  MULTISPIN_HD void set(const CountUp<Word>& up) { up_ = up; }
  // In every lane the value of its class.
  MULTISPIN_HD Word select(const Word (&value)[neighbours + 1]) const {
    const Word even = bits::choose(up_.bit0, value[1], value[0]);
    const Word odd = bits::choose(up_.bit0, value[3], value[2]);
    Word high = value[4];
    if constexpr (neighbours == 6) {
      high = bits::choose(up_.bit1, value[6], bits::choose(up_.bit0, value[5], value[4]));
    }
    return bits::choose(up_.four, high, bits::choose(up_.bit1, odd, even));
  }
  MULTISPIN_HD Word operator()(unsigned set) const {
    Word value[neighbours + 1];
    for (int n = 0; n <= neighbours; ++n) {
      value[n] = (set >> n & 1U) != 0 ? bits::ones<Word>() : bits::zero<Word>();
    }
    return select(value);
  }

 private:
  CountUp<Word> up_;
};

// Any dynamics, any field: one class for each number n of up neighbours.
template <class W, int neighbours_, Dynamics dynamics>
struct AnyField {
  static constexpr int neighbours = neighbours_;
  static constexpr int classes = neighbours + 1;

  struct Prospect {
    W base, may_leave;

    MULTISPIN_HD W result(W /*spin*/, W accepted) const {
      return bits::xor_and(base, accepted, may_leave);
    }

    ClassMasks<W, neighbours_> classes;

    MULTISPIN_HD W accepted(const W (&less)[neighbours_ + 1], W /*top_plane*/) const {
      return classes.select(less);
    }
    MULTISPIN_HD W always(const Acceptance& acceptance) const { return classes(acceptance.always); }
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      return classes(acceptance.classes[k]);
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance,
                                   const Neighbours<W, neighbours>& site, Prospect& out) {
    out.classes.set(count_up(site));
    const W favoured = out.classes(acceptance.up);
    out.base = favoured;
    if constexpr (dynamics == Dynamics::glauber) {
      out.may_leave = bits::ones<W>();
    } else {
      out.may_leave = ~(site.spin ^ favoured);
      if (acceptance.heat_bath != 0) {  // seldom, and the classes cost some instructions
        out.may_leave = out.may_leave | out.classes(acceptance.heat_bath);
      }
    }
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    for (int i = 0; i < group; ++i) {
      less[i] = bits::less_than_step(word[i].prospect.mask(acceptance, k), r[i], less[i]);
    }
  }
};

}  // namespace multispin::rules
