#include "host/spin_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace multispin {

SpinMemory::SpinMemory(std::size_t words) : bytes_(words * sizeof(std::uint64_t)) {
  void* const address =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
  constexpr std::size_t worth_it = std::size_t{1} << 22;
  if (bytes_ >= worth_it) madvise(address, bytes_, MADV_HUGEPAGE);
#endif
  data_ = static_cast<std::uint64_t*>(address);
}

SpinMemory::~SpinMemory() {
  munmap(data_, bytes_);
}

}  // namespace multispin
