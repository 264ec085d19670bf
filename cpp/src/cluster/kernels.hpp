// What cluster updates ask of each instruction set: words of random bits. Raw pointers and plain
// structs only.
#pragma once

#include <cstdint>

#include "multispin/random/streams.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::kernels {

// Words `first`, which is even, to first + count - 1 of a sublattice of a sweep.
struct RandomWords {
  const random::StreamKeys* keys;
  std::uint64_t sweep;
  int sublattice;
  std::uint64_t first;
  std::int64_t count;
};

struct ClusterRandom {
  int coarse_planes;  // of thresholds
  // Bits that are 1 with the threshold's probability, or with 1/2.
  void (*chosen)(const RandomWords&, const rules::Threshold&, std::uint64_t* out);
  void (*coins)(const RandomWords&, std::uint64_t* out);
  // Two exponential variates a word, the lower half first: -log2 of a uniform one, in steps of
  // 2^-26.
  void (*logarithms)(const RandomWords&, std::uint64_t* out);
};

struct ClusterKernels {
  ClusterRandom aes, philox;
};

extern const ClusterKernels cluster_portable;
#if defined(__x86_64__)
extern const ClusterKernels cluster_avx2, cluster_avx512;
#endif

}  // namespace multispin::kernels
