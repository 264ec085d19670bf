// Bit-sliced counters: 64 counters side by side, plane p holding bit p of each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace multispin::bits {

class LaneCounters {
 public:
  // Adds one to the counter of every lane whose bit is set.
  void add(std::uint64_t word) {
    for (std::size_t p = 0; word != 0; ++p) {
      const std::uint64_t carry = plane_[p] & word;
      plane_[p] ^= word;
      word = carry;
    }
  }
  std::int64_t operator[](int lane) const {
    std::int64_t count = 0;
    for (std::size_t p = 0; p < plane_.size(); ++p) {
      count |= static_cast<std::int64_t>((plane_[p] >> lane) & 1U) << p;
    }
    return count;
  }

 private:
  std::array<std::uint64_t, 40> plane_{};
};

}  // namespace multispin::bits
