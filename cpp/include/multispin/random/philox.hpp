// Philox4x32: a counter-based generator, (counter, key) -> 128 bits.
//
// Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11. Seven rounds
// are the fewest that the authors found to pass BigCrush (their table 2); ten are their default.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::random {

// Scalars: device code may use their values, but not the elements of an array of the host's.
inline constexpr std::uint32_t philox_multiplier_0 = 0xD2511F53U;
inline constexpr std::uint32_t philox_multiplier_1 = 0xCD9E8D57U;
inline constexpr std::uint32_t philox_weyl_0 = 0x9E3779B9U;
inline constexpr std::uint32_t philox_weyl_1 = 0xBB67AE85U;

struct PhiloxBlock {
  std::uint32_t x[4];
};

// One block at a time: keys, initial states, and the oracle of the vector form below.
template <int rounds>
MULTISPIN_HD PhiloxBlock philox4x32(PhiloxBlock counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t p0 = std::uint64_t{philox_multiplier_0} * counter.x[0];
    const std::uint64_t p1 = std::uint64_t{philox_multiplier_1} * counter.x[2];
    counter = {{static_cast<std::uint32_t>(p1 >> 32) ^ counter.x[1] ^ key0,
                static_cast<std::uint32_t>(p1),
                static_cast<std::uint32_t>(p0 >> 32) ^ counter.x[3] ^ key1,
                static_cast<std::uint32_t>(p0)}};
    key0 += philox_weyl_0;
    key1 += philox_weyl_1;
  }
  return counter;
}

// The keys of all rounds.
template <int rounds>
struct PhiloxKeys {
  std::uint32_t key0[rounds], key1[rounds];
};

template <int rounds>
MULTISPIN_HD PhiloxKeys<rounds> philox_keys(std::uint32_t key0, std::uint32_t key1) {
  PhiloxKeys<rounds> keys;
  for (int round = 0; round < rounds; ++round) {
    keys.key0[round] = key0 + static_cast<std::uint32_t>(round) * philox_weyl_0;
    keys.key1[round] = key1 + static_cast<std::uint32_t>(round) * philox_weyl_1;
  }
  return keys;
}

// Rounds from number `first` on, one block per 64-bit element, each 32-bit variable in the low half
// of its element (the high half is ignored on input and arbitrary on output).
template <int first, int rounds, class W>
MULTISPIN_HD void philox4x32_rounds(W (&x)[4], const PhiloxKeys<rounds>& keys) {
  const W m0 = bits::splat<W>(philox_multiplier_0);
  const W m1 = bits::splat<W>(philox_multiplier_1);
  MULTISPIN_UNROLL(rounds)
  for (int round = first; round < rounds; ++round) {
    const W p0 = bits::multiply32(x[0], m0);
    const W p1 = bits::multiply32(x[2], m1);
    x[0] = bits::xor3(bits::high32(p1), x[1], bits::splat<W>(keys.key0[round]));
    x[1] = p1;
    x[2] = bits::xor3(bits::high32(p0), x[3], bits::splat<W>(keys.key1[round]));
    x[3] = p0;
  }
}

}  // namespace multispin::random
