// The steps of which numbers become multiples: powers of two, so small and no smaller that sums of
// what is rounded fit their integers. A number x becomes the integer nearest to x / step, ties to
// even.
#pragma once

#include <cstdint>

#include "multispin/isa.hpp"

namespace multispin {

// Of weights [j * visible + i]: no sum of a row's or a column's moduli leaves 32 bits
// (machine.hpp). Throws std::invalid_argument unless weights are finite, and the sum of their
// moduli is.
double step_of_weights(const float* weights, std::int64_t visible, std::int64_t hidden, Isa isa);
double step_of_weights(const double* weights, std::int64_t visible, std::int64_t hidden, Isa isa);

// Of values that are summed up (outer.hpp): none is more than 2^23 - 1 steps. Throws
// std::invalid_argument unless values are finite.
double step_of_values(const float* values, std::int64_t count, Isa isa);
double step_of_values(const double* values, std::int64_t count, Isa isa);

}  // namespace multispin
