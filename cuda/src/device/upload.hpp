// Bringing tables to a device.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device/runtime.hpp"

namespace multispin::cuda {

// A copy on the device; the host's has to stay until the queue has got so far.
template <class T>
std::unique_ptr<Memory> uploaded(Stream& stream, const std::vector<T>& items,
                                 const std::string& what) {
  const std::size_t bytes = items.size() * sizeof(T);
  std::unique_ptr<Memory> memory = std::make_unique<Memory>(stream.device(), bytes, what);
  if (bytes > 0) stream.copy(memory->data<void>(), items.data(), bytes);
  return memory;
}

}  // namespace multispin::cuda
