// Replicas of a graph as kernels see them.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/replica/graph.hpp"

namespace multispin::cuda {

using Word = bits::Word64;

// Word w of position p is element p * words + w of the spins: neighbouring threads take
// neighbouring words of a site, then sites. The position after the last is down in all lanes.
struct Lanes {
  std::uint64_t* spins;
  const std::uint64_t* signs;  // (sign number, word); null: the number is the sign, of all lanes
  std::uint32_t words;         // of a site
  std::uint64_t first_word;    // number of word 0, for the random numbers

  MULTISPIN_HD std::uint64_t* spin(std::uint32_t position, std::uint32_t word) const {
    return spins + std::int64_t{position} * words + word;
  }
  MULTISPIN_HD Word sign(std::uint32_t number, std::uint32_t word) const {
    if (signs == nullptr) return bits::both(0U - number);
    return bits::loaded<Word>(signs + std::int64_t{number} * words + word);
  }
};

}  // namespace multispin::cuda
