// How a lattice is shared out to the threads of a GPU. Nothing here changes a trajectory.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lattice/strips.hpp"

namespace multispin::cuda {

// Strips of the fewest rows with which the threads fill the GPU a whole number of times, about. A
// strip reads two rows more than it has, so high ones read less; beyond `most` nothing is gained.
// `at_once`: threads that a multiprocessor holds.
inline Strips strips_for(const Geometry& lattice, std::int64_t replicas, int multiprocessors,
                         std::int64_t at_once = 1024) {
  constexpr std::int64_t most = 32;
  const std::int64_t words = std::int64_t{lattice.all_rows()} * lattice.words * replicas;
  const std::int64_t threads = multiprocessors * at_once;
  const auto divided = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const std::int64_t times = divided(words, most * threads);
  const std::int64_t height = 2 * divided(words, 2 * times * threads);
  return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(height, 2, most))};
}

// Whether a replica is swept by one block of threads, which needs no new launch between half
// sweeps: where a launch would last about as long as its work, or where there are replicas enough
// to keep every multiprocessor busy. The numbers are estimates (docs/performance.md).
inline bool swept_by_block(const Geometry& lattice, std::int64_t replicas, int multiprocessors) {
  const std::int64_t words = std::int64_t{lattice.all_rows()} * lattice.words;
  return words <= 1024 || (words <= 32768 && replicas >= multiprocessors);
}

}  // namespace multispin::cuda
