#include "multispin/slabs.hpp"

#include <functional>
#include <numeric>

#include "host/demand.hpp"
#include "host/factors.hpp"

namespace multispin {

void check_shape(std::span<const std::int64_t> shape, std::int64_t sites) {
  demand(shape.empty() || factors_of(sites, shape),
         "shape: allowed: none, or sides of at least 1 whose product is the number of sites");
}

std::vector<std::int32_t> coordinates(std::span<const std::int64_t> shape, std::size_t axis) {
  const auto product = [](std::span<const std::int64_t> sides) {
    return std::accumulate(sides.begin(), sides.end(), std::int64_t{1}, std::multiplies<>{});
  };
  const std::int64_t stride = product(shape.subspan(axis + 1));
  std::vector<std::int32_t> out;
  for (std::int64_t site = 0; site < product(shape); ++site) {
    out.push_back(static_cast<std::int32_t>(site / stride % shape[axis]));
  }
  return out;
}

}  // namespace multispin
