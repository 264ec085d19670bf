// Compiled without fused multiplication and addition (CMakeLists.txt): tempering compares energies
// with random numbers, and has to do it alike on all machines.
#include "multispin/sums.hpp"

namespace multispin {

double energy_of(const Sums& sums, double J, double h) {
  return -J * static_cast<double>(sums.bonds) - h * static_cast<double>(sums.spins) + 0.0;
}

}  // namespace multispin
