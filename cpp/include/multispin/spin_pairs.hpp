// Overlaps of pairs of replicas whose spins are there as +1 and -1, (replicas, sites): for engines
// that have nothing better.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/pairs.hpp"

namespace multispin {

struct SpinRows {
  const std::int8_t* spins;
  std::int64_t replicas, sites;
};

// sum_i s_i^a s_i^b.
void spin_overlaps(const SpinRows& rows, std::span<const ReplicaPair> pairs, std::int64_t* sums);
// sum over edges of s_i^a s_j^a s_i^b s_j^b.
void spin_link_overlaps(const SpinRows& rows, std::span<const GraphEdge> edges,
                        std::span<const ReplicaPair> pairs, std::int64_t* sums);
// sum_i s_i^a s_i^b of the sites of each group g of [0, groups), those with group_of[i] = g;
// sums[pair * groups + g].
void spin_group_overlaps(const SpinRows& rows, std::span<const std::int32_t> group_of,
                         std::int64_t groups, std::span<const ReplicaPair> pairs,
                         std::int64_t* sums);

}  // namespace multispin
