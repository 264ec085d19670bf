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

#include <bit>
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

struct ManyBonds {
  int degree;
  int digits;

  static constexpr int most_digits = drawn_digits(model::max_degree);
  static constexpr int most_planes = most_digits + missing_planes;
  static constexpr int most_draws = most_digits + (1 << missing_planes);

  MULTISPIN_HD explicit ManyBonds(int site_degree)
      : degree(site_degree), digits(drawn_digits(site_degree)) {}

  // Thresholds: those of digits 0 to b - 1, then that of all draws that H counts.
  MULTISPIN_HD int classes() const { return digits + 1; }

  // Planes of u - ceil(d/2), a number with sign.
  MULTISPIN_HD int planes() const { return digits + missing_planes; }
  // Plane p of what n, the number of bonds that favour the spin up, is added to: the sum, inverted
  // where the spin is up (u = d - n, else u = n), is u - ceil(d/2).
  template <class W>
  MULTISPIN_HD W start(W spin, int p) const {
    const auto bit = [p](int number) {
      return std::uint64_t{0} - static_cast<std::uint64_t>(number >> p & 1);
    };
    const int down = -((degree + 1) / 2);
    const int up = -1 - degree / 2;
    return bits::xor_and(bits::splat<W>(bit(down)), spin, bits::splat<W>(bit(down ^ up)));
  }

  // The lanes that flip, of `group` words, from the planes of u - ceil(d/2). draw(number, class,
  // out) gives the lanes where a draw succeeds.
  template <int group, class W, class Draw>
  MULTISPIN_HD void flips(const W (&count)[group][most_planes], const Draw& draw,
                          W (&accepted)[group]) const {
    W missing[group][missing_planes];
    add_digits(count, draw, missing, accepted);
    W open[group], succeeds[group];
    for (int i = 0; i < group; ++i) open[i] = ~accepted[i];
    for (int number = digits; bits::any(any_of(open)); ++number) {
      draw(number, digits, succeeds);
      for (int i = 0; i < group; ++i) {
        W carry = open[i] & succeeds[i];
        open[i] = carry;
        for (int p = 0; p < missing_planes; ++p) {
          const bits::Sum<W> sum = bits::add(missing[i][p], carry);
          missing[i][p] = sum.low;
          carry = sum.carry;
        }
        accepted[i] = accepted[i] | carry;
        open[i] = bits::and_not(open[i], carry);
      }
    }
  }

 private:
  template <int group, class W>
  MULTISPIN_HD static W any_of(const W (&words)[group]) {
    W any = words[0];
    for (int i = 1; i < group; ++i) any = any | words[i];
    return any;
  }
  // 2u - d + g: the lanes where it is not negative, and for the others the planes of its multiple
  // of 2^b below, which lacks as much as H has to be.
  template <int group, class W, class Draw>
  MULTISPIN_HD void add_digits(const W (&count)[group][most_planes], const Draw& draw,
                               W (&missing)[group][missing_planes], W (&accepted)[group]) const {
    W carry[group], digit[group];
    for (int i = 0; i < group; ++i) carry[i] = bits::zero<W>();
    // 2 (u - ceil(d/2)) is even, and 1 is to be added if d is odd.
    if (degree % 2 != 0) draw(0, 0, carry);
    for (int j = 1; j < digits; ++j) {
      draw(j, j, digit);
      for (int i = 0; i < group; ++i) {
        carry[i] = bits::majority(count[i][j - 1], digit[i], carry[i]);
      }
    }
    for (int i = 0; i < group; ++i) {
      for (int p = 0; p < missing_planes; ++p) {
        const bits::Sum<W> sum = bits::add(count[i][digits - 1 + p], carry[i]);
        missing[i][p] = sum.low;
        carry[i] = sum.carry;
      }
      accepted[i] = bits::or_not(carry[i], count[i][planes() - 1]);
    }
  }
};

// Probability of class c of sites with so many digits, 1 for classes they do not have.
inline double draw_probability(int digits, int c, double J, double temperature) {
  if (c > digits) return 1.0;
  const double weight = std::exp(-2.0 * J * (1 << c) / temperature);
  return c < digits ? weight / (1.0 + weight) : weight;
}

}  // namespace multispin::rules
