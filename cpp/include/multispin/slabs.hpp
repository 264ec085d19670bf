// Overlaps by coordinate on periodic lattices, from which structure factors are made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "multispin/pairs.hpp"

namespace multispin {

// sum_i s_i^a s_i^b of pairs of replicas over the sites of one coordinate x along an axis;
// sums[pair * side + x].
using SlabOverlaps =
    std::function<void(std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums)>;

// Sides of a lattice in row-major order: std::invalid_argument unless there are none, or sides of
// at least 1 whose product is the number of sites.
void check_shape(std::span<const std::int64_t> shape, std::int64_t sites);

// Coordinate of every site along an axis.
std::vector<std::int32_t> coordinates(std::span<const std::int64_t> shape, std::size_t axis);

}  // namespace multispin
