// Replicas of spins with real couplings as kernels see them.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/real/layout.hpp"

namespace multispin::cuda {

// Spins as bits, as RealEngine::get_packed: bit r % 32 of word r / 32 of a site is replica r, 1 is
// up, and words of a site are an even number. Bits that no replica has are zeros.
struct SpinBits {
  std::uint32_t* spins;
  std::uint32_t row;  // words of a site
  std::uint32_t replicas;
  std::uint32_t sites;

  MULTISPIN_HD std::uint32_t* word(std::uint32_t site, std::uint32_t number) const {
    return spins + std::uint64_t{site} * row + number;
  }
  MULTISPIN_HD bool up(std::uint32_t site, std::uint32_t replica) const {
    return (*word(site, replica / 32) >> (replica % 32) & 1U) != 0;
  }
  // Words of a site that replicas are in, and which bits of a word these are.
  MULTISPIN_HD std::uint32_t used_words() const { return (replicas + 31) / 32; }
  MULTISPIN_HD std::uint32_t used(std::uint32_t number) const {
    if (number >= used_words()) return 0;
    const std::uint32_t left = replicas - 32 * number;
    return left < 32 ? (1U << left) - 1U : ~0U;
  }
};

// What turns numbers into thresholds (rules::NoiseScale), and up to where Metropolis is lazy.
struct alignas(16) ReplicaNoise {
  std::uint32_t cap, factor;
  std::int32_t shift, lazy;
};

// Random numbers of all replicas.
struct RealNumbers {
  random::StreamKeys keys;
  std::uint64_t first_stream;
  const ReplicaNoise* noise;  // by replica
};

// A site, and which attempt of its sweep is its own.
struct Attempt {
  std::uint32_t site, position;
};

// The state of site j of replica r is states[r * row + j]: 2f + 1 if it is up and 2f if it is down,
// f its local field. Coupling of sites i and j of a sample is couplings[(sample * sites + i) * row
// + j], four times as large, modulo 2^32, and a site as its own neighbour has 1: a spin that turns
// up adds its row to all states, one that turns down takes it away. A row is whole blocks; what is
// beyond the sites couples to nothing.
struct Four;
struct Flips;
struct DenseReplicas {
  Four* states;
  const Four* couplings;
  Flips* flips;  // (block, replica)
  std::uint32_t sites, row;
  std::uint32_t replicas, of_sample;

  MULTISPIN_HD std::uint32_t blocks() const { return row / model::block_sites; }
};

// Four states, or couplings, side by side.
struct alignas(16) Four {
  std::int32_t of[4];
};

MULTISPIN_HD std::int32_t* numbers_of(Four* from) {
  return reinterpret_cast<std::int32_t*>(from);
}
MULTISPIN_HD const std::int32_t* numbers_of(const Four* from) {
  return reinterpret_cast<const std::int32_t*>(from);
}

// Spins of one replica that flip, in a block: bit k % 32 of word k / 32 is position k of it.
struct alignas(16) Flips {
  std::uint32_t up[4], down[4];
};

// Patterns at site i are lanes rows[(i * blocks + b) * 32 + l] of block b, bit k of which is
// pattern 512 b + 16 l + k; overlaps of replica r are overlaps[((r * blocks + b) * 16 + k) * 32 +
// l]. Where there is no pattern bits are zeros, and overlaps anything.
struct PatternReplicas {
  const std::uint16_t* rows;
  std::int32_t* overlaps;
  std::int64_t* sums;          // of a replica's overlaps
  std::uint32_t* spins;        // (replica, word): bit j % 32 of word j / 32 is site j
  std::uint32_t* turns;        // the same: spins that are to turn
  const std::int32_t* fields;  // by site
  std::uint32_t sites, patterns, blocks, replicas;
  std::int32_t shift;  // an overlap is 2^shift steps

  MULTISPIN_HD std::uint32_t words() const { return (sites + 31) / 32; }
  MULTISPIN_HD std::uint32_t* word(std::uint32_t* of, std::uint32_t replica,
                                   std::uint32_t site) const {
    return of + std::uint64_t{replica} * words() + site / 32;
  }
  MULTISPIN_HD std::int32_t* overlaps_of(std::uint32_t replica, std::uint32_t block) const {
    return overlaps + (std::uint64_t{replica} * blocks + block) * model::block_patterns;
  }
  MULTISPIN_HD std::uint32_t lane_of(std::uint32_t site, std::uint32_t block, int lane) const {
    const std::uint64_t row = std::uint64_t{site} * blocks + block;
    return rows[row * model::pattern_lanes + static_cast<std::uint32_t>(lane)];
  }
};

// Neighbours of a site are those from first[site] to first[site + 1]; the coupling of number n in
// a sample is couplings[n * samples + sample].
struct SparseReplicas {
  const std::int64_t* first;
  const std::uint32_t* neighbours;
  const std::int32_t* couplings;
  const std::int32_t* fields;  // by site
  std::uint32_t samples, of_sample;
};

}  // namespace multispin::cuda
