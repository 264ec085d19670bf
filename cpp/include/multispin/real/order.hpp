// The order in which a sweep attempts its sites, drawn anew for each sweep.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/random/streams.hpp"

namespace multispin {

// Of all replicas of a seed.
inline random::PhiloxBlock site_order_key(std::uint64_t seed) {
  return random::derive(seed, 0, random::Purpose::real_order, 0);
}

// All sites, in the order of a sweep.
void draw_site_order(const random::PhiloxBlock& key, std::uint64_t sweep,
                     std::span<std::uint32_t> order);

}  // namespace multispin
