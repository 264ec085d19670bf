// The GPU that is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace multispin::bench {

struct Gpu {
  std::string name;
  std::string capability;
  std::string runtime, driver;  // CUDA version that is linked in, and that the driver is made for
  std::int64_t largest_size;    // the largest power of two whose L x L spins fit its free memory
};

// The first device; CUDA_VISIBLE_DEVICES chooses another. Nothing where the build has no CUDA
// engines or no device can be used.
std::optional<Gpu> find_gpu();

}  // namespace multispin::bench
