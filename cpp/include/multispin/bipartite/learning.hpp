// A step of learning: weights along the gradient of centred units.
//
// With sums_ij = sum_r w_r v_ri (h_rj - lambda_j) over samples of the data, w > 0, and of the
// model, w < 0, and change_j = sum_r w_r h_rj, the gradient is
//
//   d_ji = sums_ij - change_j mu_i
//
// and weights go by velocity <- momentum velocity + rate (d - 2 l2 W), W <- W + velocity; what the
// slope of l1 |W| would carry beyond 0 stays there.
#pragma once

#include <cstdint>

namespace multispin {

struct LearningRates {
  double rate, momentum, l1, l2;
};

struct CentredSums {
  std::int64_t visible, hidden;
  const double* sums;             // [i * hidden + j]
  const double* change;           // [j]
  const double* visible_offsets;  // mu [i]
  const double* hidden_offsets;   // lambda [j]
};

// Weights and velocity are [j * visible + i]. Takes sum_j d_ji lambda_j from along_visible [i], and
// sum_i d_ji mu_i from along_hidden [j]: what a step of weights does to fields at the offsets.
// Throws std::bad_alloc.
void learn(const CentredSums& of, const LearningRates& rates, float* weights, float* velocity,
           double* along_visible, double* along_hidden);
void learn(const CentredSums& of, const LearningRates& rates, double* weights, double* velocity,
           double* along_visible, double* along_hidden);

}  // namespace multispin
