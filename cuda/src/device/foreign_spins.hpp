// Somebody else's spins on a device, before an engine takes them.
#pragma once

#include <cstdint>
#include <vector>

#include "device/queue.hpp"
#include "device/runtime.hpp"
#include "multispin/cuda/device_array.hpp"

namespace multispin::cuda {

// Waits until they are there and looks at them. Returns the items from one replica's to the next
// one's: 0 if there is one replica, of shape `one`, for all. Throws std::invalid_argument for
// another shape than that or (replicas, *one), for memory that is not on the stream's device, and
// for values but +1 and -1.
std::int64_t step_of_checked_spins(Stream& stream, Totals& totals, int multiprocessors,
                                   const ForeignArray& spins, const std::vector<std::int64_t>& one,
                                   std::int64_t replicas);

}  // namespace multispin::cuda
