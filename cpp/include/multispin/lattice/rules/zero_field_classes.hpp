// The classes of the rules at h = 0: m = 0, 1, ... of a site's neighbours differ from the others of
// them, fewer than half. What happens where it is half of them is the rule's business; such lanes
// get any class here.
//
// With these classes the lanes of any set of them are one word or its complement, so that a plane
// of a comparison takes one operation. Bit m of a set's number stands for class m.
#pragma once

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::rules {

// One plane of r < t in a group of words, where t has a one in the lanes of a member of their
// prospects' classes, or in all lanes but those.
template <auto lanes, int group, class Entry, class W>
MULTISPIN_HD void compare_in(const Entry* word, const W (&r)[group], W (&less)[group]) {
  for (int i = 0; i < group; ++i) {
    less[i] = bits::less_than_step(word[i].prospect.classes.*lanes, r[i], less[i]);
  }
}
template <auto lanes, int group, class Entry, class W>
MULTISPIN_HD void compare_outside(const Entry* word, const W (&r)[group], W (&less)[group]) {
  for (int i = 0; i < group; ++i) {
    less[i] = bits::less_than_step_not(word[i].prospect.classes.*lanes, r[i], less[i]);
  }
}
// The same for a one nowhere, and everywhere.
template <int group, class W>
MULTISPIN_HD void compare_nowhere(const W (&r)[group], W (&less)[group]) {
  for (int i = 0; i < group; ++i) less[i] = bits::and_not(less[i], r[i]);
}
template <int group, class W>
MULTISPIN_HD void compare_everywhere(const W (&r)[group], W (&less)[group]) {
  for (int i = 0; i < group; ++i) less[i] = bits::or_not(less[i], r[i]);
}

template <class W, int classes>
struct ZeroFieldClasses;

// Square lattice.
template <class W>
struct ZeroFieldClasses<W, 2> {
  W one;  // m = 1, else 0

  // In every lane the value of its class.
  MULTISPIN_HD W select(const W (&value)[2]) const { return bits::choose(one, value[1], value[0]); }
  // The lanes of a set.
  MULTISPIN_HD W mask(unsigned set) const {
    switch (set) {
      case 0:
        return bits::zero<W>();
      case 1:
        return ~one;
      case 2:
        return one;
      default:
        return bits::ones<W>();
    }
  }
  // One plane of r < t, with a one in the lanes of a set. The branch goes the same way all through
  // a half sweep.
  template <int group, class Entry>
  MULTISPIN_HD static void compare(unsigned set, const Entry* word, const W (&r)[group],
                                   W (&less)[group]) {
    using Self = ZeroFieldClasses;
    switch (set) {
      case 0:
        compare_nowhere(r, less);
        break;
      case 1:
        compare_outside<&Self::one>(word, r, less);
        break;
      case 2:
        compare_in<&Self::one>(word, r, less);
        break;
      default:
        compare_everywhere(r, less);
    }
  }
};

// Cubic lattice.
template <class W>
struct ZeroFieldClasses<W, 3> {
  W one, two, some;  // m = 1; m = 2; either of them

  MULTISPIN_HD W select(const W (&value)[3]) const {
    return bits::choose(two, value[2], bits::choose(one, value[1], value[0]));
  }
  MULTISPIN_HD W mask(unsigned set) const {
    switch (set) {
      case 0:
        return bits::zero<W>();
      case 1:
        return ~some;
      case 2:
        return one;
      case 3:
        return ~two;
      case 4:
        return two;
      case 5:
        return ~one;
      case 6:
        return some;
      default:
        return bits::ones<W>();
    }
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(unsigned set, const Entry* word, const W (&r)[group],
                                   W (&less)[group]) {
    using Self = ZeroFieldClasses;
    switch (set) {
      case 0:
        compare_nowhere(r, less);
        break;
      case 1:
        compare_outside<&Self::some>(word, r, less);
        break;
      case 2:
        compare_in<&Self::one>(word, r, less);
        break;
      case 3:
        compare_outside<&Self::two>(word, r, less);
        break;
      case 4:
        compare_in<&Self::two>(word, r, less);
        break;
      case 5:
        compare_outside<&Self::one>(word, r, less);
        break;
      case 6:
        compare_in<&Self::some>(word, r, less);
        break;
      default:
        compare_everywhere(r, less);
    }
  }
};

}  // namespace multispin::rules
