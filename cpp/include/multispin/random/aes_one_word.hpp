// The planes of `aes` for one word at a time: half of what its AES block gives, in portable code.
//
// GPUs have no instructions for AES, so this has to be many times slower there than Philox
// (docs/performance.md). It is for going on with what was begun on a CPU.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/planes.hpp"

namespace multispin::random {

template <>
class AesPlanes<bits::Word64> {
 public:
  using Pair = AesPlanes<bits::Word128>;
  static constexpr int coarse_planes = Pair::coarse_planes;
  static constexpr bool chained = Pair::chained;

  struct State {
    typename Pair::State pair;
    bool odd;  // the second word of its block
  };

  AesPlanes() = default;
  MULTISPIN_HD AesPlanes(const StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : pair_{keys, sweep, sublattice} {}
  MULTISPIN_HD State start(std::uint64_t flat_word) const {
    return {pair_.start(flat_word & ~std::uint64_t{1}), (flat_word & 1U) != 0};
  }
  MULTISPIN_HD bits::Word64 next(State& state, int plane) const {
    const bits::Word128 both = pair_.next(state.pair, plane);
    return bits::halves(state.odd ? both.element[1] : both.element[0]);
  }

 private:
  Pair pair_;
};

}  // namespace multispin::random
