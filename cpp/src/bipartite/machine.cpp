#include "multispin/bipartite/machine.hpp"

#include <algorithm>
#include <string>

#include "bipartite/kernels_of.hpp"
#include "bipartite/tiles.hpp"
#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"
#include "multispin/bipartite/soft_sums.hpp"
#include "multispin/bipartite/steps.hpp"

namespace multispin {
namespace {

using kernels::block_units;
using kernels::line_units;

constexpr std::int64_t block_size = std::int64_t{block_units} * block_units;

// Kernels by the type of what they round.
auto rounding_of(const kernels::BipartiteKernels& k, const float*) {
  return k.round_floats;
}
auto rounding_of(const kernels::BipartiteKernels& k, const double*) {
  return k.round_doubles;
}

void clear(SoftSums& sums) {
  std::fill_n(sums.sums, soft_lanes, 0.0);
  std::fill_n(sums.products, soft_lanes, 1.0);
}

}  // namespace

// Some rows, as the kernels see them, and what they work with.
struct Bipartite::Tile {
  std::int64_t first, rows;
  const double* factors;
  const double* const* offsets[2];  // of both layers
  std::int32_t* sums;

  const double* const* offsets_of(Layer layer) const {
    return offsets[layer == Layer::visible ? 0 : 1];
  }
};

Bipartite::Bipartite(std::int64_t visible, std::int64_t hidden)
    : visible_{visible, blocks_of(visible), {}}, hidden_{hidden, blocks_of(hidden), {}} {
  check_sizes({visible, hidden});
  const std::int64_t weights = visible_.blocks * hidden_.blocks * block_size;
  visible_.matrix.resize(static_cast<std::size_t>(weights));
  hidden_.matrix.resize(static_cast<std::size_t>(weights));
  const double one = 1.0;
  const std::vector<double> none(static_cast<std::size_t>(std::max(visible, hidden)), 0.0);
  set_levels(1, &one, none.data(), none.data());
}

void Bipartite::set(const float* weights, const double* visible, const double* hidden, Isa isa) {
  set_numbers(weights, visible, hidden, isa);
}
void Bipartite::set(const double* weights, const double* visible, const double* hidden, Isa isa) {
  set_numbers(weights, visible, hidden, isa);
}

template <class T>
void Bipartite::set_numbers(const T* weights, const double* visible, const double* hidden,
                            Isa isa) {
  const double step = step_of_weights(weights, visible_.units, hidden_.units, isa);
  const double one = 1.0;
  levels_ = unit_levels({visible_.units, hidden_.units}, step, 1, &one, visible, hidden);
  const kernels::BipartiteKernels& kernels = bipartite_kernels(isa);
  const auto round = rounding_of(kernels, weights);
  // Block by block, so that it is turned over while it is in the inner caches.
  for (std::int64_t j = 0; j < hidden_.blocks; ++j) {
    for (std::int64_t i = 0; i < visible_.blocks; ++i) {
      std::int32_t* const to = visible_.matrix.data() + (i * hidden_.blocks + j) * block_size;
      const T* const from = weights + j * block_units * visible_.units + i * block_units;
      for (int k = 0; k < units_of_block(hidden_.units, j); ++k) {
        // Rows lie far apart: what the next block needs of this one is on its way meanwhile.
        for (int line = 0; line < 4; ++line) {
          __builtin_prefetch(from + k * visible_.units + block_units + line * line_units);
        }
        round(from + k * visible_.units, units_of_block(visible_.units, i), 1.0 / step,
              to + k * block_units);
      }
      kernels.turn(to, hidden_.matrix.data() + (j * visible_.blocks + i) * block_size);
    }
  }
  step_ = step;
}

void Bipartite::set_levels(std::int64_t levels, const double* scales, const double* visible,
                           const double* hidden) {
  levels_ = unit_levels({visible_.units, hidden_.units}, step_, levels, scales, visible, hidden);
}

void Bipartite::check(const UnitRows& rows, const Means& means) const {
  check_processor(means.threads, means.isa);
  check_levels(rows.levels, rows.rows, levels());
}

// act(tile, bits, thread, watch) of all tiles, bits by word: bits[w * tile.rows + r]. `work` is
// how often all connections of a row are gone through.
template <class Act>
bool Bipartite::for_each_tile(const UnitRows& rows, Layer from, const Means& means, double work,
                              const Act& act) const {
  check(rows, means);
  if (rows.rows == 0) return true;
  // A word of engines takes as long as a few connections of a block of units.
  const double cost = work * static_cast<double>(rows.rows) *
                      static_cast<double>(visible_.blocks * hidden_.blocks * block_units) / 4;
  const int threads = worth(static_cast<std::int64_t>(std::min(cost, 0x1p60)), means.threads);
  const std::int64_t tiles = tiles_for(rows.rows, threads);
  const std::int64_t most_rows = (rows.rows + tiles - 1) / tiles;
  struct Memory {
    std::vector<double> factors;
    std::vector<const double*> offsets[2];
    LineVector<std::int32_t> sums;
    std::vector<std::uint64_t> bits;
  };
  std::vector<Memory> memories(static_cast<std::size_t>(std::min<std::int64_t>(threads, tiles)));
  const std::int64_t from_words = words_of(from);
  for (Memory& memory : memories) {
    const auto count = static_cast<std::size_t>(most_rows);
    memory.factors.resize(count);
    for (auto& offsets : memory.offsets) offsets.resize(count);
    memory.sums.resize(count * block_units);
    memory.bits.resize(count * static_cast<std::size_t>(from_words));
  }
  const auto act_on = [&](std::int64_t number, int thread, StopWatch& watch) {
    Memory& memory = memories[static_cast<std::size_t>(thread)];
    const std::int64_t first = rows.rows * number / tiles;
    const std::int64_t count = rows.rows * (number + 1) / tiles - first;
    for (std::int64_t r = 0; r < count; ++r) {
      const auto at = static_cast<std::size_t>(r);
      const std::int64_t level = rows.levels == nullptr ? 0 : rows.levels[first + r];
      memory.factors[at] = levels_.factors[static_cast<std::size_t>(level)];
      memory.offsets[0][at] = levels_.visible.data() + level * visible_.blocks * block_units;
      memory.offsets[1][at] = levels_.hidden.data() + level * hidden_.blocks * block_units;
    }
    to_columns(rows.bits + first * from_words, count, from_words, memory.bits.data());
    const Tile tile{first,
                    count,
                    memory.factors.data(),
                    {memory.offsets[0].data(), memory.offsets[1].data()},
                    memory.sums.data()};
    act(tile, memory.bits.data(), thread, watch);
  };
  return in_turn(static_cast<int>(memories.size()), tiles, means.poll, act_on);
}

// act(fields) of all blocks of a layer.
template <class Act>
void Bipartite::for_each_block(const Tile& tile, Layer to, const std::uint64_t* bits, Isa isa,
                               const Act& act) const {
  const kernels::BipartiteKernels& kernels = bipartite_kernels(isa);
  const Side& out = side(to);
  const std::int64_t words = words_of(other(to));
  kernels::BitProduct product{bits, tile.rows, tile.rows, words, nullptr, 0, tile.sums};
  const bool by_tables = tables_pay(product);
  for (std::int64_t block = 0; block < out.blocks; ++block) {
    product.matrix = out.matrix.data() + block * words * block_size;
    product.columns = columns_of_block(out.units, block);
    std::fill_n(tile.sums, tile.rows * block_units, 0);
    add_product(kernels, product, by_tables);
    act(kernels::UnitFields{tile.sums, tile.rows, tile.factors, tile.offsets_of(to),
                            block * block_units, units_of_block(out.units, block)});
  }
}

bool Bipartite::fields(Layer to, const UnitRows& from, float* out, const Means& means) const {
  const auto write = bipartite_kernels(means.isa).fields;
  const auto act = [&](const Tile& tile, const std::uint64_t* bits, int, StopWatch&) {
    for_each_block(tile, to, bits, means.isa, [&](const kernels::UnitFields& fields) {
      write(fields, out + tile.first * units(to), units(to));
    });
  };
  return for_each_tile(from, other(to), means, 1.0, act);
}

bool Bipartite::probabilities(Layer to, const UnitRows& from, float* out,
                              const Means& means) const {
  const auto write = bipartite_kernels(means.isa).probabilities;
  const auto act = [&](const Tile& tile, const std::uint64_t* bits, int, StopWatch&) {
    for_each_block(tile, to, bits, means.isa, [&](const kernels::UnitFields& fields) {
      write(fields, out + tile.first * units(to), units(to));
    });
  };
  return for_each_tile(from, other(to), means, 1.0, act);
}

void Bipartite::draw_tile(const Tile& tile, Layer to, const std::uint64_t* bits,
                          const std::uint64_t* keys, std::uint64_t step, std::uint64_t* out,
                          Isa isa) const {
  const auto draw = bipartite_kernels(isa).draw;
  for_each_block(tile, to, bits, isa, [&](const kernels::UnitFields& fields) {
    draw(fields, {keys, step, out + fields.first / block_units * tile.rows});
  });
}

bool Bipartite::draw(Layer to, const UnitRows& from, const RowNumbers& numbers, std::uint64_t* out,
                     const Means& means) const {
  const std::int64_t words = words_of(to);
  const auto act = [&](const Tile& tile, const std::uint64_t* bits, int, StopWatch&) {
    const auto keys = keys_of_rows(numbers.seed, numbers.streams + tile.first, tile.rows, to);
    std::vector<std::uint64_t> drawn(static_cast<std::size_t>(tile.rows * words));
    draw_tile(tile, to, bits, keys.data(), numbers.step, drawn.data(), means.isa);
    to_rows(drawn.data(), tile.rows, words, out + tile.first * words);
  };
  return for_each_tile(from, other(to), means, 1.0, act);
}

bool Bipartite::gibbs(const UnitRows& from, std::int64_t steps, const RowNumbers& numbers,
                      const HeldUnits& held, std::uint64_t* visible, std::uint64_t* hidden,
                      const Means& means) const {
  demand(steps >= 1, "steps: got " + std::to_string(steps) + ", allowed: at least 1");
  const std::int64_t visible_words = visible_.blocks, hidden_words = hidden_.blocks;
  const auto act = [&](const Tile& tile, std::uint64_t* bits, int thread, StopWatch& watch) {
    const std::uint64_t* const streams = numbers.streams + tile.first;
    const auto visible_keys = keys_of_rows(numbers.seed, streams, tile.rows, Layer::visible);
    const auto hidden_keys = keys_of_rows(numbers.seed, streams, tile.rows, Layer::hidden);
    std::vector<std::uint64_t> up(static_cast<std::size_t>(tile.rows * hidden_words));
    const std::size_t size = static_cast<std::size_t>(tile.rows * visible_words);
    std::vector<std::uint64_t> mask, kept;
    if (held.mask != nullptr) {
      mask.resize(size);
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        const std::int64_t row = held.of_each_row ? tile.first + r : 0;
        for (std::int64_t w = 0; w < visible_words; ++w) {
          mask[static_cast<std::size_t>(w * tile.rows + r)] = held.mask[row * visible_words + w];
        }
      }
      kept.assign(bits, bits + size);
    }
    for (std::int64_t step = 0; step < steps; ++step) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return;
      const std::uint64_t number = numbers.step + static_cast<std::uint64_t>(step);
      draw_tile(tile, Layer::hidden, bits, hidden_keys.data(), number, up.data(), means.isa);
      draw_tile(tile, Layer::visible, up.data(), visible_keys.data(), number, bits, means.isa);
      for (std::size_t i = 0; i < mask.size(); ++i) bits[i] ^= (bits[i] ^ kept[i]) & mask[i];
    }
    to_rows(bits, tile.rows, visible_words, visible + tile.first * visible_words);
    to_rows(up.data(), tile.rows, hidden_words, hidden + tile.first * hidden_words);
  };
  return for_each_tile(from, Layer::visible, means, 2.0 * static_cast<double>(steps), act);
}

bool Bipartite::softplus(Layer to, const UnitRows& from, const std::int64_t* levels,
                         std::int64_t count, double* out, const Means& means) const {
  const auto add = bipartite_kernels(means.isa).softplus;
  const std::vector<double>& own = to == Layer::visible ? levels_.visible : levels_.hidden;
  const std::int64_t blocks = words_of(to);
  check({nullptr, count, levels}, means);
  const auto act = [&](const Tile& tile, const std::uint64_t* bits, int, StopWatch&) {
    std::vector<SoftSums> sums(static_cast<std::size_t>(tile.rows * count));
    for (auto& each : sums) clear(each);
    const auto rows = static_cast<std::size_t>(tile.rows);
    for (std::int64_t i = 0; i < tile.rows * count; ++i) {
      out[i / tile.rows * from.rows + tile.first + i % tile.rows] = 0.0;
    }
    const auto gather = [&] {
      for (std::int64_t i = 0; i < tile.rows * count; ++i) {
        SoftSums& each = sums[static_cast<std::size_t>(i)];
        out[i / tile.rows * from.rows + tile.first + i % tile.rows] += logarithm_of(each);
        clear(each);
      }
    };
    for_each_block(tile, to, bits, means.isa, [&](kernels::UnitFields fields) {
      for (std::int64_t l = 0; l < count; ++l) {
        const std::vector<double> factors(rows,
                                          levels_.factors[static_cast<std::size_t>(levels[l])]);
        const std::vector<const double*> offsets(rows,
                                                 own.data() + levels[l] * blocks * block_units);
        fields.factors = factors.data();
        fields.offsets = offsets.data();
        add(fields, sums.data() + l * tile.rows);
      }
      const std::int64_t done = fields.first / block_units + 1;
      if (done % soft_words == 0 || done == blocks) gather();
    });
  };
  return for_each_tile({from.bits, from.rows}, other(to), means, 1.0, act);
}

bool draw_units(Layer layer, const float* fields, std::int64_t rows, std::int64_t units,
                const RowNumbers& numbers, std::uint64_t* out, const Means& means) {
  check_processor(means.threads, means.isa);
  if (rows == 0 || units == 0) return true;
  const auto draw = bipartite_kernels(means.isa).draw_given;
  const int threads = worth(rows * units / 4, means.threads);
  const std::int64_t tiles = tiles_for(rows, threads), words = blocks_of(units);
  const auto act = [&](std::int64_t number, int, StopWatch&) {
    const std::int64_t first = rows * number / tiles, count = rows * (number + 1) / tiles - first;
    const auto keys = keys_of_rows(numbers.seed, numbers.streams + first, count, layer);
    std::vector<std::uint64_t> drawn(static_cast<std::size_t>(count));
    for (std::int64_t w = 0; w < words; ++w) {
      draw(fields + first * units + w * block_units, units, count, w * block_units,
           units_of_block(units, w), {keys.data(), numbers.step, drawn.data()});
      for (std::int64_t r = 0; r < count; ++r) {
        out[(first + r) * words + w] = drawn[static_cast<std::size_t>(r)];
      }
    }
  };
  return in_turn(threads, tiles, means.poll, act);
}

}  // namespace multispin
