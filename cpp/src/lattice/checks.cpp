// What lattice engines refuse, whatever device they run on.
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "host/demand.hpp"
#include "multispin/lattice/engine.hpp"

namespace multispin {

void check_lattice(const LatticeOptions& options) {
  const bool square = options.planes == 1;
  const std::int64_t planes = square ? 2 : options.planes;
  for (const std::int64_t side : {planes, options.rows, options.columns}) {
    demand(side >= 2 && side % 2 == 0 && side <= (std::int64_t{1} << 31),
           "shape: got a side of " + std::to_string(side) +
               ", the lattice engine takes even sides from 2 to 2^31");
  }
  // Numbers of spins are 64-bit integers.
  constexpr std::int64_t most_spins = std::int64_t{1} << 62;
  demand(square || options.planes <= most_spins / options.rows / options.columns,
         "shape: got " + std::to_string(options.planes) + " x " + std::to_string(options.rows) +
             " x " + std::to_string(options.columns) +
             ", the lattice engine takes up to 2^62 spins");
  demand(options.replicas >= 1,
         "replicas: got " + std::to_string(options.replicas) + ", allowed: at least 1");
  demand(std::isfinite(options.J) && std::isfinite(options.h), "J, h: must be finite");
}

void check_lattice_shape(const model::Lattice& l, std::span<const std::int64_t> shape) {
  const std::vector<std::int64_t> own = lattice_spin_shape(l, 1);
  demand(shape.empty() || std::ranges::equal(shape, std::span(own).subspan(1)),
         "shape: allowed: none, or the lattice's own sides");
}

void check_block(const model::Lattice& l, std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 2 || width % 2 != 0 || l.rows % height != 0 || l.columns % width != 0) {
    throw std::invalid_argument("block: got (" + std::to_string(height) + ", " +
                                std::to_string(width) + "), allowed: divisors of the shape (" +
                                std::to_string(l.rows) + ", " + std::to_string(l.columns) +
                                ") of which the second is even");
  }
}

}  // namespace multispin
