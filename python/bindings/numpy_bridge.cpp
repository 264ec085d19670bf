#include "numpy_bridge.hpp"

#include <stdexcept>

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

}  // namespace multispin
