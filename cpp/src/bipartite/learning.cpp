#include "multispin/bipartite/learning.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace multispin {
namespace {

// Visible units that are taken together: whole lines of the cache of weights, and their sums stay
// in the L2 cache.
constexpr int side = 32;

// The gradient of some visible units, turned over: row j is of hidden unit j. What it does to
// hidden fields goes along a row, so that no sum waits for itself.
void turn_over(const CentredSums& of, std::int64_t first, int count, double* __restrict square,
               double* __restrict along_hidden) {
  const double* const change = of.change;
  for (int k = 0; k < count; ++k) {
    const double* const from = of.sums + (first + k) * of.hidden;
    const double mu = of.visible_offsets[first + k];
    for (std::int64_t j = 0; j < of.hidden; ++j) {
      const double d = from[j] - change[j] * mu;
      along_hidden[j] -= d * mu;
      square[j * side + k] = d;
    }
  }
}

// As many units as `whole` says, which the compiler then knows; the last units, 0, say it
// themselves.
template <int whole, class T>
void move(const LearningRates& rates, const double* __restrict d, int last, double lambda,
          T* __restrict w, T* __restrict v, double* __restrict along) {
  const int count = whole == 0 ? last : whole;
  const auto rate = static_cast<T>(rates.rate), momentum = static_cast<T>(rates.momentum);
  const auto shrink = static_cast<T>(2 * rates.l2);
  for (int k = 0; k < count; ++k) along[k] -= d[k] * lambda;
  for (int k = 0; k < count; ++k) {
    v[k] = momentum * v[k] + rate * (static_cast<T>(d[k]) - shrink * w[k]);
    w[k] += v[k];
  }
  if (rates.l1 == 0.0) return;
  const auto least = static_cast<T>(rates.rate * rates.l1);
  for (int k = 0; k < count; ++k) {
    w[k] = std::copysign(std::max(std::abs(w[k]) - least, T{0}), w[k]);
  }
}

template <class T>
void learn_of(const CentredSums& of, const LearningRates& rates, T* weights, T* velocity,
              double* along_visible, double* along_hidden) {
  std::vector<double> square(static_cast<std::size_t>(of.hidden * side));
  for (std::int64_t first = 0; first < of.visible; first += side) {
    const int count = static_cast<int>(std::min<std::int64_t>(side, of.visible - first));
    turn_over(of, first, count, square.data(), along_hidden);
    for (std::int64_t j = 0; j < of.hidden; ++j) {
      const double* const d = square.data() + j * side;
      const std::int64_t at = j * of.visible + first;
      const double lambda = of.hidden_offsets[j];
      if (count == side) {
        move<side>(rates, d, side, lambda, weights + at, velocity + at, along_visible + first);
      } else {
        move<0>(rates, d, count, lambda, weights + at, velocity + at, along_visible + first);
      }
    }
  }
}

}  // namespace

void learn(const CentredSums& of, const LearningRates& rates, float* weights, float* velocity,
           double* along_visible, double* along_hidden) {
  learn_of(of, rates, weights, velocity, along_visible, along_hidden);
}
void learn(const CentredSums& of, const LearningRates& rates, double* weights, double* velocity,
           double* along_visible, double* along_hidden) {
  learn_of(of, rates, weights, velocity, along_visible, along_hidden);
}

}  // namespace multispin
