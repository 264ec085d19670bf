#include "multispin/bipartite/learning.hpp"

#include <algorithm>
#include <cmath>

namespace multispin {
namespace {

// Sums lie along hidden units and weights along visible ones: squares of both stay in the L1 cache.
constexpr std::int64_t side = 32;

template <class T>
void learn_of(const CentredSums& of, const LearningRates& rates, T* __restrict weights,
              T* __restrict velocity, double* __restrict along_visible,
              double* __restrict along_hidden) {
  const auto rate = static_cast<T>(rates.rate), momentum = static_cast<T>(rates.momentum);
  const auto shrink = static_cast<T>(2 * rates.l2);
  const auto least = static_cast<T>(rates.rate * rates.l1);
  for (std::int64_t left = 0; left < of.visible; left += side) {
    const std::int64_t right = std::min(left + side, of.visible);
    for (std::int64_t top = 0; top < of.hidden; top += side) {
      const std::int64_t bottom = std::min(top + side, of.hidden);
      // Sums over one index go along the other: they need not wait for each other.
      double square[side][side];  // of the gradient, a row for a hidden unit
      for (std::int64_t i = left; i < right; ++i) {
        const double* const from = of.sums + i * of.hidden;
        const double mu = of.visible_offsets[i];
        for (std::int64_t j = top; j < bottom; ++j) {
          const double d = from[j] - of.change[j] * mu;
          square[j - top][i - left] = d;
          along_hidden[j] -= d * mu;
        }
      }
      for (std::int64_t j = top; j < bottom; ++j) {
        T* const w = weights + j * of.visible;
        T* const v = velocity + j * of.visible;
        const double lambda = of.hidden_offsets[j];
        const double* const row = square[j - top];
        for (std::int64_t i = left; i < right; ++i) {
          along_visible[i] -= row[i - left] * lambda;
        }
        for (std::int64_t i = left; i < right; ++i) {
          v[i] = momentum * v[i] + rate * (static_cast<T>(row[i - left]) - shrink * w[i]);
          w[i] += v[i];
        }
        if (least == 0) continue;
        for (std::int64_t i = left; i < right; ++i) {
          w[i] = std::copysign(std::max(std::abs(w[i]) - least, T{0}), w[i]);
        }
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
