// A graph with couplings +J and -J as kernels see it (plain numbers; the engine owns the memory).
//
// Sites are numbered anew: position p holds the sites of colour 0 first, then those of colour 1,
// ... and within a colour those of equal degree together. Sites of one colour have no bonds among
// each other. A site has W words of lanes, and word w of position p is element p * W + w of its
// array.
#pragma once

#include <cstdint>

namespace multispin::model {

// One end of a bond, as a site sees it: where the other end is, and where the signs are.
// Sign word w of a lane is element sign * W + w of the signs; bit 1 is a coupling of -J.
struct alignas(8) Bond {  // read in one piece
  std::uint32_t position;
  std::uint32_t sign;
};

// Both ends of a bond.
struct Edge {
  std::uint32_t first, second;  // positions
  std::uint32_t sign;
};

// Positions of one colour whose sites have the same degree. Each has `slots` bonds, of which those
// beyond its degree lead nowhere.
struct Run {
  std::int64_t begin, end;
  const Bond* bonds;  // those of position p are bonds[(p - begin) * slots + j]
  int slots, degree;
};

// The number of a lane word of a site, for the random numbers it draws.
inline constexpr int lane_word_bits = 20;
inline constexpr int position_bits = 28;
// Lane words that may share the random numbers of a site.
inline constexpr int block_words = 8;

// Numbers of slots that there are kernels for, with a class for each count (rules/bond_rules.hpp).
inline constexpr int slot_sizes[] = {2, 4, 6, 8, 12};
inline constexpr int slot_size_count = 5;
inline constexpr int most_slots = 12;
// In place of the index of a size: more bonds than that (rules/many_bonds.hpp). Slots are then a
// multiple of slot_block.
inline constexpr int many_bonds = slot_size_count;
inline constexpr int slot_block = 8;
inline constexpr int max_degree = (1 << 17) - 1;
// Of a site.
inline constexpr int most_classes = 13;

}  // namespace multispin::model
