#include "multispin/bipartite/levels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "bipartite/tiles.hpp"
#include "host/demand.hpp"

namespace multispin {
namespace {

void check_finite(const double* from, std::int64_t count, const std::string& name) {
  demand(std::all_of(from, from + count, [](double x) { return std::isfinite(x); }),
         name + ": allowed: finite numbers");
}

// Offsets of a level, behind those that are there.
void add_offsets(const double* from, std::int64_t units, std::vector<double>& to) {
  to.insert(to.end(), from, from + units);
  to.insert(to.end(), static_cast<std::size_t>(blocks_of(units) * kernels::block_units - units),
            -std::numeric_limits<double>::infinity());
}

}  // namespace

UnitLevels unit_levels(LayerSizes sizes, double step, std::int64_t levels, const double* scales,
                       const double* visible, const double* hidden) {
  demand(levels >= 1, "scales: got none, allowed: at least one");
  check_finite(scales, levels, "scales");
  check_finite(visible, levels * sizes.visible, "visible_offsets");
  check_finite(hidden, levels * sizes.hidden, "hidden_offsets");
  UnitLevels out;
  for (std::int64_t l = 0; l < levels; ++l) {
    out.factors.push_back(scales[l] * step);
    demand(std::isfinite(out.factors.back()), "scales: got one too large for the weights");
    add_offsets(visible + l * sizes.visible, sizes.visible, out.visible);
    add_offsets(hidden + l * sizes.hidden, sizes.hidden, out.hidden);
  }
  return out;
}

void check_levels(const std::int64_t* of_rows, std::int64_t rows, std::int64_t levels) {
  if (of_rows == nullptr) return;
  for (std::int64_t r = 0; r < rows; ++r) {
    demand(of_rows[r] >= 0 && of_rows[r] < levels, "level: got " + std::to_string(of_rows[r]) +
                                                       ", allowed: 0 to " +
                                                       std::to_string(levels - 1));
  }
}

void check_sizes(LayerSizes sizes) {
  demand(sizes.visible >= 1, "weights: got no visible units, allowed: at least one");
  demand(sizes.hidden >= 1, "weights: got no hidden units, allowed: at least one");
  demand(std::max(sizes.visible, sizes.hidden) <= std::int64_t{1} << 30,
         "weights: got more than 2**30 units");
}

}  // namespace multispin
