// Doubles side by side, as many as a wide word has words, or one for a thread of a GPU; and their
// exponential. Every step is rounded once, as in numbers.hpp.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::bits {

#if !defined(__CUDACC__)

template <class W>
struct Doubles {
  static constexpr int count = W::words;
  typedef double D __attribute__((vector_size(8 * W::words)));
  typedef std::uint64_t B __attribute__((vector_size(8 * W::words)));

  MULTISPIN_HD static D splat(double x) { return D{} + x; }
  MULTISPIN_HD static D load(const double* from) {
    D out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static D of_word(W a) {
    D out;
    __builtin_memcpy(&out, &a, sizeof out);
    return out;
  }
  MULTISPIN_HD static W word(D a) {
    W out;
    __builtin_memcpy(&out, &a, sizeof out);
    return out;
  }
  MULTISPIN_HD static void store(double* to, D x) { __builtin_memcpy(to, &x, sizeof x); }
  MULTISPIN_HD static D larger(D a, D b) { return a > b ? a : b; }
  MULTISPIN_HD static D modulus(D x) { return (D)((B)x & ~(std::uint64_t{1} << 63)); }

  // To the nearest integer, ties to even, of a modulus below 2^31; in the lower half of each.
  MULTISPIN_HD static B rounded(D x) { return (B)(x + 0x1.8p52); }

  MULTISPIN_HD static D plus(D a, D b) { return a + b; }
  MULTISPIN_HD static D minus(D a, D b) { return a - b; }
  MULTISPIN_HD static D times(D a, D b) { return a * b; }
  MULTISPIN_HD static B bits_of(D x) { return (B)x; }
  MULTISPIN_HD static D of_bits(B x) { return (D)x; }
  // All bits where it is so, none where not.
  MULTISPIN_HD static B greater(D a, D b) { return (B)(a > b); }
};

#endif

struct OneDouble {
  using D = double;
  using B = std::uint64_t;

  MULTISPIN_HD static D splat(double x) { return x; }
  MULTISPIN_HD static B bits_of(D x) {
    B out;
    __builtin_memcpy(&out, &x, sizeof out);
    return out;
  }
  MULTISPIN_HD static D of_bits(B x) {
    D out;
    __builtin_memcpy(&out, &x, sizeof out);
    return out;
  }
#if defined(__CUDA_ARCH__)
  MULTISPIN_HD static D plus(D a, D b) { return __dadd_rn(a, b); }
  MULTISPIN_HD static D minus(D a, D b) { return __dsub_rn(a, b); }
  MULTISPIN_HD static D times(D a, D b) { return __dmul_rn(a, b); }
#else
  MULTISPIN_HD static D plus(D a, D b) { return a + b; }
  MULTISPIN_HD static D minus(D a, D b) { return a - b; }
  MULTISPIN_HD static D times(D a, D b) { return a * b; }
#endif
  MULTISPIN_HD static D larger(D a, D b) { return a > b ? a : b; }
  MULTISPIN_HD static D modulus(D x) { return of_bits(bits_of(x) & ~(B{1} << 63)); }
  MULTISPIN_HD static B rounded(D x) { return bits_of(plus(x, 0x1.8p52)); }
  MULTISPIN_HD static B greater(D a, D b) { return a > b ? ~B{0} : 0; }
};

// Of degree 9. Terms are joined in pairs (Estrin's scheme): sums in turn would wait for each other.
template <class N>
MULTISPIN_HD typename N::D polynomial(const double (&c)[10], typename N::D x) {
  using D = typename N::D;
  const auto pair = [&](int i, D y) {
    return N::plus(N::times(N::splat(c[i + 1]), y), N::splat(c[i]));
  };
  const D xx = N::times(x, x), x4 = N::times(xx, xx);
  const D low = N::plus(N::times(pair(2, x), xx), pair(0, x));
  const D high = N::plus(N::times(pair(6, x), xx), pair(4, x));
  return N::plus(N::times(N::plus(N::times(pair(8, x), x4), high), x4), low);
}

// exp(x) for x <= 0, to 2 units in the last place or so, and 0 below -708, where doubles begin to
// lose digits; for -infinity too.
template <class N>
MULTISPIN_HD typename N::D exp_negative(typename N::D x) {
  using D = typename N::D;
  using B = typename N::B;
  // (exp(r) - 1 - r) / r^2, interpolated at Chebyshev's points of |r| <= log(2) / 2.
  constexpr double c[10] = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d4fp-5,
                            0x1.11111111109adp-7,  0x1.6c16c17893833p-10, 0x1.a01a01a7c8d47p-13,
                            0x1.a019b8ef67c6cp-16, 0x1.71de0d9c145d0p-19, 0x1.2891a8c1d838dp-22,
                            0x1.af38d53857513p-26};
  // exp(x) = 2^n exp(r). Added to this, a number is rounded to an integer in its lowest bits.
  const D shifter = N::splat(0x1.8p52);
  const D shifted = N::plus(N::times(x, N::splat(0x1.71547652b82fep+0)), shifter);
  const D n = N::minus(shifted, shifter);
  // n log 2 in two parts, of which the first is exact.
  const D r = N::minus(N::minus(x, N::times(n, N::splat(0x1.62e42fefa0000p-1))),
                       N::times(n, N::splat(0x1.cf79abc9e3b3ap-40)));
  const D square = N::times(r, r);
  const D power = N::plus(N::plus(N::times(square, polynomial<N>(c, r)), r), N::splat(1.0));
  const B scaled = N::bits_of(power) + (N::bits_of(shifted) << 52);
  return N::of_bits(scaled & N::greater(x, N::splat(-708.0)));
}

}  // namespace multispin::bits
