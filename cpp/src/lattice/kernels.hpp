// What the lattice engine asks of each instruction set: raw pointers and plain structs only.
#pragma once

#include <cstdint>

#include "multispin/lattice/layout.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/rules/acceptance.hpp"

namespace multispin::kernels {

// How to find the horizontal neighbours inside a wide word that holds several whole rows
// (stride < words of the wide word): element i is element source[i], shifted. For a plane of even
// number, one per colour; for one of odd number the colours change places.
struct PackedRows {
  alignas(64) std::uint64_t source[8];
  std::uint64_t up[8];
  std::uint64_t down[8];
  std::uint64_t lanes;  // bits in use of every element
  unsigned store;       // elements that hold spins
};

// A range of rows of one colour, counted through all planes. `own` and `other` point at row 0. On
// the square lattice one row before and after each array repeats the last and the first row; on the
// cubic one there are such rows too, but what is in them means nothing.
struct RowRange {
  model::Lattice lattice;
  const PackedRows* packed;  // two, or none
  std::uint64_t* own;
  const std::uint64_t* other;
  std::int64_t begin, end;
  int colour;
};

struct HalfSweep {
  const random::StreamKeys* keys;
  const rules::Acceptance* acceptance;
  std::uint64_t sweep;
};

// Sums over a range of rows of colour 0: bonds with unequal spins, and spins up of both colours.
struct Counts {
  std::int64_t unequal_bonds;
  std::int64_t spins_up;
};

using UpdateRows = void (*)(const RowRange&, const HalfSweep&);

struct GeneratorKernels {
  int coarse_planes;
  UpdateRows square[rules::rule_count], cubic[rules::rule_count];
};

struct LatticeKernels {
  int words;  // 64-bit words in a wide word
  GeneratorKernels aes, philox;
  Counts (*count_square)(const RowRange&);
  Counts (*count_cubic)(const RowRange&);
};

extern const LatticeKernels lattice_portable;
#if defined(__x86_64__)
extern const LatticeKernels lattice_avx2;
extern const LatticeKernels lattice_avx512;
#endif

}  // namespace multispin::kernels
