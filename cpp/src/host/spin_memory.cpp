#include "host/spin_memory.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace multispin {
namespace {

// A system gives a process some 65,000 maps, and engines of many replicas have many small parts.
constexpr std::size_t own_map = std::size_t{1} << 20;
constexpr std::size_t line = 64;

}  // namespace

SpinMemory::SpinMemory(std::size_t words)
    : bytes_(words * sizeof(std::uint64_t)), mapped_(bytes_ >= own_map) {
  void* address = nullptr;
  if (mapped_) {
    address = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    constexpr std::size_t worth_it = std::size_t{1} << 22;
    if (bytes_ >= worth_it) madvise(address, bytes_, MADV_HUGEPAGE);
#endif
  } else {
    const std::size_t rounded = (bytes_ / line + 1) * line;
    address = std::aligned_alloc(line, rounded);
    if (address == nullptr) throw std::bad_alloc();
    std::memset(address, 0, rounded);
  }
  data_ = static_cast<std::uint64_t*>(address);
}

SpinMemory::~SpinMemory() {
  if (mapped_) {
    munmap(data_, bytes_);
  } else {
    std::free(data_);
  }
}

}  // namespace multispin
