// Couplings and fields as integers, and temperatures in the same steps.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "multispin/real/pairs.hpp"
#include "multispin/real/rules/noise.hpp"

namespace multispin {

// Couplings of one disorder sample, which stay where they are: each is rounded, to the nearest
// multiple of the step, when it is asked for.
class RoundedCouplings {
 public:
  RoundedCouplings(std::span<const double> given, double step) : given_(given), step_(step) {}

  double step() const { return step_; }
  std::int32_t operator[](std::size_t pair) const {
    return static_cast<std::int32_t>(std::nearbyint(given_[pair] / step_));
  }

 private:
  std::span<const double> given_;
  double step_;
};

// What a site has to itself, of one disorder sample.
struct RoundedSites {
  std::vector<std::int32_t> fields;
  std::vector<std::int32_t> all_up;  // states where all spins are up: twice the local field, and 1
  std::int64_t largest = 0;          // local field that there can be
  // The root of the sum over couplings and field of the squares of what was rounded away, of the
  // site that lost most.
  double error = 0.0;
};

// The smallest power of two times `unit` in which no local field of any sample reaches 2^30; the
// unit if all are 0. `beside` is what a site may be in beside pairs and its own field.
double step_for(const CoupledPairs& pairs, std::span<const double> couplings,
                std::span<const double> fields, std::int64_t samples, double unit,
                double beside = 0.0);

RoundedSites rounded_sites(const CoupledPairs& pairs, std::span<const double> couplings,
                           std::span<const double> fields, double step);

rules::NoiseScale noise_scale(double temperature, double step);

}  // namespace multispin
