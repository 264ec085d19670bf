// What one replica adds up to, exactly.
#pragma once

#include <cstdint>

namespace multispin {

struct Sums {
  std::int64_t bonds =
      0;  // sum over bonds of s_i s_j, times the sign of the coupling if there is one
  std::int64_t spins = 0;  // sum of s_i
};

// -J bonds - h spins, never with the sign of a negative zero.
double energy_of(const Sums& sums, double J, double h);

}  // namespace multispin
