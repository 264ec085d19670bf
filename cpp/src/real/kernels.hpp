// What the engine of real couplings asks of each instruction set: raw pointers and plain structs
// only.
//
// The state of a spin is one number, 2f + 1 if it is up and 2f if it is down, f its local field.
// Couplings are kept four times as large, modulo 2^32, and a site as its own neighbour has 1: a
// spin that turns up adds its row to all states, one that turns down takes it away, and its own
// state is right as well.
#pragma once

#include <cstdint>

#include "multispin/random/streams.hpp"
#include "multispin/real/layout.hpp"
#include "multispin/real/rules/noise.hpp"

namespace multispin::kernels {

// Random numbers and temperatures of some replicas of one sample.
struct RealNoise {
  const random::StreamKeys* keys;
  std::uint64_t sweep;
  std::uint64_t first_stream;
  const rules::NoiseScale* scales;  // by replica
  std::int32_t lazy;
};

// Positions first to end of a sweep's order, first a multiple of 64. Position p is site order[p],
// or site p without an order.
struct RealPositions {
  const std::uint32_t* order;
  std::int64_t first, end;
};

// --- couplings of all pairs
// -----------------------------------------------------------------------

// Couplings and states lie in tiles of tile_sites sites. Coupling of sites i and j:
// couplings[((j / tile) * sites + i) * tile + j % tile]; state of site j of replica r:
// states[((j / tile) * replicas + r) * tile + j % tile].
struct DenseReplicas {
  const std::int32_t* couplings;
  std::int64_t sites;
  std::int32_t* states;
  std::int64_t replicas;
  const std::uint64_t* free;  // bit of a site, words of a replica side by side; null: all are
};

// Spins that flip, of up to block_sites positions: of each replica `up` that turn up, from the
// front of its row, and `down` that turn down, from its end.
struct DenseFlips {
  std::uint8_t (*rows)[model::block_sites];
  std::uint8_t (*counts)[2];  // up, down
  std::uint32_t site[model::block_sites];
};

struct Tiles {
  std::int64_t first, end;
};

struct DenseBlock {
  DenseReplicas replicas;
  RealNoise noise;
  RealPositions positions;  // up to block_sites
  std::int32_t* couplings;  // with an order: room for those among the sites of the block
  DenseFlips* flips;
  bool at_once;    // parallel dynamics: no flip is seen by another
  bool completes;  // a block of one tile: its own states get their flips as well
};

// --- couplings of some pairs
// ----------------------------------------------------------------------

struct Neighbour {
  std::uint32_t site;
  std::int32_t coupling;
};

// State of site i of replica r: states[i * lanes + r], `lanes` a multiple of the numbers in a wide
// word; beyond the replicas there are lanes that never flip.
struct SparseReplicas {
  const std::int64_t* first;  // neighbours of site i: first[i] to first[i + 1]
  const Neighbour* neighbours;
  std::int32_t* states;
  std::int64_t lanes, replicas;
  const std::int32_t* free;  // all bits or none, as states; null: all are
};

struct SparseBlock {
  SparseReplicas replicas;
  RealNoise noise;
  RealPositions positions;
  // Room for 65 times lanes, and 64 for each number of a wide word.
  std::int32_t* draws;
  std::int32_t* turns;  // parallel dynamics: +1, -1 and 0, as states; null: flips are seen at once
};

// --- couplings that patterns make
// ----------------------------------------------------------------------

// What an overlap has beyond 16 bits: a multiple of 2^16.
struct HighPart {
  std::int64_t pattern;
  std::int64_t value;
};

// Overlaps M = sum_i xi_i s_i of a replica. Few are beyond 16 bits, and those in no order.
struct PatternOverlaps {
  std::int16_t* low;  // by overlap_place; where there is no pattern, anything
  std::int64_t sum;   // of all
  HighPart* high;
  std::int64_t high_count;
  bool turned;  // whether a spin has turned since this was last made false
};

struct PatternReplicas {
  const std::int16_t* rows;  // patterns at site i: rows[i * row], as in layout.hpp
  std::int64_t row, patterns, sites;
  const std::int32_t* fields;   // of sites, in steps
  int shift;                    // an overlap is 2^shift steps
  PatternOverlaps* overlaps;    // by replica
  std::uint64_t* spins;         // bit of a site, words of a replica side by side
  const std::uint64_t* free;    // as they are; null: all are
  const std::uint32_t* moving;  // replicas whose spins are attempted
  std::int64_t replicas;        // how many of these
};

// Room for what many replicas need of a block, each from a line of the cache on.
struct PatternRoom {
  static constexpr int most_replicas = 64;  // that are side by side
  static constexpr std::int64_t all_overlaps =
      std::int64_t{model::pattern_bits} * (model::pattern_lanes + 1) * most_replicas;
  static constexpr std::int64_t all_sums = std::int64_t{model::block_sites} * most_replicas;
  static constexpr std::int64_t all_couplings =
      std::int64_t{model::block_sites} * model::block_sites;

  std::int16_t* overlaps;
  std::int16_t* part_sums;
  std::int32_t* sums;
  std::int32_t* couplings;
  std::uint64_t* words;  // word w of the patterns of the block's site k: words[w * block_sites + k]
};

struct PatternBlock {
  PatternReplicas replicas;
  RealNoise noise;
  RealPositions positions;  // up to block_sites
  std::uint64_t* turns;     // parallel dynamics: spins that turn, as spins; null: turned at once
  PatternRoom room;
};

struct RealRuleKernels {
  void (*dense)(const DenseBlock&);
  void (*sparse)(const SparseBlock&);
  void (*patterns)(const PatternBlock&);
};

struct RealKernels {
  int lanes;                          // numbers in a wide word
  RealRuleKernels aes[2], philox[2];  // Metropolis, heat bath
  // Brings the flips of `count` blocks into the states of some tiles.
  void (*apply_dense)(const DenseReplicas&, const DenseFlips*, int count, Tiles into, Tiles but);
  // The turns of sites first to end, lanes side by side.
  void (*apply_sparse)(const SparseReplicas&, const std::int32_t* turns, std::int64_t first,
                       std::int64_t end);
  // Turns the spins of sites first to end whose bits are set.
  void (*turn_patterns)(const PatternReplicas&, const std::uint64_t* turns, std::int64_t first,
                        std::int64_t end);
  // Makes the overlaps of a replica, of its spins as they are.
  void (*add_up_patterns)(const PatternReplicas&, std::int64_t replica);
};

extern const RealKernels real_portable;
#if defined(__x86_64__)
extern const RealKernels real_avx2;
extern const RealKernels real_avx512;
#endif

}  // namespace multispin::kernels
