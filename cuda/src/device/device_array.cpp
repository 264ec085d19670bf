#include "multispin/cuda/device_array.hpp"

#include <functional>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "device/runtime.hpp"

namespace multispin::cuda {

namespace {

std::int64_t product(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

// Without gaps, in row-major order.
std::vector<std::int64_t> strides_of(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * shape[axis];
  }
  return strides;
}

}  // namespace

std::int64_t DeviceArray::size() const {
  return product(shape);
}

DeviceArray reshaped(const DeviceArray& array, std::vector<std::int64_t> shape) {
  if (product(shape) != array.size() || array.strides != strides_of(array.shape)) {
    throw std::invalid_argument("shape: allowed is one of as many items, of an array without gaps");
  }
  DeviceArray out = array;
  out.strides = strides_of(shape);
  out.shape = std::move(shape);
  return out;
}

void synchronize(const DeviceArray& array) {
  const DeviceGuard guard{array.device};
  array.stream->synchronize();
}

void order_before(const DeviceArray& array, void* stream) {
  const DeviceGuard guard{array.device};
  array.stream->hold_back(stream);
}

void copy_to_host(const DeviceArray& array, void* to) {
  const DeviceGuard guard{array.device};
  // Everything but the last axis is as one: an array is contiguous, or has padding after its rows.
  const auto item = static_cast<std::size_t>(array.item_bytes());
  const auto width = item * static_cast<std::size_t>(array.shape.back());
  const auto pitch = item * static_cast<std::size_t>(array.strides[array.strides.size() - 2]);
  const auto rows = static_cast<std::size_t>(array.size() / array.shape.back());
  array.stream->copy_rows(to, width, array.data, pitch, width, rows);
  array.stream->synchronize();
}

}  // namespace multispin::cuda
