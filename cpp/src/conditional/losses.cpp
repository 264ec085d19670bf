#include "multispin/conditional/losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "conditional/kernels_of.hpp"
#include "conditional/sample_layout.hpp"
#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "host/processor.hpp"

namespace multispin {
namespace {

using kernels::block_samples;
using kernels::group_signs;
using kernels::tile_targets;
using kernels::word_groups;
using kernels::word_signs;

// A number of each target of a tile: a line of the cache.
struct alignas(64) Row {
  double of[tile_targets] = {};
};
using Rows = std::vector<Row>;

Rows rows(std::int64_t count) {
  return Rows(static_cast<std::size_t>(count));
}

// Groups of a word of which so many signs are left.
int groups_of(std::int64_t signs) {
  return static_cast<int>(
      std::min<std::int64_t>(word_groups, (signs + group_signs - 1) / group_signs));
}

// Sums over samples. Those of a while are added up by themselves: the more terms there are, the
// more is rounded off each.
class TileSums {
 public:
  explicit TileSums(std::int64_t count) : recent_(rows(count)), total_(rows(count)) {}

  double* row(std::int64_t row) { return recent_[static_cast<std::size_t>(row)].of; }
  double total(std::int64_t row, int lane) const {
    return total_[static_cast<std::size_t>(row)].of[lane];
  }
  void clear() {
    std::ranges::fill(recent_, Row{});
    std::ranges::fill(total_, Row{});
  }
  void gather() {
    for (std::size_t i = 0; i < total_.size(); ++i) {
      for (int lane = 0; lane < tile_targets; ++lane) total_[i].of[lane] += recent_[i].of[lane];
    }
    std::ranges::fill(recent_, Row{});
  }
  void scale(const Row& factors) {
    for (Rows* const sums : {&recent_, &total_}) {
      for (Row& row : *sums) {
        for (int lane = 0; lane < tile_targets; ++lane) row.of[lane] *= factors.of[lane];
      }
    }
  }

 private:
  Rows recent_, total_;
};

struct Tile {
  std::int64_t number;
  std::int64_t first;  // target
  int targets;
};

// Fields of a tile's targets.
class FieldTables {
 public:
  FieldTables(const SampleLayout& layout, const kernels::ConditionalKernels& kernels)
      : layout_(layout),
        kernels_(kernels),
        couplings_(rows(layout.input_words() * word_signs)),
        tables_(rows(layout.input_words() * kernels::table_rows)) {}

  void set(const ConditionalParameters& at, const Tile& tile) {
    const std::int64_t inputs = layout_.inputs() - 1;
    for (int lane = 0; lane < tile.targets; ++lane) {
      const std::int64_t target = tile.first + lane;
      for (std::int64_t j = 0; j < inputs; ++j) {
        couplings_[static_cast<std::size_t>(j)].of[lane] = at.couplings[target * inputs + j];
      }
      couplings_[static_cast<std::size_t>(inputs)].of[lane] = at.fields[target];
    }
    for (std::int64_t w = 0; w < layout_.input_words(); ++w) {
      kernels_.make_table(couplings_[static_cast<std::size_t>(w * word_signs)].of, table(w));
    }
  }
  // Of the samples from `first` on.
  void fields(std::int64_t first, int count, Rows& to) {
    std::fill_n(to.begin(), count, Row{});
    for (std::int64_t w = 0; w < layout_.input_words(); ++w) {
      kernels_.add_signed(table(w), groups_of(layout_.inputs() - w * word_signs),
                          layout_.rows(w) + first, count, to.front().of);
    }
  }

 private:
  double* table(std::int64_t word) {
    return tables_[static_cast<std::size_t>(word * kernels::table_rows)].of;
  }

  const SampleLayout& layout_;
  const kernels::ConditionalKernels& kernels_;
  Rows couplings_;  // of each input
  Rows tables_;
};

// What a thread has of a tile: sums over samples, and a block of these under way.
struct Memory {
  Memory(const SampleLayout& layout, const kernels::ConditionalKernels& kernels)
      : at(layout, kernels),
        direction(layout, kernels),
        slopes(layout.inputs() + 2),
        changes(layout.inputs()),
        slope_block(rows(block_samples)),
        change_block(rows(block_samples)),
        table(rows(kernels::table_rows)) {}

  void clear() {
    slopes.clear();
    changes.clear();
    std::ranges::fill(highest.of, std::numeric_limits<double>::lowest());
  }
  void gather() {
    slopes.gather();
    changes.gather();
  }

  FieldTables at, direction;
  TileSums slopes;  // of inputs; then of losses or weights, and of slopes times changes of fields
  TileSums changes;
  Row highest;  // exponent
  Rows slope_block, change_block;
  Rows table;
};

// One call: sums of all tiles.
class Pass {
 public:
  // A `direction` or nullptr: whether slopes or their changes are asked for.
  Pass(const SampleLayout& layout, ConditionalLoss loss, const ConditionalParameters& at,
       const ConditionalParameters* direction, Isa isa)
      : layout_(layout),
        kernels_(conditional_kernels(isa)),
        logistic_(loss == ConditionalLoss::logistic),
        at_(at),
        direction_(direction) {}

  // write(tile, memory) of each tile. False if it was stopped.
  template <class Write>
  bool run(int threads, const Poll& poll, const Write& write) const {
    threads = static_cast<int>(std::min<std::int64_t>(threads, layout_.tiles()));
    std::vector<Memory> memories;
    for (int t = 0; t < threads; ++t) memories.emplace_back(layout_, kernels_);
    const auto act = [&](std::int64_t number, int thread, StopWatch& watch) {
      const std::int64_t first = number * tile_targets;
      const auto targets = std::min<std::int64_t>(tile_targets, layout_.targets() - first);
      const Tile tile{number, first, static_cast<int>(targets)};
      Memory& memory = memories[static_cast<std::size_t>(thread)];
      if (add_up(tile, memory, thread, watch)) write(tile, memory);
    };
    return in_turn(threads, layout_.tiles(), poll, act);
  }

 private:
  static constexpr std::int64_t gathered_blocks = 16;

  // False if it was stopped.
  bool add_up(const Tile& tile, Memory& memory, int thread, StopWatch& watch) const {
    memory.clear();
    memory.at.set(at_, tile);
    if (direction_ != nullptr) memory.direction.set(*direction_, tile);
    for (std::int64_t first = 0; first < layout_.samples(); first += block_samples) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return false;
      add_block(tile, first, memory);
      if (first / block_samples % gathered_blocks == gathered_blocks - 1) memory.gather();
    }
    memory.gather();
    return true;
  }

  void add_block(const Tile& tile, std::int64_t first, Memory& memory) const {
    const std::uint8_t* const skips = layout_.skips(tile.number);
    const kernels::SampleBlock block{
        layout_.weights() + first, layout_.targets(tile.number) + first,
        skips == nullptr ? nullptr : skips + first,
        static_cast<int>(std::min<std::int64_t>(block_samples, layout_.samples() - first))};
    memory.at.fields(first, block.count, memory.slope_block);
    if (direction_ != nullptr) memory.direction.fields(first, block.count, memory.change_block);
    if (logistic_) {
      turn_logistic(block, memory);
    } else {
      turn_exponential(block, memory);
    }
    if (direction_ == nullptr || !logistic_) {
      add_inputs(first, block.count, memory.slope_block, memory.table, memory.slopes);
    }
    if (direction_ != nullptr) {
      add_inputs(first, block.count, memory.change_block, memory.table, memory.changes);
    }
  }

  // Fields of a block become what is added up: slopes, and changes of these.
  void turn_logistic(const kernels::SampleBlock& block, Memory& memory) const {
    double* const slopes = memory.slope_block.front().of;
    if (direction_ == nullptr) {
      kernels_.logistic(block, slopes, memory.slopes.row(layout_.inputs()));
    } else {
      kernels_.bend_logistic(block, slopes, memory.change_block.front().of);
    }
  }
  void turn_exponential(const kernels::SampleBlock& block, Memory& memory) const {
    double* const slopes = memory.slope_block.front().of;
    Row factors;
    if (kernels_.find_highest(block, slopes, memory.highest.of, factors.of)) {
      memory.slopes.scale(factors);
      memory.changes.scale(factors);
    }
    kernels_.exponential(block, slopes, memory.highest.of, memory.slopes.row(layout_.inputs()));
    if (direction_ == nullptr) return;
    kernels_.bend_exponential(block.count, slopes, memory.change_block.front().of,
                              memory.slopes.row(layout_.inputs() + 1));
  }

  // Adds up what samples have, times their inputs.
  void add_inputs(std::int64_t first, int count, Rows& samples, Rows& table, TileSums& to) const {
    std::fill(samples.begin() + count, samples.end(), Row{});
    for (int done = 0; done < count; done += word_signs) {
      kernels_.make_table(samples[static_cast<std::size_t>(done)].of, table.front().of);
      kernels_.add_signed(table.front().of, groups_of(count - done),
                          layout_.columns((first + done) / word_signs), layout_.inputs(),
                          to.row(0));
    }
  }

  const SampleLayout& layout_;
  const kernels::ConditionalKernels& kernels_;
  const bool logistic_;
  const ConditionalParameters at_;
  const ConditionalParameters* const direction_;
};

// --- results -------------------------------------------------------------------------------------

// of(input) of a target, and of its own field, the last input.
template <class Of>
void write_target(const SampleLayout& layout, std::int64_t target, const ConditionalGradient& to,
                  const Of& of) {
  const std::int64_t inputs = layout.inputs() - 1;
  for (std::int64_t j = 0; j < inputs; ++j) to.couplings[target * inputs + j] = of(j);
  to.fields[target] = of(inputs);
}

void check(const ConditionalSamples& samples, const ConditionalParameters& at,
           const std::string& prefix = "") {
  const auto all_finite = [](const double* from, std::int64_t count) {
    return std::all_of(from, from + count, [](double x) { return std::isfinite(x); });
  };
  demand(all_finite(at.couplings, samples.targets * samples.inputs),
         prefix + "couplings: allowed: finite numbers");
  demand(all_finite(at.fields, samples.targets), prefix + "fields: allowed: finite numbers");
}

// Threads that are worth calling: a sample of a tile takes as long as some words of engines.
int worthy(const SampleLayout& layout, int threads) {
  return worth(layout.samples() * layout.tiles() * (layout.inputs() + 64) / 16, threads);
}

}  // namespace

bool conditional_losses(const ConditionalSamples& samples, ConditionalLoss loss,
                        const ConditionalParameters& at, int threads, Isa isa, double* values,
                        const ConditionalGradient& gradient, const Poll& poll) {
  check_processor(threads, isa);
  check(samples, at);
  SampleLayout layout{samples};
  threads = worthy(layout, threads);
  const auto write = [&](const Tile& tile, const Memory& memory) {
    for (int lane = 0; lane < tile.targets; ++lane) {
      double& value = values[tile.first + lane];
      value = memory.slopes.total(layout.inputs(), lane);
      double over = 1;
      if (loss == ConditionalLoss::exponential) {
        if (value > 0) over = value;
        value = value > 0 ? memory.highest.of[lane] + std::log(value)
                          : -std::numeric_limits<double>::infinity();
      }
      write_target(layout, tile.first + lane, gradient,
                   [&](std::int64_t row) { return memory.slopes.total(row, lane) / over; });
    }
  };
  return layout.fill(threads, poll) &&
         Pass{layout, loss, at, nullptr, isa}.run(threads, poll, write);
}

bool conditional_curvature(const ConditionalSamples& samples, ConditionalLoss loss,
                           const ConditionalParameters& at, const ConditionalParameters& direction,
                           int threads, Isa isa, const ConditionalGradient& change,
                           const Poll& poll) {
  check_processor(threads, isa);
  check(samples, at);
  check(samples, direction, "direction_");
  SampleLayout layout{samples};
  threads = worthy(layout, threads);
  const auto write = [&](const Tile& tile, const Memory& memory) {
    for (int lane = 0; lane < tile.targets; ++lane) {
      // Of the logistic loss there are changes only, and they are as they should be.
      const double weight = memory.slopes.total(layout.inputs(), lane);
      const double over = weight > 0 ? weight : 1;
      const double mean = memory.slopes.total(layout.inputs() + 1, lane) / over;
      write_target(layout, tile.first + lane, change, [&](std::int64_t row) {
        return memory.changes.total(row, lane) / over -
               memory.slopes.total(row, lane) / over * mean;
      });
    }
  };
  return layout.fill(threads, poll) &&
         Pass{layout, loss, at, &direction, isa}.run(threads, poll, write);
}

}  // namespace multispin
