// What a replica engine owns on a GPU, shared by the engine's own source files.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "device/queue.hpp"
#include "device/runtime.hpp"
#include "device/upload.hpp"
#include "multispin/cuda/replica/engine.hpp"
#include "multispin/known_temperatures.hpp"
#include "multispin/replica/groups.hpp"
#include "multispin/replica/order.hpp"
#include "replica/launch.hpp"

namespace multispin::cuda {

struct ReplicaEngine::Detail {
  Detail(const ReplicaOptions& options, const DeviceInfo& info);

  Stream& stream() const { return *queue.stream; }
  AllLanes all() const;
  SweptRun swept(const OrderedRun& run) const;
  std::vector<SweptRun> launches() const;
  std::size_t lanes() const { return 64 * static_cast<std::size_t>(words); }
  void upload_graph(const ReplicaOptions& options);
  void enqueue(Generator generator, std::uint64_t first_sweep, std::uint64_t sweeps);
  std::uint64_t sweeps_of_piece() const;
  void measure(std::int64_t* totals);
  std::size_t totals_of_draw() const { return 2 * lanes(); }
  void sums_from(const std::int64_t* totals, Sums* sums) const;
  // Thresholds of one kind of sites: planes, then which lanes always accept.
  std::int64_t threshold_words(const rules::SiteKind& kind) const;
  void set_lane_temperatures(std::span<const double> temperatures);
  std::vector<std::int64_t> group_sums(std::span<const ReplicaPair> pairs,
                                       const SiteGroups& groups);

  const rules::BondModel model;
  const bool shared;
  const UsedLanes used;
  const std::uint32_t words;  // of a site
  const std::uint64_t first_word;
  const int coarse_planes;
  const int multiprocessors;
  const std::int64_t sites;
  const std::int64_t edge_count;
  const random::StreamKeys keys;
  GraphOrder order;  // its bonds and edges are on the device only
  Queue queue;
  Memory spins;
  std::unique_ptr<Memory> signs, bonds, edges, position_of;
  std::unique_ptr<Memory> many_bonds;         // by position, if there are sites with many bonds
  std::unique_ptr<Memory> thresholds;         // of all kinds of sites, one after the other
  std::vector<std::int64_t> first_threshold;  // of each kind, in words
  std::vector<rules::SharedThresholds> shared_thresholds;
  std::vector<rules::FieldSigns> field;
  // By temperature, for each kind of sites.
  KnownTemperatures<std::vector<rules::ClassBits>> known;
  static constexpr std::size_t classes_of_kind = std::extent_v<decltype(rules::ClassBits::of)>;
};

}  // namespace multispin::cuda
