// Couplings and fields as integers, and temperatures in the same steps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/pairs.hpp"
#include "multispin/real/rules/noise.hpp"

namespace multispin {

// Of one disorder sample.
struct RoundedCouplings {
  std::vector<std::int32_t> couplings;  // by edge
  std::vector<std::int32_t> fields;     // by site
  std::int64_t largest = 0;             // local field that there can be
};

// The smallest power of two in which no local field of any sample reaches 2^30; 1 if all are 0.
double step_for(std::span<const GraphEdge> edges, std::span<const double> couplings,
                std::span<const double> fields, std::int64_t samples);

// To the nearest multiple. `error` becomes the root of the sum over a site's couplings and field of
// the squares of what was rounded away, of the worst site, if that is more.
RoundedCouplings rounded(std::span<const GraphEdge> edges, std::span<const double> couplings,
                         std::span<const double> fields, double step, double& error);

rules::NoiseScale noise_scale(double temperature, double step);

}  // namespace multispin
