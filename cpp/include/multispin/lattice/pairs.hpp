// Overlaps of pairs of replicas of a lattice, from their words (lattice/layout.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "multispin/lattice/layout.hpp"
#include "multispin/pairs.hpp"

namespace multispin {

// One replica: row 0 of each colour, and how far it is from row to row. Padding may hold anything.
struct LatticeWords {
  const std::uint64_t* colour[2];
  std::int64_t stride;
};
using WordsOfReplica = std::function<LatticeWords(std::int64_t replica)>;

// sum_i s_i^a s_i^b.
void lattice_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                      std::span<const ReplicaPair> pairs, int threads, std::int64_t* sums);
// sum over bonds of s_i^a s_j^a s_i^b s_j^b.
void lattice_link_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                           std::span<const ReplicaPair> pairs, int threads, std::int64_t* sums);
// sum_i s_i^a s_i^b of the sites of one coordinate x along an axis; sums[pair * side + x]. Axes are
// counted from 0, that of planes left out on the square lattice.
void lattice_slab_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                           std::span<const ReplicaPair> pairs, std::size_t axis, int threads,
                           std::int64_t* sums);

}  // namespace multispin
