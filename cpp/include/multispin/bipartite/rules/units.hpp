// What becomes of a unit's field x: it is up with probability s(x) = 1 / (1 + exp(-x)), which is to
// say if x is above logistic noise.
//
// Weights are integers times a step, so the sum over active inputs is exact. The field is
//   x = factor * sum + offset,
// one product and one sum of doubles, each rounded, and rounded to a float in the end. Nothing here
// may be contracted: a field, a probability and a draw are the same bits on every machine.
#pragma once

#include <cstdint>

#include "multispin/bits/doubles.hpp"
#include "multispin/host_device.hpp"
#include "multispin/rules/logarithm.hpp"

namespace multispin::rules {

// Before it is rounded to a float.
MULTISPIN_HD double wide_unit_field(double factor, std::int32_t sum, double offset) {
  using N = bits::OneDouble;
  return N::plus(N::times(factor, static_cast<double>(sum)), offset);
}

MULTISPIN_HD float unit_field(double factor, std::int32_t sum, double offset) {
  return static_cast<float>(wide_unit_field(factor, sum, offset));
}

// Logarithms of 1 + exp(x) of a few fields are sum + log(product) in the end, of 0 and 1.
template <class N>
MULTISPIN_HD void add_softplus(typename N::D x, typename N::D& sum, typename N::D& product) {
  sum = N::plus(sum, N::larger(x, N::splat(0.0)));
  const typename N::D small = bits::exp_negative<N>(-N::modulus(x));
  product = N::times(product, N::plus(small, N::splat(1.0)));
}

// Logistic noise of a number: its modulus, and the coin as its sign. The logarithm loses its last
// bit, so that it is a signed integer, and is rounded as a float and when it is multiplied: 2^-23
// of the modulus at most, which changes the probability that x is above it by less than 2^-25. With
// what the logarithm is off by, that is less than 2^-24.
template <class N>
MULTISPIN_HD typename N::F logistic_noise(typename N::U number) {
  const typename N::U logarithm = logistic_logarithm<N>(number);
  const typename N::F modulus = N::times(N::to_float(N::as_signed(logarithm >> 1)),
                                         N::splat(0x1.62e430p-26F));  // 2^-25 log 2
  return N::as_float(N::as_signed(modulus) | N::as_signed(number << 31));
}

// All bits if the unit is up.
template <class N>
MULTISPIN_HD typename N::I unit_up(typename N::F field, typename N::U number) {
  return N::greater(field, logistic_noise<N>(number));
}

template <class N>
MULTISPIN_HD typename N::F chosen(typename N::I mask, typename N::F a, typename N::F b) {
  return N::as_float((N::as_signed(a) & mask) | (N::as_signed(b) & ~mask));
}

// exp(-x) for x >= 0, to 2^-23 of it; x above 87 counts as 87.
template <class N>
MULTISPIN_HD typename N::F exp_minus(typename N::F x) {
  using F = typename N::F;
  x = chosen<N>(N::greater(x, N::splat(87.0F)), N::splat(87.0F), x);
  const typename N::I n =
      N::truncated(N::plus(N::times(x, N::splat(0x1.715476p+0F)), N::splat(0.5F)));
  // n log 2 in two parts, of which the first is exact: n has 7 bits. |r| <= log(2) / 2.
  const F whole = N::to_float(n);
  F r = N::minus(N::times(whole, N::splat(0x1.62e4p-1F)), x);
  r = N::plus(r, N::times(whole, N::splat(0x1.7f7d1cp-20F)));
  F p = N::splat(0x1.a01a02p-13F);  // 1 / 7!, and so on
  p = N::plus(N::times(p, r), N::splat(0x1.6c16c2p-10F));
  p = N::plus(N::times(p, r), N::splat(0x1.111112p-7F));
  p = N::plus(N::times(p, r), N::splat(0x1.555556p-5F));
  p = N::plus(N::times(p, r), N::splat(0x1.555556p-3F));
  p = N::plus(N::times(p, r), N::splat(0.5F));
  p = N::plus(N::times(p, r), N::splat(1.0F));
  p = N::plus(N::times(p, r), N::splat(1.0F));
  return N::as_float(N::as_signed(p) - (n << 23));
}

// s(x), off by less than 1e-7.
template <class N>
MULTISPIN_HD typename N::F sigmoid(typename N::F x) {
  using F = typename N::F;
  const F small = exp_minus<N>(N::as_float(N::as_signed(x) & INT32_MAX));
  const F over = N::over(N::splat(1.0F), N::plus(N::splat(1.0F), small));
  return chosen<N>(N::greater(N::splat(0.0F), x), N::times(small, over), over);
}

}  // namespace multispin::rules
