// Acceptance probabilities of the square and the cubic lattice, prepared for the rules that use
// them.
//
// A rule (metropolis.hpp, heat_bath.hpp, any_field.hpp) has a Prospect: what is left to do for a
// word once its neighbours are known. prepare() makes it, compare() takes one bit plane of a group
// of words, and result() gives the new spins.
//
// With n of N neighbours up, N = 4 or 6, the local field is f = J (2n - N) + h and U = sign(f) (up
// if f = 0) is the spin that it favours.
//   Metropolis: a spin that differs from U takes it; one that equals U leaves it with probability
//               q = exp(-2|f|/T)                     (Metropolis et al., JCP 21, 1087 (1953)).
//   Heat bath:  the new spin is -U with probability
//               q = 1 / (1 + exp(2|f|/T)), else U    (Glauber, J. Math. Phys. 4, 294 (1963)).
// So both are: new = U xor (less & mask), with one threshold for each of the N + 1 values of n.
// Each value of n may have the one or the other, and in a field Metropolis leaves those with next
// to no local field to the heat bath (nearly_free).
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::rules {

enum class Dynamics : int { metropolis = 0, glauber = 1 };

inline constexpr int most_neighbours = 6;

// Whether a site of `degree` bonds ±J with the local field f gets a heat bath whatever the
// dynamics. Metropolis flips a spin without a local field for certain. Without an external field a
// few lazy sites make up for that (replica/order.hpp); in one, whole lattices take turns until heat
// breaks the beat: an antiferromagnet in h = N|J| that starts with all spins up has a period of 3.
inline bool nearly_free(double f, int degree, double J, double h) {
  const double largest = degree * std::fabs(J) + std::fabs(h);
  return (h != 0.0 || J == 0.0) && std::fabs(f) <= 0x1p-10 * largest;
}

// What a half sweep needs to know of temperature and field.
struct Acceptance {
  // Rules at h = 0: which classes have a one in plane k. Bit m: m of the neighbours differ from the
  // others (Metropolis: m unsatisfied bonds); half of them is a class of Glauber's only.
  std::uint8_t zero_field[max_planes];
  // General: which classes have a one in plane k. Bit n: n neighbours up.
  std::uint8_t classes[max_planes];
  // The same for the classes whose favoured spin is up, for those that accept every r, and for
  // those with a heat bath.
  std::uint8_t up, always, heat_bath;
  // All bits set when J < 0 (zero field only): flips the sense of "aligned".
  std::uint64_t antiferromagnet;
};

struct Rates {
  Threshold threshold[most_neighbours + 1];  // by the number of neighbours up
  bool up[most_neighbours + 1];
  bool heat_bath[most_neighbours + 1];
};

inline Rates make_rates(Dynamics dynamics, int neighbours, double J, double h, double temperature,
                        int coarse) {
  Rates rates{};
  for (int n = 0; n <= neighbours; ++n) {
    const double field = J * (2 * n - neighbours) + h;
    const double x = 2.0 * std::fabs(field) / temperature;
    rates.heat_bath[n] = dynamics == Dynamics::glauber || nearly_free(field, neighbours, J, h);
    const double q = rates.heat_bath[n] ? 1.0 / (1.0 + std::exp(x)) : std::exp(-x);
    rates.threshold[n] = make_threshold(q, coarse);
    rates.up[n] = field >= 0.0;
  }
  return rates;
}

// Which rule a model needs.
enum class Rule : int { zero_field_metropolis, zero_field_glauber, metropolis, glauber };
inline constexpr int rule_count = 4;

inline Rule rule_for(Dynamics dynamics, int neighbours, double J, double h, double temperature,
                     int coarse) {
  const Rates rates = make_rates(dynamics, neighbours, J, h, temperature, coarse);
  // The rules for h = 0 leave out planes that all but the highest temperatures make zero.
  const bool glauber = dynamics == Dynamics::glauber;
  bool zero_field = h == 0.0 && J != 0.0;
  for (int n = neighbours / 2 + 1; n <= neighbours; ++n) {
    const Threshold& threshold = rates.threshold[n];
    if (glauber ? threshold.plane(coarse - 1) != 0 : threshold.always()) zero_field = false;
  }
  if (glauber) return zero_field ? Rule::zero_field_glauber : Rule::glauber;
  return zero_field ? Rule::zero_field_metropolis : Rule::metropolis;
}

inline Acceptance make_acceptance(Dynamics dynamics, int neighbours, double J, double h,
                                  double temperature, int coarse) {
  const Rates rates = make_rates(dynamics, neighbours, J, h, temperature, coarse);
  const auto set_of = [&](auto&& member) {
    unsigned set = 0;
    for (int n = 0; n <= neighbours; ++n) set |= (member(n) ? 1U : 0U) << n;
    return static_cast<std::uint8_t>(set);
  };
  const int classes = neighbours / 2 + (dynamics == Dynamics::glauber ? 1 : 0);  // at h = 0
  Acceptance a{};
  for (int k = 0; k < coarse + random::tail_planes; ++k) {
    const auto bit = [&](int n) { return rates.threshold[n].plane(k) != 0; };
    a.classes[k] = set_of(bit);
    a.zero_field[k] = set_of([&](int m) { return m < classes && bit(neighbours - m); });
  }
  a.up = set_of([&](int n) { return rates.up[n]; });
  a.always = set_of([&](int n) { return rates.threshold[n].always(); });
  a.heat_bath = set_of([&](int n) { return rates.heat_bath[n]; });
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
  constexpr bool zero_field = classes <= most_neighbours / 2;  // these are never always
  ThresholdPlanes<classes> planes{};
  for (int n = 0; n < classes; ++n) {
    const auto spread = [&](int set) { return (set >> n & 1) != 0 ? ~std::uint32_t{0} : 0; };
    for (int k = 0; k < coarse; ++k) {
      planes.bit[k][n] = spread(zero_field ? acceptance.zero_field[k] : acceptance.classes[k]);
    }
    planes.always[n] = zero_field ? 0 : spread(acceptance.always);
  }
  return planes;
}

}  // namespace multispin::rules
