// What is measured: one point, varied in one direction at a time.
#pragma once

#include <string>
#include <vector>

#include "multispin/lattice_engine.hpp"

namespace multispin::bench {

struct Setup {
  Isa isa;
  Generator generator = Generator::aes;
  Dynamics dynamics = Dynamics::metropolis;
  std::int64_t size = 8192;  // L x L spins
  std::int64_t replicas = 1;
  double temperature = 2.269185314213022;  // critical: 2 / ln(1 + sqrt 2)
  double h = 0.0;
  int threads = 1;
  int interval = 0;  // sweeps between measurements; 0: bare sweeps

  // sweep/<isa>/<generator>/<dynamics>/L:../T:../h:../threads:.. with what is unusual after it.
  std::string name() const;
};

// `huge`: L = 131072 as well.
std::vector<Setup> all_setups(bool huge);

}  // namespace multispin::bench
