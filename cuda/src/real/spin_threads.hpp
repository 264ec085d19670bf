// What one thread, or warp, does to set, read and compare spins that are bits. Bodies for
// launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "multispin/host_device.hpp"
#include "multispin/pairs.hpp"
#include "multispin/random/streams.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// A word; words are numbered through all sites, from `first` on.
struct FillSpins {
  SpinBits bits;
  std::int64_t first;
  bool up;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::int64_t at = first + thread;
    bits.spins[at] = up ? bits.used(static_cast<std::uint32_t>(at % bits.row)) : 0;
  }
};

// Takes the bits that no replica has out of a word.
struct ClearUnusedBits {
  SpinBits bits;
  std::int64_t first;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::int64_t at = first + thread;
    bits.spins[at] &= bits.used(static_cast<std::uint32_t>(at % bits.row));
  }
};

// A warp, 64 sites of a word of replicas: a replica draws them all at once.
struct RandomizeSpins {
  SpinBits bits;
  random::PhiloxBlock key;
  std::uint64_t first_stream;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t number = warp % bits.used_words();
    const std::uint32_t group = warp / bits.used_words();
    OfLanes<std::uint64_t> drawn;
    Warp::each([&](int lane) {
      const std::uint64_t stream = first_stream + 32 * number + static_cast<std::uint64_t>(lane);
      drawn[lane] = random::initial_word(key, (stream << model::stream_shift) + group, 0);
    });
    const std::uint32_t left = bits.sites - 64 * group;
    for (std::uint32_t i = 0; i < (left < 64 ? left : 64); ++i) {
      const std::uint32_t word =
          Warp::ballot([&](int lane) { return (drawn[lane] >> i & 1U) != 0; });
      Warp::once([&] { *bits.word(64 * group + i, number) = word & bits.used(number); });
    }
  }
};

// One replica as +1/-1; a thread a site.
struct UnpackReplica {
  SpinBits bits;
  std::uint32_t replica;
  std::int8_t* out;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t /*slot*/) const {
    out[site] = bits.up(site, replica) ? std::int8_t{1} : std::int8_t{-1};
  }
};

struct PackReplica {
  SpinBits bits;
  std::uint32_t replica;
  const std::int8_t* in;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t /*slot*/) const {
    std::uint32_t& word = *bits.word(site, replica / 32);
    const std::uint32_t bit = 1U << (replica % 32);
    word = in[site] > 0 ? word | bit : word & ~bit;
  }
};

// All replicas of a word as +1/-1, by site; a thread a site, a slot a word. Neighbouring threads
// write neighbouring items.
struct UnpackReplicas {
  SpinBits bits;
  std::int8_t* out;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const std::uint32_t word = *bits.word(site, slot);
    for (std::uint32_t i = 0; i < 32 && 32 * slot + i < bits.replicas; ++i) {
      const std::int64_t replica = std::int64_t{32} * slot + i;
      out[replica * bits.sites + site] = (word >> i & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
    }
  }
};

struct PackReplicas {
  SpinBits bits;
  const std::int8_t* in;
  std::int64_t step;  // from one replica to the next

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    std::uint32_t word = 0;
    for (std::uint32_t i = 0; i < 32 && 32 * slot + i < bits.replicas; ++i) {
      const std::int64_t replica = std::int64_t{32} * slot + i;
      word |= (in[replica * step + site] > 0 ? 1U : 0U) << i;
    }
    *bits.word(site, slot) = word;
  }
};

// Of a pair of replicas, a slot: sites that differ, a thread those that lie `threads` apart,
struct CompareSites {
  static constexpr int sums = 1;
  SpinBits bits;
  const ReplicaPair* pairs;
  std::uint32_t threads;

  MULTISPIN_HD Sums<1> operator()(std::uint32_t thread, std::uint32_t slot) const {
    const ReplicaPair pair = pairs[slot];
    Sums<1> unequal{};
    for (std::uint32_t j = thread; j < bits.sites; j += threads) {
      if (bits.up(j, pair.first) != bits.up(j, pair.second)) ++unequal.value[0];
    }
    return unequal;
  }
};
// edges that differ,
struct CompareEdges {
  static constexpr int sums = 1;
  SpinBits bits;
  const ReplicaPair* pairs;
  const GraphEdge* edges;
  std::int64_t count;
  std::uint32_t threads;

  MULTISPIN_HD Sums<1> operator()(std::uint32_t thread, std::uint32_t slot) const {
    const ReplicaPair pair = pairs[slot];
    const auto differs = [&](std::uint32_t site) {
      return bits.up(site, pair.first) != bits.up(site, pair.second);
    };
    Sums<1> unequal{};
    for (std::int64_t e = thread; e < count; e += threads) {
      if (differs(edges[e].first) != differs(edges[e].second)) ++unequal.value[0];
    }
    return unequal;
  }
};
// and sites that differ of each group, a thread a site; those that are alike count -1.
struct CompareGroups {
  SpinBits bits;
  const ReplicaPair* pairs;
  const std::int32_t* group_of;
  std::int64_t groups;
  std::int64_t* sums;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const ReplicaPair pair = pairs[slot];
    const bool equal = bits.up(site, pair.first) == bits.up(site, pair.second);
    add_to(sums + slot * groups + group_of[site], equal ? 1 : -1);
  }
};

}  // namespace multispin::cuda
