// Bit-sliced counters: 64 counters side by side, plane p holding bit p of each.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::bits {

class LaneCounters {
 public:
  // Adds one to the counter of every lane whose bit is set.
  MULTISPIN_HD void add(std::uint64_t word) { add_from(0, word); }
  // The same of two words, in less time.
  MULTISPIN_HD void add(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t one = a ^ b;
    const std::uint64_t carry = (a & b) | (plane_[0] & one);
    plane_[0] ^= one;
    add_from(1, carry);
  }
  MULTISPIN_HD std::int64_t operator[](int lane) const {
    std::int64_t count = 0;
    for (int p = 0; p < used_; ++p) {
      count |= static_cast<std::int64_t>((plane_[p] >> lane) & 1U) << p;
    }
    return count;
  }
  // The counters of all lanes, eight lanes and eight planes at a time.
  void get(std::int64_t (&counts)[64]) const {
    for (std::int64_t& count : counts) count = 0;
    for (int p = 0; p < used_; p += 8) {
      for (int lane = 0; lane < 64; lane += 8) {
        std::uint64_t square = 0;
        for (int i = 0; i < 8; ++i) square |= (plane_[p + i] >> lane & 0xff) << (8 * i);
        square = turned(square);
        for (int i = 0; i < 8; ++i) {
          counts[lane + i] |= static_cast<std::int64_t>(square >> (8 * i) & 0xff) << p;
        }
      }
    }
  }

 private:
  static constexpr int planes = 40;

  // Bit c of byte r as bit r of byte c (Warren, Hacker's Delight, 2nd ed., 7-3).
  static std::uint64_t turned(std::uint64_t square) {
    std::uint64_t moved = (square ^ (square >> 7)) & 0x00aa00aa00aa00aa;
    square ^= moved ^ (moved << 7);
    moved = (square ^ (square >> 14)) & 0x0000cccc0000cccc;
    square ^= moved ^ (moved << 14);
    moved = (square ^ (square >> 28)) & 0x00000000f0f0f0f0;
    return square ^ moved ^ (moved << 28);
  }
  // Words of weight 2^p.
  MULTISPIN_HD void add_from(int p, std::uint64_t word) {
    for (; word != 0; ++p) {
      const std::uint64_t carry = plane_[p] & word;
      plane_[p] ^= word;
      word = carry;
    }
    if (p > used_) used_ = p;
  }

  std::uint64_t plane_[planes] = {};
  int used_ = 0;  // planes from here on are zero
};

}  // namespace multispin::bits
