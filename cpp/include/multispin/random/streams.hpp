// The register of every random stream, and the keys derived for them.
//
// A random word is a pure function of (seed, stream, purpose, sweep, sublattice, word, plane):
// nothing depends on threads, on the width of the instruction set, or on what was drawn before.
// docs/trajectory.md is the specification; tests/reference holds an independent twin.
#pragma once

#include <cstdint>

#include "multispin/host_device.hpp"
#include "multispin/random/philox.hpp"

namespace multispin {

enum class Generator { aes, philox };

}  // namespace multispin

namespace multispin::random {

// Every use of randomness in the library has its own entry; numbers are never reused.
enum class Purpose : std::uint32_t {
  initial_spins = 0,
  sweep_aes = 1,
  sweep_philox = 2,
  lanes_initial_spins = 3,
  lanes_aes = 4,
  lanes_philox = 5,
  shared_aes = 6,
  shared_philox = 7,
  exchange = 8,
  real_initial_spins = 9,
  real_aes = 10,
  real_philox = 11,
  real_order = 12,
  bipartite_visible = 13,
  bipartite_hidden = 14,
  cluster_initial_spins = 15,
  cluster_aes = 16,
  cluster_philox = 17,
  cluster_pilot_aes = 18,
  cluster_pilot_philox = 19,
};

// Keys of a stream, for both generators.
struct StreamKeys {
  std::uint64_t aes_whitening[2];
  std::uint64_t aes_round[2];
  std::uint32_t philox[2];
};

MULTISPIN_HD PhiloxBlock derive(std::uint64_t seed, std::uint64_t stream, Purpose purpose,
                                std::uint32_t index) {
  return philox4x32<10>(
      PhiloxBlock{{static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32),
                   static_cast<std::uint32_t>(purpose), index}},
      static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
}

MULTISPIN_HD StreamKeys stream_keys(std::uint64_t seed, std::uint64_t stream,
                                    Purpose for_aes = Purpose::sweep_aes,
                                    Purpose for_philox = Purpose::sweep_philox) {
  const PhiloxBlock whitening = derive(seed, stream, for_aes, 0);
  const PhiloxBlock round = derive(seed, stream, for_aes, 1);
  const PhiloxBlock philox = derive(seed, stream, for_philox, 0);
  const auto pair = [](const PhiloxBlock& b, int i) {
    return b.x[i] | (static_cast<std::uint64_t>(b.x[i + 1]) << 32);
  };
  return {{pair(whitening, 0), pair(whitening, 2)},
          {pair(round, 0), pair(round, 2)},
          {philox.x[0], philox.x[1]}};
}

// Keys of all lanes of replicas on a graph; `shared`: those of blocks of lanes that share numbers.
MULTISPIN_HD StreamKeys lane_keys(std::uint64_t seed, bool shared) {
  return shared ? stream_keys(seed, 0, Purpose::shared_aes, Purpose::shared_philox)
                : stream_keys(seed, 0, Purpose::lanes_aes, Purpose::lanes_philox);
}

// The counter of a Philox block: words below 2^48, sweeps below 2^48.
MULTISPIN_HD PhiloxBlock philox_counter(std::uint64_t flat_word, int plane_pair, int sublattice,
                                        std::uint64_t sweep) {
  return {{static_cast<std::uint32_t>(flat_word),
           static_cast<std::uint32_t>(plane_pair | (sublattice << 8)),
           static_cast<std::uint32_t>(sweep),
           static_cast<std::uint32_t>(flat_word >> 32) |
               (static_cast<std::uint32_t>(sweep >> 32) << 16)}};
}

// 64 initial spins; `key` is derived for Purpose::initial_spins.
MULTISPIN_HD std::uint64_t initial_word(const PhiloxBlock& key, std::uint64_t flat_word,
                                        int colour) {
  const PhiloxBlock block =
      philox4x32<7>(philox_counter(flat_word, 0, colour, 0), key.x[0], key.x[1]);
  return block.x[0] | (static_cast<std::uint64_t>(block.x[1]) << 32);
}

}  // namespace multispin::random
