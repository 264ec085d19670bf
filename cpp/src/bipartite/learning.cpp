#include "multispin/bipartite/learning.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bipartite/outer_blocks.hpp"
#include "host/processor.hpp"

namespace multispin {
namespace {

using kernels::block_units;
using kernels::LearningRow;

constexpr int square = block_units * block_units;

// Kernels by the types of sums and of weights.
auto row_for(const kernels::BipartiteKernels& k, const std::int32_t*, const float*) {
  return k.learn_floats;
}
auto row_for(const kernels::BipartiteKernels& k, const std::int32_t*, const double*) {
  return k.learn_doubles;
}
auto row_for(const kernels::BipartiteKernels& k, const double*, const float*) {
  return k.learn_floats_of_doubles;
}
auto row_for(const kernels::BipartiteKernels& k, const double*, const double*) {
  return k.learn_doubles_of_doubles;
}

// Sums of many samples, of the visible units from `first` on.
void turn_over(const OuterBlock& block, std::int64_t first, double* to) {
  for (std::int64_t k = 0; k < std::min<std::int64_t>(block_units, block.units - first); ++k) {
    for (int c = 0; c < block.values; ++c) {
      to[c * block_units + k] =
          static_cast<double>(block.totals[(first + k) * block_units + c]) * block.step;
    }
  }
}

void centre_row(float* __restrict units, std::int64_t count, double weight,
                const float* __restrict lambda, double* __restrict means) {
  const double share = std::abs(weight);
  const auto by = static_cast<float>(weight);
  for (std::int64_t j = 0; j < count; ++j) {
    means[j] += share * static_cast<double>(units[j]);
    units[j] = (units[j] - lambda[j]) * by;
  }
}

// A step of all weights, block by block of both layers, in any order and by any threads. What it
// does to fields is added up in the end, in one order.
template <class T>
class Step {
 public:
  Step(const CentredUnits& of, const LearningRates& rates, const MovingWeights<T>& moving, Isa isa)
      : of_(of),
        rates_(rates),
        moving_(moving),
        kernels_(bipartite_kernels(isa)),
        visible_blocks_(blocks_of(of.visible)),
        hidden_blocks_(blocks_of(of.hidden)),
        mu_(static_cast<std::size_t>(visible_blocks_ * block_units), 0.0),
        along_visible_(mu_.size() * static_cast<std::size_t>(hidden_blocks_), 0.0),
        along_hidden_(static_cast<std::size_t>(visible_blocks_ * of.hidden), 0.0) {
    std::copy_n(of.visible_offsets, of.visible, mu_.begin());
  }

  // Sums of a block of hidden units and of some blocks of visible ones, each turned over:
  // [(i * block_units + c) * block_units + k]. A row's weights, which lie side by side, are gone
  // through at once.
  template <class S>
  void take(std::int64_t hidden_block, std::int64_t first_block, std::int64_t blocks, const S* sums,
            double step) {
    const auto learn_row = row_for(kernels_, sums, moving_.weights);
    LearningRow row{0,   rates_.rate, rates_.momentum, 2 * rates_.l2, rates_.rate * rates_.l1, step,
                    0.0, 0.0,         nullptr,         nullptr};
    double* const along = along_visible_.data() + hidden_block * visible_blocks_ * block_units;
    for (int c = 0; c < units_of_block(of_.hidden, hidden_block); ++c) {
      const std::int64_t j = hidden_block * block_units + c;
      row.change = of_.change[j];
      row.hidden_offset = of_.hidden_offsets[j];
      for (std::int64_t i = 0; i < blocks; ++i) {
        const std::int64_t block = first_block + i, first = block * block_units;
        const std::int64_t at = j * of_.visible + first;
        row.units = units_of_block(of_.visible, block);
        row.visible_offsets = mu_.data() + first;
        row.along_visible = along + first;
        along_hidden_[static_cast<std::size_t>(block * of_.hidden + j)] =
            learn_row(row, sums + (i * block_units + c) * block_units, moving_.weights + at,
                      moving_.velocity + at);
      }
    }
  }

  void gather() const {
    for (std::int64_t block = 0; block < hidden_blocks_; ++block) {
      const double* const from = along_visible_.data() + block * visible_blocks_ * block_units;
      for (std::int64_t i = 0; i < of_.visible; ++i) moving_.along_visible[i] += from[i];
    }
    for (std::int64_t block = 0; block < visible_blocks_; ++block) {
      const double* const from = along_hidden_.data() + block * of_.hidden;
      for (std::int64_t j = 0; j < of_.hidden; ++j) moving_.along_hidden[j] -= from[j];
    }
  }

 private:
  const CentredUnits& of_;
  const LearningRates& rates_;
  const MovingWeights<T>& moving_;
  const kernels::BipartiteKernels& kernels_;
  std::int64_t visible_blocks_, hidden_blocks_;
  std::vector<double> mu_, along_visible_, along_hidden_;
};

}  // namespace

template <class T>
void learn(const CentredUnits& of, const double* sums, const LearningRates& rates,
           const MovingWeights<T>& moving, Isa isa) {
  Step<T> step(of, rates, moving, isa);
  double sums_of_block[square];
  for (std::int64_t j = 0; j < blocks_of(of.hidden); ++j) {
    for (std::int64_t i = 0; i < blocks_of(of.visible); ++i) {
      const double* const from = sums + i * block_units * of.hidden + j * block_units;
      for (int k = 0; k < units_of_block(of.visible, i); ++k) {
        for (int c = 0; c < units_of_block(of.hidden, j); ++c) {
          sums_of_block[c * block_units + k] = from[k * of.hidden + c];
        }
      }
      step.take(j, i, 1, sums_of_block, 1.0);
    }
  }
  step.gather();
}

template <class T>
bool learn_from(const UnitRows& samples, const float* values, const CentredUnits& of,
                const LearningRates& rates, const MovingWeights<T>& moving, const Means& means) {
  Step<T> step(of, rates, moving, means.isa);
  const auto turn = bipartite_kernels(means.isa).turn;
  const auto take = [&](const OuterBlock& block) {
    const std::int64_t first = block.begin / block_units, count = blocks_of(block.units);
    if (block.sums != nullptr) {
      alignas(64) std::int32_t squares[most_blocks * square];
      for (std::int64_t i = 0; i < count; ++i) turn(block.sums + i * square, squares + i * square);
      step.take(block.number, first, count, squares, block.step);
    } else {
      double sums[square];
      for (std::int64_t i = 0; i < count; ++i) {
        turn_over(block, i * block_units, sums);
        step.take(block.number, first + i, 1, sums, 1.0);
      }
    }
  };
  if (!for_each_outer_block(samples, of.visible, values, of.hidden, means, take)) return false;
  step.gather();
  return true;
}

void centre(float* units, std::int64_t rows, std::int64_t hidden, const double* weights,
            const double* hidden_offsets, double* of_data, double* of_model) {
  std::vector<float> lambda(static_cast<std::size_t>(hidden));
  for (std::int64_t j = 0; j < hidden; ++j) {
    lambda[static_cast<std::size_t>(j)] = static_cast<float>(hidden_offsets[j]);
  }
  std::fill_n(of_data, hidden, 0.0);
  std::fill_n(of_model, hidden, 0.0);
  for (std::int64_t r = 0; r < rows; ++r) {
    centre_row(units + r * hidden, hidden, weights[r], lambda.data(),
               weights[r] < 0.0 ? of_model : of_data);
  }
}

template void learn(const CentredUnits&, const double*, const LearningRates&,
                    const MovingWeights<float>&, Isa);
template void learn(const CentredUnits&, const double*, const LearningRates&,
                    const MovingWeights<double>&, Isa);
template bool learn_from(const UnitRows&, const float*, const CentredUnits&, const LearningRates&,
                         const MovingWeights<float>&, const Means&);
template bool learn_from(const UnitRows&, const float*, const CentredUnits&, const LearningRates&,
                         const MovingWeights<double>&, const Means&);

}  // namespace multispin
