#include "physics.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <vector>

namespace multispin::bench {
namespace {

constexpr int circumference = 16;
constexpr std::size_t states = std::size_t{1} << circumference;

// -E of one ring (bit i of a state: spin i up).
double ring(std::size_t state, double h) {
  const std::size_t next = (state >> 1) | ((state & 1U) << (circumference - 1));
  const int unequal = std::popcount(state ^ next);
  const int up = std::popcount(state);
  return circumference - 2 * unequal + h * (2 * up - circumference);
}

// Logarithm of the largest eigenvalue of the transfer matrix, per spin, by powers of it.
double log_eigenvalue(double beta, double h) {
  std::vector<double> weight(states);
  for (std::size_t s = 0; s < states; ++s) weight[s] = std::exp(beta * ring(s, h));
  const double equal = std::exp(beta), unequal = std::exp(-beta);
  std::vector<double> v(states, 1.0 / static_cast<double>(states));
  double log_norm = 0.0;
  constexpr int powers = 60;  // the second eigenvalue is e^-0.9 times the first, at T = 4
  for (int power = 0; power < powers; ++power) {
    // Bonds from one ring to the next, spin by spin; then the bonds and the field of that ring.
    for (std::size_t bit = 1; bit < states; bit <<= 1) {
      for (std::size_t s = 0; s < states; ++s) {
        if ((s & bit) != 0) continue;
        const double down = v[s], up = v[s | bit];
        v[s] = equal * down + unequal * up;
        v[s | bit] = unequal * down + equal * up;
      }
    }
    double norm = 0.0;
    for (std::size_t s = 0; s < states; ++s) norm += v[s] *= weight[s];
    for (double& x : v) x /= norm;
    log_norm = std::log(norm);
  }
  return log_norm / circumference;
}

// ln Z / N of the cubic lattice without its constant.
double series_of_cubic(double beta) {
  const double w = std::tanh(beta) * std::tanh(beta);
  constexpr double coefficients[] = {319170, 24044, 1980, 187.5, 22, 3};  // of w^7 ... w^2
  double sum = 0.0;
  for (const double a : coefficients) sum = sum * w + a;
  return 3 * std::log(std::cosh(beta)) + sum * w * w;
}

// From ln Z / N as a function of 1/T.
template <class LogZ>
Energy energy_from(double temperature, const LogZ& log_z) {
  const double beta = 1.0 / temperature;
  constexpr double step = 1e-3;
  const double below = log_z(beta - step);
  const double here = log_z(beta);
  const double above = log_z(beta + step);
  return {-(above - below) / (2 * step), (above - 2 * here + below) / (step * step)};
}

}  // namespace

Energy energy_of_cylinder(double temperature, double h) {
  return energy_from(temperature, [h](double beta) { return log_eigenvalue(beta, h); });
}

Energy energy_of_cubic(double temperature) {
  return energy_from(temperature, series_of_cubic);
}

Energy energy_of_glass(double temperature, double h, double plaquettes) {
  return energy_from(temperature, [&](double beta) {
    return 3 * std::log(std::cosh(beta)) + std::log(std::cosh(beta * h)) +
           plaquettes * std::pow(std::tanh(beta), 4);
  });
}

}  // namespace multispin::bench
