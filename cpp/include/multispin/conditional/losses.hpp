// Losses of conditional probabilities of spins, their gradients and curvatures: what estimators of
// couplings from samples (inverse Ising problems) minimise.
//
// Sample m has inputs s_mj and targets t_mi, all +1 or -1, and a weight w_m >= 0. With couplings
// J_ij and fields h_i, target i sees the field f_mi = h_i + sum_j J_ij s_mj, and x_mi = t_mi f_mi:
//
//   logistic     value_i = sum_m w_m log(1 + exp(-2 x_mi))    pseudo-likelihood
//   exponential  value_i = log sum_m w_m exp(-x_mi)           interaction screening (logRISE)
//
// Targets do not see each other. Where they are the inputs, the caller leaves J_ii = 0.
#pragma once

#include <cstdint>

#include "multispin/isa.hpp"
#include "multispin/poll.hpp"

namespace multispin {

enum class ConditionalLoss { logistic, exponential };

// Bit j % 8 of byte input_bits[m * ceil(inputs / 8) + j / 8] says whether input j of sample m is
// +1, and so do those of targets. Bits from `inputs` and from `targets` on may be anything.
struct ConditionalSamples {
  std::int64_t samples, inputs, targets;
  const std::uint8_t* input_bits;
  const std::uint8_t* target_bits;
  const double* weights;  // [m]: finite, >= 0, of a finite sum
  // Bits as those of targets: what is set leaves a sample out of a target's sum. Or nullptr.
  const std::uint8_t* skip_bits;
};

// Finite numbers.
struct ConditionalParameters {
  const double* couplings;  // [i * inputs + j]
  const double* fields;     // [i]
};

struct ConditionalGradient {
  double* couplings;  // [i * inputs + j]
  double* fields;     // [i]
};

// The value of each target, and its derivatives by its own row of parameters. A target without any
// sample of a weight > 0 has the value 0, or -infinity if the loss is a logarithm, and a gradient
// of 0. Each target adds up samples in their order, so that threads change nothing; instruction
// sets round differently.
//
// Throws std::invalid_argument, std::bad_alloc. False if `poll` asked for a stop; what was written
// then means nothing.
bool conditional_losses(const ConditionalSamples& samples, ConditionalLoss loss,
                        const ConditionalParameters& at, int threads, Isa isa, double* values,
                        const ConditionalGradient& gradient, const Poll& poll = {});

// The Hessian of each target's value times a direction: how its gradient at `at` changes along it.
bool conditional_curvature(const ConditionalSamples& samples, ConditionalLoss loss,
                           const ConditionalParameters& at, const ConditionalParameters& direction,
                           int threads, Isa isa, const ConditionalGradient& change,
                           const Poll& poll = {});

}  // namespace multispin
