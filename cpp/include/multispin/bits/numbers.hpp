// 32-bit numbers side by side: as many as a wide word has room for, or one for a thread of a GPU.
//
// Every step is exact or rounded once as IEEE 754 says, so that all of them give the same bits: no
// product may be joined to the sum after it. The units that include this are compiled without such
// contractions (CMakeLists.txt); on a GPU the functions below see to it.
#pragma once

#include <cstdint>
#include <utility>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

#if !defined(__CUDACC__)

// Of vectors that GCC and Clang have.
template <class W>
struct Numbers {
  static constexpr int count = 2 * W::words;
  typedef std::int32_t I __attribute__((vector_size(8 * W::words)));
  typedef std::uint32_t U __attribute__((vector_size(8 * W::words)));
  typedef float F __attribute__((vector_size(8 * W::words)));
  // Half as wide, twice as many.
  static constexpr int short_count = 4 * W::words;
  typedef std::int16_t Short __attribute__((vector_size(8 * W::words)));

  MULTISPIN_HD static Short load(const std::int16_t* from) {
    Short out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static void store(std::int16_t* to, Short a) { __builtin_memcpy(to, &a, sizeof a); }
  // a0 b0 + a1 b1, a2 b2 + a3 b3, ...
  MULTISPIN_HD static I pair_products(Short a, Short b) {
    W x;
    W y;
    __builtin_memcpy(&x, &a, sizeof a);
    __builtin_memcpy(&y, &b, sizeof b);
    return (I)number(pair_products16(x, y));
  }
  MULTISPIN_HD static I load(const std::int32_t* from) {
    I out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static U load(const std::uint32_t* from) {
    U out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static void store(std::int32_t* to, I a) { __builtin_memcpy(to, &a, sizeof a); }
  MULTISPIN_HD static F load(const float* from) {
    F out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static void store(float* to, F a) { __builtin_memcpy(to, &a, sizeof a); }
  MULTISPIN_HD static I splat(std::int32_t a) { return I{} + a; }
  MULTISPIN_HD static U splat(std::uint32_t a) { return U{} + a; }
  MULTISPIN_HD static F splat(float a) { return F{} + a; }
  MULTISPIN_HD static U number(W word) {
    U out;
    __builtin_memcpy(&out, &word, sizeof out);
    return out;
  }
  MULTISPIN_HD static W word(U a) {
    W out;
    __builtin_memcpy(&out, &a, sizeof out);
    return out;
  }

  MULTISPIN_HD static F as_float(I a) { return (F)a; }
  MULTISPIN_HD static I as_signed(F a) { return (I)a; }
  MULTISPIN_HD static I as_signed(U a) { return (I)a; }
  MULTISPIN_HD static U as_unsigned(I a) { return (U)a; }
  MULTISPIN_HD static F to_float(I a) { return (F)number(floats32(word((U)a))); }
  MULTISPIN_HD static I truncated(F a) { return (I)number(truncated32(word((U)a))); }
  MULTISPIN_HD static F plus(F a, F b) { return a + b; }
  MULTISPIN_HD static F minus(F a, F b) { return a - b; }
  MULTISPIN_HD static F times(F a, F b) { return a * b; }
  MULTISPIN_HD static F over(F a, F b) { return a / b; }
  // As bits::in_order, of numbers.
  template <class Vector>
  MULTISPIN_HD static void in_order(Vector& a) {
    W sum = word((U)a);
    bits::in_order(sum);
    a = (Vector)number(sum);
  }
  // All bits where it is so, none where not.
  MULTISPIN_HD static I greater(I a, I b) { return a > b; }
  MULTISPIN_HD static I greater(F a, F b) { return a > b; }
  MULTISPIN_HD static U least(U a, U b) { return a < b ? a : b; }
  // The upper half of the product.
  MULTISPIN_HD static U high_product(U a, U b) {
    const W x = word(a);
    const W y = word(b);
    return number(join32(high32(multiply32(x, y)), high32(multiply32(high32(x), high32(y)))));
  }
  // a0 b0 a1 b1 ... of the lower, and of the upper halves.
  MULTISPIN_HD static I lower_in_turn(I a, I b) { return in_turn(a, b, Places{}); }
  MULTISPIN_HD static I upper_in_turn(I a, I b) { return in_turn<count / 2>(a, b, Places{}); }
  // Number j of vector i becomes number i of vector j.
  MULTISPIN_HD static void turn_over(I (&v)[count]) {
    for (int step = 1; step < count; step *= 2) {
      I turned[count];
      for (int i = 0; i < count / 2; ++i) {
        turned[2 * i] = lower_in_turn(v[i], v[i + count / 2]);
        turned[2 * i + 1] = upper_in_turn(v[i], v[i + count / 2]);
      }
      for (int i = 0; i < count; ++i) v[i] = turned[i];
    }
  }
  MULTISPIN_HD static bool any(Short a) { return bits::any(word((U)a)); }
  // Bit i is the sign of number i.
  MULTISPIN_HD static unsigned signs(I a) { return signs32(word((U)a)); }

 private:
  using Places = std::make_integer_sequence<int, count>;
  template <int from = 0, int... i>
  MULTISPIN_HD static I in_turn(I a, I b, std::integer_sequence<int, i...> /*places*/) {
    return __builtin_shufflevector(a, b, (from + i / 2 + i % 2 * count)...);
  }
};

#endif

struct OneNumber {
  using I = std::int32_t;
  using U = std::uint32_t;
  using F = float;

  MULTISPIN_HD static I splat(std::int32_t a) { return a; }
  MULTISPIN_HD static U splat(std::uint32_t a) { return a; }
  MULTISPIN_HD static F splat(float a) { return a; }
  MULTISPIN_HD static F as_float(I a) {
    F out;
    __builtin_memcpy(&out, &a, sizeof out);
    return out;
  }
  MULTISPIN_HD static I as_signed(F a) {
    I out;
    __builtin_memcpy(&out, &a, sizeof out);
    return out;
  }
  MULTISPIN_HD static I as_signed(U a) { return static_cast<I>(a); }
  MULTISPIN_HD static U as_unsigned(I a) { return static_cast<U>(a); }
  MULTISPIN_HD static F to_float(I a) { return static_cast<F>(a); }
  MULTISPIN_HD static I truncated(F a) { return static_cast<I>(a); }
#if defined(__CUDA_ARCH__)
  MULTISPIN_HD static F plus(F a, F b) { return __fadd_rn(a, b); }
  MULTISPIN_HD static F minus(F a, F b) { return __fsub_rn(a, b); }
  MULTISPIN_HD static F times(F a, F b) { return __fmul_rn(a, b); }
  MULTISPIN_HD static F over(F a, F b) { return __fdiv_rn(a, b); }
#else
  MULTISPIN_HD static F plus(F a, F b) { return a + b; }
  MULTISPIN_HD static F minus(F a, F b) { return a - b; }
  MULTISPIN_HD static F times(F a, F b) { return a * b; }
  MULTISPIN_HD static F over(F a, F b) { return a / b; }
#endif
  MULTISPIN_HD static I greater(I a, I b) { return a > b ? -1 : 0; }
  MULTISPIN_HD static I greater(F a, F b) { return a > b ? -1 : 0; }
  MULTISPIN_HD static U least(U a, U b) { return a < b ? a : b; }
  MULTISPIN_HD static U high_product(U a, U b) {
    return static_cast<U>(std::uint64_t{a} * b >> 32);
  }
};

}  // namespace multispin::bits
