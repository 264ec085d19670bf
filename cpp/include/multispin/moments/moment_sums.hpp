// First and second moments of samples of spins, as exact integers.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/isa.hpp"
#include "multispin/moments/sample_bits.hpp"
#include "multispin/poll.hpp"

namespace multispin {

// All weights together are less than this.
constexpr std::int64_t most_weight = std::int64_t{1} << 62;

struct MomentSums {
  std::int64_t* first;   // [i]: sum over samples of w s_i
  std::int64_t* second;  // [i * spins + j]: sum over samples of w s_i s_j
};

// The sums over all samples, with weights w >= 0, one for each sample, or w = 1 without any. Throws
// std::invalid_argument, std::bad_alloc. False if `poll` asked for a stop; the sums then mean
// nothing.
bool moment_sums(const SampleBits& samples, std::span<const std::int64_t> weights, int threads,
                 Isa isa, const MomentSums& sums, const Poll& poll = {});

}  // namespace multispin
