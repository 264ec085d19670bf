#include "multispin/cuda/device_array.hpp"

#include <functional>
#include <numeric>

#include "runtime.hpp"

namespace multispin::cuda {

std::int64_t DeviceArray::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
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
