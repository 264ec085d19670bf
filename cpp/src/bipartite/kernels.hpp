// What bipartite machines ask of each instruction set: raw pointers and plain structs only.
//
// Outputs are computed block_units at a time: those of one word of bits.
#pragma once

#include <cstdint>

#include "multispin/bipartite/soft_sums.hpp"

namespace multispin::kernels {

constexpr int block_units = 64;
// A matrix has whole blocks of columns and of rows; of a last block only as many columns are
// computed as fill lines of the cache.
constexpr int line_units = 16;

// Bits times integers. Bit b of bits[w * stride + r] says whether row r has input 64 w + b; to its
// sums of a block of outputs, sums[r * block_units + c], it adds matrix[k * block_units + c] of
// each input k that it has, modulo 2^32.
struct BitProduct {
  const std::uint64_t* bits;
  std::int64_t stride, rows, words;
  const std::int32_t* matrix;
  int columns;  // a multiple of line_units
  std::int32_t* sums;
};

// Fields of a block of units, of some rows.
struct UnitFields {
  const std::int32_t* sums;  // [r * block_units + c]
  std::int64_t rows;
  const double* factors;         // [r]
  const double* const* offsets;  // [r], of the row's level: [first + c]
  std::int64_t first;            // unit of the block
  int units;                     // that there are: at most block_units
};

// What a row draws its numbers with: the keys of all rounds in turn, then the salt.
constexpr int row_keys = 16;

struct UnitDraws {
  const std::uint64_t* keys;  // [r * row_keys]
  std::uint64_t step;
  std::uint64_t* bits;  // [r]: the word of the block
};

// Terms of a partition function that are computed together: states of the lowest units.
constexpr int term_bits = 6;
constexpr int terms = 1 << term_bits;

// Sums of softplus of some units, in one state of the higher units and all of the lowest: a term's
// is sum + log(product) + exponent * log(2).
struct TermSums {
  double products[terms], exponents[terms], sums[terms];
};

// A step of the weights of a hidden unit and a block of visible ones: d = step sums - change mu.
struct LearningRow {
  int units;  // visible ones that there are: at most block_units
  double rate, momentum, shrink, least;
  double step, change, hidden_offset;
  // Of the whole block, 0 beyond the units.
  const double* visible_offsets;
  double* along_visible;  // from which d times the hidden offset is taken
};

struct BipartiteKernels {
  // Both do the same: by sums of a few inputs that are prepared for all rows, or input by input.
  void (*add_by_tables)(const BitProduct&);
  void (*add_by_inputs)(const BitProduct&);

  // Rows of to[r * stride], from the block's first unit on.
  void (*fields)(const UnitFields&, float* to, std::int64_t stride);
  void (*probabilities)(const UnitFields&, float* to, std::int64_t stride);
  void (*draw)(const UnitFields&, const UnitDraws&);
  // Of fields that are there, from[r * stride], a block's.
  void (*draw_given)(const float* from, std::int64_t stride, std::int64_t rows, std::int64_t first,
                     int units, const UnitDraws&);
  void (*softplus)(const UnitFields&, SoftSums* to);

  // Numbers times `inverse` to integers; a matrix of floats or doubles.
  void (*round_floats)(const float* from, std::int64_t count, double inverse, std::int32_t* to);
  void (*round_doubles)(const double* from, std::int64_t count, double inverse, std::int32_t* to);
  // Adds moduli to those of columns and returns their sum, lane by lane.
  double (*add_float_moduli)(const float* from, std::int64_t count, double* columns);
  double (*add_double_moduli)(const double* from, std::int64_t count, double* columns);
  // The largest modulus; infinity or not a number if one of them is.
  double (*largest_float)(const float* from, std::int64_t count);
  double (*largest_double)(const double* from, std::int64_t count);
  // A block of rows and columns, turned over.
  void (*turn)(const std::int32_t* from, std::int32_t* to);
  // Adds sums to wider ones and clears them; a multiple of block_units.
  void (*widen)(std::int32_t* sums, std::int64_t count, std::int64_t* to);

  // Moves weights w and velocity v; returns the sum of d mu, lane by lane. Sums are integers, or
  // doubles with a step of 1.
  double (*learn_floats)(const LearningRow&, const std::int32_t* sums, float* w, float* v);
  double (*learn_doubles)(const LearningRow&, const std::int32_t* sums, double* w, double* v);
  double (*learn_floats_of_doubles)(const LearningRow&, const double* sums, float* w, float* v);
  double (*learn_doubles_of_doubles)(const LearningRow&, const double* sums, double* w, double* v);

  // Multiplies 1 + a b of some units: a of the higher units, b[i * terms + t] of the lowest. No
  // product of these may overflow.
  void (*multiply_terms)(const double* a, const double* b, std::int64_t units, TermSums*);
  // The same of fields, which may be anything finite.
  void (*add_terms)(const double* high, const double* low, std::int64_t units, TermSums*);
};

extern const BipartiteKernels bipartite_portable;
#if defined(__x86_64__)
extern const BipartiteKernels bipartite_avx2;
extern const BipartiteKernels bipartite_avx512;
#endif

}  // namespace multispin::kernels
