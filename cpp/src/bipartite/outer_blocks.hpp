// Sums over samples of bits times numbers, block by block, for whoever takes them.
#pragma once

#include <algorithm>
#include <vector>

#include "bipartite/kernels_of.hpp"
#include "bipartite/tiles.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"
#include "multispin/bipartite/steps.hpp"
#include "multispin/line_vector.hpp"

namespace multispin {

// Samples whose sums stay within 32 bits.
inline constexpr std::int64_t chunk_samples = 256;

// Blocks of units that are summed up together: their sums stay in the L2 cache.
inline constexpr std::int64_t most_blocks = 8;

// The sums of some units and of a block of values: [k * block_units + c], times `step`.
struct OuterBlock {
  std::int64_t number;  // of the block of values
  int values;           // that there are in it
  std::int64_t begin;   // the first unit, of a whole block
  std::int64_t units;
  double step;
  const std::int32_t* sums;    // of whole blocks of units; or null, of many samples,
  const std::int64_t* totals;  // and then these
};

// Bit b of columns[w * units + k] is unit k of sample 64 w + b; as many words as chunks have.
std::vector<std::uint64_t> columns_of(const UnitRows& samples, std::int64_t units);

inline auto round_for(const kernels::BipartiteKernels& k, const float*) {
  return k.round_floats;
}
inline auto round_for(const kernels::BipartiteKernels& k, const double*) {
  return k.round_doubles;
}

// take(block) of all blocks, by several threads. False if `poll` asked for a stop.
template <class T, class Take>
bool for_each_outer_block(const UnitRows& samples, std::int64_t units, const T* values,
                          std::int64_t width, const Means& means, const Take& take) {
  using kernels::block_units;
  check_processor(means.threads, means.isa);
  const kernels::BipartiteKernels& kernels = bipartite_kernels(means.isa);
  const auto round = round_for(kernels, values);
  const double step = step_of_values(values, samples.rows * width, means.isa);
  const std::vector<std::uint64_t> columns = columns_of(samples, units);
  const int threads = worth(samples.rows * units * width / 256, means.threads);
  const std::int64_t of_units = blocks_of(units), blocks = blocks_of(width);
  const std::int64_t parts = (of_units + most_blocks - 1) / most_blocks;
  struct Memory {
    LineVector<std::int32_t> matrix, sums;
    std::vector<std::int64_t> totals;
  };
  std::vector<Memory> memories(static_cast<std::size_t>(threads));
  // Some units and a block of values.
  const auto act = [&](std::int64_t number, int thread, StopWatch& watch) {
    Memory& memory = memories[static_cast<std::size_t>(thread)];
    const std::int64_t block = number / parts, part = number % parts;
    const std::int64_t first_block = of_units * part / parts;
    const std::int64_t end_block = of_units * (part + 1) / parts;
    const std::int64_t begin = first_block * block_units;
    const std::int64_t count = std::min(end_block * block_units, units) - begin;
    const auto size =
        static_cast<std::size_t>((end_block - first_block) * block_units * block_units);
    memory.matrix.assign(chunk_samples * block_units, 0);
    memory.sums.assign(size, 0);
    const bool few = samples.rows <= chunk_samples;  // their sums have 32 bits
    if (!few) memory.totals.assign(size, 0);
    const int present = units_of_block(width, block);
    for (std::int64_t first = 0; first < samples.rows; first += chunk_samples) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return;
      const std::int64_t in_chunk = std::min(chunk_samples, samples.rows - first);
      for (std::int64_t r = 0; r < in_chunk; ++r) {
        round(values + (first + r) * width + block * block_units, present, 1.0 / step,
              memory.matrix.data() + r * block_units);
      }
      const auto add = [&](std::int64_t word, std::int64_t words) {
        if (words == 0) return;
        const kernels::BitProduct product{columns.data() + (first / 64 + word) * units + begin,
                                          units,
                                          count,
                                          words,
                                          memory.matrix.data() + word * 64 * block_units,
                                          columns_of_block(width, block),
                                          memory.sums.data()};
        add_product(kernels, product, tables_pay(product));
      };
      // The last word by itself: no tables are made for a few samples, and those that are not
      // there have no bits.
      add(0, in_chunk / 64);
      add(in_chunk / 64, in_chunk % 64 == 0 ? 0 : 1);
      if (!few) kernels.widen(memory.sums.data(), count * block_units, memory.totals.data());
    }
    take(OuterBlock{block, present, begin, count, step, few ? memory.sums.data() : nullptr,
                    memory.totals.data()});
  };
  return in_turn(threads, parts * blocks, means.poll, act);
}

}  // namespace multispin
