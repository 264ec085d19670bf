// Words of spins: 64-bit helpers and the portable 128-bit word.
//
// Bit 1 means s = +1. A *word* is 64 bits of one array; a Word128|256|512 is 2|4|8 neighbouring
// words handled by one instruction (word i of the array in 64-bit element i), a Word64 one word as
// GPUs like it. Every width offers the same free functions, so that one template body serves all
// instruction sets; the wider ones live in word256.hpp and word512.hpp, which only their own
// translation units may include.
#pragma once

#include <cstdint>

#include "multispin/bits/word64.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

// A word of 64 lanes of which the lowest `lanes` are in use.
MULTISPIN_HD constexpr std::uint64_t lane_mask(int lanes) {
  return lanes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << lanes) - 1;
}

// Bit b of the result is bit (b + amount) mod `lanes` of x; unused lanes are zero.
MULTISPIN_HD constexpr std::uint64_t rotate_down(std::uint64_t x, int amount, int lanes) {
  const std::uint64_t mask = lane_mask(lanes);
  x &= mask;
  return amount == 0 ? x : ((x >> amount) | (x << (lanes - amount))) & mask;
}

struct Word128 {
  static constexpr int words = 2;
  std::uint64_t element[2];
};

MULTISPIN_HD Word128 operator&(Word128 a, Word128 b) {
  return {{a.element[0] & b.element[0], a.element[1] & b.element[1]}};
}
MULTISPIN_HD Word128 operator|(Word128 a, Word128 b) {
  return {{a.element[0] | b.element[0], a.element[1] | b.element[1]}};
}
MULTISPIN_HD Word128 operator^(Word128 a, Word128 b) {
  return {{a.element[0] ^ b.element[0], a.element[1] ^ b.element[1]}};
}
MULTISPIN_HD Word128 operator~(Word128 a) {
  return {{~a.element[0], ~a.element[1]}};
}

MULTISPIN_HD void broadcast(Word128& out, std::uint64_t low, std::uint64_t high) {
  out = {{low, high}};
}
MULTISPIN_HD void load(Word128& out, const std::uint64_t* from) {
  out = {{from[0], from[1]}};
}
// Of bytes, wherever they begin.
MULTISPIN_HD void load(Word128& out, const std::int8_t* from) {
  __builtin_memcpy(out.element, from, sizeof out.element);
}
MULTISPIN_HD void store(std::uint64_t* to, Word128 a) {
  to[0] = a.element[0];
  to[1] = a.element[1];
}
// The first `count` words only; the others read as zero and are not touched.
MULTISPIN_HD void load_first(Word128& out, const std::uint64_t* from, int count) {
  out = {{count > 0 ? from[0] : 0, count > 1 ? from[1] : 0}};
}
// Words whose bit is set in `mask`.
MULTISPIN_HD void store_masked(std::uint64_t* to, Word128 a, unsigned mask) {
  if ((mask & 1U) != 0) to[0] = a.element[0];
  if ((mask & 2U) != 0) to[1] = a.element[1];
}
MULTISPIN_HD Word128 insert(Word128 a, int index, std::uint64_t word) {
  a.element[index] = word;
  return a;
}
// Replaces words 0, 2, ...
MULTISPIN_HD Word128 insert_even(Word128 a, std::uint64_t word) {
  return {{word, a.element[1]}};
}
MULTISPIN_HD bool any(Word128 a) {
  return (a.element[0] | a.element[1]) != 0;
}
MULTISPIN_HD Word128 add64(Word128 a, Word128 b) {
  return {{a.element[0] + b.element[0], a.element[1] + b.element[1]}};
}
// Product of the low 32 bits of each element.
MULTISPIN_HD Word128 multiply32(Word128 a, Word128 b) {
  return {{(a.element[0] & 0xffffffffU) * (b.element[0] & 0xffffffffU),
           (a.element[1] & 0xffffffffU) * (b.element[1] & 0xffffffffU)}};
}
MULTISPIN_HD Word128 high32(Word128 a) {
  return {{a.element[0] >> 32, a.element[1] >> 32}};
}
// Low 32 bits of `low` below the low 32 bits of `high`.
MULTISPIN_HD Word128 join32(Word128 low, Word128 high) {
  return {{(low.element[0] & 0xffffffffU) | (high.element[0] << 32),
           (low.element[1] & 0xffffffffU) | (high.element[1] << 32)}};
}
// Floats of the signed 32-bit numbers, to the nearest.
MULTISPIN_HD Word128 floats32(Word128 a) {
  std::int32_t number[4];
  float converted[4];
  __builtin_memcpy(number, &a, sizeof a);
  for (int i = 0; i < 4; ++i) converted[i] = static_cast<float>(number[i]);
  __builtin_memcpy(&a, converted, sizeof a);
  return a;
}
// Signed 32-bit numbers of the floats, towards zero.
MULTISPIN_HD Word128 truncated32(Word128 a) {
  std::int32_t converted[4];
  float number[4];
  __builtin_memcpy(number, &a, sizeof a);
  for (int i = 0; i < 4; ++i) converted[i] = static_cast<std::int32_t>(number[i]);
  __builtin_memcpy(&a, converted, sizeof a);
  return a;
}
// Doubles of the signed 32-bit numbers of the lower and of the upper half.
MULTISPIN_HD void doubles32(Word128 a, Word128& low, Word128& high) {
  std::int32_t number[4];
  double converted[4];
  __builtin_memcpy(number, &a, sizeof a);
  for (int i = 0; i < 4; ++i) converted[i] = static_cast<double>(number[i]);
  __builtin_memcpy(&low, converted, sizeof low);
  __builtin_memcpy(&high, converted + 2, sizeof high);
}
// Floats of two words of doubles, to the nearest.
MULTISPIN_HD Word128 floats64(Word128 low, Word128 high) {
  double number[4];
  float converted[4];
  __builtin_memcpy(number, &low, sizeof low);
  __builtin_memcpy(number + 2, &high, sizeof high);
  for (int i = 0; i < 4; ++i) converted[i] = static_cast<float>(number[i]);
  Word128 out;
  __builtin_memcpy(&out, converted, sizeof out);
  return out;
}
// Bit i is the sign of 32-bit number i.
MULTISPIN_HD unsigned signs32(Word128 a) {
  const auto of = [](std::uint64_t x) {
    return static_cast<unsigned>((x >> 31 & 1U) | (x >> 62 & 2U));
  };
  return of(a.element[0]) | of(a.element[1]) << 2;
}
// Products of signed 16-bit numbers, added up in pairs to 32-bit numbers.
MULTISPIN_HD Word128 pair_products16(Word128 a, Word128 b) {
  std::int16_t x[8];
  std::int16_t y[8];
  std::int32_t sum[4];
  __builtin_memcpy(x, &a, sizeof a);
  __builtin_memcpy(y, &b, sizeof b);
  for (int i = 0; i < 4; ++i) sum[i] = x[2 * i] * y[2 * i] + x[2 * i + 1] * y[2 * i + 1];
  __builtin_memcpy(&a, sum, sizeof a);
  return a;
}
// Whether any 16-bit field of `count` words is below 2^log_limit.
template <int log_limit>
MULTISPIN_HD bool any_field_below(const Word128* a, int count) {
  constexpr std::uint64_t each = 0x0001000100010001;
  constexpr std::uint64_t high = each * (0xffffU & ~((1U << log_limit) - 1U));
  std::uint64_t found = 0;
  for (int i = 0; i < 2 * count; ++i) {
    const std::uint64_t x = a[i / 2].element[i % 2] & high;
    found |= (x - each) & ~x;  // bit 15 of the lowest field that is zero; of others too, perhaps
  }
  return (found & (each << 15)) != 0;
}

// Element i becomes element source[i], shifted up by `up[i]` and down by `down[i]`, both ORed;
// a shift of 64 gives zero.
MULTISPIN_HD Word128 shuffle_shift(Word128 a, const std::uint64_t* source, const std::uint64_t* up,
                                   const std::uint64_t* down) {
  Word128 out{};
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t x = a.element[source[i]];
    out.element[i] = (up[i] < 64 ? x << up[i] : 0) | (down[i] < 64 ? x >> down[i] : 0);
  }
  return out;
}

MULTISPIN_HD std::uint64_t count64(std::uint64_t x) {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint64_t>(__popcll(x));
#else
  return static_cast<std::uint64_t>(__builtin_popcountll(x));
#endif
}
MULTISPIN_HD std::uint64_t total(Word128 a) {
  return a.element[0] + a.element[1];
}
// Number of set bits, by element.
MULTISPIN_HD Word128 population(Word128 a) {
  return {{count64(a.element[0]), count64(a.element[1])}};
}

// a | (b & c) is or_and; the names say the rest.
MULTISPIN_HD Word128 xor3(Word128 a, Word128 b, Word128 c) {
  return a ^ b ^ c;
}
MULTISPIN_HD Word128 or3(Word128 a, Word128 b, Word128 c) {
  return a | b | c;
}
MULTISPIN_HD Word128 or_and(Word128 a, Word128 b, Word128 c) {
  return a | (b & c);
}
MULTISPIN_HD Word128 xor_and(Word128 a, Word128 b, Word128 c) {
  return a ^ (b & c);
}
MULTISPIN_HD Word128 xor_or(Word128 a, Word128 b, Word128 c) {
  return a ^ (b | c);
}
MULTISPIN_HD Word128 majority(Word128 a, Word128 b, Word128 c) {
  return (a & b) | (c & (a | b));
}
// One bit plane of the comparison r < t, least significant plane first.
MULTISPIN_HD Word128 less_than_step(Word128 t, Word128 r, Word128 less) {
  return (t & ~r) | (less & (t | ~r));
}
MULTISPIN_HD Word128 less_than_step_not(Word128 t, Word128 r, Word128 less) {
  return less_than_step(~t, r, less);
}
MULTISPIN_HD Word128 or_not(Word128 a, Word128 b) {
  return a | ~b;
}
// Lanes of `a` where `mask` is set, of `b` elsewhere.
MULTISPIN_HD Word128 choose(Word128 mask, Word128 a, Word128 b) {
  return (mask & a) | (~mask & b);
}
// Every element by `count` bits, below 64.
template <int count>
MULTISPIN_HD Word128 shift_up(Word128 a) {
  return {{a.element[0] << count, a.element[1] << count}};
}
template <int count>
MULTISPIN_HD Word128 shift_down(Word128 a) {
  return {{a.element[0] >> count, a.element[1] >> count}};
}
// A wide word out of pairs of words from several places.
MULTISPIN_HD void load_pairs(Word128& out, const std::uint64_t* const (&from)[1]) {
  load(out, from[0]);
}
MULTISPIN_HD Word128 and_not(Word128 a, Word128 b) {
  return a & ~b;
}

// The AES blocks of a wide word, in the form that rounds keep them in: the word itself, unless
// there are no instructions for blocks side by side (word256.hpp).
template <class W>
struct AesBlocks {
  using Type = W;
  MULTISPIN_HD static Type split(W word) { return word; }
  MULTISPIN_HD static W join(Type blocks) { return blocks; }
};

template <class W>
MULTISPIN_HD void keep(W& /*a*/) {}
// A sum is made in the order in which it is written: the compiler would add up terms in pairs, and
// run out of registers for them.
template <class W>
MULTISPIN_HD void in_order(W& /*a*/) {}
template <class W>
MULTISPIN_HD W zero() {
  W out;
  broadcast(out, 0, 0);
  return out;
}
template <class W>
MULTISPIN_HD W ones() {
  W out;
  broadcast(out, ~std::uint64_t{0}, ~std::uint64_t{0});
  return out;
}
template <class W>
MULTISPIN_HD W splat(std::uint64_t word) {
  W out;
  broadcast(out, word, word);
  return out;
}
template <class W, class T>
MULTISPIN_HD W loaded(const T* from) {
  W out;
  load(out, from);
  return out;
}
// In all 2 * size bits: swaps the upper half of `a` with the lower half of `b`.
template <int size, class W>
MULTISPIN_HD void swap_squares(W& a, W& b) {
  constexpr std::uint64_t lower = ~std::uint64_t{0} / ((std::uint64_t{1} << size) + 1);
  const W change = (shift_down<size>(a) ^ b) & splat<W>(lower);
  b = b ^ change;
  a = a ^ shift_up<size>(change);
}

}  // namespace multispin::bits
