// Acceptance probabilities of the square lattice, prepared for the rules that use them.
//
// A rule (metropolis.hpp, heat_bath.hpp, five_classes.hpp) has a Prospect: what is left to do for a
// word once its neighbours are known. prepare() makes it, compare() takes one bit plane of a group
// of words, and result() gives the new spins.
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
  // Rules at h = 0: which classes have a one in plane k. Bit 0: |sum of neighbours| = 4
  // (Metropolis: four satisfied bonds), bit 1: |sum| = 2 (three satisfied bonds), bit 2: sum = 0
  // (Glauber only).
  std::uint8_t zero_field[max_planes];
  // General: subsets of the classes n = 0, 1, 2 (eight) and n = 3, 4 (four), by plane.
  std::uint8_t low[max_planes];
  std::uint8_t high[max_planes];
  // The same for the classes whose favoured spin is up, and for those that accept every r.
  std::uint8_t up_low, up_high, always_low, always_high;
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
    const double q = dynamics == Dynamics::metropolis ? std::exp(-x) : 1.0 / (1.0 + std::exp(x));
    rates.threshold[n] = make_threshold(q, coarse);
    rates.up[n] = field >= 0.0;
  }
  return rates;
}

// Which rule a model needs.
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
    return static_cast<std::uint8_t>(index * static_cast<unsigned>(words));
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

// The coarse planes of the thresholds of a rule's classes, each bit 32 times over (0 or all ones).
template <int classes>
struct ThresholdPlanes {
  std::uint32_t bit[max_planes - random::tail_planes][classes];
  std::uint32_t always[classes];
};

template <int classes>
MULTISPIN_HD ThresholdPlanes<classes> make_threshold_planes(const Acceptance& acceptance,
                                                            int coarse) {
  // The zero-field rules: as in Acceptance::zero_field, and never always. Five classes: with words
  // of one, sets of classes are bits.
  constexpr bool zero_field = classes == 2;
  ThresholdPlanes<classes> planes{};
  for (int n = 0; n < classes; ++n) {
    const auto spread = [&](int set) { return (set >> n & 1) != 0 ? ~std::uint32_t{0} : 0; };
    for (int k = 0; k < coarse; ++k) {
      planes.bit[k][n] = spread(zero_field ? acceptance.zero_field[k]
                                           : acceptance.low[k] + 8 * acceptance.high[k]);
    }
    planes.always[n] = zero_field ? 0 : spread(acceptance.always_low + 8 * acceptance.always_high);
  }
  return planes;
}

template <class W>
struct Neighbours {
  W spin, up, down, centre, side;
};

}  // namespace multispin::update
