// The noise that a local field is compared with, from one random number.
//
// A heat bath turns a spin up with probability 1 / (1 + exp(-2f/T)), which is to say if
// f > (T/2) logit(u), u uniform on (0, 1). Metropolis flips it with probability min(1,
// exp(-2sf/T)), which is to say if sf <= -(T/2) ln u. So the number alone makes a threshold, and
// the field, an integer, is compared with it: no exponential of a field is ever taken.
//
// A number has 32 bits. Bit 0 is the sign of the logistic variate, or Metropolis's coin for spins
// next to no field; the others make u (rules/logarithm.hpp). Then
//   -log2 u                       (exponential, Metropolis),
//   -log2 (u / (2 - u))           (modulus of the logistic variate)
// in steps of 2^-26 times T ln 2 / (2 step) is the threshold, rounded down: f and the threshold
// before rounding compare as f and it after, f being an integer. The probability to accept is off
// by less than 2^-24 (tests/cpp/real/test_noise.cpp goes through the numbers).
#pragma once

#include <cstdint>

#include "multispin/bits/numbers.hpp"
#include "multispin/host_device.hpp"
#include "multispin/rules/logarithm.hpp"

namespace multispin::rules {

// What turns a logarithm into a threshold: min(logarithm, cap) << shift times factor, by 2^32. The
// cap is 0 without a temperature, and then only.
struct NoiseScale {
  std::uint32_t cap = 0;
  std::uint32_t factor = 0;
  std::int32_t shift = 0;
};

// Fields have less than 30 bits beside the sign.
inline constexpr std::int32_t field_limit = 1 << 30;

template <class N>
MULTISPIN_HD typename N::I threshold(typename N::U logarithm, typename N::U cap,
                                     typename N::U factor, typename N::I shift) {
  const typename N::U most = N::least(logarithm, cap) << N::as_unsigned(shift);
  return N::as_signed(N::high_product(most, factor));
}

// Both rules: draw(number, ...) is what an attempt needs to know of its number, and
// flips(state, draw, lazy) has all bits where the spin flips. A state is 2f + 1 for a spin that is
// up and 2f for one that is down; f is its local field.
struct HeatBath {
  // Without a temperature what an attempt needs to know is 0, whatever its number is.
  MULTISPIN_HD static bool needs_numbers(const NoiseScale& scale) { return scale.cap != 0; }
  // One more than twice the noise, so that it is compared with a state as with its field. Without
  // a temperature it is 0, between the states of a spin without a field: such a spin stays.
  template <class N>
  MULTISPIN_HD static typename N::I draw(typename N::U number, typename N::U cap,
                                         typename N::U factor, typename N::I shift) {
    using I = typename N::I;
    const I size = threshold<N>(logistic_logarithm<N>(number), cap, factor, shift);
    // No field is above the most, and twice that is still a number.
    const I most = N::splat(field_limit - 1);
    const I least = N::as_signed(N::least(N::as_unsigned(size), N::as_unsigned(most)));
    // Up if f > noise: of the noise -x that is f > ~floor(x).
    const I noise = least ^ coin<N>(number);
    const I zero = N::splat(0);
    const I warm = N::greater(zero, N::as_signed(cap)) | N::greater(N::as_signed(cap), zero);
    return (noise + noise + 1) & warm;
  }
  template <class N>
  MULTISPIN_HD static typename N::I flips(typename N::I state, typename N::I draw,
                                          std::int32_t /*lazy*/) {
    return N::greater(state, draw) ^ -(state & 1);
  }
};

// A spin whose field is not above `lazy` flips only if the coin says so too. Without a field it
// would flip for certain, and where many take turns at that, states are never left or reached; the
// field's modulus stays as it is when the spin flips, so the balance stays detailed.
struct Metropolis {
  MULTISPIN_HD static bool needs_numbers(const NoiseScale& /*scale*/) { return true; }
  template <class N>
  MULTISPIN_HD static typename N::I draw(typename N::U number, typename N::U cap,
                                         typename N::U factor, typename N::I shift) {
    return threshold<N>(exponential_logarithm<N>(number), cap, factor, shift) |
           (coin<N>(number) & INT32_MIN);
  }
  template <class N>
  MULTISPIN_HD static typename N::I flips(typename N::I state, typename N::I draw,
                                          std::int32_t lazy) {
    using I = typename N::I;
    const I field = state >> 1;
    const I down = (state & 1) - 1;
    // sf <= threshold; of a spin that is down -f <= it, which is ~f <= it - 1.
    const I refused = N::greater(field ^ down, (draw & INT32_MAX) + down);
    const I lies_far = N::greater(field, N::splat(lazy)) | N::greater(N::splat(-lazy), field);
    return ~refused & (lies_far | ~(draw >> 31));
  }
};

}  // namespace multispin::rules
