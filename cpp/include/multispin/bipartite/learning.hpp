// A step of learning: weights along the gradient of centred units.
//
// With sums_ij = sum_r w_r v_ri (h_rj - lambda_j) over samples of the data, w > 0, and of the
// model, w < 0, and change_j = sum_r w_r h_rj, the gradient is
//
//   d_ji = sums_ij - change_j mu_i
//
// and weights go by velocity <- momentum velocity + rate (d - 2 l2 W), W <- W + velocity; what the
// slope of l1 |W| would carry beyond 0 stays there. Without momentum nothing is carried on, and
// velocity stays as it is. Of what a step does to fields at the offsets,
// sum_j d_ji lambda_j and sum_i d_ji mu_i, the terms of 64 units that follow each other are added
// up first; no sum depends on threads or on the instruction set.
#pragma once

#include <cstdint>

#include "multispin/bipartite/machine.hpp"

namespace multispin {

struct LearningRates {
  double rate, momentum, l1, l2;
};

struct CentredUnits {
  std::int64_t visible, hidden;
  const double* change;           // [j]
  const double* visible_offsets;  // mu [i]
  const double* hidden_offsets;   // lambda [j]
};

// Weights [j * visible + i] on their way, float or double.
template <class T>
struct MovingWeights {
  T* weights;
  T* velocity;
  double* along_visible;  // [i], from which sum_j d_ji lambda_j is taken
  double* along_hidden;   // [j], from which sum_i d_ji mu_i is taken
};

// With sums [i * hidden + j]. Throws std::bad_alloc.
template <class T>
void learn(const CentredUnits& of, const double* sums, const LearningRates& rates,
           const MovingWeights<T>& moving, Isa isa);

// With sums that `outer` would return of visible units of samples and values w_r (h_rj - lambda_j),
// [r * hidden + j]: the same step. Throws std::invalid_argument if a value is not finite, and then
// nothing has moved. False if `poll` asked for a stop; some weights have moved then.
template <class T>
bool learn_from(const UnitRows& samples, const float* values, const CentredUnits& of,
                const LearningRates& rates, const MovingWeights<T>& moving, const Means& means);

// Of hidden units [r * hidden + j] of samples and their weights w_r, changes the units to
// w_r (h_rj - lambda_j), each rounded as a float, and returns sum_r |w_r| h_rj of samples of the
// data, w >= 0, and of the model, w < 0.
void centre(float* units, std::int64_t rows, std::int64_t hidden, const double* weights,
            const double* hidden_offsets, double* of_data, double* of_model);

}  // namespace multispin
