// What the replica engine asks of each instruction set: raw pointers and plain structs only.
#pragma once

#include <cstdint>

#include "multispin/random/streams.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"

namespace multispin::kernels {

using model::block_words;

// Up to 512 lanes of all sites. Tables of thresholds have block_words words for each entry, those
// of a narrower bundle over and over.
struct Bundle {
  std::uint64_t* spins;        // the position after the last is a spin down that never changes
  const std::uint64_t* signs;  // words of lanes, as many for each entry as for a site
  int words;                   // 2, 4 or 8
  std::uint64_t first_word;    // number of the first lane word, for the random numbers
};

struct RunUpdate {
  Bundle bundle;
  model::Run run;
  rules::LaneThresholds thresholds;
  rules::FieldSigns field;
  const random::StreamKeys* keys;
  std::uint64_t sweep;
};

struct SharedRunUpdate {
  Bundle bundle;
  model::Run run;
  rules::SharedThresholds thresholds;
  rules::FieldSigns field;
  const random::StreamKeys* keys;
  std::uint64_t sweep;
};

using model::slot_size_count;
using model::slot_sizes;

struct RunKernels {
  int coarse_planes;
  // By slot size; [1]: any field, [0]: Metropolis at h = 0.
  void (*update[slot_size_count][2])(const RunUpdate&);
  void (*update_shared[slot_size_count][2])(const SharedRunUpdate&);
  // More bonds than slots: Metropolis at h = 0.
  void (*update_many)(const RunUpdate&);
};

// Two words of a row.
struct WordPair {
  std::uint32_t first, second;
};

struct ReplicaKernels {
  RunKernels aes, philox;
  // Lane b of word w: sums[b * words + w] is the number of edges whose bond is not satisfied, plus
  // 2^32 times that of spins up.
  void (*count)(const Bundle&, const model::Edge* edges, std::int64_t edge_count,
                std::int64_t site_count, std::uint64_t* sums);
  // Turns 64 sites' (or edges') words of all lanes of a bundle into words of 64 sites, one for each
  // lane: that of lane 64 w + b goes to to[b * words + w].
  void (*sites_of_lanes)(const Bundle&, const std::uint32_t* positions, int count,
                         std::uint64_t* to);
  void (*unsatisfied_of_lanes)(const Bundle&, const model::Edge* edges, int count,
                               std::uint64_t* to);
  // unequal[i]: number of bits in which the two words of pair i differ, over `count` rows.
  void (*count_unequal)(const std::uint64_t* rows, std::int64_t row_words, std::int64_t count,
                        const WordPair* pairs, std::int64_t pair_count, std::int64_t* unequal);
  // Bit k of numbers[b * block_words + w] becomes bit b of planes[k * block_words + w].
  void (*planes_of_numbers)(const std::uint64_t (&numbers)[64 * block_words],
                            std::uint64_t (&planes)[64 * block_words]);
};

extern const ReplicaKernels replica_portable;
#if defined(__x86_64__)
extern const ReplicaKernels replica_avx2;
extern const ReplicaKernels replica_avx512;
#endif

}  // namespace multispin::kernels
