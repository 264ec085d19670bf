// The kernels of bipartite machines, as host code puts them into a queue. No CUDA types; all
// pointers are to the device's memory.
#pragma once

#include <cstdint>

#include "bipartite/layout.hpp"
#include "device/runtime.hpp"
#include "multispin/bipartite/soft_sums.hpp"

namespace multispin::cuda {

// --- products -----------------------------------------------------------------------------------

// Bits times integers, and how many multiprocessors there are for it.
struct UnitInputs {
  UnitTiles tiles;
  BitColumns inputs;
  int multiprocessors;
};

struct UnitDraw {
  RowLevels levels;
  const RowKeys* keys;
  std::uint64_t step;
  KeptUnits kept;
  BitColumns out;
};
void enqueue_draw_units(Stream& stream, const UnitInputs& inputs, const UnitDraw& draw);

// Fields of units, or their probabilities: [r * units + u].
struct UnitFloats {
  RowLevels levels;
  std::uint32_t rows, units;
  bool probabilities;
  float* out;
};
void enqueue_write_units(Stream& stream, const UnitInputs& inputs, const UnitFloats& floats);

// Sums of weights, [r * 32 words + u] for all rows of the inputs.
void enqueue_write_sums(Stream& stream, const UnitInputs& inputs, std::int32_t* out);

// Adds to totals [u * width + v].
void enqueue_add_outer(Stream& stream, const UnitInputs& inputs, std::uint32_t units,
                       std::uint32_t width, std::int64_t* totals);

// --- rows and matrices --------------------------------------------------------------------------

// Words of 32 units, [r * words + w], into columns and back.
void enqueue_columns_from_rows(Stream& stream, const std::uint32_t* from, std::uint32_t rows,
                               std::uint32_t words, const BitColumns& to);
void enqueue_rows_from_columns(Stream& stream, const BitColumns& from, std::uint32_t rows,
                               std::uint32_t words, std::uint32_t* to);
// Rows are samples, and become inputs; units become rows.
void enqueue_turn_samples(Stream& stream, const std::uint32_t* from, std::uint32_t samples,
                          std::uint32_t words, const BitColumns& to);

void enqueue_make_row_keys(Stream& stream, std::uint64_t seed, const std::uint64_t* streams,
                           random::Purpose purpose, std::uint32_t rows, std::uint32_t pitch,
                           RowKeys* out);

// Numbers [output * of_output + input * of_input], and the inverse of their step.
template <class T>
struct UnitNumbers {
  const T* from;
  std::uint64_t of_output, of_input;
  std::uint32_t outputs, inputs;
  double inverse;
};
void enqueue_make_tiles(Stream& stream, const UnitNumbers<float>& numbers, const UnitTiles& to);
void enqueue_make_tiles(Stream& stream, const UnitNumbers<double>& numbers, const UnitTiles& to);

// Softplus of units of some rows at some levels, out of sums [r * row_units + u].
struct SoftUnits {
  const std::int32_t* sums;
  std::uint32_t units, row_units, rows;
  RowLevels levels;
  const std::int64_t* wanted;
  std::uint32_t wanted_count;

  // Of which logarithms are taken.
  std::uint32_t parts() const {
    constexpr std::uint32_t part_units = soft_words * 64;
    return (units + part_units - 1) / part_units;
  }
};
// [(level * parts + part) * rows + r]
void enqueue_add_softplus(Stream& stream, const SoftUnits& units, SoftSums* out);

// Totals become doubles, times the step, in place.
void enqueue_scale_totals(Stream& stream, std::int64_t* totals, std::int64_t count, double step);

}  // namespace multispin::cuda
