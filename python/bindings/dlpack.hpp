// The part of the DLPack ABI (version 0, https://dmlc.github.io/dlpack/latest/) that hands out an
// array: what every library that takes DLPack capsules expects to find in them.
#pragma once

#include <cstdint>

namespace multispin::dlpack {

enum DeviceType : std::int32_t { cuda_device = 2 };
enum TypeCode : std::uint8_t { signed_integer = 0, unsigned_integer = 1 };

struct Device {
  std::int32_t type;
  std::int32_t index;
};

struct DataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct Tensor {
  void* data;
  Device device;
  std::int32_t dimensions;
  DataType type;
  std::int64_t* shape;
  std::int64_t* strides;  // items
  std::uint64_t byte_offset;
};

struct ManagedTensor {
  Tensor tensor;
  void* context;
  void (*deleter)(ManagedTensor*);
};

inline constexpr char capsule_name[] = "dltensor";  // renamed by whoever takes it

}  // namespace multispin::dlpack
