// The generators under test, by name: the ones that the kernels use, and AES chains and Philox with
// other numbers of rounds.
#pragma once

#include <cstdint>
#include <string_view>

// Word types come before the templates that use them.
#if defined(__VAES__) && defined(__AVX512F__)
#  include "multispin/bits/word512.hpp"
#endif

#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/philox.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/random/streams.hpp"

namespace randomness {

#if defined(__VAES__) && defined(__AVX512F__)
using Word = multispin::bits::Word512;
#else
using Word = multispin::bits::Word128;
#endif
using ShippedAes = multispin::random::AesPlanes<Word>;
using ShippedPhilox = multispin::random::PhiloxPlanes<Word>;

// A chain of AES rounds with one round key for all blocks.
template <int counter_rounds, int plane_rounds>
class AesChain {
 public:
  static constexpr int coarse_planes = ShippedAes::coarse_planes;

  struct State {
    Word block;
  };

  AesChain(const multispin::random::StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : low_{keys.aes_whitening[0]},
        high_{keys.aes_whitening[1] + ((sweep << 8) | static_cast<std::uint64_t>(sublattice))} {
    multispin::bits::broadcast(key_, keys.aes_round[0], keys.aes_round[1]);
  }
  State start(std::uint64_t flat_word) const {
    std::uint64_t counter[Word::words];
    for (std::uint64_t i = 0; i < Word::words; i += 2) {
      counter[i] = low_ + flat_word / 2 + i / 2;
      counter[i + 1] = high_;
    }
    return {
        multispin::bits::aes_rounds<counter_rounds>(multispin::bits::loaded<Word>(counter), key_)};
  }
  Word next(State& state, int /*plane*/) const {
    state.block = multispin::bits::aes_rounds<plane_rounds>(state.block, key_);
    return state.block;
  }

 private:
  std::uint64_t low_, high_;
  Word key_;
};

// AesPlanes with the rounds free to choose. `check_shipped` holds it to the original.
template <int key_rounds, int start_rounds>
class KeyedAesChain {
 public:
  static constexpr int coarse_planes = ShippedAes::coarse_planes;

  struct State {
    Word block, key;
  };

  KeyedAesChain(const multispin::random::StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : start_(keys, sweep, sublattice) {
    multispin::bits::broadcast(key_, keys.aes_round[0], keys.aes_round[1]);
  }
  State start(std::uint64_t flat_word) const {
    const Word key = start_.start(flat_word).block;
    return {multispin::bits::aes_rounds<start_rounds>(key, key_), key};
  }
  Word next(State& state, int /*plane*/) const {
    state.block = multispin::bits::aes_rounds<1>(state.block, state.key);
    return state.block;
  }

 private:
  AesChain<key_rounds, 1> start_;
  Word key_;
};

// PhiloxPlanes with the rounds free to choose, one plain block after another.
template <int rounds>
class PhiloxBlocks {
 public:
  static constexpr int coarse_planes = ShippedPhilox::coarse_planes;

  struct State {
    std::uint64_t flat_word;
    Word second;
  };

  PhiloxBlocks(const multispin::random::StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : key_{keys.philox[0], keys.philox[1]}, sweep_{sweep}, sublattice_{sublattice} {}

  State start(std::uint64_t flat_word) const { return {flat_word, multispin::bits::zero<Word>()}; }
  Word next(State& state, int plane) const {
    if (plane % 2 != 0) return state.second;
    std::uint64_t first[Word::words];
    std::uint64_t second[Word::words];
    for (std::uint64_t i = 0; i < Word::words; ++i) {
      const auto block = multispin::random::philox4x32<rounds>(
          multispin::random::philox_counter(state.flat_word + i, plane / 2, sublattice_, sweep_),
          key_[0], key_[1]);
      first[i] = block.x[0] | (static_cast<std::uint64_t>(block.x[1]) << 32);
      second[i] = block.x[2] | (static_cast<std::uint64_t>(block.x[3]) << 32);
    }
    state.second = multispin::bits::loaded<Word>(second);
    return multispin::bits::loaded<Word>(first);
  }

 private:
  std::uint32_t key_[2];
  std::uint64_t sweep_;
  int sublattice_;
};

// Calls use.operator()<Generator>() for the generator of this name; false if there is none.
// "aes" and "philox" are the kernels' own; "aes:c,p" has c rounds before the chain and p a plane,
// with one key for all blocks; "keyed:k,s" has k rounds to the block's own key and s more to the
// chain.
template <class Use>
bool with_generator(std::string_view name, Use use) {
  const auto found = [&]<class Generator>(std::string_view candidate) {
    if (name != candidate) return false;
    use.template operator()<Generator>();
    return true;
  };
  return found.template operator()<ShippedAes>("aes") ||
         found.template operator()<ShippedPhilox>("philox") ||
         found.template operator()<AesChain<0, 1>>("aes:0,1") ||
         found.template operator()<AesChain<1, 1>>("aes:1,1") ||
         found.template operator()<AesChain<2, 1>>("aes:2,1") ||
         found.template operator()<AesChain<3, 1>>("aes:3,1") ||
         found.template operator()<AesChain<4, 1>>("aes:4,1") ||
         found.template operator()<AesChain<5, 1>>("aes:5,1") ||
         found.template operator()<AesChain<2, 2>>("aes:2,2") ||
         found.template operator()<AesChain<3, 2>>("aes:3,2") ||
         found.template operator()<KeyedAesChain<1, 1>>("keyed:1,1") ||
         found.template operator()<KeyedAesChain<2, 1>>("keyed:2,1") ||
         found.template operator()<KeyedAesChain<2, 2>>("keyed:2,2") ||
         found.template operator()<KeyedAesChain<3, 2>>("keyed:3,2") ||
         found.template operator()<PhiloxBlocks<3>>("philox:3") ||
         found.template operator()<PhiloxBlocks<4>>("philox:4") ||
         found.template operator()<PhiloxBlocks<5>>("philox:5") ||
         found.template operator()<PhiloxBlocks<6>>("philox:6") ||
         found.template operator()<PhiloxBlocks<7>>("philox:7");
}

}  // namespace randomness
