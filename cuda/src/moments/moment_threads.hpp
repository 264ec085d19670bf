// What a thread does to make bits of samples, and a warp to add up their moments. Bodies for
// launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "moments/launch.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// A thread a spin, a slot a word of 64 samples: neighbouring threads read neighbouring items.
struct PackSamples {
  const std::int8_t* from;  // [sample * spins + spin]
  std::int64_t samples;
  std::uint32_t spins;
  std::uint64_t row;
  std::uint64_t* words;  // [spin * row + slot]

  MULTISPIN_HD void operator()(std::uint32_t spin, std::uint32_t slot) const {
    const std::int64_t first = std::int64_t{64} * slot;
    const std::int64_t count = samples - first < 64 ? samples - first : 64;
    std::uint64_t word = 0;
    for (std::int64_t s = 0; s < count; ++s) {
      const bool up = from[(first + s) * spins + spin] > 0;
      word |= std::uint64_t{up ? 1U : 0U} << s;
    }
    words[spin * row + slot] = word;
  }
};

// Samples `begin` to `end` - 1.
struct MomentSamples {
  std::int64_t begin, end;

  MULTISPIN_HD std::int64_t first_word() const { return begin / 64; }
  MULTISPIN_HD std::int64_t last_word() const { return (end - 1) / 64; }
  // Which bits of a word are samples.
  MULTISPIN_HD std::uint64_t used(std::int64_t word) const {
    std::uint64_t bits = ~std::uint64_t{0};
    if (word == first_word()) bits &= ~std::uint64_t{0} << (begin % 64);
    if (word == last_word()) bits &= ~std::uint64_t{0} >> (63 - (end - 1) % 64);
    return bits;
  }
  // Those in words `from` to `to` - 1, at least one of each.
  MULTISPIN_HD std::int64_t within(std::int64_t from, std::int64_t to) const {
    return (end < 64 * to ? end : 64 * to) - (begin > 64 * from ? begin : 64 * from);
  }
};

// In how many samples a lane's spin is unequal to each of the tile's others.
struct UnequalSpins {
  std::uint32_t of[moment_tile];
};

// A warp compares the spins of two tiles, over a share of a group's words: its lanes have one spin
// each, and all of them look at the same other one. A GPU counts bits at half the rate at which it
// brings a word to all lanes, and at a quarter of that of other steps: shared memory would not make
// it faster. A slot is a group and the first of the tiles.
struct AddMoments {
  MomentRows rows;
  MomentPart part;
  std::int64_t begin, end;  // words of each group
  std::uint32_t shares;     // of these words, a warp each

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t slot) const {
    const std::uint32_t group = slot / part.tiles;
    const std::uint32_t own = part.first_tile + slot % part.tiles;
    const std::uint32_t other = warp / shares;
    // Of two tiles that are both in this part one warp finds the sums of both.
    const bool both = other >= part.first_tile && other < part.first_tile + part.tiles;
    if (both && other < own) return;
    const MomentSamples samples{part.bounds[group], part.bounds[group + 1]};
    const std::int64_t from = samples.first_word() + share(warp % shares);
    const std::int64_t next = samples.first_word() + share(warp % shares + 1);
    const std::int64_t to = next <= samples.last_word() ? next : samples.last_word() + 1;
    if (from >= to) return;
    OfLanes<UnequalSpins> unequal;
    count(own, other, samples, from, to, unequal);
    const std::int64_t all = samples.within(from, to);
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(32)
      for (std::uint32_t k = 0; k < moment_tile; ++k) {
        const std::int64_t sum = all - 2 * std::int64_t{unequal[lane].of[k]};
        add(group, spin_of(own, lane), other * moment_tile + k, both && own != other, sum);
      }
    });
  }

 private:
  // The first word of a share, counted from the group's first one on.
  MULTISPIN_HD std::int64_t share(std::uint32_t number) const {
    return begin + (end - begin) * number / shares;
  }
  MULTISPIN_HD static std::uint32_t spin_of(std::uint32_t tile, int lane) {
    return tile * moment_tile + static_cast<std::uint32_t>(lane);
  }
  MULTISPIN_HD void count(std::uint32_t own, std::uint32_t other, const MomentSamples& samples,
                          std::int64_t from, std::int64_t to,
                          OfLanes<UnequalSpins>& unequal) const {
    Warp::each([&](int lane) { unequal[lane] = {}; });
    for (std::int64_t w = from; w < to; ++w) {
      const std::uint64_t used = samples.used(w);
      OfLanes<std::uint64_t> of_own, of_other;
      Warp::each([&](int lane) {
        of_own[lane] = rows.word(spin_of(own, lane), w) & used;
        of_other[lane] = rows.word(spin_of(other, lane), w) & used;
      });
      MULTISPIN_UNROLL(32)
      for (int k = 0; k < static_cast<int>(moment_tile); ++k) {
        const std::uint64_t one = Warp::of(of_other, k);
        Warp::each([&](int lane) {
          unequal[lane].of[k] += static_cast<std::uint32_t>(bits::count64(of_own[lane] ^ one));
        });
      }
    }
  }
  // Spin i is one of this part; `both`: spin j is too, and this is the only sum of the pair.
  MULTISPIN_HD void add(std::uint32_t group, std::uint32_t i, std::uint32_t j, bool both,
                        std::int64_t sum) const {
    if (i >= rows.spins || j > rows.spins) return;
    const std::uint64_t before = std::uint64_t{group} * part.spins;
    const std::uint32_t first = part.first_tile * moment_tile;
    if (j == rows.spins) {
      add_to(part.first + before + (i - first), -sum);
      return;
    }
    add_to(part.second + (before + (i - first)) * rows.spins + j, sum);
    if (both) add_to(part.second + (before + (j - first)) * rows.spins + i, sum);
  }
};

}  // namespace multispin::cuda
