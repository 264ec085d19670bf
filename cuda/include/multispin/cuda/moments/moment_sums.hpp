// First and second moments of samples whose bits are on a GPU: what multispin::moment_sums does of
// those in the host's memory, and the same integers.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/cuda/device_array.hpp"
#include "multispin/moments/moment_sums.hpp"
#include "multispin/poll.hpp"

namespace multispin::cuda {

// Sums of groups of samples, in the host's memory: first[g * spins + i] is that of s_i in group g,
// second[(g * spins + i) * spins + j] that of s_i s_j. Bit b of word w of a row of uint64 (spins,
// words), as packed() of engines of replicas, is sample 64 w + b of its spin, and group g are
// samples bounds[g] to bounds[g + 1] - 1, at least one. Throws std::invalid_argument, DeviceError,
// OutOfMemory. False if `poll` asked for a stop; the sums then mean nothing.
bool moment_sums(const DeviceArray& rows, std::span<const std::int64_t> bounds,
                 const MomentSums& sums, const Poll& poll = {});

// Such rows, in new memory, of spins +1 and -1 without gaps: int8 (samples, spins). Throws
// std::invalid_argument, DeviceError, OutOfMemory.
DeviceArray packed_samples(const DeviceArray& spins);

}  // namespace multispin::cuda
