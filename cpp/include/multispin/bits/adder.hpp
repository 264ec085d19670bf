// Bit-sliced counters: 64 counters side by side, plane p holding bit p of each.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::bits {

class LaneCounters {
 public:
  // Adds one to the counter of every lane whose bit is set.
  MULTISPIN_HD void add(std::uint64_t word) {
    for (int p = 0; word != 0; ++p) {
      const std::uint64_t carry = plane_[p] & word;
      plane_[p] ^= word;
      word = carry;
    }
  }
  MULTISPIN_HD std::int64_t operator[](int lane) const {
    std::int64_t count = 0;
    for (int p = 0; p < planes; ++p) {
      count |= static_cast<std::int64_t>((plane_[p] >> lane) & 1U) << p;
    }
    return count;
  }

 private:
  static constexpr int planes = 40;
  std::uint64_t plane_[planes] = {};
};

}  // namespace multispin::bits
