#include "real/site_bits.hpp"

#include <algorithm>
#include <cstring>

#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

constexpr std::uint64_t each_byte = 0x0101010101010101;

// Eight spins, +1 or -1, as bits, and back.
std::uint64_t eight_bits(std::uint64_t spins) {
  const std::uint64_t down = spins >> 7 & each_byte;
  return ~(down * 0x0102040810204080 >> 56) & 0xff;
}
std::uint64_t eight_spins(std::uint64_t bits) {
  const std::uint64_t apart = (bits & 0xff) * each_byte & 0x8040201008040201;
  const std::uint64_t up = ((apart + 0x7f * each_byte) | apart) >> 7 & each_byte;
  return ~(up * 0xfe);
}

// Calls turn(first, end, word) for the replicas of each word.
template <class Turn>
void for_each_word(const PackedReplicas& which, const Turn& turn) {
  for (std::int64_t first = which.first; first < which.end;) {
    const std::int64_t end = std::min(which.end, first / 64 * 64 + 64);
    turn(first, end, first / 64);
    first = end;
  }
}

}  // namespace

SiteBits bits_of(const std::int8_t* spins, std::int64_t sites) {
  SiteBits bits(static_cast<std::size_t>((sites + 63) / 64));
  std::int64_t j = 0;
  for (; j + 8 <= sites; j += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, spins + j, sizeof eight);
    bits[static_cast<std::size_t>(j / 64)] |= eight_bits(eight) << (j % 64);
  }
  for (; j < sites; ++j) {
    bits[static_cast<std::size_t>(j / 64)] |= std::uint64_t{spins[j] > 0} << (j % 64);
  }
  return bits;
}

void write_spins(const SiteBits& bits, std::int64_t sites, std::int8_t* spins) {
  std::int64_t j = 0;
  for (; j + 8 <= sites; j += 8) {
    const std::uint64_t eight = eight_spins(bits[static_cast<std::size_t>(j / 64)] >> (j % 64));
    std::memcpy(spins + j, &eight, sizeof eight);
  }
  for (; j < sites; ++j) spins[j] = bit_of(bits, j) ? std::int8_t{1} : std::int8_t{-1};
}

std::vector<SiteBits> unpacked(const std::uint64_t* words, const PackedReplicas& which) {
  const std::int64_t of_replica = (which.sites + 63) / 64;
  std::vector<SiteBits> out(static_cast<std::size_t>(which.end - which.first),
                            SiteBits(static_cast<std::size_t>(of_replica)));
  for_each_word(which, [&](std::int64_t first, std::int64_t end, std::int64_t word) {
    for (std::int64_t w = 0; w < of_replica; ++w) {
      bits::Word128 square[64] = {};
      for (std::int64_t j = 64 * w; j < std::min(64 * w + 64, which.sites); ++j) {
        square[j % 64].element[0] = words[j * which.row + word];
      }
      bits::transpose(square);
      for (std::int64_t r = first; r < end; ++r) {
        out[static_cast<std::size_t>(r - which.first)][static_cast<std::size_t>(w)] =
            square[r % 64].element[0];
      }
    }
  });
  return out;
}

void add_packed(const std::vector<SiteBits>& bits, const PackedReplicas& which,
                std::uint64_t* words) {
  for_each_word(which, [&](std::int64_t first, std::int64_t end, std::int64_t word) {
    for (std::int64_t w = 0; w < (which.sites + 63) / 64; ++w) {
      bits::Word128 square[64] = {};
      for (std::int64_t r = first; r < end; ++r) {
        square[r % 64].element[0] =
            bits[static_cast<std::size_t>(r - which.first)][static_cast<std::size_t>(w)];
      }
      bits::transpose(square);
      for (std::int64_t j = 64 * w; j < std::min(64 * w + 64, which.sites); ++j) {
        words[j * which.row + word] |= square[j % 64].element[0];
      }
    }
  });
}

}  // namespace multispin
