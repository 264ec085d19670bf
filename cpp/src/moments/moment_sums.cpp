#include "multispin/moments/moment_sums.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "moments/kernels_of.hpp"

namespace multispin {
namespace {

// Spins of a tile: more share a table, fewer leave more tiles for threads to take.
constexpr std::int64_t most_rows = 1024;  // what belongs to them stays in the L2 cache
constexpr std::int64_t fewest_rows = 128;
constexpr int tiles_each = 4;  // of a thread, if tiles do not get too small

// The spins from `begin` to `end` - 1 against the block of spins from `block` on.
struct Tile {
  std::int64_t block, begin, end;
};

// Spins before the block have had theirs against it; the last one is that which is always -1.
std::vector<Tile> tiles_of(std::int64_t spins, std::int64_t block_spins, std::int64_t rows) {
  std::vector<Tile> tiles;
  for (std::int64_t block = 0; block < spins; block += block_spins) {
    for (std::int64_t i = block; i <= spins; i += rows) {
      tiles.push_back({block, i, std::min(i + rows, spins + 1)});
    }
  }
  return tiles;
}

std::vector<Tile> tiles_for(int threads, std::int64_t spins, std::int64_t block_spins) {
  std::int64_t rows = most_rows;
  std::vector<Tile> tiles = tiles_of(spins, block_spins, rows);
  while (rows > fewest_rows && static_cast<std::int64_t>(tiles.size()) < tiles_each * threads) {
    rows /= 2;
    tiles = tiles_of(spins, block_spins, rows);
  }
  return tiles;
}

// The weight of all samples.
std::int64_t checked_total(const SampleBits& samples, std::span<const std::int64_t> weights) {
  if (weights.empty()) return samples.samples();
  demand(static_cast<std::int64_t>(weights.size()) == samples.samples(),
         "sample_weight: allowed: one for each sample");
  std::int64_t total = 0;
  for (const std::int64_t weight : weights) {
    demand(weight >= 0 && weight < most_weight - total,
           "sample_weight: allowed: integers >= 0 of a sum below 2**62");
    total += weight;
  }
  return total;
}

class Moments {
 public:
  Moments(const SampleBits& samples, std::span<const std::int64_t> weights, Isa isa,
          const MomentSums& sums)
      : samples_(samples),
        total_(checked_total(samples, weights)),
        kernels_(moment_kernels(isa)),
        out_(sums),
        weights_(weights.begin(), weights.end()),
        block_(weights.empty() ? kernels::counted_spins : kernels::weighed_spins) {
    if (weighed()) weights_.resize(static_cast<std::size_t>(64 * samples.words()));
  }

  bool run(int threads, const Poll& poll) {
    // A spin's word is compared with a block in about as long as engines update it.
    const std::int64_t blocks = (samples_.spins() + block_ - 1) / block_;
    threads = worth(samples_.words() * samples_.spins() * blocks / 2, threads);
    const std::vector<Tile> tiles = tiles_for(threads, samples_.spins(), block_);
    const auto count = static_cast<std::int64_t>(tiles.size());
    threads = static_cast<int>(std::min<std::int64_t>(threads, count));
    const std::int64_t rows = std::min(most_rows, samples_.spins() + 1);
    std::vector<Memory> memories;
    for (int t = 0; t < threads; ++t) memories.emplace_back(rows, block_);
    return in_turn(threads, count, poll, [&](std::int64_t i, int thread, StopWatch& watch) {
      Memory& memory = memories[static_cast<std::size_t>(thread)];
      const Tile& tile = tiles[static_cast<std::size_t>(i)];
      if (compare(tile, memory, thread, watch)) write(tile, memory.unequal.get());
    });
  }

 private:
  // Of a thread.
  struct Memory {
    Memory(std::int64_t rows, std::int64_t block)
        : scratch(new std::uint64_t[static_cast<std::size_t>(rows * kernels::scratch_words)]),
          unequal(new std::int64_t[static_cast<std::size_t>(rows * block)]) {}
    std::unique_ptr<std::uint64_t[]> scratch;
    std::unique_ptr<std::int64_t[]> unequal;  // [row * block + j]
  };

  bool weighed() const { return !weights_.empty(); }

  // The weight of samples in which spins are unequal. False if it was stopped.
  bool compare(const Tile& tile, Memory& memory, int thread, StopWatch& watch) const {
    std::fill_n(memory.unequal.get(), (tile.end - tile.begin) * block_, 0);
    for (std::int64_t w = 0; w < samples_.words(); w += kernels::most_words) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return false;
      const std::int64_t words = std::min<std::int64_t>(kernels::most_words, samples_.words() - w);
      const kernels::Strip strip{samples_.data() + w * samples_.width(),
                                 samples_.width(),
                                 words,
                                 tile.block,
                                 tile.begin,
                                 tile.end};
      if (weighed()) {
        kernels_.weigh(strip, weights_.data() + 64 * w, memory.unequal.get());
      } else {
        kernels_.count(strip, memory.scratch.get(), memory.unequal.get());
      }
    }
    return true;
  }

  // Row after row of the result, those of the tile and those of its mirror image.
  void write(const Tile& tile, const std::int64_t* unequal) const {
    const std::int64_t spins = samples_.spins();
    const std::int64_t end = std::min(tile.end, spins);
    const std::int64_t size = std::min(block_, spins - tile.block);
    for (std::int64_t i = tile.begin; i < end; ++i) {
      const std::int64_t* const from = unequal + (i - tile.begin) * block_;
      std::int64_t* const to = out_.second + i * spins + tile.block;
      for (std::int64_t j = 0; j < size; ++j) to[j] = total_ - 2 * from[j];
    }
    for (std::int64_t j = 0; j < size; ++j) {
      const std::int64_t* const from = unequal + j - tile.begin * block_;
      std::int64_t* const to = out_.second + (tile.block + j) * spins;
      for (std::int64_t i = tile.begin; i < end; ++i) to[i] = total_ - 2 * from[i * block_];
      if (tile.end > spins) out_.first[tile.block + j] = 2 * from[spins * block_] - total_;
    }
  }

  const SampleBits& samples_;
  const std::int64_t total_;
  const kernels::MomentKernels& kernels_;
  const MomentSums out_;
  std::vector<std::int64_t> weights_;  // one for each bit, or none
  const std::int64_t block_;
};

}  // namespace

bool moment_sums(const SampleBits& samples, std::span<const std::int64_t> weights, int threads,
                 Isa isa, const MomentSums& sums, const Poll& poll) {
  return Moments{samples, weights, isa, sums}.run(threads, poll);
}

}  // namespace multispin
