// What is measured: one point, varied in one direction at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gpu.hpp"
#include "multispin/lattice/engine.hpp"
#include "multispin/replica/engine.hpp"

namespace multispin::bench {

enum class Device { cpu, cuda };

// Ising models in the lattice engine; a spin glass in the replica engine, each replica at its own
// temperature; as many samples of it as there are replicas, with shared random numbers; 8 samples,
// two ladders of temperatures each, that exchange and are measured after every sweep.
enum class Model { square, cubic, glass, glass_samples, tempering };

struct Setup {
  Isa isa;  // of the CPU; like `threads`, without meaning on a GPU
  Device device = Device::cpu;
  Generator generator = Generator::aes;
  Dynamics dynamics = Dynamics::metropolis;
  Model model = Model::square;
  std::int64_t size = 8192;                // L x L spins, or L x L x L
  std::int64_t replicas = 1;               // of a glass, lanes
  double temperature = 2.269185314213022;  // critical: 2 / ln(1 + sqrt 2)
  double h = 0.0;
  int threads = 1;
  int interval = 0;  // sweeps between measurements; 0: bare sweeps

  // sweep/<isa>/<generator>/<dynamics>/L:../T:../h:../threads:.. with what is unusual after it; on
  // a GPU sweep/cuda/<generator>/<dynamics>/L:../T:../h:.. . Of cubic lattices cubic/.. , of spin
  // glasses replica/.. and, with shared random numbers, shared/.. or tempered, tempering/.. ,
  // without T.
  std::string name() const;
  bool is_glass() const { return model != Model::square && model != Model::cubic; }
};

// Those of the CPU, then those of the GPU if there is one. `huge`: L = 131072 as well, and the
// largest lattice that fits the GPU.
std::vector<Setup> all_setups(bool huge, const std::optional<Gpu>& gpu);

}  // namespace multispin::bench
