// What losses of conditional probabilities ask of each instruction set: raw pointers and plain
// structs only.
#pragma once

#include <cstdint>

namespace multispin::kernels {

// Targets that are computed side by side. Of each sample, and of each input, their numbers are a
// row: [m * tile_targets + lane], [j * tile_targets + lane].
constexpr int tile_targets = 8;  // as many as bits of a byte

// Signs of so many numbers together have a row for each of their states in a table.
constexpr int group_signs = 4;
constexpr int word_groups = 16;
constexpr int word_signs = 64;
constexpr int table_rows = word_groups << group_signs;  // of all groups of a word

constexpr int block_samples = 4 * word_signs;

// Samples of a tile.
struct SampleBlock {
  const double* weights;        // [m]
  const std::uint8_t* targets;  // [m]: bit `lane` says whether that target is +1
  const std::uint8_t* skips;    // [m]: bits of targets that leave the sample out, or nullptr
  int count;                    // at most block_samples
};

struct ConditionalKernels {
  // The table of word_signs rows of numbers.
  void (*make_table)(const double* numbers, double* table);
  // Adds to to[i] the numbers of `groups` groups of a table with the signs in words[i], 1 for +.
  void (*add_signed)(const double* table, int groups, const std::uint64_t* words,
                     std::int64_t count, double* to);

  // Fields become derivatives of the losses by them, and `losses`, of the tile, grow.
  void (*logistic)(const SampleBlock&, double* fields, double* losses);
  // Changes are multiplied by the second derivatives of the losses by the fields.
  void (*bend_logistic)(const SampleBlock&, const double* fields, double* changes);

  // Fields become exponents, -infinity where a sample is left out. Whether one of them is above
  // the `highest` so far, which it then replaces; `factors` are what sums of exp(exponent -
  // highest) have to be multiplied by.
  bool (*find_highest)(const SampleBlock&, double* fields, double* highest, double* factors);
  // Exponents become derivatives by the fields of what `sums` grow by, of w exp(exponent -
  // highest).
  void (*exponential)(const SampleBlock&, double* exponents, const double* highest, double* sums);
  // With those derivatives as slopes, changes are multiplied by what the samples weigh, |slope|,
  // and `sums` grow by slope times change.
  void (*bend_exponential)(int count, const double* slopes, double* changes, double* sums);
};

extern const ConditionalKernels conditional_portable;
#if defined(__x86_64__)
extern const ConditionalKernels conditional_avx2;
extern const ConditionalKernels conditional_avx512;
#endif

}  // namespace multispin::kernels
