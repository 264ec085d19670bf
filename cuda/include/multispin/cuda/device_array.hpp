// An array in a GPU's memory, as it is handed to others.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace multispin::cuda {

class Stream;

struct DeviceArray {
  enum class Type { int8, uint64 };

  void* data;
  Type type;
  int device;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // elements
  std::shared_ptr<void> memory;       // lives as long as somebody has the array
  std::shared_ptr<Stream> stream;     // what fills the array comes before what is put there now

  std::int64_t size() const;
  std::int64_t item_bytes() const { return type == Type::int8 ? 1 : 8; }
};

// The same items in another shape. Throws std::invalid_argument for one of another size, and for an
// array with gaps.
DeviceArray reshaped(const DeviceArray& array, std::vector<std::int64_t> shape);

// Waits until the array's contents are there.
void synchronize(const DeviceArray& array);

// Makes everything that is put into `stream` (a cudaStream_t) from now on wait for the contents.
void order_before(const DeviceArray& array, void* stream);

// Row-major, `size()` items.
void copy_to_host(const DeviceArray& array, void* to);

// Somebody else's array on a device: int8, row-major.
struct ForeignArray {
  const std::int8_t* data;
  std::vector<std::int64_t> shape;
  // Whether its contents are there: yes, or once `stream` (a cudaStream_t) has got so far, or once
  // the whole device has.
  enum class Filled { already, by_stream, by_somebody } filled;
  void* stream;
};

}  // namespace multispin::cuda
