// Metropolis without a field at a site with more bonds than there are classes for (bond_rules.hpp).
//
// With u of d bonds unsatisfied a flip costs 2J (d - 2u): accepted with probability r^(d - 2u),
// r = exp(-2J/T). One geometric variate G, P(G >= m) = r^m, decides for every u:
//
//     flip  <=>  2u + G >= d
//
// The binary digits of G are independent, and what is left after a success is a variate like it:
//
//     G = g + 2^b H,   digit j of g (j < b) is 1 with probability w_j / (1 + w_j), w_j = r^(2^j),
//                      H counts draws that succeed, with w_b, before the first failure.
//
// Each of these draws is an exact comparison (rules/threshold.hpp) with planes of its own: draw
// number j < b of digit j, number b + h - 1 of the h-th that H counts. So nothing has to be drawn
// that decides nothing: digit 0 of an even site, and what comes when all lanes are decided.
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/replica/graph.hpp"

namespace multispin::rules {

// Planes of d - 2u in units of 2^b, without the sign.
inline constexpr int missing_planes = 5;

// Digits of G that are drawn one by one (b). They are fewer than the planes that count the bonds,
// so that H is 2^missing_planes at most, and enough for H to be small where d is large.
MULTISPIN_HD constexpr int drawn_digits(int degree) {
  int digits = 2;
  while (degree >> (digits + missing_planes) != 0) ++digits;
  return digits;
}

// Rules of a site. `known_digits` is their number where the program is compiled for it, or 0.
template <int known_digits>
class ManyBonds {
 public:
  static constexpr int most_digits =
      known_digits > 0 ? known_digits : drawn_digits(model::max_degree);
  static constexpr int most_planes = most_digits + missing_planes;
  static constexpr int most_draws = most_digits + (1 << missing_planes) + 1;

  MULTISPIN_HD explicit ManyBonds(int degree) : degree_(degree), digits_(drawn_digits(degree)) {}

  MULTISPIN_HD bool even() const { return degree_ % 2 == 0; }
  MULTISPIN_HD int digits() const { return known_digits > 0 ? known_digits : digits_; }
  // Thresholds: those of digits 0 to b - 1, then that of all draws that H counts.
  MULTISPIN_HD int classes() const { return digits() + 1; }

  // Planes of u - ceil(d/2), a number with sign.
  MULTISPIN_HD int planes() const { return digits() + missing_planes; }
  // Plane p of what n, the number of bonds that favour the spin up, is added to: the sum, inverted
  // where the spin is up (u = d - n, else u = n), is u - ceil(d/2). It is the first, and where the
  // spin is up its exclusive or with the second.
  MULTISPIN_HD std::uint64_t start(int p) const { return bit(p, -((degree_ + 1) / 2)); }
  MULTISPIN_HD std::uint64_t start_change(int p) const {
    return bit(p, -((degree_ + 1) / 2) ^ (-1 - degree_ / 2));
  }

  // The lanes that flip, of `group` words, from the planes of u - ceil(d/2). draw(number, drawn)
  // gives the lanes where the draws from this number on, `at_once` of them, succeed; the last ones
  // may be of no use.
  template <int at_once, int group, class W, class Draw>
  MULTISPIN_HD void flips(const W (&count)[group][most_planes], const Draw& draw,
                          W (&accepted)[group]) const {
    W carry[group], missing[group][missing_planes], open[group], drawn[at_once][group];
    for (int i = 0; i < group; ++i) {
      carry[i] = accepted[i] = bits::zero<W>();
      open[i] = bits::ones<W>();
      for (W& plane : missing[i]) plane = bits::zero<W>();
    }
    // Digit 0 of an even site decides nothing.
    for (int next = even() ? 1 : 0; bits::any(any_of(open)); next += at_once) {
      draw(next, drawn);
      for (int k = 0; k < at_once; ++k) {
        const int number = next + k;
        for (int i = 0; i < group; ++i) {
          if (number < digits()) carry[i] = with_digit(number, count[i], drawn[k][i], carry[i]);
          if (number == digits() - 1) {
            accepted[i] = with_carry(count[i], carry[i], missing[i]);
            open[i] = ~accepted[i];
          }
          if (number >= digits()) {
            open[i] = open[i] & drawn[k][i];
            const W reached = with_success(open[i], missing[i]);
            accepted[i] = accepted[i] | reached;
            open[i] = bits::and_not(open[i], reached);
          }
        }
      }
    }
  }

  // The steps of which that is made, for those who draw otherwise: every digit, then what H has to
  // be, then draws that H counts.
  //
  // Adds g to 2u - d, which is 2 (u - ceil(d/2)), and 1 more if d is odd. What becomes of the
  // digits below 2^b makes no difference but for the carry.
  template <class W>
  MULTISPIN_HD W with_digit(int j, const W (&count)[most_planes], W digit, W carry) const {
    return j == 0 ? digit : bits::majority(count[j - 1], digit, carry);
  }
  // The lanes where 2u - d + g is not negative, and for the others the planes of its multiple of
  // 2^b below, which lacks as much as H has to be.
  template <class W>
  MULTISPIN_HD W with_carry(const W (&count)[most_planes], W carry,
                            W (&missing)[missing_planes]) const {
    for (int p = 0; p < missing_planes; ++p) {
      const bits::Sum<W> sum = bits::add(count[digits() - 1 + p], carry);
      missing[p] = sum.low;
      carry = sum.carry;
    }
    return bits::or_not(carry, count[planes() - 1]);
  }
  // Adds 2^b in some lanes, and returns those that lack nothing any more.
  template <class W>
  MULTISPIN_HD static W with_success(W lanes, W (&missing)[missing_planes]) {
    for (int p = 0; p < missing_planes; ++p) {
      const bits::Sum<W> sum = bits::add(missing[p], lanes);
      missing[p] = sum.low;
      lanes = sum.carry;
    }
    return lanes;
  }

 private:
  MULTISPIN_HD static std::uint64_t bit(int p, int number) {
    return std::uint64_t{0} - static_cast<std::uint64_t>(number >> p & 1);
  }
  template <int group, class W>
  MULTISPIN_HD static W any_of(const W (&words)[group]) {
    W any = words[0];
    for (int i = 1; i < group; ++i) any = any | words[i];
    return any;
  }

  int degree_, digits_;
};

// Probability of class c of sites with so many digits, 1 for classes they do not have.
inline double draw_probability(int digits, int c, double J, double temperature) {
  if (c > digits) return 1.0;
  const double weight = std::exp(-2.0 * J * (1 << c) / temperature);
  return c < digits ? weight / (1.0 + weight) : weight;
}

}  // namespace multispin::rules
