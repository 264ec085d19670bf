// The acceptance rules of the square lattice, for one word of any width.
//
// With n of the four neighbours up, the local field is f = J (2n - 4) + h and U = sign(f) (up if
// f = 0) is the spin that it favours.
//   Metropolis: a spin that differs from U takes it; one that equals U leaves it with probability
//               q = exp(-2|f|/T)                     (Metropolis et al., JCP 21, 1087 (1953)).
//   Heat bath:  the new spin is -U with probability
//               q = 1 / (1 + exp(2|f|/T)), else U    (Glauber, J. Math. Phys. 4, 294 (1963)).
// So both are: new = U xor (less & mask), with one threshold for each of the five values of n.
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/update/threshold.hpp"

namespace multispin::update {

enum class Dynamics : int { metropolis = 0, glauber = 1 };

// What a half sweep needs to know of temperature and field, for words of one width. Offsets count
// 64-bit words into the kernels' tables of masks (entry number times words in a wide word).
struct Acceptance {
  // Rules at h = 0: which classes have a one in plane k. Bit 0: |sum of neighbours| = 4 (Metropolis:
  // four satisfied bonds), bit 1: |sum| = 2 (three satisfied bonds), bit 2: sum = 0 (Glauber only).
  std::uint8_t zero_field[max_planes];
  // General: subsets of the classes n = 0, 1, 2 (eight) and n = 3, 4 (four), by plane.
  std::uint16_t low[max_planes];
  std::uint16_t high[max_planes];
  // The same for the classes whose favoured spin is up, and for those that always accept.
  std::uint16_t up_low, up_high, always_low, always_high;
  // All bits set when J < 0 (zero field only): flips the sense of "aligned".
  std::uint64_t antiferromagnet;
};

struct Rates {
  Threshold threshold[5];
  bool up[5];
};

inline Rates make_rates(Dynamics dynamics, double J, double h, double temperature, int coarse) {
  Rates rates{};
  for (int n = 0; n < 5; ++n) {
    const double field = J * (2 * n - 4) + h;
    const double x = 2.0 * std::fabs(field) / temperature;
    const double q =
        dynamics == Dynamics::metropolis ? std::exp(-x) : 1.0 / (1.0 + std::exp(x));
    rates.threshold[n] = make_threshold(q, coarse);
    rates.up[n] = field >= 0.0;
  }
  return rates;
}

// Which of the rules below a model needs.
enum class Rule : int { zero_field_metropolis, zero_field_glauber, metropolis, glauber };
inline constexpr int rule_count = 4;

inline Rule rule_for(Dynamics dynamics, double J, double h, double temperature, int coarse) {
  const Rates rates = make_rates(dynamics, J, h, temperature, coarse);
  const Threshold three = rates.threshold[3];
  const Threshold four = rates.threshold[4];
  // The rules for h = 0 leave out planes that all but the highest temperatures make zero.
  if (dynamics == Dynamics::metropolis) {
    const bool draw = !three.always() && !four.always();
    return h == 0.0 && draw ? Rule::zero_field_metropolis : Rule::metropolis;
  }
  const bool below_half = three.plane(coarse - 1) == 0 && four.plane(coarse - 1) == 0;
  return h == 0.0 && below_half ? Rule::zero_field_glauber : Rule::glauber;
}

inline Acceptance make_acceptance(Dynamics dynamics, double J, double h, double temperature,
                                  int coarse, int words) {
  const Rates rates = make_rates(dynamics, J, h, temperature, coarse);
  const auto subset = [&](int first, int last, auto&& member) {
    unsigned index = 0;
    for (int n = first; n < last; ++n) index |= (member(n) ? 1U : 0U) << (n - first);
    return static_cast<std::uint16_t>(index * static_cast<unsigned>(words));
  };
  Acceptance a{};
  for (int k = 0; k < coarse + random::tail_planes; ++k) {
    const auto bit = [&](int n) { return rates.threshold[n].plane(k) != 0; };
    a.low[k] = subset(0, 3, bit);
    a.high[k] = subset(3, 5, bit);
    const bool centre = dynamics == Dynamics::glauber && bit(2);
    a.zero_field[k] =
        static_cast<std::uint8_t>((bit(4) ? 1 : 0) | (bit(3) ? 2 : 0) | (centre ? 4 : 0));
  }
  const auto up = [&](int n) { return rates.up[n]; };
  const auto always = [&](int n) { return rates.threshold[n].always(); };
  a.up_low = subset(0, 3, up);
  a.up_high = subset(3, 5, up);
  a.always_low = subset(0, 3, always);
  a.always_high = subset(3, 5, always);
  a.antiferromagnet = J < 0.0 ? ~std::uint64_t{0} : 0;
  return a;
}

template <class W>
struct Neighbours {
  W spin, up, down, centre, side;
};

// Metropolis without a field: only spins with no or one unsatisfied bond draw. Not for the
// temperatures so high that one of them would always accept.
template <class W>
struct ZeroFieldMetropolis {
  // What is left to do for a word once its neighbours are known: new = base xor (accepted & may).
  struct Prospect {
    W base, settled, bent;  // settled: flips in any case; bent: at least one bond unsatisfied

    MULTISPIN_HD W may() const { return ~settled; }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
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
    out.base = site.spin ^ free;
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

// Heat bath without a field. The class with as many neighbours up as down has q = 1/2: a one in the
// most significant coarse plane and nowhere else; the others have q < 1/2.
template <class W>
struct ZeroFieldGlauber {
  struct Prospect {
    W base, two, level;  // two: |sum| = 2; level: sum = 0

    MULTISPIN_HD W may() const { return bits::ones<W>(); }
    MULTISPIN_HD W always(const Acceptance& /*acceptance*/) const { return bits::zero<W>(); }
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

// Any dynamics, any field: one class for each number n of up neighbours.
template <class W, Dynamics dynamics>
struct FiveClasses {
  // Subsets of the classes n = 0, 1, 2 and of n = 3, 4; any set of classes is one of each.
  struct Prospect {
    W base, favourable;

    MULTISPIN_HD W may() const { return favourable; }

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
    const W low[8] = {bits::zero<W>(), none, one, none | one, two, none | two, one | two,
                      ~(three | four)};
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
