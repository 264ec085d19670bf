// Arrays across the language border: every check of shape, dtype and layout is here.
#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace multispin {

using Shape = std::vector<pybind11::ssize_t>;

// C-contiguous arrays only; pybind11 refuses others with a TypeError (no silent conversion).
template <class T>
using Array = pybind11::array_t<T, pybind11::array::c_style>;

// Throws a ValueError naming the argument unless the array has this shape.
void demand_shape(const std::string& argument, const pybind11::array& array, const Shape& shape);

// Elements of arrays (draws, replicas); throws a ValueError if there are more than arrays can have.
std::size_t record_size(std::uint64_t draws, std::int64_t replicas);

template <class T>
Array<T> new_array(const Shape& shape) {
  return Array<T>(shape);
}

}  // namespace multispin
