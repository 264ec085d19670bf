#include "gpu.hpp"

#ifdef MULTISPIN_BENCH_CUDA
#  include "multispin/cuda/lattice/engine.hpp"
#endif

namespace multispin::bench {

#ifdef MULTISPIN_BENCH_CUDA

namespace {

std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

std::int64_t largest_size(std::size_t memory) {
  std::int64_t size = 2;
  while (cuda::lattice_bytes(2 * size, 2 * size, 1) <= memory) size *= 2;
  return size;
}

}  // namespace

std::optional<Gpu> find_gpu() {
  try {
    const cuda::DeviceInfo device = cuda::demand_device(0);
    return Gpu{device.name, std::to_string(device.major) + "." + std::to_string(device.minor),
               version(cuda::runtime_version()), version(cuda::driver_version()),
               largest_size(cuda::free_memory(device.index))};
  } catch (const cuda::DeviceError&) {
    return std::nullopt;
  }
}

#else

std::optional<Gpu> find_gpu() {
  return std::nullopt;
}

#endif

}  // namespace multispin::bench
