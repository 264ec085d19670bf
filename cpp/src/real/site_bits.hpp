// Spins of a replica as bits, one after the other, and what others have instead: bytes, or words of
// 64 replicas of a site.
#pragma once

#include <cstdint>
#include <vector>

namespace multispin {

// Bits of the sites of a replica: 1 is up, or held. Those beyond the last site are 0 where they are
// made of something else, and anything where nobody looks.
using SiteBits = std::vector<std::uint64_t>;
inline bool bit_of(const SiteBits& bits, std::int64_t site) {
  return (bits[static_cast<std::size_t>(site / 64)] >> (site % 64) & 1U) != 0;
}

// Of +1 and -1.
SiteBits bits_of(const std::int8_t* spins, std::int64_t sites);
void write_spins(const SiteBits& bits, std::int64_t sites, std::int8_t* spins);

// Replicas `first` to `end` of words (site, word), `row` words a site: bit r % 64 of word r / 64 is
// replica r.
struct PackedReplicas {
  std::int64_t sites, row, first, end;
};
std::vector<SiteBits> unpacked(const std::uint64_t* words, const PackedReplicas& which);
// Adds the bits of replicas, those from `first` on, to words in which they are 0.
void add_packed(const std::vector<SiteBits>& bits, const PackedReplicas& which,
                std::uint64_t* words);

}  // namespace multispin
