// Setting, reading and measuring replicas of a graph: how many threads do it.
#include <algorithm>

#include "device/launch.hpp"
#include "replica/launch.hpp"
#include "replica/state_threads.hpp"

namespace multispin::cuda {
namespace {

std::uint32_t packed_words(const AllLanes& all) {
  return (all.used.replicas + 63) / 64;
}

std::uint32_t lane_of(const AllLanes& all, std::int64_t replica) {
  return static_cast<std::uint32_t>(replica) + all.used.before;
}

// Enough threads to fill the GPU, if that leaves each some items.
template <class Items>
void count_lanes(Stream& stream, const AllLanes& all, const Items& items, std::int64_t count,
                 std::int64_t* totals) {
  using Body = CountLanes<Items>;
  constexpr std::int64_t fewest = 56;
  const std::int64_t words = all.lanes.words;
  const std::int64_t threads = all.multiprocessors * std::int64_t{1024};
  const std::int64_t each = std::clamp(count * words / threads, fewest, Body::most_items);
  const auto strips = static_cast<std::uint32_t>((count + each - 1) / each);
  if (strips == 0) return;
  const Body body{items, count, strips, all.lanes.words, totals};
  launch(stream, "measure_lanes", strips * all.lanes.words, 1, body);
}

template <class Items>
void rows_of_lanes(Stream& stream, const AllLanes& all, const Items& items, const Rows& rows) {
  const RowsOfLanes<Items> body{items, rows, all.lanes.words};
  launch(stream, "rows_of_lanes", 64 * all.lanes.words * rows.words, 1, body);
}

}  // namespace

void enqueue_fill_lanes(Stream& stream, const AllLanes& all, bool up) {
  by_rows(all.sites, all.lanes.words, [&](std::int64_t first, std::uint32_t threads) {
    const FillLanes body{all.lanes, static_cast<std::uint32_t>(first),
                         up ? bits::ones<Word>() : bits::zero<Word>()};
    launch(stream, "fill_lanes", threads, 1, body);
  });
}

void enqueue_randomize_lanes(Stream& stream, const AllLanes& all, std::uint64_t seed) {
  const auto key = random::derive(seed, 0, random::Purpose::lanes_initial_spins, 0);
  by_rows(all.sites, all.lanes.words, [&](std::int64_t first, std::uint32_t threads) {
    const RandomizeLanes body{all.lanes, static_cast<std::uint32_t>(first), key};
    launch(stream, "randomize_lanes", threads, 1, body);
  });
}

void enqueue_unpack_lane(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                         std::int64_t replica, std::int8_t* out) {
  const UnpackLane body{all.lanes, position_of, lane_of(all, replica), out};
  launch(stream, "unpack_lane", static_cast<std::uint32_t>(all.sites), 1, body);
}

void enqueue_pack_lane(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                       std::int64_t replica, const std::int8_t* in) {
  const PackLane body{all.lanes, position_of, lane_of(all, replica), in};
  launch(stream, "pack_lane", static_cast<std::uint32_t>(all.sites), 1, body);
}

void enqueue_unpack_lanes(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                          std::int8_t* out) {
  const UnpackLanes body{all.lanes, all.used, position_of, all.sites, out};
  launch(stream, "unpack_lanes", static_cast<std::uint32_t>(all.sites), all.lanes.words, body);
}

void enqueue_pack_lanes(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        const std::int8_t* in, std::int64_t step) {
  const PackLanes body{all.lanes, all.used, position_of, in, step};
  launch(stream, "pack_lanes", static_cast<std::uint32_t>(all.sites), all.lanes.words, body);
}

void enqueue_get_packed(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        std::int64_t sites, std::uint64_t* out) {
  const std::uint32_t words = packed_words(all);
  by_rows(sites, words, [&](std::int64_t first, std::uint32_t threads) {
    const GetPacked body{all.lanes, all.used, position_of + first, words, out + first * words};
    launch(stream, "get_packed", threads, 1, body);
  });
}

void enqueue_set_packed(Stream& stream, const AllLanes& all, const std::uint32_t* position_of,
                        std::int64_t sites, const std::uint64_t* in) {
  const std::uint32_t words = packed_words(all);
  by_rows(sites, all.lanes.words, [&](std::int64_t first, std::uint32_t threads) {
    const SetPacked body{all.lanes, all.used, position_of + first, words, in + first * words};
    launch(stream, "set_packed", threads, 1, body);
  });
}

void enqueue_turn_thresholds(Stream& stream, const LaneNumbers& numbers, int classes, int planes,
                             std::uint64_t* out) {
  const auto entries = static_cast<std::uint32_t>((planes + 1) * classes);
  const TurnThresholds body{numbers, static_cast<std::uint32_t>(classes),
                            static_cast<std::uint32_t>(planes), out};
  launch(stream, "turn_thresholds", entries * numbers.words, 1, body);
}

void enqueue_measure_lanes(Stream& stream, const AllLanes& all, const model::Edge* edges,
                           std::int64_t edge_count, std::int64_t* totals) {
  count_lanes(stream, all, AllSites{all.lanes}, all.sites, totals);
  count_lanes(stream, all, AllBonds{all.lanes, edges}, edge_count,
              totals + std::int64_t{64} * all.lanes.words);
}

void enqueue_site_rows(Stream& stream, const AllLanes& all, const std::uint32_t* positions,
                       const Rows& rows) {
  rows_of_lanes(stream, all, ListedSites{all.lanes, positions}, rows);
}

void enqueue_bond_rows(Stream& stream, const AllLanes& all, const model::Edge* edges,
                       const Rows& rows) {
  rows_of_lanes(stream, all, AllBonds{all.lanes, edges}, rows);
}

void enqueue_compare_rows(Stream& stream, const AllLanes& all, const Rows& rows,
                          const ReplicaPair* pairs, std::int64_t pair_count,
                          const Segment* segments, std::int64_t segment_count, std::int64_t groups,
                          std::int64_t* unequal) {
  by_rows(pair_count, segment_count, [&](std::int64_t first, std::uint32_t threads) {
    const CompareRows body{rows,
                           all.used.before,
                           pairs + first,
                           segments,
                           static_cast<std::uint32_t>(segment_count),
                           groups,
                           unequal + first * groups};
    launch(stream, "compare_rows", threads, 1, body);
  });
}

}  // namespace multispin::cuda
