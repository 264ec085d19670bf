// The Ising model below its critical temperature, from C++. Spins start all up.
#include <cstdio>
#include <vector>

#include "multispin/lattice/engine.hpp"

int main() {
  multispin::LatticeOptions options;
  options.rows = options.columns = 1024;
  options.seed = 1;
  multispin::LatticeEngine engine(options);
  const double temperature[] = {2.0};  // one for each replica
  engine.set_temperatures(temperature);

  engine.sweep(500);
  std::vector<multispin::Sums> draws(200);
  engine.run(draws.size(), 10, draws.data());  // ten sweeps before each

  double energy = 0, magnetization = 0;
  for (const multispin::Sums& draw : draws) {
    energy -= static_cast<double>(draw.bonds);
    magnetization += static_cast<double>(draw.spins);
  }
  const double spins = 1024.0 * 1024.0 * static_cast<double>(draws.size());
  std::printf("energy per spin         %8.5f   Onsager -1.74556\n", energy / spins);
  std::printf("magnetization per spin  %8.5f   Yang     0.91132\n", magnetization / spins);
}
