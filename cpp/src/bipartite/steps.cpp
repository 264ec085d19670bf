#include "multispin/bipartite/steps.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bipartite/kernels_of.hpp"
#include "host/demand.hpp"

namespace multispin {
namespace {

// Kernels by the type of what they look at.
auto moduli_for(const kernels::BipartiteKernels& k, const float*) {
  return k.add_float_moduli;
}
auto moduli_for(const kernels::BipartiteKernels& k, const double*) {
  return k.add_double_moduli;
}
auto largest_for(const kernels::BipartiteKernels& k, const float*) {
  return k.largest_float;
}
auto largest_for(const kernels::BipartiteKernels& k, const double*) {
  return k.largest_double;
}

// The smallest power of two in which `most` is no more than `room`.
double power_for(double most, double room) {
  if (most == 0.0) return 1.0;
  int exponent = 0;
  std::frexp(most / room, &exponent);
  return std::ldexp(1.0, std::max(exponent, -1000));
}

template <class T>
double weights_step(const T* weights, std::int64_t visible, std::int64_t hidden, Isa isa) {
  const auto add_moduli = moduli_for(bipartite_kernels(isa), weights);
  std::vector<double> columns(static_cast<std::size_t>(visible), 0.0);
  double most = 0.0, all = 0.0;
  for (std::int64_t j = 0; j < hidden; ++j) {
    const double row = add_moduli(weights + j * visible, visible, columns.data());
    most = std::max(most, row);
    all += row;
  }
  // Of a weight that is not finite the sum is not either.
  demand(std::isfinite(all), "weights: allowed: finite numbers, of a finite sum of moduli");
  most = std::max(most, *std::max_element(columns.begin(), columns.end()));
  // Each of the inputs may be rounded up.
  const std::int64_t inputs = std::max(visible, hidden);
  return power_for(most, 0x1p31 - 64.0 - 0.5 * static_cast<double>(inputs));
}

template <class T>
double values_step(const T* values, std::int64_t count, Isa isa) {
  const double largest = largest_for(bipartite_kernels(isa), values)(values, count);
  demand(std::isfinite(largest), "values: allowed: finite numbers");
  return power_for(largest, 0x1p23 - 1);
}

}  // namespace

double step_of_weights(const float* weights, std::int64_t visible, std::int64_t hidden, Isa isa) {
  return weights_step(weights, visible, hidden, isa);
}
double step_of_weights(const double* weights, std::int64_t visible, std::int64_t hidden, Isa isa) {
  return weights_step(weights, visible, hidden, isa);
}

double step_of_values(const float* values, std::int64_t count, Isa isa) {
  return values_step(values, count, isa);
}
double step_of_values(const double* values, std::int64_t count, Isa isa) {
  return values_step(values, count, isa);
}

}  // namespace multispin
