// Logarithms of random numbers, which noise is made of.
//
// A number has 32 bits. Bit 0 is a coin; bits 2 to 31 and a one behind them are v, and u = v / 2^31
// is uniform on (0, 1). Logarithms of base 2 come in steps of 2^-26.
//
// The logarithm is a float's exponent and mantissa, which are exact, and a correction
// log2(1+x) - x = x (1-x) q(x) below 0.09. Errors: u keeps 24 bits, 2^-25; the correction is good
// to 2^-25.9, the sum is rounded up by up to 2^-26, both times ln 2.
#pragma once

#include <cstdint>

#include "multispin/bits/numbers.hpp"
#include "multispin/host_device.hpp"

namespace multispin::rules {

// Of -log2, where `one` is what a float has for 1 in its exponent's place.
template <class N>
MULTISPIN_HD typename N::U minus_log2(typename N::F value, std::int32_t one) {
  using F = typename N::F;
  const typename N::I bits = N::as_signed(value);
  const F x = N::minus(N::as_float((bits & 0x007fffff) | 0x3f800000), N::splat(1.0F));
  // Least largest error of degree 8.
  F q = N::splat(0x1.cca556p-9F);
  q = N::plus(N::times(q, x), N::splat(-0x1.43764ep-6F));
  q = N::plus(N::times(q, x), N::splat(0x1.aa6318p-5F));
  q = N::plus(N::times(q, x), N::splat(-0x1.710660p-4F));
  q = N::plus(N::times(q, x), N::splat(0x1.fc55d4p-4F));
  q = N::plus(N::times(q, x), N::splat(-0x1.424ec0p-3F));
  q = N::plus(N::times(q, x), N::splat(0x1.9e0150p-3F));
  q = N::plus(N::times(q, x), N::splat(-0x1.1d5632p-2F));
  q = N::plus(N::times(q, x), N::splat(0x1.c551d8p-2F));
  const F above = N::times(N::times(x, N::minus(N::splat(1.0F), x)), q);
  const typename N::U whole = N::as_unsigned(one - bits) << 3;
  return whole - N::as_unsigned(N::truncated(N::times(above, N::splat(0x1p26F))));
}

// All bits if bit 0 of the number is one.
template <class N>
MULTISPIN_HD typename N::I coin(typename N::U number) {
  return -N::as_signed(number & 1U);
}

// v.
template <class N>
MULTISPIN_HD typename N::F uniform_31(typename N::U number) {
  return N::to_float(N::as_signed((number >> 1) | 1U));
}

// -log2 u: exponential.
template <class N>
MULTISPIN_HD typename N::U exponential_logarithm(typename N::U number) {
  return minus_log2<N>(uniform_31<N>(number), (127 + 31) << 23);
}

// -log2(u / (2 - u)): the modulus of a logistic variate, whose sign is the coin.
template <class N>
MULTISPIN_HD typename N::U logistic_logarithm(typename N::U number) {
  const typename N::F u = N::times(uniform_31<N>(number), N::splat(0x1p-31F));
  return minus_log2<N>(N::over(u, N::minus(N::splat(2.0F), u)), 127 << 23);
}

}  // namespace multispin::rules
