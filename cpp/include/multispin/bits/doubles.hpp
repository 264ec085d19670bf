// Doubles side by side, as many as a wide word has words, and their exponential.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::bits {

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

  // exp(x) for x <= 0, to 2 units in the last place or so, and 0 below -708, where doubles begin to
  // lose digits; for -infinity too.
  MULTISPIN_HD static D exp_negative(D x) {
    // (exp(r) - 1 - r) / r^2, interpolated at Chebyshev's points of |r| <= log(2) / 2.
    constexpr double c[10] = {0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d4fp-5,
                              0x1.11111111109adp-7,  0x1.6c16c17893833p-10, 0x1.a01a01a7c8d47p-13,
                              0x1.a019b8ef67c6cp-16, 0x1.71de0d9c145d0p-19, 0x1.2891a8c1d838dp-22,
                              0x1.af38d53857513p-26};
    // exp(x) = 2^n exp(r). Added to this, a number is rounded to an integer in its lowest bits.
    constexpr double shifter = 0x1.8p52;
    const D shifted = x * 0x1.71547652b82fep+0 + shifter;
    const D n = shifted - shifter;
    // n log 2 in two parts, of which the first is exact.
    const D r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
    const D power = (r * r * polynomial(c, r) + r) + 1.0;
    const B scaled = (B)power + ((B)shifted << 52);
    return (D)(scaled & (B)(x > -708.0));
  }

  // Of degree 9. Terms are joined in pairs (Estrin's scheme): sums in turn would wait for each
  // other.
  MULTISPIN_HD static D polynomial(const double (&c)[10], D x) {
    const D xx = x * x, x4 = xx * xx;
    const D low = (c[3] * x + c[2]) * xx + (c[1] * x + c[0]);
    const D high = (c[7] * x + c[6]) * xx + (c[5] * x + c[4]);
    return ((c[9] * x + c[8]) * x4 + high) * x4 + low;
  }
};

}  // namespace multispin::bits
