// The order in which one sweep visits a lattice: data, so that a sweep can stop between any two
// steps.
//
// The lattice is cut into bands of rows, or of whole planes if it is cubic. A band
// first updates colour 0 of the row (or plane) at each of its two edges, which need the old colour
// 1 of its neighbours; then, once the neighbours' edges are done too, the rest of colour 0 with
// colour 1 following close behind, so that rows are still in cache. A lattice that stays in cache
// anyway is one band of two steps.
#pragma once

#include <cstdint>
#include <vector>

#include "multispin/lattice/layout.hpp"

namespace multispin {

struct SweepStep {
  int colour;
  std::int64_t begin, end;  // rows, counted through all planes
};

struct BandPlan {
  std::int64_t begin, end;  // rows
  std::vector<SweepStep> steps;
  std::size_t edge_steps;  // the first steps, which update the edges
};

// Spins of a band, at least, and of a piece of a run (run.cpp), in powers of two. Tests do less at
// a time: small lattices show the same mistakes as large ones.
inline int band_digits = 18;
inline int piece_digits = 28;

// `line` rows of a plane are always visited together (rows shorter than a wide word), fewer where a
// plane ends; at most `bands` bands.
std::vector<BandPlan> plan_sweep(const model::Lattice& lattice, std::int64_t line, int bands);

}  // namespace multispin
