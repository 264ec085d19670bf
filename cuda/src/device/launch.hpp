// Kernels out of bodies: what one thread does, a struct with its arguments as members.
//
// A body's operator() and everything it calls is MULTISPIN_HD, so that without nvcc the same
// functions run on the host, one thread after the other (tests/emulation).
//
//   launch         body(thread, slot) for every thread below `count` of every slot
//   launch_sum     the same, adding the Body::sums numbers that it returns to those of the slot
//   launch_blocks  body(thread, slot, phase), one block of `threads` a slot; a phase begins when
//                  the block has done the one before
//   launch_warps   body(warp, slot) for every warp below `count` of every slot (warp.hpp)
//   launch_warp_blocks
//                  body(warp, slot, phase), one block of `warps` a slot, phases as above
//   launch_sharing body(shared, warp, slot) for every warp below `count` of every slot, with a
//                  Body::Shared that `warps` of them have in common: before, each of these has done
//                  body.share(shared, place, warps, slot), `place` its number among them. A kernel
//                  ahead in the queue may be at work then: it must not change what is read there
//   launch_deferring
//                  body(thread, slot, put_off): put_off(Body::Later) has body.finish(Later) called
//                  when the threads around it are done, by one of them, or says false if there is
//                  no room. For rare work: a warp does what any of its threads has to do, and put
//                  together it is done by few warps
//
// A slot is a replica, mostly: all its threads see the same arguments, which a GPU then keeps where
// they cost no registers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "device/runtime.hpp"
#include "device/shared.hpp"
#include "device/warp.hpp"
#include "multispin/host_device.hpp"

#if defined(__CUDACC__)
#  include <cuda_runtime.h>
#endif

namespace multispin::cuda {

inline constexpr std::uint32_t block_threads = 128;
// Blocks that a multiprocessor holds, unless a body says otherwise (Body::blocks_at_once). With 8,
// a thread has 64 registers, and 1024 threads are enough to hide what they wait for.
template <class Body>
inline constexpr std::uint32_t blocks_at_once = 8;
template <class Body>
  requires requires { Body::blocks_at_once; }
inline constexpr std::uint32_t blocks_at_once<Body> = Body::blocks_at_once;
// What a block can put off. A lane in 2^13 or fewer draws again: twice as many as there are in a
// block of 32 words a thread.
inline constexpr std::uint32_t most_put_off = 64;
inline constexpr std::uint32_t most_block_threads = 512;  // of launch_blocks
inline constexpr std::uint32_t most_block_warps = most_block_threads / Warp::lanes;
// Of launch_warps, unless a body says otherwise (Body::block_warps): warps of a block are on one
// multiprocessor, and share its cache.
template <class Body>
inline constexpr std::uint32_t block_warps = block_threads / Warp::lanes;
template <class Body>
  requires requires { Body::block_warps; }
inline constexpr std::uint32_t block_warps<Body> = Body::block_warps;

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

// The same for what wraps around.
MULTISPIN_HD void add_to(std::int32_t* total, std::int32_t value) {
#if defined(__CUDA_ARCH__)
  atomicAdd(total, value);
#else
  *total = static_cast<std::int32_t>(static_cast<std::uint32_t>(*total) +
                                     static_cast<std::uint32_t>(value));
#endif
}

#if defined(__CUDACC__)

namespace kernels {

// A kernel of sm_90 or later may have its blocks on the GPU before the one ahead of it in the queue
// is done (Stream::launches_early), which hides what a launch costs. Here they wait for it, having
// let the next kernel's come.
__device__ __forceinline__ void take_turn() {
#  if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  asm volatile("griddepcontrol.wait;" ::: "memory");
#  endif
}

template <class Body>
__global__ void __launch_bounds__(block_threads, blocks_at_once<Body>)
    threads(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot) {
  take_turn();
  const std::uint32_t thread = blockIdx.x * block_threads + threadIdx.x;
  if (thread < count) body(thread, first_slot + blockIdx.y);
}

template <class Body>
__global__ void __launch_bounds__(block_threads, blocks_at_once<Body>)
    sums(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot,
         std::int64_t* totals) {
  take_turn();
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

template <class Body>
__global__ void __launch_bounds__(Warp::lanes* block_warps<Body>, blocks_at_once<Body>)
    warps(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot) {
  take_turn();
  const std::uint32_t warp = blockIdx.x * block_warps<Body> + threadIdx.x / Warp::lanes;
  if (warp < count) body(warp, first_slot + blockIdx.y);
}

template <class Body>
__global__ void __launch_bounds__(most_block_threads)
    warp_blocks(const __grid_constant__ Body body, std::uint32_t phases) {
  for (std::uint32_t phase = 0; phase < phases; ++phase) {
    body(threadIdx.x / Warp::lanes, blockIdx.x, phase);
    __syncthreads();
  }
}

template <class Body>
__global__ void __launch_bounds__(most_block_threads, blocks_at_once<Body>)
    sharing(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot) {
  extern __shared__ uint4 shared_memory[];
  auto& shared = *reinterpret_cast<typename Body::Shared*>(shared_memory);
  const std::uint32_t warps = blockDim.x / Warp::lanes;
  const std::uint32_t place = threadIdx.x / Warp::lanes;
  const std::uint32_t slot = first_slot + blockIdx.y;
  body.share(shared, place, warps, slot);
  take_turn();
  await_copies();
  __syncthreads();
  const std::uint32_t warp = blockIdx.x * warps + place;
  if (warp < count) body(shared, warp, slot);
}

template <class Body>
__global__ void __launch_bounds__(block_threads, blocks_at_once<Body>)
    deferring(const __grid_constant__ Body body, std::uint32_t count, std::uint32_t first_slot) {
  __shared__ typename Body::Later put_off[most_put_off];
  __shared__ std::uint32_t put_off_count;
  if (threadIdx.x == 0) put_off_count = 0;
  __syncthreads();
  take_turn();
  const std::uint32_t thread = blockIdx.x * block_threads + threadIdx.x;
  if (thread < count) {
    body(thread, first_slot + blockIdx.y, [&](const typename Body::Later& later) {
      const std::uint32_t place = atomicAdd(&put_off_count, 1U);
      if (place >= most_put_off) return false;
      put_off[place] = later;
      return true;
    });
  }
  __syncthreads();
  const std::uint32_t last = min(put_off_count, most_put_off);
  for (std::uint32_t i = threadIdx.x; i < last; i += block_threads) body.finish(put_off[i]);
}

inline cudaStream_t stream_of(const Stream& stream) {
  return static_cast<cudaStream_t>(stream.handle());
}

inline std::uint32_t blocks_for(std::uint32_t count, std::uint32_t each = block_threads) {
  return count / each + (count % each != 0 ? 1 : 0);
}

inline constexpr std::uint32_t most_slots = 65535;  // of one launch: a grid's second dimension

template <class... Arguments>
void start_sharing(const Stream& stream, const char* name, void (*kernel)(Arguments...),
                   dim3 blocks, std::uint32_t threads, std::size_t shared,
                   const Arguments&... arguments) {
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = blocks;
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared;
  config.stream = stream_of(stream);
  config.attrs = &early;
  config.numAttrs = stream.launches_early() ? 1 : 0;
  const void* pointers[] = {&arguments...};
  cudaLaunchKernelExC(&config, reinterpret_cast<const void*>(kernel), const_cast<void**>(pointers));
  check_launch(name);
}

template <class... Arguments>
void start(const Stream& stream, const char* name, void (*kernel)(Arguments...), dim3 blocks,
           std::uint32_t threads, const Arguments&... arguments) {
  start_sharing(stream, name, kernel, blocks, threads, 0, arguments...);
}

// work(grid, first slot) for as many slots at a time as a grid takes.
template <class Work>
void by_slots(std::uint32_t count, std::uint32_t slots, const Work& work,
              std::uint32_t of_block = block_threads) {
  for (std::uint32_t first = 0; first < slots; first += most_slots) {
    work(dim3(blocks_for(count, of_block), std::min(slots - first, most_slots)), first);
  }
}

}  // namespace kernels

template <class Body>
void launch(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
            const Body& body) {
  kernels::by_slots(count, slots, [&](dim3 grid, std::uint32_t first) {
    kernels::start(stream, name, kernels::threads<Body>, grid, block_threads, body, count, first);
  });
}

template <class Body>
void launch_deferring(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
                      const Body& body) {
  kernels::by_slots(count, slots, [&](dim3 grid, std::uint32_t first) {
    kernels::start(stream, name, kernels::deferring<Body>, grid, block_threads, body, count, first);
  });
}

template <class Body>
void launch_sum(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
                const Body& body, std::int64_t* totals) {
  kernels::by_slots(count, slots, [&](dim3 grid, std::uint32_t first) {
    kernels::start(stream, name, kernels::sums<Body>, grid, block_threads, body, count, first,
                   totals);
  });
}

template <class Body>
void launch_blocks(Stream& stream, const char* name, std::uint32_t threads, std::uint32_t slots,
                   std::uint32_t phases, const Body& body) {
  // Not early: its blocks would take the place of those that are at work (a tenth slower).
  kernels::blocks<<<slots, threads, 0, kernels::stream_of(stream)>>>(body, phases);
  check_launch(name);
}

template <class Body>
void launch_warps(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
                  const Body& body) {
  constexpr std::uint32_t of_block = block_warps<Body>;
  const auto start = [&](dim3 grid, std::uint32_t first) {
    kernels::start(stream, name, kernels::warps<Body>, grid, Warp::lanes * of_block, body, count,
                   first);
  };
  kernels::by_slots(count, slots, start, of_block);
}

template <class Body>
void launch_warp_blocks(Stream& stream, const char* name, std::uint32_t warps, std::uint32_t slots,
                        std::uint32_t phases, const Body& body) {
  kernels::warp_blocks<<<slots, Warp::lanes * warps, 0, kernels::stream_of(stream)>>>(body, phases);
  check_launch(name);
}

// Before launch_sharing, of the current device: more than 48 KiB have to be asked for, and every
// GPU since sm_80 has 99. Beside: a body of launch_warps between whose launches these come. To
// divide a multiprocessor's cache anew it has to be idle, so both have it alike, and can be there
// together.
template <class Body, class Beside>
void allow_sharing() {
  const auto bytes = static_cast<int>(sizeof(typename Body::Shared));
  const auto set = [](auto* kernel, cudaFuncAttribute attribute, int value) {
    cudaFuncSetAttribute(kernel, attribute, value);
  };
  set(kernels::sharing<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  constexpr auto division = cudaFuncAttributePreferredSharedMemoryCarveout;
  set(kernels::sharing<Body>, division, cudaSharedmemCarveoutMaxShared);
  set(kernels::warps<Beside>, division, cudaSharedmemCarveoutMaxShared);
}

template <class Body>
void launch_sharing(Stream& stream, const char* name, std::uint32_t warps, std::uint32_t count,
                    std::uint32_t slots, const Body& body) {
  const auto start = [&](dim3 grid, std::uint32_t first) {
    kernels::start_sharing(stream, name, kernels::sharing<Body>, grid, Warp::lanes * warps,
                           sizeof(typename Body::Shared), body, count, first);
  };
  kernels::by_slots(count, slots, start, warps);
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
void launch_deferring(Stream& /*stream*/, const char* name, std::uint32_t count,
                      std::uint32_t slots, const Body& body) {
  using Later = typename Body::Later;
  check_launch(name);
  constexpr std::size_t room = 2;  // little, so that it is found wanting
  std::vector<Later> put_off;
  for (std::uint32_t slot = slots; slot-- > 0;) {
    for (std::uint32_t thread = count; thread-- > 0;) {
      body(thread, slot, [&](const Later& later) {
        if (put_off.size() == room) return false;
        put_off.push_back(later);
        return true;
      });
      if (thread % block_threads != 0) continue;
      for (const Later& later : put_off) body.finish(later);
      put_off.clear();
    }
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

template <class Body>
void launch_warps(Stream& stream, const char* name, std::uint32_t count, std::uint32_t slots,
                  const Body& body) {
  launch(stream, name, count, slots, body);
}

template <class Body>
void launch_warp_blocks(Stream& stream, const char* name, std::uint32_t warps, std::uint32_t slots,
                        std::uint32_t phases, const Body& body) {
  launch_blocks(stream, name, warps, slots, phases, body);
}

template <class Body, class Beside>
void allow_sharing() {}

template <class Body>
void launch_sharing(Stream& /*stream*/, const char* name, std::uint32_t warps, std::uint32_t count,
                    std::uint32_t slots, const Body& body) {
  check_launch(name);
  const auto shared = std::make_unique<typename Body::Shared>();
  for (std::uint32_t slot = slots; slot-- > 0;) {
    for (std::uint32_t block = (count + warps - 1) / warps; block-- > 0;) {
      std::memset(shared.get(), 0xa5, sizeof(*shared));  // what was there is gone
      for (std::uint32_t place = warps; place-- > 0;) body.share(*shared, place, warps, slot);
      const std::uint32_t first = block * warps;
      for (std::uint32_t w = std::min(first + warps, count); w-- > first;) body(*shared, w, slot);
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
