// What the kernels of real couplings have in common. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "real/kernels.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using Lanes = bits::Numbers<Word>;
using I = Lanes::I;
using U = Lanes::U;

constexpr int lanes = Lanes::count;
constexpr int block = model::block_sites;
constexpr int tile = model::tile_sites;
constexpr int group = model::group_attempts;

// Modulo 2^32.
MULTISPIN_HD I sum(I a, I b) {
  return (I)((U)a + (U)b);
}
MULTISPIN_HD I difference(I a, I b) {
  return (I)((U)a - (U)b);
}
MULTISPIN_HD I product(I a, I b) {
  return (I)((U)a * (U)b);
}

// What the attempts from `first`, a multiple of 64, need to know of their numbers; whole groups.
template <class Planes, class Rule>
MULTISPIN_HD void draw(const Planes& planes, const RealNoise& noise, std::int64_t replica,
                       std::int64_t first, int count, std::int32_t* to) {
  const rules::NoiseScale& scale = noise.scales[replica];
  if (!Rule::needs_numbers(scale)) {
    const int groups = (count + group - 1) / group;
    for (int k = 0; k < groups * group; k += lanes) Lanes::store(to + k, Lanes::splat(0));
    return;
  }
  const U cap = Lanes::splat(scale.cap);
  const U factor = Lanes::splat(scale.factor);
  const I shift = Lanes::splat(scale.shift);
  const std::uint64_t stream = noise.first_stream + static_cast<std::uint64_t>(replica);
  std::uint64_t word = (stream << model::stream_shift) +
                       static_cast<std::uint64_t>(first / group * model::group_words);
  for (int begin = 0; begin < count; begin += group) {
    for (int w = 0; w < model::group_words; w += Word::words) {
      auto state = planes.start(word + static_cast<std::uint64_t>(w));
      for (int plane = 0; plane < 2; ++plane) {
        const U number = Lanes::number(planes.next(state, plane));
        Lanes::store(to + begin + plane * (group / 2) + 2 * w,
                     Rule::template draw<Lanes>(number, cap, factor, shift));
      }
    }
    word += model::group_words;
  }
}

MULTISPIN_HD std::uint32_t site_at(const RealPositions& positions, std::int64_t position) {
  return positions.order == nullptr ? static_cast<std::uint32_t>(position)
                                    : positions.order[position];
}

}  // namespace
}  // namespace multispin::kernels
