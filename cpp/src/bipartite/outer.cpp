#include "multispin/bipartite/outer.hpp"

#include <utility>
#include <vector>

#include "bipartite/kernels_of.hpp"
#include "bipartite/tiles.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"
#include "multispin/bipartite/steps.hpp"

namespace multispin {
namespace {

using kernels::block_units;

// Samples whose sums stay within 32 bits.
constexpr std::int64_t chunk_samples = 256;
constexpr std::int64_t chunk_words = chunk_samples / 64;

// Units that are summed up together: their sums stay in the L2 cache.
constexpr std::int64_t most_units = 512;

auto round_for(const kernels::BipartiteKernels& k, const float*) {
  return k.round_floats;
}
auto round_for(const kernels::BipartiteKernels& k, const double*) {
  return k.round_doubles;
}

// Bit c of word r becomes bit r of word c.
void turn_over(std::uint64_t (&x)[64]) {
  std::uint64_t mask = 0x00000000ffffffff;
  for (int size = 32; size != 0; size /= 2, mask ^= mask << size) {
    for (int i = 0; i < 64; i = ((i | size) + 1) & ~size) {
      const std::uint64_t change = ((x[i] >> size) ^ x[i | size]) & mask;
      x[i] ^= change << size;
      x[i | size] ^= change;
    }
  }
}

// Bit b of columns[w * units + k] is unit k of sample 64 w + b; as many words as chunks have.
std::vector<std::uint64_t> columns_of(const UnitRows& samples, std::int64_t units) {
  const std::int64_t blocks = blocks_of(units);
  const std::int64_t words = (samples.rows + chunk_samples - 1) / chunk_samples * chunk_words;
  std::vector<std::uint64_t> columns(static_cast<std::size_t>(words * units), 0);
  for (std::int64_t first = 0; first < samples.rows; first += 64) {
    const std::int64_t count = std::min<std::int64_t>(64, samples.rows - first);
    for (std::int64_t block = 0; block < blocks; ++block) {
      std::uint64_t square[64] = {};
      for (std::int64_t r = 0; r < count; ++r) {
        square[r] = samples.bits[(first + r) * blocks + block];
      }
      turn_over(square);
      std::copy_n(square, units_of_block(units, block),
                  columns.data() + first / 64 * units + block * block_units);
    }
  }
  return columns;
}

template <class T>
bool outer_of(const UnitRows& samples, std::int64_t units, const T* values, std::int64_t width,
              double* out, const Means& means) {
  check_processor(means.threads, means.isa);
  const kernels::BipartiteKernels& kernels = bipartite_kernels(means.isa);
  const auto round = round_for(kernels, values);
  const double step = step_of_values(values, samples.rows * width, means.isa);
  const std::vector<std::uint64_t> columns = columns_of(samples, units);
  const int threads = worth(samples.rows * units * width / 256, means.threads);
  const std::int64_t parts = (units + most_units - 1) / most_units, blocks = blocks_of(width);
  struct alignas(64) Line {
    std::int32_t of[kernels::line_units];
  };
  struct Memory {
    std::vector<Line> matrix, sums;
    std::vector<std::int64_t> totals;
  };
  std::vector<Memory> memories(static_cast<std::size_t>(threads));
  // Some units and a block of values.
  const auto act = [&](std::int64_t number, int thread, StopWatch& watch) {
    Memory& memory = memories[static_cast<std::size_t>(thread)];
    const std::int64_t block = number / parts, part = number % parts;
    const std::int64_t begin = units * part / parts, count = units * (part + 1) / parts - begin;
    const auto size = static_cast<std::size_t>(count * block_units);
    memory.matrix.assign(chunk_samples * block_units / kernels::line_units, {});
    memory.sums.assign(size / kernels::line_units, {});
    const bool few = samples.rows <= chunk_samples;  // their sums have 32 bits
    if (!few) memory.totals.assign(size, 0);
    const int present = units_of_block(width, block);
    for (std::int64_t first = 0; first < samples.rows; first += chunk_samples) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return;
      const std::int64_t in_chunk = std::min(chunk_samples, samples.rows - first);
      for (std::int64_t r = 0; r < in_chunk; ++r) {
        round(values + (first + r) * width + block * block_units, present, 1.0 / step,
              memory.matrix.front().of + r * block_units);
      }
      // Samples that are not there have no bits.
      const kernels::BitProduct product{columns.data() + first / 64 * units + begin,
                                        units,
                                        count,
                                        (in_chunk + 63) / 64,
                                        memory.matrix.front().of,
                                        columns_of_block(width, block),
                                        memory.sums.front().of};
      add_product(kernels, product, tables_pay(product));
      if (!few) kernels.widen(memory.sums.front().of, count * block_units, memory.totals.data());
    }
    for (std::int64_t k = 0; k < count; ++k) {
      double* const to = out + (begin + k) * width + block * block_units;
      const auto scaled = [&](const auto* from) {
        for (int c = 0; c < present; ++c) to[c] = static_cast<double>(from[c]) * step;
      };
      if (few) {
        scaled(memory.sums.front().of + k * block_units);
      } else {
        scaled(memory.totals.data() + k * block_units);
      }
    }
  };
  return in_turn(threads, parts * blocks, means.poll, act);
}

}  // namespace

bool outer(const UnitRows& samples, std::int64_t units, const float* values, std::int64_t width,
           double* out, const Means& means) {
  return outer_of(samples, units, values, width, out, means);
}
bool outer(const UnitRows& samples, std::int64_t units, const double* values, std::int64_t width,
           double* out, const Means& means) {
  return outer_of(samples, units, values, width, out, means);
}

}  // namespace multispin
