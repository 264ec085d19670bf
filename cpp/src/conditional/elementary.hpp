// Doubles side by side, and exponentials and logarithms of them, to 2 units in the last place or
// so. Part of impl.hpp.
//
// Unlike elsewhere the compiler may join products to sums (CMakeLists.txt): polynomials are half
// of these kernels.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"

namespace multispin::kernels {
namespace {

constexpr int lanes = MULTISPIN_WORD::words;
typedef double Doubles __attribute__((vector_size(8 * lanes)));
typedef std::uint64_t Bits __attribute__((vector_size(8 * lanes)));

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

MULTISPIN_HD Doubles splat_double(double x) {
  return Doubles{} + x;
}
MULTISPIN_HD Doubles load_doubles(const double* from) {
  Doubles out;
  __builtin_memcpy(&out, from, sizeof out);
  return out;
}
MULTISPIN_HD void store_doubles(double* to, Doubles x) {
  __builtin_memcpy(to, &x, sizeof x);
}
MULTISPIN_HD Doubles larger(Doubles a, Doubles b) {
  return a > b ? a : b;
}
MULTISPIN_HD Doubles flip(Doubles x, Bits signs) {
  return (Doubles)((Bits)x ^ signs);
}

// Of degree 9. Terms are joined in pairs (Estrin's scheme): sums in turn would wait for each other.
MULTISPIN_HD Doubles polynomial(const double (&c)[10], Doubles x) {
  const Doubles xx = x * x, x4 = xx * xx;
  const Doubles low = (c[3] * x + c[2]) * xx + (c[1] * x + c[0]);
  const Doubles high = (c[7] * x + c[6]) * xx + (c[5] * x + c[4]);
  return ((c[9] * x + c[8]) * x4 + high) * x4 + low;
}

// exp(x) for x <= 0, and 0 below -708, where doubles begin to lose digits; for -infinity too.
MULTISPIN_HD Doubles exp_negative(Doubles x) {
  // (exp(r) - 1 - r) / r^2, interpolated at Chebyshev's points of |r| <= log(2) / 2.
  constexpr double coefficients[10] = {
      0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d4fp-5,  0x1.11111111109adp-7,
      0x1.6c16c17893833p-10, 0x1.a01a01a7c8d47p-13, 0x1.a019b8ef67c6cp-16, 0x1.71de0d9c145d0p-19,
      0x1.2891a8c1d838dp-22, 0x1.af38d53857513p-26};
  // exp(x) = 2^n exp(r). Added to this, a number is rounded to an integer in its lowest bits.
  constexpr double shifter = 0x1.8p52;
  const Doubles shifted = x * 0x1.71547652b82fep+0 + shifter;
  const Doubles n = shifted - shifter;
  // n log 2 in two parts, of which the first is exact.
  const Doubles r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
  const Doubles power = (r * r * polynomial(coefficients, r) + r) + 1.0;
  const Bits scaled = (Bits)power + ((Bits)shifted << 52);
  return (Doubles)(scaled & (Bits)(x > -708.0));
}

// log((1 + s) / (1 - s)) for 0 <= s <= 1/3.
MULTISPIN_HD Doubles log_ratio(Doubles s) {
  // (log((1 + s) / (1 - s)) - 2 s) / s^3, of s^2, interpolated likewise.
  constexpr double coefficients[10] = {
      0x1.5555555555555p-1, 0x1.999999999a3ddp-2, 0x1.24924923d44c6p-2, 0x1.c71c727143318p-3,
      0x1.745cf0b0e03bdp-3, 0x1.3b18b294bebf9p-3, 0x1.10ac75dc602b1p-3, 0x1.eb905e8575054p-4,
      0x1.687a6e7c95176p-4, 0x1.4b0a26c5f2aefp-3};
  const Doubles z = s * s;
  return s * (z * polynomial(coefficients, z) + 2.0);
}

}  // namespace
}  // namespace multispin::kernels
