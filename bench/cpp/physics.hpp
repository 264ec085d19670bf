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

// The Ising model with J = 1 and h = 0 on the infinite cubic lattice, by the high-temperature
// series
//
//   ln Z / N = ln 2 + 3 ln cosh(1/T) + 3 v^4 + 22 v^6 + 375/2 v^8 + ...,   v = tanh(1/T)
//
// (A. J. Guttmann & I. G. Enting, J. Phys. A 26, 807 (1993)). At T = 8 the first term left out
// changes the energy by 10^-6.
Energy energy_of_cubic(double temperature);

// The +J/-J spin glass with J = 1 on the cubic lattice, whose plaquettes multiply to `plaquettes`
// per site. By the same series, where a loop now counts with the product of its signs,
//
//   ln Z / N = ln 2 + 3 ln cosh(1/T) + plaquettes v^4 + ...,
//
// and in a weak field the mean magnetization is tanh(h/T), as loops of random signs cancel. At T =
// 8 loops of six bonds and squares of plaquettes, left out, change the energy of 512 sites by 4
// 10^-5 (one standard deviation over samples) and that of all sites by 10^-5.
Energy energy_of_glass(double temperature, double h, double plaquettes);

}  // namespace multispin::bench
