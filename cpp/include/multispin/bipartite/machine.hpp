// Two layers of units 0 and 1 of which only units of different layers are coupled, as in a
// restricted Boltzmann machine: given one layer, the units of the other are independent.
//
//   P(v, h) ~ exp(sum_i a_i v_i + sum_j b_j h_j + sum_ji W_ji h_j v_i)
//
// The field of a unit is its offset and the weights of those units of the other layer that are up;
// it is up with probability 1 / (1 + exp(-field)).
//
// Weights are rounded to integers times one step, a power of two: the smallest for which no sum of
// a row's or a column's moduli can leave 32 bits. That is less than 2^-29.9 of the largest such
// sum. A weight is off by up to half a step, and a field of n active inputs by n times as much, as
// a rule sqrt(n / 3) times. Both layers see the same rounded weights, so what is drawn is exactly
// of one distribution. Sums of integers are exact in any order: nothing depends on threads or on
// the instruction set.
#pragma once

#include <cstdint>
#include <vector>

#include "multispin/bipartite/levels.hpp"
#include "multispin/isa.hpp"
#include "multispin/line_vector.hpp"
#include "multispin/poll.hpp"

namespace multispin {

enum class Layer { visible, hidden };

// What a call may use.
struct Means {
  int threads;
  Isa isa;
  const Poll& poll;
};

// Units of chains or samples: unit j of row r is bit j % 64 of bits[r * ceil(units / 64) + j / 64],
// and bits beyond the units are 0. A row has one of the machine's levels, or 0 without `levels`.
struct UnitRows {
  const std::uint64_t* bits;
  std::int64_t rows;
  const std::int64_t* levels = nullptr;  // [r]
};

// What numbers are a function of, beside layer and unit.
struct RowNumbers {
  std::uint64_t seed;
  const std::uint64_t* streams;  // [r]
  std::uint64_t step;
};

// Visible units that keep their values: of the mask's row r, or of its only one.
struct HeldUnits {
  const std::uint64_t* mask = nullptr;  // as UnitRows
  bool of_each_row = false;
};

// Functions that return a bool return false if `poll` asked for a stop; what was written then means
// nothing. All throw std::invalid_argument, std::bad_alloc.
class Bipartite {
 public:
  // Numbers >= 1. Weights and offsets are 0.
  Bipartite(std::int64_t visible, std::int64_t hidden);

  std::int64_t units(Layer layer) const { return side(layer).units; }
  std::int64_t words_of(Layer layer) const { return side(layer).blocks; }
  std::int64_t levels() const { return levels_.count(); }
  double step() const { return step_; }

  // Weights [j * visible + i] of hidden unit j and visible unit i, offsets [i] and [j]: finite.
  // There is one level then, of scale 1. What is refused changes nothing.
  void set(const float* weights, const double* visible, const double* hidden, Isa isa);
  void set(const double* weights, const double* visible, const double* hidden, Isa isa);
  // Level l has weights times scales[l], and offsets of its own, [l * units + i].
  void set_levels(std::int64_t levels, const double* scales, const double* visible,
                  const double* hidden);

  // Of the layer `to`, given the other one: [r * units + i].
  bool fields(Layer to, const UnitRows& from, float* out, const Means& means) const;
  bool probabilities(Layer to, const UnitRows& from, float* out, const Means& means) const;
  // Draws every unit: bits as UnitRows.
  bool draw(Layer to, const UnitRows& from, const RowNumbers& numbers, std::uint64_t* out,
            const Means& means) const;
  // sum_j log(1 + exp(field_j)) of each row at each of some levels: [l * rows + r]. Rows' own
  // levels do not matter.
  bool softplus(Layer to, const UnitRows& from, const std::int64_t* levels, std::int64_t count,
                double* out, const Means& means) const;
  // Draws the hidden units and then the visible ones, steps >= 1 times; steps of numbers follow
  // each other. `visible` and `hidden` are what was drawn last.
  bool gibbs(const UnitRows& from, std::int64_t steps, const RowNumbers& numbers,
             const HeldUnits& held, std::uint64_t* visible, std::uint64_t* hidden,
             const Means& means) const;

 private:
  struct Tile;
  // What belongs to a layer as output. Columns of a block lie side by side, those of input k of
  // the other layer at matrix[(block * inputs + k) * 64], where `inputs` fills whole blocks.
  struct Side {
    std::int64_t units, blocks;
    LineVector<std::int32_t> matrix;
  };

  template <class T>
  void set_numbers(const T* weights, const double* visible, const double* hidden, Isa isa);
  template <class Act>
  bool for_each_tile(const UnitRows& rows, Layer from, const Means& means, double work,
                     const Act& act) const;
  template <class Act>
  void for_each_block(const Tile& tile, Layer to, const std::uint64_t* bits, Isa isa,
                      const Act& act) const;
  void draw_tile(const Tile& tile, Layer to, const std::uint64_t* bits, const std::uint64_t* keys,
                 std::uint64_t step, std::uint64_t* out, Isa isa) const;
  void check(const UnitRows& rows, const Means& means) const;

  const Side& side(Layer layer) const { return layer == Layer::visible ? visible_ : hidden_; }
  static Layer other(Layer layer) {
    return layer == Layer::visible ? Layer::hidden : Layer::visible;
  }

  Side visible_, hidden_;
  double step_ = 1.0;
  UnitLevels levels_;
};

// Draws units of a layer whose fields are given, [r * units + i]: bits as UnitRows. Not a number
// counts as down.
bool draw_units(Layer layer, const float* fields, std::int64_t rows, std::int64_t units,
                const RowNumbers& numbers, std::uint64_t* out, const Means& means);

}  // namespace multispin
