// The kernels of moments, as host code puts them into a queue. No CUDA types; all pointers are to
// the device's memory.
#pragma once

#include <cstdint>

#include "device/runtime.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// Spins of a tile: a warp's lanes, and as many that each of them is compared with.
inline constexpr std::uint32_t moment_tile = 32;

// Bit b of word w of spin i, words[i * row + w], says whether it is up in sample 64 w + b. The spin
// after the last is down in all samples: its second moments are the first ones of the others.
struct MomentRows {
  const std::uint64_t* words;
  std::uint64_t row;
  std::uint32_t spins;

  MULTISPIN_HD std::uint64_t word(std::uint32_t spin, std::int64_t number) const {
    return spin < spins ? words[spin * row + static_cast<std::uint64_t>(number)] : 0;
  }
  // Of all spins and the one after them.
  MULTISPIN_HD std::uint32_t tiles() const { return spins / moment_tile + 1; }
};

// Sums of some tiles of spins with all others, in some groups of samples: group g are samples
// bounds[g] to bounds[g + 1] - 1.
struct MomentPart {
  const std::int64_t* bounds;
  std::uint32_t groups, first_tile, tiles;
  std::uint32_t spins;   // of these tiles: fewer than there is room for in the last one
  std::int64_t* first;   // [g * spins + i], i counted from the first of these spins on
  std::int64_t* second;  // [(g * spins + i) * all spins + j]
};

// Word w of spin i becomes words[i * row + w], of +1 and -1 at from[sample * spins + i].
void enqueue_pack_samples(Stream& stream, const std::int8_t* from, std::int64_t samples,
                          std::uint32_t spins, std::uint64_t row, std::uint64_t* words);

// Adds up words `begin` to `end` - 1 of each group, counted from the one that it begins in.
void enqueue_add_moments(Stream& stream, const MomentRows& rows, const MomentPart& part,
                         std::int64_t begin, std::int64_t end, int multiprocessors);

}  // namespace multispin::cuda
