// Levels of a machine: of each, what sums of weights are multiplied by, and offsets of both layers.
#pragma once

#include <cstdint>
#include <vector>

namespace multispin {

struct LayerSizes {
  std::int64_t visible, hidden;
};

struct UnitLevels {
  std::vector<double> factors;  // [l]: scale times step
  // [l * row + i], rows filled up to whole words of units; what is beyond the units has -infinity,
  // and is never up.
  std::vector<double> visible, hidden;

  std::int64_t count() const { return static_cast<std::int64_t>(factors.size()); }
};

// Of scales [l] and offsets [l * units + i]. Throws std::invalid_argument unless all are finite,
// factors too, and there is one.
UnitLevels unit_levels(LayerSizes sizes, double step, std::int64_t levels, const double* scales,
                       const double* visible, const double* hidden);

// Throws std::invalid_argument unless each of the rows' levels is there; null is level 0.
void check_levels(const std::int64_t* of_rows, std::int64_t rows, std::int64_t levels);

// Throws std::invalid_argument unless a machine can have so many units.
void check_sizes(LayerSizes sizes);

}  // namespace multispin
