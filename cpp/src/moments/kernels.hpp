// What moments ask of each instruction set: raw pointers and plain structs only.
#pragma once

#include <cstdint>

namespace multispin::kernels {

// Spins that others are compared with at a time: counts of samples, and sums of weights.
constexpr int counted_spins = 128;
constexpr int weighed_spins = 8;

// Words of samples that are counted in one call: counts of 16 bits hold no more.
constexpr int most_words = 1023;

// Each of the spins begin to end - 1 against the block of spins from `block` on, over some words of
// samples. Bit b of words[w * width + i] is spin i in sample 64 w + b.
struct Strip {
  const std::uint64_t* words;
  std::int64_t width;
  std::int64_t word_count;  // at most most_words
  std::int64_t block;
  std::int64_t begin, end;
};

// 64-bit words that `count` works with, for each spin of a strip.
constexpr int scratch_words = 48;

struct MomentKernels {
  // Bit b of to[i] becomes whether spin i is +1 in sample b: spins[b * stride + i], 64 samples of
  // 64 spins. Returns whether all of them are +1 or -1.
  bool (*pack)(const std::int8_t* spins, std::int64_t stride, std::uint64_t* to);
  // Adds to sums[i * counted_spins + j] the number of samples in which spin begin + i differs from
  // spin block + j.
  void (*count)(const Strip&, std::uint64_t* scratch, std::int64_t* sums);
  // Adds to sums[i * weighed_spins + j] the weight of these samples; there is one for every bit.
  void (*weigh)(const Strip&, const std::int64_t* weights, std::int64_t* sums);
};

extern const MomentKernels moments_portable;
#if defined(__x86_64__)
extern const MomentKernels moments_avx2;
extern const MomentKernels moments_avx512;
#endif

}  // namespace multispin::kernels
