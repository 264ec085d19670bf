#include "numpy_bridge.hpp"

#include <limits>
#include <stdexcept>

#include "multispin/sums.hpp"

namespace multispin {
namespace {

std::string text(const pybind11::ssize_t* begin, std::size_t size) {
  std::string out = "(";
  for (std::size_t i = 0; i < size; ++i)
    out += std::to_string(begin[i]) + (size == 1 ? "," : i + 1 < size ? ", " : "");
  return out + ")";
}

}  // namespace

void demand_shape(const std::string& argument, const pybind11::array& array, const Shape& shape) {
  const auto dimensions = static_cast<std::size_t>(array.ndim());
  bool same = dimensions == shape.size();
  for (std::size_t i = 0; same && i < dimensions; ++i) same = array.shape()[i] == shape[i];
  if (same) return;
  throw std::invalid_argument(argument + ": got an array of shape " +
                              text(array.shape(), dimensions) +
                              ", allowed: " + text(shape.data(), shape.size()));
}

std::size_t record_size(std::uint64_t draws, std::int64_t replicas) {
  constexpr std::size_t bytes = std::numeric_limits<std::ptrdiff_t>::max();
  const std::size_t most = bytes / sizeof(Sums) / static_cast<std::size_t>(replicas);
  if (draws <= most) return draws * static_cast<std::size_t>(replicas);
  throw std::invalid_argument("draws: got " + std::to_string(draws) + " of " +
                              std::to_string(replicas) + " replicas, allowed: at most " +
                              std::to_string(most));
}

}  // namespace multispin
