// Memory that warps of a block share (launch_sharing), and how it is filled.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::cuda {

// A copy of 16 bytes of the device's memory, that goes on while its thread does other things.
template <class T>
MULTISPIN_HD void copy_ahead(T& shared, const T& from) {
  static_assert(sizeof(T) == 16 && alignof(T) == 16);
#if defined(__CUDA_ARCH__)
  const auto to = static_cast<std::uint32_t>(__cvta_generic_to_shared(&shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(&from) : "memory");
#else
  shared = from;
#endif
}

// Until those of the own thread are there; other threads see them after a barrier.
MULTISPIN_HD void await_copies() {
#if defined(__CUDA_ARCH__)
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

}  // namespace multispin::cuda
