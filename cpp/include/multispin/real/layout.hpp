// How random numbers, couplings and states of the engine of real couplings are laid out.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::model {

// Attempt number p of a sweep of a stream draws from the 16 words from number
// (stream << stream_shift) + p / 64 * 16 on: with k = p % 64, half k % 2 of plane k / 32 of word
// k % 32 / 2 of these.
inline constexpr int stream_shift = 26;
inline constexpr int group_attempts = 64;
inline constexpr int group_words = 16;
inline constexpr std::int64_t most_real_streams = std::int64_t{1} << 22;
inline constexpr std::int64_t most_real_sites = std::int64_t{1} << 28;

// Sites of a tile, and of a block: of all replicas, what flips in a block is brought into the
// states of the tiles one after the other.
inline constexpr int tile_sites = 64;
inline constexpr int block_sites = 128;

// Patterns lie in blocks, of a site as pattern_lanes numbers of 16 bits: pattern mu is bit mu % 16
// of lane mu / 16. Their overlaps lie as they are used, lanes side by side for each bit.
inline constexpr int pattern_lanes = 32;
inline constexpr int pattern_bits = 16;
inline constexpr int block_patterns = pattern_lanes * pattern_bits;
MULTISPIN_HD constexpr std::int64_t overlap_place(std::int64_t pattern) {
  const std::int64_t within = pattern % block_patterns;
  return pattern - within + within % pattern_bits * pattern_lanes + within / pattern_bits;
}

}  // namespace multispin::model
