// Bit planes: 64 lanes of random bits a word, from either generator.
//
// A plane is a pure function of (key, sweep, sublattice, word, plane); bit b belongs to lane b.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/philox.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::random {

// Every acceptance probability is compared on a generator's `coarse_planes` bit planes. The next
// plane chooses the rare lanes that draw again, `tail_planes` planes long (rules/threshold.hpp).
// The dearer the planes, the fewer of them are coarse.
inline constexpr int tail_planes = 32;

// The numbers of the words of a wide word: from the first one, rows of `row` (even, or all) that
// follow each other, one row `step` (even) after the other.
struct WordNumbers {
  int row;
  std::uint64_t step;

  MULTISPIN_HD std::uint64_t offset(int word) const {
    return static_cast<std::uint64_t>(word / row) * step + static_cast<std::uint64_t>(word % row);
  }
};

// Bit planes from a chain of AES rounds. The block counter (word pair; sweep and sublattice) goes
// through `key_rounds` to the block's own round key and `start_rounds` more to the start of the
// chain; each plane is the chain's state one round with the block's key after the plane before it.
//
// A round leaves a few parities of five and more lanes of neighbouring planes correlated, with a
// sign that the round key decides. With one key for all blocks the sign would be the same
// everywhere; with a key for each block it averages out (docs/random.md).
template <class W>
class AesPlanes {
 public:
  static constexpr int coarse_planes = 16;
  static constexpr bool chained = true;  // a plane waits for the one before it
  static constexpr int key_rounds = 3;
  static constexpr int start_rounds = 2;

  using Blocks = bits::AesBlocks<W>;
  struct State {
    typename Blocks::Type block, key;
  };

  AesPlanes() = default;
  MULTISPIN_HD AesPlanes(const StreamKeys& keys, std::uint64_t sweep, int sublattice,
                         WordNumbers numbers = {W::words, 0}) {
    const std::uint64_t high = (sweep << 8) | static_cast<std::uint64_t>(sublattice);
    std::uint64_t first[W::words];
    for (int i = 0; i < W::words; i += 2) {
      first[i] = keys.aes_whitening[0] + (numbers.offset(i) >> 1);
      first[i + 1] = keys.aes_whitening[1] + high;
    }
    bits::load(first_, first);
    W key;
    bits::broadcast(key, keys.aes_round[0], keys.aes_round[1]);
    key_ = Blocks::split(key);
  }
  // For the words whose first has the number flat_word, which is even.
  MULTISPIN_HD State start(std::uint64_t flat_word) const {
    return start(bits::insert_even(bits::zero<W>(), flat_word >> 1));
  }
  // Of the sublattice that comes so many later.
  MULTISPIN_HD State start(std::uint64_t flat_word, int later) const {
    W pair;
    bits::broadcast(pair, flat_word >> 1, static_cast<std::uint64_t>(later));
    return start(pair);
  }
  // The planes in order: 0, 1, 2, ...
  MULTISPIN_HD W next(State& state, int /*plane*/) const {
    state.block = aes_rounds<1>(state.block, state.key);
    return Blocks::join(state.block);
  }

 private:
  // What is added to the counters.
  MULTISPIN_HD State start(W more) const {
    const auto counter = Blocks::split(bits::add64(first_, more));
    const auto key = aes_rounds<key_rounds>(counter, key_);
    return {aes_rounds<start_rounds>(key, key_), key};
  }

  W first_;
  typename Blocks::Type key_;
};

// Bit planes from Philox4x32: the block of (word, plane pair, sublattice, sweep) gives two planes
// of the word.
//
// The counter's variables are placed so that the blocks of one word share most of the first three
// rounds: in round 0 the product of the sweep is the same for all words, so what the plane pair
// enters (x[0] after it, and its product in round 1) is a scalar; and what the word enters is the
// same for all its plane pairs. Only one product of round 2 needs both.
template <class W>
class PhiloxPlanes {
 public:
  static constexpr int coarse_planes = 13;
  static constexpr bool chained = false;
  static constexpr int rounds = 7;

  struct State {
    W third;    // x[3] after round 0
    W first;    // x[1] after round 1, xor the key of round 2
    W product;  // of x[0] in round 2
    W second;   // the odd plane of the latest pair
  };

  PhiloxPlanes() = default;
  MULTISPIN_HD PhiloxPlanes(const StreamKeys& keys, std::uint64_t sweep, int sublattice,
                            WordNumbers numbers = {W::words, 0})
      : keys_{philox_keys<rounds>(keys.philox[0], keys.philox[1])} {
    const std::uint64_t p1 = std::uint64_t{philox_multiplier_1} * static_cast<std::uint32_t>(sweep);
    for (int pair = 0; pair < pairs; ++pair) {
      const auto tag = static_cast<std::uint32_t>(pair | (sublattice << 8));
      const std::uint32_t x0 = static_cast<std::uint32_t>(p1 >> 32) ^ tag ^ keys_.key0[0];
      const std::uint64_t p0 = std::uint64_t{philox_multiplier_0} * x0;
      pair_high_[pair] = static_cast<std::uint32_t>(p0 >> 32) ^ keys_.key1[1];
      pair_low_[pair] = static_cast<std::uint32_t>(p0) ^ keys_.key1[2];
    }
    sweep_product_ = static_cast<std::uint32_t>(p1);
    sweep_high_ = (static_cast<std::uint32_t>(sweep >> 32) << 16) ^ keys_.key1[0];
    std::uint64_t offset[W::words];
    for (int i = 0; i < W::words; ++i) offset[i] = numbers.offset(i);
    bits::load(offset_, offset);
  }
  MULTISPIN_HD State start(std::uint64_t flat_word) const {
    const W m0 = bits::splat<W>(philox_multiplier_0);
    W word = bits::splat<W>(flat_word);
    if constexpr (W::words > 1) word = bits::add64(word, offset_);
    const W p0 = bits::multiply32(word, m0);
    const W x2 = bits::xor3(bits::high32(p0), bits::high32(word), bits::splat<W>(sweep_high_));
    const W p1 = bits::multiply32(x2, bits::splat<W>(philox_multiplier_1));
    const W x0 = bits::high32(p1) ^ bits::splat<W>(sweep_product_ ^ keys_.key0[1]);
    return {p0, p1 ^ bits::splat<W>(keys_.key0[2]), bits::multiply32(x0, m0), bits::zero<W>()};
  }
  MULTISPIN_HD W next(State& state, int plane) const {
    if (plane % 2 != 0) return state.second;
    const int pair = plane / 2;
    const W x2 = state.third ^ bits::splat<W>(pair_high_[pair]);
    const W p1 = bits::multiply32(x2, bits::splat<W>(philox_multiplier_1));
    W x[4] = {bits::high32(p1) ^ state.first, p1,
              bits::high32(state.product) ^ bits::splat<W>(pair_low_[pair]), state.product};
    philox4x32_rounds<3>(x, keys_);
    state.second = bits::join32(x[2], x[3]);
    return bits::join32(x[0], x[1]);
  }

 private:
  static constexpr int pairs = (coarse_planes + 1 + tail_planes + 1) / 2;

  PhiloxKeys<rounds> keys_;
  std::uint32_t sweep_product_, sweep_high_;
  std::uint32_t pair_high_[pairs], pair_low_[pairs];
  W offset_;
};

}  // namespace multispin::random
