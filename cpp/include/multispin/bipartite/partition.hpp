// The partition function of a bipartite machine, by enumeration of its smaller layer.
#pragma once

#include <cstdint>

#include "multispin/bipartite/machine.hpp"

namespace multispin {

// A layer of at most so many units is enumerated.
inline constexpr std::int64_t most_enumerated = 24;

// log sum_{v,h} exp(sum_i a_i v_i + sum_j b_j h_j + sum_ji W_ji h_j v_i), weights as Bipartite has
// them, not rounded. Relative error of the sum: some 1e-16 times the moduli of a term's fields.
// Throws std::invalid_argument. False if `poll` asked for a stop.
bool log_partition(const double* weights, std::int64_t visible, std::int64_t hidden,
                   const double* visible_offsets, const double* hidden_offsets, double* out,
                   const Means& means);

}  // namespace multispin
