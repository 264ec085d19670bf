// Zeroed memory for spins, straight from the operating system: pages belong to the thread that
// first touches them, and large lattices get huge pages where the system offers them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace multispin {

class SpinMemory {
 public:
  explicit SpinMemory(std::size_t words);  // throws std::bad_alloc
  ~SpinMemory();
  SpinMemory(const SpinMemory&) = delete;
  SpinMemory& operator=(const SpinMemory&) = delete;

  std::uint64_t* data() const { return data_; }

 private:
  std::uint64_t* data_;
  std::size_t bytes_;
};

}  // namespace multispin
