// What the energy has to be, so that no benchmark is fast and wrong.
#pragma once

namespace multispin::bench {

struct Energy {
  double mean;      // energy per spin
  double variance;  // variance of the total energy, per spin
};

// The Ising model with J = 1 on an infinitely long cylinder of circumference 16, by its transfer
// matrix. At T = 4 its correlation length is 1.1 (ln coth(1/T) - 2/T is its inverse), so that any
// lattice of L >= 16 has the same energy within 10^-5.
Energy energy_of_cylinder(double temperature, double h);

}  // namespace multispin::bench
