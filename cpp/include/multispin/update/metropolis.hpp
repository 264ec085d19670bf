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
  // Metropolis at h = 0: index of {none, aligned, not aligned, all}, by plane.
  std::uint16_t zero_field[all_planes];
  // General: subsets of the classes n = 0, 1, 2 (eight) and n = 3, 4 (four), by plane.
  std::uint16_t low[all_planes];
  std::uint16_t high[all_planes];
  // The same for the classes whose favoured spin is up, and for those that always accept.
  std::uint16_t up_low, up_high, always_low, always_high;
  // All bits set when J < 0 (zero field only): flips the sense of "aligned".
  std::uint64_t antiferromagnet;
};

struct Rates {
  Threshold threshold[5];
  bool up[5];
};

inline Rates make_rates(Dynamics dynamics, double J, double h, double temperature) {
  Rates rates{};
  for (int n = 0; n < 5; ++n) {
    const double field = J * (2 * n - 4) + h;
    const double x = std::exp(-2.0 * std::fabs(field) / temperature);
    const double q = dynamics == Dynamics::metropolis ? x : x / (1.0 + x);
    rates.threshold[n] = make_threshold(q);
    rates.up[n] = field >= 0.0;
  }
  return rates;
}

// Which of the rules below a model needs.
enum class Rule : int { zero_field_metropolis = 0, metropolis = 1, glauber = 2 };
inline constexpr int rule_count = 3;

inline Rule rule_for(Dynamics dynamics, double J, double h, double temperature) {
  if (dynamics == Dynamics::glauber) return Rule::glauber;
  const Rates rates = make_rates(dynamics, J, h, temperature);
  const bool draws = !rates.threshold[3].always() && !rates.threshold[4].always();
  return h == 0.0 && draws ? Rule::zero_field_metropolis : Rule::metropolis;
}

inline Acceptance make_acceptance(Dynamics dynamics, double J, double h, double temperature,
                                  int words) {
  const Rates rates = make_rates(dynamics, J, h, temperature);
  const auto subset = [&](int first, int last, auto&& member) {
    unsigned index = 0;
    for (int n = first; n < last; ++n) index |= (member(n) ? 1U : 0U) << (n - first);
    return static_cast<std::uint16_t>(index * static_cast<unsigned>(words));
  };
  Acceptance a{};
  for (int k = 0; k < all_planes; ++k) {
    const auto bit = [&](int n) { return rates.threshold[n].plane(k) != 0; };
    a.low[k] = subset(0, 3, bit);
    a.high[k] = subset(3, 5, bit);
    a.zero_field[k] = static_cast<std::uint16_t>((bit(4) ? 1 : 0) + (bit(3) ? 2 : 0)) *
                      static_cast<std::uint16_t>(words);
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

// What a rule makes of a word's sites before any random bit is drawn:
//   new spins = base xor (accepted & may), where `always` accepts in any case,
// and a table of lane masks from which `mask` picks each plane's thresholds.
template <class W>
struct Prospect {
  W base, may, always;
};

// Metropolis without a field: only spins with no or one unsatisfied bond draw. Not for the
// temperatures so high that one of them would always accept.
template <class W>
struct ZeroFieldMetropolis {
  static constexpr int table_words = 4 * W::words;

  MULTISPIN_HD static void clear(std::uint64_t* table) {
    bits::store(table, bits::zero<W>());
    bits::store(table + 3 * W::words, bits::ones<W>());
  }
  MULTISPIN_HD static Prospect<W> prepare(const Acceptance& acceptance, const Neighbours<W>& site,
                                          std::uint64_t* table) {
    const W spin = site.spin ^ bits::splat<W>(acceptance.antiferromagnet);
    // Unsatisfied bonds of the first three: odd, two or more; of the fourth.
    const W odd = bits::xor3(site.up, site.down, site.centre) ^ spin;
    const W two = bits::majority(site.up, site.down, site.centre) ^ spin;
    const W fourth = site.side ^ spin;
    const W free = bits::or_and(two, odd, fourth);
    const W bent = bits::or3(two, odd, fourth);
    bits::store(table + W::words, ~bent);
    bits::store(table + 2 * W::words, bent);
    return {site.spin ^ free, ~free, bits::zero<W>()};
  }
  MULTISPIN_HD static W mask(const Acceptance& acceptance, const std::uint64_t* table, int plane) {
    return bits::loaded<W>(table + acceptance.zero_field[plane]);
  }
};

// Any dynamics, any field: one class for each number n of up neighbours.
template <class W, Dynamics dynamics>
struct FiveClasses {
  static constexpr int high_table = 8 * W::words;  // subsets of n = 3, 4, after those of 0, 1, 2
  static constexpr int table_words = 12 * W::words;

  MULTISPIN_HD static void clear(std::uint64_t* table) {
    bits::store(table, bits::zero<W>());
    bits::store(table + high_table, bits::zero<W>());
  }
  MULTISPIN_HD static Prospect<W> prepare(const Acceptance& acceptance, const Neighbours<W>& site,
                                          std::uint64_t* table) {
    const W parity = bits::xor3(site.up, site.down, site.centre);
    const W most = bits::majority(site.up, site.down, site.centre);
    // n = bit0 + 2 bit1 + 4 four.
    const W bit0 = parity ^ site.side;
    const W carry = parity & site.side;
    const W bit1 = most ^ carry;
    const W four = most & carry;
    const W none = ~bits::or3(bit0, bit1, four);
    const W one = bit0 & ~bit1;
    const W two = bit1 & ~bit0;
    const W three = bit1 & bit0;
    bits::store(table + W::words, none);
    bits::store(table + 2 * W::words, one);
    bits::store(table + 3 * W::words, none | one);
    bits::store(table + 4 * W::words, two);
    bits::store(table + 5 * W::words, none | two);
    bits::store(table + 6 * W::words, one | two);
    bits::store(table + 7 * W::words, ~(three | four));
    bits::store(table + high_table + W::words, three);
    bits::store(table + high_table + 2 * W::words, four);
    bits::store(table + high_table + 3 * W::words, three | four);
    const W favoured = subset(table, acceptance.up_low, acceptance.up_high);
    const W always = subset(table, acceptance.always_low, acceptance.always_high);
    if constexpr (dynamics == Dynamics::glauber) return {favoured, bits::ones<W>(), always};
    return {favoured, ~(site.spin ^ favoured), always};
  }
  MULTISPIN_HD static W mask(const Acceptance& acceptance, const std::uint64_t* table, int plane) {
    return subset(table, acceptance.low[plane], acceptance.high[plane]);
  }

 private:
  MULTISPIN_HD static W subset(const std::uint64_t* table, int low, int high) {
    return bits::loaded<W>(table + low) | bits::loaded<W>(table + high_table + high);
  }
};

}  // namespace multispin::update
