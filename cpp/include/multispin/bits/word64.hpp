// One word in two 32-bit registers: what a GPU thread works on.
//
// 32-bit halves, because that is what a GPU's logic unit takes: three inputs and any function of
// them (LOP3) in one operation. The compiler finds those operations itself where the function is
// known when it runs.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::bits {

struct Word64 {
  static constexpr int words = 1;
  std::uint32_t low, high;
};

MULTISPIN_HD Word64 halves(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}
MULTISPIN_HD Word64 both(std::uint32_t half) {
  return {half, half};
}
MULTISPIN_HD std::uint64_t joined(Word64 a) {
  return a.low | (static_cast<std::uint64_t>(a.high) << 32);
}

MULTISPIN_HD Word64 operator&(Word64 a, Word64 b) {
  return {a.low & b.low, a.high & b.high};
}
MULTISPIN_HD Word64 operator|(Word64 a, Word64 b) {
  return {a.low | b.low, a.high | b.high};
}
MULTISPIN_HD Word64 operator^(Word64 a, Word64 b) {
  return {a.low ^ b.low, a.high ^ b.high};
}
MULTISPIN_HD Word64 operator~(Word64 a) {
  return {~a.low, ~a.high};
}

// There is no second word for `high` to go to.
MULTISPIN_HD void broadcast(Word64& out, std::uint64_t low, std::uint64_t /*high*/) {
  out = halves(low);
}
MULTISPIN_HD void load(Word64& out, const std::uint64_t* from) {
  out = halves(*from);
}
MULTISPIN_HD void store(std::uint64_t* to, Word64 a) {
  *to = joined(a);
}
MULTISPIN_HD bool any(Word64 a) {
  return (a.low | a.high) != 0;
}
MULTISPIN_HD Word64 add64(Word64 a, Word64 b) {
  return halves(joined(a) + joined(b));
}
// Product of the low 32 bits.
MULTISPIN_HD Word64 multiply32(Word64 a, Word64 b) {
  return halves(std::uint64_t{a.low} * b.low);
}
MULTISPIN_HD Word64 high32(Word64 a) {
  return {a.high, 0};
}
MULTISPIN_HD Word64 join32(Word64 low, Word64 high) {
  return {low.low, high.low};
}
// Whether any 16-bit field of `count` words is below 2^log_limit.
template <int log_limit>
MULTISPIN_HD bool any_field_below(const Word64* a, int count) {
  constexpr std::uint32_t each = 0x00010001;
  constexpr std::uint32_t high = each * (0xffffU & ~((1U << log_limit) - 1U));
  std::uint32_t found = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t low_fields = a[i].low & high;
    const std::uint32_t high_fields = a[i].high & high;
    // Bit 15 of the lower field, if it is zero; else bit 31, if the upper one is.
    found |= (low_fields - each) & ~low_fields;
    found |= (high_fields - each) & ~high_fields;
  }
  return (found & (each << 15)) != 0;
}

MULTISPIN_HD Word64 xor3(Word64 a, Word64 b, Word64 c) {
  return a ^ b ^ c;
}
MULTISPIN_HD Word64 or3(Word64 a, Word64 b, Word64 c) {
  return a | b | c;
}
MULTISPIN_HD Word64 or_and(Word64 a, Word64 b, Word64 c) {
  return a | (b & c);
}
MULTISPIN_HD Word64 xor_and(Word64 a, Word64 b, Word64 c) {
  return a ^ (b & c);
}
MULTISPIN_HD Word64 xor_or(Word64 a, Word64 b, Word64 c) {
  return a ^ (b | c);
}
MULTISPIN_HD Word64 majority(Word64 a, Word64 b, Word64 c) {
  return (a & b) | (c & (a | b));
}
MULTISPIN_HD Word64 less_than_step(Word64 t, Word64 r, Word64 less) {
  return (t & ~r) | (less & (t | ~r));
}
MULTISPIN_HD Word64 less_than_step_not(Word64 t, Word64 r, Word64 less) {
  return less_than_step(~t, r, less);
}
MULTISPIN_HD Word64 or_not(Word64 a, Word64 b) {
  return a | ~b;
}
MULTISPIN_HD Word64 and_not(Word64 a, Word64 b) {
  return a & ~b;
}

// Lanes of `a` where `mask` is set, of `b` elsewhere.
MULTISPIN_HD Word64 choose(Word64 mask, Word64 a, Word64 b) {
  return (mask & a) | (~mask & b);
}

}  // namespace multispin::bits
