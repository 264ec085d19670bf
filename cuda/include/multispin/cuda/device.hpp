// GPUs: which there are, whether they can be used, and the errors they make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace multispin::cuda {

// A device that cannot do what it was asked to.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Not enough memory on a device; nothing was changed. Says how much it takes and how much is free.
class OutOfMemory : public std::bad_alloc {
 public:
  explicit OutOfMemory(std::string message) : message_{std::move(message)} {}
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

struct DeviceInfo {
  int index;
  std::string name;
  int major, minor;  // compute capability
  int multiprocessors;
  std::size_t memory;  // bytes
};

// Why no device can be used: "no driver", "no device", ...; empty if one can.
std::string why_unavailable();

// Empty where none can be used.
std::vector<DeviceInfo> devices();

// Throws DeviceError, which says why, unless device number `index` can be used.
DeviceInfo demand_device(int index);

// Bytes that can be allocated.
std::size_t free_memory(int device);

// Versions of the CUDA runtime that is linked in and of the driver (0: none), as major * 1000 +
// minor * 10.
int runtime_version();
int driver_version();

}  // namespace multispin::cuda
