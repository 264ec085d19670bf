// Kernels out of bodies: what one thread does, a struct with its arguments as members.
//
// A body's operator() and everything it calls is MULTISPIN_HD, so that without nvcc the same
// functions run on the host, one thread after the other (tests/emulation).
//
//   launch         body(thread, slot) for every thread below `count` of every slot
//   launch_sum     the same, adding the Body::sums numbers that it returns to those of the slot
//   launch_blocks  body(thread, slot, phase), one block of `threads` a slot; a phase begins when
//   all
//                  threads of the block have done the one before
//
// A slot is a replica, mostly: all its threads see the same arguments, which a GPU then keeps where
// they cost no registers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "device/runtime.hpp"
#include "multispin/host_device.hpp"

#if defined(__CUDACC__)
#  include <cuda_runtime.h>
#endif

namespace multispin::cuda {

inline constexpr std::uint32_t block_threads = 128;
// 64 registers a thread, so that 1024 threads fit a multiprocessor: enough to hide what they wait
// for.
inline constexpr std::uint32_t blocks_at_once = 8;
inline constexpr std::uint32_t most_block_threads = 512;  // of launch_blocks

template <int count>
struct Sums {
  std::int64_t value[count];
};

// For numbers that threads of several warps add to.
MULTISPIN_HD void add_to(std::int64_t* total, std::int64_t value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(reinterpret_cast<unsigned long long*>(total), static_cast<unsigned long long>(value));
#else
  *total += value;
#endif
}

#if defined(__CUDACC__)

namespace kernels {

template <class Body>
__global__ void __launch_bounds__(block_threads, blocks_at_once)
    threads(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot) {
  const std::uint32_t thread = blockIdx.x * block_threads + threadIdx.x;
  if (thread < count) body(thread, first_slot + blockIdx.y);
}

template <class Body>
__global__ void __launch_bounds__(block_threads, blocks_at_once)
    sums(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot,
         std::int64_t* totals) {
  const std::uint32_t thread = blockIdx.x * block_threads + threadIdx.x;
  const std::uint32_t slot = first_slot + blockIdx.y;
  Sums<Body::sums> own{};
  if (thread < count) own = body(thread, slot);
  // A warp's sum first: its threads would queue up for the same address.
  for (int i = 0; i < Body::sums; ++i) {
    auto sum = static_cast<unsigned long long>(own.value[i]);
    for (int distance = 16; distance > 0; distance /= 2) {
      sum += __shfl_down_sync(0xffffffffU, sum, distance);
    }
    if (threadIdx.x % 32 == 0) {
      add_to(totals + slot * std::int64_t{Body::sums} + i, static_cast<std::int64_t>(sum));
    }
  }
}

template <class Body>
__global__ void __launch_bounds__(most_block_threads)
    blocks(const __grid_constant__ Body body, std::uint32_t phases) {
  for (std::uint32_t phase = 0; phase < phases; ++phase) {
    body(threadIdx.x, blockIdx.x, phase);
    __syncthreads();
  }
}

inline cudaStream_t stream_of(const Stream& stream) {
  return static_cast<cudaStream_t>(stream.handle());
}

inline std::uint32_t blocks_for(std::uint32_t count) {
  return count / block_threads + (count % block_threads != 0 ? 1 : 0);
}

inline constexpr std::uint32_t most_slots = 65535;  // of one launch: a grid's second dimension

}  // namespace kernels

template <class Body>
void launch(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
            const Body& body) {
  for (std::uint32_t first = 0; first < slots; first += kernels::most_slots) {
    const dim3 grid(kernels::blocks_for(count), std::min(slots - first, kernels::most_slots));
    kernels::threads<<<grid, block_threads, 0, kernels::stream_of(stream)>>>(body, count, first);
    check_launch(name);
  }
}

template <class Body>
void launch_sum(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
                const Body& body, std::int64_t* totals) {
  for (std::uint32_t first = 0; first < slots; first += kernels::most_slots) {
    const dim3 grid(kernels::blocks_for(count), std::min(slots - first, kernels::most_slots));
    kernels::sums<<<grid, block_threads, 0, kernels::stream_of(stream)>>>(body, count, first,
                                                                          totals);
    check_launch(name);
  }
}

template <class Body>
void launch_blocks(Stream& stream, const char* name, std::uint32_t threads, std::uint32_t slots,
                   std::uint32_t phases, const Body& body) {
  kernels::blocks<<<slots, threads, 0, kernels::stream_of(stream)>>>(body, phases);
  check_launch(name);
}

#else

// Threads in falling order: what depends on it is wrong on a GPU, and then here too.
template <class Body>
void launch(Stream& /*stream*/, const char* name, std::uint32_t count, std::uint32_t slots,
            const Body& body) {
  check_launch(name);
  for (std::uint32_t slot = slots; slot-- > 0;) {
    for (std::uint32_t thread = count; thread-- > 0;) body(thread, slot);
  }
}

template <class Body>
void launch_sum(Stream& /*stream*/, const char* name, std::uint32_t count, std::uint32_t slots,
                const Body& body, std::int64_t* totals) {
  check_launch(name);
  for (std::uint32_t slot = slots; slot-- > 0;) {
    for (std::uint32_t thread = count; thread-- > 0;) {
      const Sums<Body::sums> own = body(thread, slot);
      for (int i = 0; i < Body::sums; ++i) {
        totals[slot * std::int64_t{Body::sums} + i] += own.value[i];
      }
    }
  }
}

template <class Body>
void launch_blocks(Stream& /*stream*/, const char* name, std::uint32_t threads, std::uint32_t slots,
                   std::uint32_t phases, const Body& body) {
  check_launch(name);
  for (std::uint32_t slot = slots; slot-- > 0;) {
    for (std::uint32_t phase = 0; phase < phases; ++phase) {
      for (std::uint32_t thread = threads; thread-- > 0;) body(thread, slot, phase);
    }
  }
}

#endif

// work(rows before, threads) for so many rows at a time that their threads can be numbered.
template <class Work>
void by_rows(std::int64_t rows, std::int64_t threads_of_row, const Work& work) {
  constexpr std::int64_t most_threads = std::int64_t{1} << 30;
  const std::int64_t at_once = std::max<std::int64_t>(1, most_threads / threads_of_row);
  for (std::int64_t done = 0; done < rows; done += at_once) {
    const std::int64_t now = std::min(at_once, rows - done);
    work(done, static_cast<std::uint32_t>(now * threads_of_row));
  }
}

}  // namespace multispin::cuda
