// A small glass under parallel tempering, and what a draw of it writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include "multispin/tempering.hpp"
#include "support/replicas.hpp"

namespace multispin::test {

struct Ladders {
  std::vector<std::int64_t> shape{3, 2, 4};  // the sides differ, so that no axis passes for another
  std::int64_t samples = 2;
  std::int64_t ladders = 3;
  std::vector<double> temperatures{0.6, 0.9, 1.3, 1.9};
  std::uint64_t swap_interval = 1;
  std::uint64_t exchanges_per_draw = 1;
  bool cluster_moves = false;
  double h = 0.0;
  int threads = 1;
};

// Each sample has bonds of its own.
inline ReplicaOptions glass_of(const Ladders& s) {
  const Graph graph = torus({s.shape.rbegin(), s.shape.rend()});  // the last axis runs fastest
  const auto walkers = static_cast<std::int64_t>(s.temperatures.size()) * s.ladders;
  ReplicaOptions o = make_replicas(graph, s.samples * walkers, Generator::philox);
  o.samples = s.samples;
  o.signs = random_signs(o.edges.size() * static_cast<std::size_t>(s.samples));
  o.h = s.h;
  o.threads = s.threads;
  return o;
}

inline TemperingOptions tempering_of(const Ladders& s) {
  TemperingOptions o;
  o.temperatures = s.temperatures;
  o.ladders = s.ladders;
  o.swap_interval = s.swap_interval;
  o.exchanges_per_draw = s.exchanges_per_draw;
  o.cluster_moves = s.cluster_moves;
  o.seed = 7;
  return o;
}

// From random spins on.
struct Tempered {
  explicit Tempered(const Ladders& setup)
      : engine(glass_of(setup)), tempering(engine, tempering_of(setup), setup.shape) {
    engine.randomize();
  }
  ReplicaEngine engine;
  Tempering tempering;
};

// All that a draw can write, filled with what no draw writes.
struct Draw {
  explicit Draw(const Ladders& s)
      : energies(static_cast<std::size_t>(s.samples * s.ladders) * s.temperatures.size(), -1000.0),
        spins(energies.size(), -1000),
        overlaps(energies.size() * static_cast<std::size_t>(s.ladders - 1) / 2, -1000),
        link_overlaps(overlaps),
        overlaps_k2(overlaps.size(), -1.0),
        temperature_index(energies.size(), -1) {}

  TemperingRecord record() {
    return {energies.data(),      spins.data(),       overlaps.data(),
            link_overlaps.data(), overlaps_k2.data(), temperature_index.data()};
  }
  bool operator==(const Draw&) const = default;

  std::vector<double> energies;
  std::vector<std::int64_t> spins, overlaps, link_overlaps;
  std::vector<double> overlaps_k2;
  std::vector<std::int16_t> temperature_index;
};

inline Draw draw(Tempered& tempered, const Ladders& setup) {
  Draw out{setup};
  EXPECT_TRUE(tempered.tempering.draw(out.record()));
  return out;
}

}  // namespace multispin::test
