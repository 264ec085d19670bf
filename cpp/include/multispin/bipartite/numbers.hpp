// Which random number a unit of a chain compares its field with.
//
// A number is a function of (seed, stream of the chain, layer, step, unit). Seed, stream and layer
// make a key and a salt; a block of Philox4x32-7 with the counter (block, step, salt) has the
// numbers of four units. Units of 32 share eight blocks, so that two of a wide word's outputs,
// joined, are the numbers of neighbours: unit u has output 2 (u % 32 / 16) + u % 2 of block
// 8 (u / 32) + u % 16 / 2.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"
#include "multispin/random/philox.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::random {

inline constexpr int unit_rounds = 7;

struct UnitKeys {
  std::uint32_t key[2];
  std::uint32_t salt;
};

MULTISPIN_HD UnitKeys unit_keys(std::uint64_t seed, std::uint64_t stream, Purpose purpose) {
  const PhiloxBlock block = derive(seed, stream, purpose, 0);
  return {{block.x[0], block.x[1]}, block.x[2]};
}

// A block: the numbers of units 32 q + 2 b + (0, 1, 16, 17) is number 8 q + b.
MULTISPIN_HD PhiloxBlock unit_block(const UnitKeys& keys, std::uint64_t step, std::uint32_t block) {
  const PhiloxBlock counter{
      {block, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step >> 32), keys.salt}};
  return philox4x32<unit_rounds>(counter, keys.key[0], keys.key[1]);
}

MULTISPIN_HD std::uint32_t unit_number(const UnitKeys& keys, std::uint64_t step,
                                       std::uint32_t unit) {
  const PhiloxBlock block = unit_block(keys, step, 8 * (unit / 32) + unit % 16 / 2);
  return block.x[2 * (unit % 32 / 16) + unit % 2];
}

}  // namespace multispin::random
