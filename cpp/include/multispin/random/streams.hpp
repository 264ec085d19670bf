// The register of every random stream, and the keys and bit planes drawn from them.
//
// A random word is a pure function of (seed, stream, purpose, sweep, sublattice, word, plane):
// nothing depends on threads, on the width of the instruction set, or on what was drawn before.
// docs/trajectory.md is the specification; tests/reference holds an independent twin.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/philox.hpp"

namespace multispin::random {

// Every use of randomness in the library has its own entry; numbers are never reused.
enum class Purpose : std::uint32_t { initial_spins = 0, sweep_aes = 1, sweep_philox = 2 };

// Keys of one replica's stream, for both generators.
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

MULTISPIN_HD StreamKeys stream_keys(std::uint64_t seed, std::uint64_t stream) {
  const PhiloxBlock whitening = derive(seed, stream, Purpose::sweep_aes, 0);
  const PhiloxBlock round = derive(seed, stream, Purpose::sweep_aes, 1);
  const PhiloxBlock philox = derive(seed, stream, Purpose::sweep_philox, 0);
  const auto pair = [](const PhiloxBlock& b, int i) {
    return b.x[i] | (static_cast<std::uint64_t>(b.x[i + 1]) << 32);
  };
  return {{pair(whitening, 0), pair(whitening, 2)},
          {pair(round, 0), pair(round, 2)},
          {philox.x[0], philox.x[1]}};
}

// 64 initial spins; `key` is derived for Purpose::initial_spins.
MULTISPIN_HD std::uint64_t initial_word(const PhiloxBlock& key, std::uint64_t flat_word, int colour) {
  const PhiloxBlock block = philox4x32<7>(
      PhiloxBlock{{static_cast<std::uint32_t>(flat_word),
                   static_cast<std::uint32_t>(flat_word >> 32) |
                       (static_cast<std::uint32_t>(colour) << 24),
                   0, 0}},
      key.x[0], key.x[1]);
  return block.x[0] | (static_cast<std::uint64_t>(block.x[1]) << 32);
}

// Every acceptance probability is compared on `coarse_planes` bit planes, and, in the rare lanes
// where all of them are one, on `tail_planes` more (update/threshold.hpp).
inline constexpr int coarse_planes = 12;
inline constexpr int tail_planes = 32;

// Bit planes from a chain of AES rounds. The chain starts from the block counter (word pair; sweep
// and sublattice) and the plane is the chain's state, two rounds after the plane before it.
template <class W>
class AesPlanes {
 public:
  static constexpr int counter_rounds = 3;
  static constexpr int plane_rounds = 2;

  struct State {
    W block;
  };

  MULTISPIN_HD AesPlanes(const StreamKeys& keys, std::uint64_t sweep, int sublattice) {
    const std::uint64_t high = (sweep << 8) | static_cast<std::uint64_t>(sublattice);
    std::uint64_t first[W::words];
    for (int i = 0; i < W::words; i += 2) {
      first[i] = keys.aes_whitening[0] + static_cast<std::uint64_t>(i / 2);
      first[i + 1] = keys.aes_whitening[1] + high;
    }
    bits::load(first_, first);
    bits::broadcast(key_, keys.aes_round[0], keys.aes_round[1]);
  }
  // For the words flat_word .. flat_word + W::words - 1; flat_word is even.
  MULTISPIN_HD State start(std::uint64_t flat_word) const {
    const W pair = bits::insert_even(bits::zero<W>(), flat_word >> 1);
    return {aes_rounds<counter_rounds>(bits::add64(first_, pair), key_)};
  }
  // The planes in order: 0, 1, 2, ...
  MULTISPIN_HD W next(State& state, int /*plane*/) const {
    state.block = aes_rounds<plane_rounds>(state.block, key_);
    return state.block;
  }

 private:
  W first_, key_;
};

// Bit planes from Philox4x32: one block gives two planes of one word.
template <class W>
class PhiloxPlanes {
 public:
  static constexpr int rounds = 7;

  struct State {
    W word, second;
  };

  MULTISPIN_HD PhiloxPlanes(const StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : key0_{keys.philox[0]}, key1_{keys.philox[1]}, sublattice_{sublattice} {
    sweep_low_ = bits::splat<W>(sweep & 0xffffffffU);
    sweep_high_ = bits::splat<W>(sweep >> 32);
    std::uint64_t offset[W::words];
    for (int i = 0; i < W::words; ++i) offset[i] = static_cast<std::uint64_t>(i);
    bits::load(offset_, offset);
  }
  MULTISPIN_HD State start(std::uint64_t flat_word) const {
    return {bits::add64(bits::splat<W>(flat_word), offset_), bits::zero<W>()};
  }
  MULTISPIN_HD W next(State& state, int plane) const {
    if (plane % 2 != 0) return state.second;
    const std::uint64_t tag = (static_cast<std::uint64_t>(plane / 2) << 16) |
                              (static_cast<std::uint64_t>(sublattice_) << 24);
    W x[4] = {state.word, bits::high32(state.word) | bits::splat<W>(tag), sweep_low_, sweep_high_};
    philox4x32<rounds>(x, key0_, key1_);
    state.second = bits::join32(x[2], x[3]);
    return bits::join32(x[0], x[1]);
  }

 private:
  W sweep_low_, sweep_high_, offset_;
  std::uint32_t key0_, key1_;
  int sublattice_;
};

}  // namespace multispin::random
