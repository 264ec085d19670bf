#include "multispin/bipartite/outer.hpp"

#include "bipartite/outer_blocks.hpp"

namespace multispin {
namespace {

using kernels::block_units;

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

template <class T>
bool outer_of(const UnitRows& samples, std::int64_t units, const T* values, std::int64_t width,
              double* out, const Means& means) {
  return for_each_outer_block(samples, units, values, width, means, [&](const OuterBlock& block) {
    for (std::int64_t k = 0; k < block.units; ++k) {
      double* const to = out + (block.begin + k) * width + block.number * block_units;
      const auto scaled = [&](const auto* from) {
        for (int c = 0; c < block.values; ++c) {
          to[c] = static_cast<double>(from[k * block_units + c]) * block.step;
        }
      };
      if (block.sums != nullptr) {
        scaled(block.sums);
      } else {
        scaled(block.totals);
      }
    }
  });
}

}  // namespace

std::vector<std::uint64_t> columns_of(const UnitRows& samples, std::int64_t units) {
  const std::int64_t blocks = blocks_of(units);
  const std::int64_t words =
      (samples.rows + chunk_samples - 1) / chunk_samples * (chunk_samples / 64);
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

bool outer(const UnitRows& samples, std::int64_t units, const float* values, std::int64_t width,
           double* out, const Means& means) {
  return outer_of(samples, units, values, width, out, means);
}
bool outer(const UnitRows& samples, std::int64_t units, const double* values, std::int64_t width,
           double* out, const Means& means) {
  return outer_of(samples, units, values, width, out, means);
}

}  // namespace multispin
