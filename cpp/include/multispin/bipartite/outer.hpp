// Sums over samples of bits times numbers: gradients by weights.
#pragma once

#include <cstdint>

#include "multispin/bipartite/machine.hpp"

namespace multispin {

// out[k * width + n] = sum_r s_rk v_rn, of bits s of `units` units and values v, [r * width + n].
// Values are rounded once, to multiples of a power of two that is less than 2^-21.9 of the
// largest modulus; the sums of these are exact. Throws std::invalid_argument if a value is not
// finite. False if `poll` asked for a stop.
bool outer(const UnitRows& samples, std::int64_t units, const float* values, std::int64_t width,
           double* out, const Means& means);
bool outer(const UnitRows& samples, std::int64_t units, const double* values, std::int64_t width,
           double* out, const Means& means);

}  // namespace multispin
