// The kernels of the replica engine, as its host code puts them into a queue. No CUDA types.
#pragma once

#include <cstdint>
#include <span>

#include "device/runtime.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/replica/engine.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/order.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "replica/lanes.hpp"

namespace multispin::cuda {

// What the sites of one run need. Its bonds, `many_bonds` and `thresholds` are on the device.
struct SweptRun {
  Lanes lanes;
  // Sites with many bonds have as many digits (many_bonds.hpp) as those with its degree, and what
  // their own degrees and bonds are is in `many_bonds`; `bonds` are those of all sites then.
  model::Run run;
  const ManyBondsSite* many_bonds;  // by position
  int slot_size;
  bool any_field;
  bool shared;  // random numbers
  rules::LaneThresholds thresholds;
  rules::SharedThresholds shared_thresholds;
  rules::FieldSigns field;
};

int lane_coarse_planes(Generator generator);
void enqueue_sweep_of_run(Stream& stream, Generator generator, const SweptRun& run,
                          const random::StreamKeys& keys, std::uint64_t sweep);

// The lanes of replicas: replica r is lane r + before.
struct UsedLanes {
  std::uint32_t before, replicas;
};

// The first `sites` positions.
struct AllLanes {
  Lanes lanes;
  UsedLanes used;
  std::int64_t sites;
  int multiprocessors;
};

void enqueue_fill_lanes(Stream& stream, const AllLanes& all, bool up);
void enqueue_randomize_lanes(Stream& stream, const AllLanes& all, std::uint64_t seed);
// One replica as int8, by site; position_of, `out` and `in` on the device.
void enqueue_unpack_lane(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                         std::int64_t replica, std::int8_t* out);
void enqueue_pack_lane(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                       std::int64_t replica, const std::int8_t* in);
// All replicas, (replica, site). `in` has `step` items from one replica to the next: 0 if all get
// the same.
void enqueue_unpack_lanes(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                          std::int8_t* out);
void enqueue_pack_lanes(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        const std::int8_t* in, std::int64_t step);
// Words of 64 replicas of `sites` sites, (site, word); position_of is that of the first of them.
void enqueue_get_packed(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        std::int64_t sites, std::uint64_t* out);
void enqueue_set_packed(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        std::int64_t sites, const std::uint64_t* in);

// Of the classes of one kind of sites: bit k of bits[number_of_lane[64 w + b] * stride + c] becomes
// bit b of out[(k * classes + c) * words + w]; after the planes comes bit always_bit.
struct LaneNumbers {
  const std::uint64_t* bits;  // from the kind's first class on
  std::int64_t stride;
  const std::uint32_t* number_of_lane;
  std::uint32_t words;
};
void enqueue_turn_thresholds(Stream& stream, const LaneNumbers& numbers, int classes, int planes,
                             std::uint64_t* out);

// Adds to totals[b * words + w] the number of sites that are up in lane b of word w, and of bonds
// that are not satisfied to what comes after those.
void enqueue_measure_lanes(Stream& stream, const AllLanes& all, const model::Edge* edges,
                           std::int64_t edge_count, std::int64_t* totals);

// Words of 64 sites, or bonds, of one lane each: word g of lane l is rows[l * words + g]. Items
// beyond `count` are zeros.
struct Rows {
  std::uint64_t* rows;
  std::uint32_t words;
  std::int64_t first_item, count;
};
void enqueue_site_rows(Stream& stream, const AllLanes& all, const std::uint32_t* positions,
                       const Rows& rows);
void enqueue_bond_rows(Stream& stream, const AllLanes& all, const model::Edge* edges,
                       const Rows& rows);

// Words `begin` to `end` of all rows, which belong to one group.
struct Segment {
  std::uint32_t begin, end;
  std::int64_t group;
};
// Adds the number of unequal bits of both lanes of pair i to unequal[i * groups + group].
void enqueue_compare_rows(Stream& stream, const AllLanes& all, const Rows& rows,
                          const ReplicaPair* pairs, std::int64_t pair_count,
                          const Segment* segments, std::int64_t segment_count, std::int64_t groups,
                          std::int64_t* unequal);

}  // namespace multispin::cuda
