// Thresholds of lanes that each have a temperature of their own.
//
// A site has classes (bond_rules.hpp); each lane has a probability for each of them. As
// kernels compare bit plane by bit plane, they are kept as words: bit b of word w of (plane, class)
// is that bit of the threshold of lane 64 w + b.
#pragma once

#include <cmath>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/many_bonds.hpp"
#include "multispin/rules/acceptance.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::rules {

// `words` words each; of class c: planes[(k * classes + c) * words], always[c * words].
struct LaneThresholds {
  const std::uint64_t* planes;  // coarse, then tail
  const std::uint64_t* always;  // lanes that accept any number
  std::int64_t words;
};

// All lanes of a block draw the same number, below 2^64, for a site; class c accepts it if it is
// below limit[c], or if always[c].
struct SharedThresholds {
  std::uint64_t limit[model::most_classes];
  bool always[model::most_classes];
};

// The model and rule of a replica engine, for classes and their probabilities.
struct BondModel {
  Dynamics dynamics;
  double J;  // > 0
  double h;

  MULTISPIN_HD bool zero_field_flip() const { return h == 0.0 && dynamics == Dynamics::metropolis; }
  // Of the rule with this many slots.
  int classes(int slots) const { return zero_field_flip() ? slots / 2 : slots + 1; }
  // With n of a site's bonds favouring its spin up.
  double field(int degree, int n) const { return J * (2 * n - degree) + h; }
  bool heat_bath(int degree, int n) const {
    return dynamics == Dynamics::glauber || nearly_free(field(degree, n), degree, J, h);
  }
};

// Sites that share their thresholds. Lazy ones (Metropolis without a field only) flip a spin
// without a local field with probability 1/2. Thresholds of many bonds (many_bonds.hpp) depend on
// the number of digits; there it stands in place of the degree.
struct SiteKind {
  int degree;
  bool lazy;
  int digits = 0;  // none: one threshold for each class of the degree

  bool operator==(const SiteKind&) const = default;
};

// Acceptance probability of class c of a site, 1 for classes it does not have.
inline double class_probability(const BondModel& model, const SiteKind& site, int c,
                                double temperature) {
  if (site.digits > 0) return draw_probability(site.digits, c, model.J, temperature);
  if (c > site.degree) return 1.0;
  if (model.zero_field_flip()) {
    if (site.lazy && 2 * c == site.degree) return 0.5;
    const double cost = 2.0 * model.J * (site.degree - 2 * c);
    return cost <= 0.0 ? 1.0 : std::exp(-cost / temperature);
  }
  const double x = 2.0 * std::fabs(model.field(site.degree, c)) / temperature;
  return model.heat_bath(site.degree, c) ? 1.0 / (1.0 + std::exp(x)) : std::exp(-x);
}

inline FieldSigns make_field_signs(const BondModel& model, int degree) {
  FieldSigns signs{};
  for (int n = 0; n <= degree; ++n) {
    signs.up[n] = model.field(degree, n) >= 0.0 ? ~std::uint64_t{0} : 0;
    signs.heat_bath[n] = model.heat_bath(degree, n) ? ~std::uint64_t{0} : 0;
    signs.mixed |= signs.heat_bath[n] != signs.heat_bath[0];
  }
  return signs;
}

// A probability's threshold in one number: bit k is that of plane k, bit `always_bit` is set where
// all numbers accept.
inline constexpr int always_bit = 63;

inline std::uint64_t threshold_bits(double probability, int coarse_planes) {
  const Threshold threshold = make_threshold(probability, coarse_planes);
  std::uint64_t bits = threshold.always() ? std::uint64_t{1} << always_bit : 0;
  for (int k = 0; k < coarse_planes + random::tail_planes; ++k) {
    bits |= std::uint64_t{threshold.plane(k)} << k;
  }
  return bits;
}

// threshold_bits of every class of a site.
struct ClassBits {
  std::uint64_t of[model::most_classes];
};

inline ClassBits class_bits(const BondModel& model, const SiteKind& site, double temperature,
                            int coarse_planes) {
  ClassBits bits;
  for (int c = 0; c < model::most_classes; ++c) {
    bits.of[c] = threshold_bits(class_probability(model, site, c, temperature), coarse_planes);
  }
  return bits;
}

inline SharedThresholds make_shared_thresholds(const BondModel& model, const SiteKind& site,
                                               double temperature) {
  SharedThresholds thresholds{};
  for (int c = 0; c < model::most_classes; ++c) {
    const double q = class_probability(model, site, c, temperature);
    const double limit = std::nearbyint(std::ldexp(q, 64));
    thresholds.always[c] = limit >= std::ldexp(1.0, 64);
    thresholds.limit[c] = thresholds.always[c] ? 0 : static_cast<std::uint64_t>(limit);
  }
  return thresholds;
}

// The thresholds of one word of a site, seen from its count of bonds: a Prospect for
// with_redrawn_lanes (threshold.hpp).
template <class W, class Rule>
struct BondProspect {
  W planes[Rule::planes];
  const std::uint64_t* threshold;  // of this word's lanes
  const std::uint64_t* always_accept;
  std::int64_t words;

  MULTISPIN_HD W mask(const LaneThresholds& /*all*/, int k) const {
    W value[Rule::classes];
    for (int c = 0; c < Rule::classes; ++c) {
      value[c] = bits::loaded<W>(threshold + (k * Rule::classes + c) * words);
    }
    return Rule::select(planes, value);
  }
  MULTISPIN_HD W always(const LaneThresholds& /*all*/) const {
    W value[Rule::classes];
    for (int c = 0; c < Rule::classes; ++c) value[c] = bits::loaded<W>(always_accept + c * words);
    return Rule::select(planes, value);
  }
};

// The thresholds of one class of one word: a Prospect too.
template <class W>
struct ClassProspect {
  const std::uint64_t* threshold;  // plane 0 of this word's lanes
  const std::uint64_t* always_accept;
  std::int64_t step;  // from one plane to the next

  MULTISPIN_HD W mask(const LaneThresholds& /*all*/, int k) const {
    return bits::loaded<W>(threshold + k * step);
  }
  MULTISPIN_HD W always(const LaneThresholds& /*all*/) const {
    return bits::loaded<W>(always_accept);
  }
};

}  // namespace multispin::rules
