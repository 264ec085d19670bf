// The random numbers of a block of positions, in the lanes of a warp.
#pragma once

#include <cstdint>

#include "device/warp.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/real/rules/noise.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

inline constexpr std::uint32_t block_sites = model::block_sites;
inline constexpr int segments = model::block_sites / Warp::lanes;  // one of each to a lane

// What is in the lanes of a warp, for each segment of a block: position s * 32 + l in lane l.
using Segments = OfLanes<std::int32_t>[segments];

// A word has four numbers, of positions that lie far apart. Each lane makes those of one word; then
// they change places.
template <class Planes, class Rule>
MULTISPIN_HD void draw_block(const Planes& planes, const RealNumbers& numbers,
                             std::uint32_t replica, std::uint32_t block, Segments& draws) {
  using One = bits::OneNumber;
  static_assert(block_sites / model::group_attempts * model::group_words == Warp::lanes);
  const ReplicaNoise noise = numbers.noise[replica];
  OfLanes<std::int32_t> made[4];  // plane, half
  const std::uint64_t first =
      ((numbers.first_stream + replica) << model::stream_shift) + std::uint64_t{block} * 32;
  Warp::each([&](int lane) {
    auto state = planes.start(first + static_cast<std::uint64_t>(lane));
    MULTISPIN_UNROLL(2)
    for (int plane = 0; plane < 2; ++plane) {
      const auto word = planes.next(state, plane);
      made[2 * plane][lane] =
          Rule::template draw<One>(word.low, noise.cap, noise.factor, noise.shift);
      made[2 * plane + 1][lane] =
          Rule::template draw<One>(word.high, noise.cap, noise.factor, noise.shift);
    }
  });
  MULTISPIN_UNROLL(segments)
  for (int s = 0; s < segments; ++s) {
    const auto source = [&](int lane) { return 16 * (s / 2) + lane / 2; };
    const OfLanes<std::int32_t> even = Warp::taken(made[s % 2 * 2], source);
    const OfLanes<std::int32_t> odd = Warp::taken(made[s % 2 * 2 + 1], source);
    Warp::each([&](int lane) { draws[s][lane] = lane % 2 == 0 ? even[lane] : odd[lane]; });
  }
}

}  // namespace multispin::cuda
