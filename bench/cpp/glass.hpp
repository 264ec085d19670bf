// The spin glass that the replica engine is measured with: +J and -J, J = 1, on L x L x L sites.
#pragma once

#include <cstdint>

#include "multispin/replica/engine.hpp"

namespace multispin::bench {

// Graph and signs, drawn for each of the samples.
ReplicaOptions glass_options(std::int64_t size, std::int64_t samples);

// Sum over plaquettes of the product of their signs, mean over the samples, per site.
double plaquettes_of(const ReplicaOptions& glass, std::int64_t size);

}  // namespace multispin::bench
