// The planes of `philox` for one word at a time and a number of its own, without the tables of
// PhiloxPlanes: for draws whose number a thread of a GPU learns as it runs, where tables would have
// to be memory. What the blocks of a word share the compiler finds.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/philox.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::random {

class PhiloxOneWord {
 public:
  using Tabled = PhiloxPlanes<bits::Word64>;
  static constexpr int coarse_planes = Tabled::coarse_planes;
  static constexpr bool chained = Tabled::chained;

  struct State {
    std::uint64_t flat_word;
    bits::Word64 second;  // the odd plane of the latest pair
  };

  MULTISPIN_HD PhiloxOneWord(const StreamKeys& keys, std::uint64_t sweep, int sublattice)
      : key_{keys.philox[0], keys.philox[1]}, sweep_{sweep}, sublattice_{sublattice} {}
  MULTISPIN_HD State start(std::uint64_t flat_word) const { return {flat_word, {}}; }
  MULTISPIN_HD bits::Word64 next(State& state, int plane) const {
    if (plane % 2 != 0) return state.second;
    const PhiloxBlock counter = philox_counter(state.flat_word, plane / 2, sublattice_, sweep_);
    const PhiloxBlock block = philox4x32<Tabled::rounds>(counter, key_[0], key_[1]);
    state.second = {block.x[2], block.x[3]};
    return {block.x[0], block.x[1]};
  }

 private:
  std::uint32_t key_[2];
  std::uint64_t sweep_;
  int sublattice_;
};

}  // namespace multispin::random
