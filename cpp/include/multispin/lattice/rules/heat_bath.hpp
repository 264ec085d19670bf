// Heat-bath (Glauber) updates at h = 0, for one word of any width.
#pragma once

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/neighbours.hpp"
#include "multispin/lattice/rules/zero_field_classes.hpp"
#include "multispin/rules/acceptance.hpp"

namespace multispin::rules {

// Heat bath without a field. Where as many neighbours are up as down, q = 1/2: of the coarse
// planes, a one in the most significant alone, in which all others, q < 1/2, have none.
template <class W, int neighbours_>
struct ZeroFieldGlauber {
  static constexpr int neighbours = neighbours_;
  static constexpr int classes = neighbours / 2;  // of unequal numbers up and down

  struct Prospect {
    ZeroFieldClasses<W, ZeroFieldGlauber::classes> classes;
    W base, level;  // level: as many up as down

    MULTISPIN_HD W result(W /*spin*/, W accepted) const { return base ^ accepted; }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
    MULTISPIN_HD W accepted(const W (&less)[neighbours / 2], W top_plane) const {
      return bits::choose(level, ~top_plane, classes.select(less));
    }
    MULTISPIN_HD W mask(const Acceptance& acceptance, int k) const {
      const unsigned set = acceptance.zero_field[k];
      const W others = classes.mask(set & (level_bit - 1));
      return (set & level_bit) != 0 ? others | level : bits::and_not(others, level);
    }
  };

  MULTISPIN_HD static void prepare(const Acceptance& acceptance,
                                   const Neighbours<W, neighbours>& site, Prospect& out) {
    const CountUp<W> up = count_up(site);
    const W two_and_one = up.bit1 & up.bit0;  // n = 3
    W half, more;                             // at least half of the neighbours up; more than half
    if constexpr (neighbours == 4) {
      half = up.bit1 | up.four;
      more = two_and_one | up.four;
      out.classes.one = up.bit0;
      out.level = bits::and_not(up.bit1, up.bit0);
    } else {
      half = two_and_one | up.four;
      more = up.four;
      const W middle = up.bit1 ^ up.four;  // n = 2, 3, 4 and 5
      out.classes = {up.bit0, bits::and_not(middle, up.bit0), middle | up.bit0};
      out.level = two_and_one;
    }
    // Favoured: up where f >= 0, so a level site is up for either sign of J.
    const W reversed = bits::splat<W>(acceptance.antiferromagnet);
    out.base = half ^ (reversed & ~(half ^ more));
  }
  template <int group, class Entry>
  MULTISPIN_HD static void compare(const Acceptance& acceptance, int k, const Entry* word,
                                   const W (&r)[group], W (&less)[group]) {
    const unsigned set = acceptance.zero_field[k];
    if (set == level_bit) {
      // The most significant plane: whatever the level lanes were compared with before, theirs was
      // to be zero.
      for (int i = 0; i < group; ++i) {
        less[i] = bits::and_not(less[i] | word[i].prospect.level, r[i]);
      }
    } else {
      ZeroFieldClasses<W, classes>::compare(set, word, r, less);
    }
  }

 private:
  static constexpr unsigned level_bit = 1U << classes;  // in Acceptance::zero_field
};

}  // namespace multispin::rules
