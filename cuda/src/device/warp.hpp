// What the 32 threads of a warp do together: for bodies of launch_warps and launch_warp_blocks.
//
// A body says what a whole warp does. `each` has something done by every lane, which keeps what is
// its own in OfLanes; a ballot, or another lane's value, brings them together. What is decided
// outside of `each` has to come out alike in all lanes: it is made of arguments, ballots, and
// memory that all of them read. On a GPU a lane does its share; without, one lane after the other.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::cuda {

template <class T>
class OfLanes {
 public:
#if defined(__CUDA_ARCH__)
  MULTISPIN_HD T& operator[](int /*lane*/) { return own_; }
  MULTISPIN_HD const T& operator[](int /*lane*/) const { return own_; }

 private:
  T own_;
#else
  MULTISPIN_HD T& operator[](int lane) { return of_[lane]; }
  MULTISPIN_HD const T& operator[](int lane) const { return of_[lane]; }

 private:
  T of_[32];
#endif
};

struct Warp {
  static constexpr int lanes = 32;

  template <class Work>
  MULTISPIN_HD static void each(const Work& work) {
#if defined(__CUDA_ARCH__)
    work(own_lane());
#else
    // In falling order, as threads (launch.hpp).
    for (int lane = lanes; lane-- > 0;) work(lane);
#endif
  }
  template <class Work>
  MULTISPIN_HD static void once(const Work& work) {
#if defined(__CUDA_ARCH__)
    if (own_lane() == 0) work();
#else
    work();
#endif
  }
  // What lanes have stored before, all of them see after.
  MULTISPIN_HD static void meet() {
#if defined(__CUDA_ARCH__)
    __syncwarp();
#endif
  }
  // Bit l is what the test says in lane l.
  template <class Test>
  MULTISPIN_HD static std::uint32_t ballot(const Test& test) {
#if defined(__CUDA_ARCH__)
    return __ballot_sync(all, test(own_lane()));
#else
    std::uint32_t bits = 0;
    for (int lane = lanes; lane-- > 0;) bits |= (test(lane) ? 1U : 0U) << lane;
    return bits;
#endif
  }
  // One lane's value, for all.
  template <class T>
  MULTISPIN_HD static T of(const OfLanes<T>& values, int lane) {
#if defined(__CUDA_ARCH__)
    return __shfl_sync(all, values[0], lane);
#else
    return values[lane];
#endif
  }
  // All lanes' values together, for all.
  MULTISPIN_HD static std::int32_t sum(const OfLanes<std::int32_t>& values) {
#if defined(__CUDA_ARCH__)
    return __reduce_add_sync(all, values[0]);
#else
    std::int32_t sum = 0;
    for (int lane = lanes; lane-- > 0;) sum += values[lane];
    return sum;
#endif
  }
  // Lane l gets that of lane source(l).
  template <class T, class Source>
  MULTISPIN_HD static OfLanes<T> taken(const OfLanes<T>& values, const Source& source) {
    OfLanes<T> out;
#if defined(__CUDA_ARCH__)
    out[0] = __shfl_sync(all, values[0], source(own_lane()));
#else
    for (int lane = lanes; lane-- > 0;) out[lane] = values[source(lane)];
#endif
    return out;
  }

 private:
#if defined(__CUDA_ARCH__)
  static constexpr std::uint32_t all = 0xffffffffU;
  static __device__ __forceinline__ int own_lane() { return static_cast<int>(threadIdx.x % 32); }
#endif
};

// The number of the lowest bit that is set.
MULTISPIN_HD int lowest_bit(std::uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return __ffs(static_cast<int>(bits)) - 1;
#else
  return __builtin_ctz(bits);
#endif
}

}  // namespace multispin::cuda
