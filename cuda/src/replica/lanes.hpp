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
    return spins + word + std::uint64_t{position} * words;
  }
  MULTISPIN_HD Word sign(std::uint32_t number, std::uint32_t word) const {
    return signs == nullptr ? bits::both(0U - number) : sign_of_lanes(number, word);
  }
  MULTISPIN_HD Word sign_of_lanes(std::uint32_t number, std::uint32_t word) const {
    return bits::loaded<Word>(signs + word + std::uint64_t{number} * words);
  }
};

// A site with many bonds.
struct alignas(16) ManyBondsSite {
  std::int64_t first_bond;  // of all bonds
  std::int32_t slots, degree;
};

}  // namespace multispin::cuda
