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
using kernels::block_words;
using kernels::table_size;
using kernels::tile_targets;
using kernels::word_groups;
using kernels::word_signs;
using Numbers = std::vector<double>;

std::size_t tile_size(std::int64_t rows) {
  return static_cast<std::size_t>(rows * tile_targets);
}

// Groups of a word of which `signs` are left.
int groups_of(std::int64_t signs) {
  return static_cast<int>(std::min<std::int64_t>(
      word_groups, (signs + kernels::group_signs - 1) / kernels::group_signs));
}

// Sums over samples, of all inputs and more, [row * tile_targets + lane]. Samples of a while are
// added up by themselves: the more terms, the more is rounded off each.
class TileSums {
 public:
  explicit TileSums(std::int64_t rows) : recent_(tile_size(rows)), total_(tile_size(rows)) {}

  double* row(std::int64_t row) { return recent_.data() + row * tile_targets; }
  double total(std::int64_t row, int lane) const { return total_[tile_size(row) + lane]; }
  void clear() {
    std::ranges::fill(recent_, 0.0);
    std::ranges::fill(total_, 0.0);
  }
  void gather() {
    for (std::size_t i = 0; i < total_.size(); ++i) total_[i] += recent_[i];
    std::ranges::fill(recent_, 0.0);
  }
  void scale(const double* factors) {
    for (Numbers* const sums : {&recent_, &total_}) {
      for (std::size_t i = 0; i < sums->size(); ++i) (*sums)[i] *= factors[i % tile_targets];
    }
  }

 private:
  Numbers recent_, total_;
};

// Of the couplings of a tile.
class Tables {
 public:
  Tables(const SampleLayout& layout, const kernels::ConditionalKernels& kernels)
      : layout_(layout),
        kernels_(kernels),
        couplings_(tile_size(layout.input_words() * word_signs)),
        tables_(static_cast<std::size_t>(layout.input_words() * table_size)) {}

  void set(const ConditionalParameters& at, std::int64_t first, int targets) {
    const std::int64_t inputs = layout_.inputs() - 1;
    for (int lane = 0; lane < targets; ++lane) {
      const double* const row = at.couplings + (first + lane) * inputs;
      for (std::int64_t j = 0; j < inputs; ++j) couplings_[tile_size(j) + lane] = row[j];
      couplings_[tile_size(inputs) + lane] = at.fields[first + lane];
    }
    for (std::int64_t w = 0; w < layout_.input_words(); ++w) {
      kernels_.make_table(couplings_.data() + tile_size(w * word_signs), table(w));
    }
  }
  // Fields of the samples from `first` on.
  void fields(std::int64_t first, int count, double* to) {
    std::fill_n(to, tile_size(count), 0.0);
    for (std::int64_t w = 0; w < layout_.input_words(); ++w) {
      kernels_.add_signed(table(w), groups_of(layout_.inputs() - w * word_signs),
                          layout_.rows(w) + first, count, to);
    }
  }

 private:
  double* table(std::int64_t word) { return tables_.data() + word * table_size; }

  const SampleLayout& layout_;
  const kernels::ConditionalKernels& kernels_;
  Numbers couplings_;  // [j * tile_targets + lane]
  Numbers tables_;
};

struct Tile {
  std::int64_t number;
  std::int64_t first;  // target
  int targets;
};

// What a thread has of a tile: sums over samples, and a block of these under way.
struct Memory {
  Memory(const SampleLayout& layout, const kernels::ConditionalKernels& kernels)
      : at(layout, kernels),
        direction(layout, kernels),
        slopes(layout.inputs() + 2),
        changes(layout.inputs()),
        slope_block(tile_size(block_samples)),
        change_block(tile_size(block_samples)),
        table(table_size) {}

  void clear() {
    slopes.clear();
    changes.clear();
    std::ranges::fill(highest, std::numeric_limits<double>::lowest());
  }
  void gather() {
    slopes.gather();
    changes.gather();
  }

  Tables at, direction;
  TileSums slopes;  // of inputs; then of losses or weights, and of slopes times changes
  TileSums changes;
  double highest[tile_targets];
  Numbers slope_block, change_block;
  Numbers table;
};

class Pass {
 public:
  Pass(const SampleLayout& layout, ConditionalLoss loss, const ConditionalParameters& at,
       const ConditionalParameters* direction, std::int64_t targets, Isa isa)
      : layout_(layout),
        kernels_(conditional_kernels(isa)),
        logistic_(loss == ConditionalLoss::logistic),
        at_(at),
        direction_(direction),
        targets_(targets) {}

  // write(tile, memory) of each tile. False if it was stopped.
  template <class Write>
  bool run(int threads, const Poll& poll, const Write& write) {
    threads = static_cast<int>(std::min<std::int64_t>(threads, layout_.tiles()));
    std::vector<Memory> memories;
    for (int t = 0; t < threads; ++t) memories.emplace_back(layout_, kernels_);
    return in_turn(threads, layout_.tiles(), poll,
                   [&](std::int64_t number, int thread, StopWatch& watch) {
                     const std::int64_t first = number * tile_targets;
                     const auto targets = std::min<std::int64_t>(tile_targets, targets_ - first);
                     const Tile tile{number, first, static_cast<int>(targets)};
                     Memory& memory = memories[static_cast<std::size_t>(thread)];
                     if (add_up(tile, memory, thread, watch)) write(tile, memory);
                   });
  }

 private:
  static constexpr std::int64_t gathered_blocks = 16;

  // False if it was stopped.
  bool add_up(const Tile& tile, Memory& memory, int thread, StopWatch& watch) {
    memory.clear();
    memory.at.set(at_, tile.first, tile.targets);
    if (direction_ != nullptr) memory.direction.set(*direction_, tile.first, tile.targets);
    for (std::int64_t first = 0; first < layout_.samples(); first += block_samples) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return false;
      add_block(tile, first, memory);
      if (first / block_samples % gathered_blocks == gathered_blocks - 1) memory.gather();
    }
    memory.gather();
    return true;
  }

  void add_block(const Tile& tile, std::int64_t first, Memory& memory) {
    const auto count =
        static_cast<int>(std::min<std::int64_t>(block_samples, layout_.samples() - first));
    const std::uint8_t* const skips = layout_.skips(tile.number);
    const kernels::SampleBlock block{layout_.weights() + first,
                                     layout_.targets(tile.number) + first,
                                     skips == nullptr ? nullptr : skips + first, count};
    double* const slopes = memory.slope_block.data();
    double* const changes = direction_ == nullptr ? nullptr : memory.change_block.data();
    memory.at.fields(first, count, slopes);
    if (changes != nullptr) memory.direction.fields(first, count, changes);
    if (logistic_) {
      turn_logistic(block, slopes, changes, memory);
    } else {
      turn_exponential(block, slopes, changes, memory);
    }
    if (changes == nullptr || !logistic_)
      add_inputs(first, count, memory.slope_block, memory, memory.slopes);
    if (changes != nullptr) add_inputs(first, count, memory.change_block, memory, memory.changes);
  }

  // Fields into what is added up: slopes, and how they change.
  void turn_logistic(const kernels::SampleBlock& block, double* slopes, double* changes,
                     Memory& memory) const {
    if (changes == nullptr) {
      kernels_.logistic(block, slopes, memory.slopes.row(layout_.inputs()));
    } else {
      kernels_.bend_logistic(block, slopes, changes);
    }
  }
  void turn_exponential(const kernels::SampleBlock& block, double* slopes, double* changes,
                        Memory& memory) const {
    double factors[tile_targets];
    if (kernels_.find_highest(block, slopes, memory.highest, factors)) {
      memory.slopes.scale(factors);
      memory.changes.scale(factors);
    }
    kernels_.exponential(block, slopes, memory.highest, memory.slopes.row(layout_.inputs()));
    if (changes == nullptr) return;
    kernels_.bend_exponential(block.count, slopes, changes,
                              memory.slopes.row(layout_.inputs() + 1));
  }

  // Numbers of samples times their inputs.
  void add_inputs(std::int64_t first, int count, Numbers& numbers, Memory& memory, TileSums& to) {
    std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(tile_size(count)), numbers.end(), 0.0);
    for (int done = 0; done < count; done += word_signs) {
      kernels_.make_table(numbers.data() + tile_size(done), memory.table.data());
      kernels_.add_signed(memory.table.data(), groups_of(count - done),
                          layout_.columns((first + done) / word_signs), layout_.inputs(),
                          to.row(0));
    }
  }

  const SampleLayout& layout_;
  const kernels::ConditionalKernels& kernels_;
  const bool logistic_;
  const ConditionalParameters at_;
  const ConditionalParameters* const direction_;
  const std::int64_t targets_;
};

// --- results -------------------------------------------------------------------------------------

// of(row, lane) for a target's couplings and field.
template <class Of>
void write_target(const SampleLayout& layout, std::int64_t target, const ConditionalGradient& to,
                  const Of& of) {
  const std::int64_t inputs = layout.inputs() - 1;
  for (std::int64_t j = 0; j < inputs; ++j) to.couplings[target * inputs + j] = of(j);
  to.fields[target] = of(inputs);
}

void check(const ConditionalParameters& at, const ConditionalSamples& samples,
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
  check(at, samples);
  SampleLayout layout{samples};
  threads = worthy(layout, threads);
  Pass pass{layout, loss, at, nullptr, samples.targets, isa};
  return layout.fill(threads, poll) &&
         pass.run(threads, poll, [&](const Tile& tile, const Memory& memory) {
           for (int lane = 0; lane < tile.targets; ++lane) {
             const double sum = memory.slopes.total(layout.inputs(), lane);
             const bool logistic = loss == ConditionalLoss::logistic;
             const double none = -std::numeric_limits<double>::infinity();
             const double over = logistic || sum == 0 ? 1 : sum;
             values[tile.first + lane] = logistic   ? sum
                                         : sum == 0 ? none
                                                    : memory.highest[lane] + std::log(sum);
             write_target(layout, tile.first + lane, gradient,
                          [&](std::int64_t row) { return memory.slopes.total(row, lane) / over; });
           }
         });
}

bool conditional_curvature(const ConditionalSamples& samples, ConditionalLoss loss,
                           const ConditionalParameters& at, const ConditionalParameters& direction,
                           int threads, Isa isa, const ConditionalGradient& change,
                           const Poll& poll) {
  check_processor(threads, isa);
  check(at, samples);
  check(direction, samples, "direction_");
  SampleLayout layout{samples};
  threads = worthy(layout, threads);
  Pass pass{layout, loss, at, &direction, samples.targets, isa};
  return layout.fill(threads, poll) &&
         pass.run(threads, poll, [&](const Tile& tile, const Memory& memory) {
           for (int lane = 0; lane < tile.targets; ++lane) {
             // 0 for the logistic loss, whose changes are as they are
             const double sum = memory.slopes.total(layout.inputs(), lane);
             const double over = sum == 0 ? 1 : sum;
             const double mean = memory.slopes.total(layout.inputs() + 1, lane) / over;
             write_target(layout, tile.first + lane, change, [&](std::int64_t row) {
               return memory.changes.total(row, lane) / over -
                      memory.slopes.total(row, lane) / over * mean;
             });
           }
         });
}

}  // namespace multispin
