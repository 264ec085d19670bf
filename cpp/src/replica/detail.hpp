// What a replica engine owns, shared by the engine's own source files.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "host/spin_memory.hpp"
#include "multispin/known_temperatures.hpp"
#include "multispin/replica/engine.hpp"
#include "multispin/replica/groups.hpp"
#include "multispin/replica/order.hpp"
#include "replica/kernels.hpp"
#include "replica/plan.hpp"

namespace multispin {

constexpr std::int64_t block_lanes = 64 * kernels::block_words;

// Thresholds of the sites of one kind, for the lanes of one bundle or for all lanes that share.
struct KindThresholds {
  std::vector<std::uint64_t> planes, always;
  rules::SharedThresholds shared;
};

// Up to bundle_lanes lanes and everything that belongs to them.
struct BundleMemory {
  int words;                // of a site: 2, 4 or 8
  std::int64_t first_lane;  // lane 0 is that of the first stream of the first word
  std::uint64_t first_word;
  std::unique_ptr<SpinMemory> spins, signs;
  std::vector<KindThresholds> thresholds;  // by number of the kind

  kernels::Bundle view() const { return {spins->data(), signs->data(), words, first_word}; }
};

struct ReplicaEngine::Detail {
  explicit Detail(const ReplicaOptions& options);

  void make_signs(const ReplicaOptions& options, BundleMemory& bundle) const;
  std::int64_t lane_of(std::int64_t replica) const { return replica + lane_offset; }
  std::int64_t first_replica(std::size_t bundle) const {
    return std::max<std::int64_t>(0, bundles[bundle].first_lane - lane_offset);
  }
  // Element and bit of a replica's spin at a position.
  struct Place {
    std::uint64_t* words;  // of position 0
    std::int64_t step;     // from one position to the next
    int bit;
  };
  Place place(std::int64_t replica) const;
  // A word of lanes of all positions; null beyond the last.
  struct LaneWord {
    std::uint64_t* words;  // of position 0
    std::int64_t step;     // from one position to the next
  };
  LaneWord lane_word(std::int64_t number) const;
  // A position's bonds, without the slots that lead nowhere.
  std::span<const model::Bond> bonds_of(std::int64_t position) const {
    const auto run = std::ranges::upper_bound(order.runs, position, {}, &OrderedRun::end);
    return {order.bonds.data() + run->first_bond + (position - run->begin) * run->slots(),
            static_cast<std::size_t>(run->degree)};
  }
  std::vector<std::uint64_t> bits_at(double temperature) const;
  void set_bundle_bits(BundleMemory& bundle) const;
  void set_shared_temperature(double temperature);
  // Updates the positions `begin` to `end` of a run in one bundle.
  void update(const BundleMemory& bundle, const OrderedRun& run, std::int64_t begin,
              std::int64_t end, std::uint64_t sweep) const;
  std::uint64_t furthest() const;
  std::uint64_t take_completed();
  std::int64_t words_per_site() const;
  // What a sweep of all bundles takes, in updates of a word of a site with few bonds.
  std::int64_t sweep_words() const;
  void bundle_sums(const BundleMemory& bundle, std::int64_t replicas, Sums* sums) const;
  // The number of a replica's word in rows of all lanes.
  std::int64_t row_word(std::int64_t replica) const;
  // A row for each 64 items (sites or edges), with a word for each lane from that with word number
  // `first` on.
  struct Rows {
    std::vector<std::uint64_t> words;
    std::int64_t first, width;
  };
  template <class Turn>
  Rows rows(std::span<const BundleMemory> of, std::int64_t items, int threads,
            const Turn& turn) const;
  Rows site_rows(std::span<const BundleMemory> of, std::span<const std::uint32_t> positions,
                 int threads) const;
  // From the first to the last that has a replica of the pairs.
  std::span<const BundleMemory> bundles_of(std::span<const ReplicaPair> pairs) const;
  // Rows first_row[g] to first_row[g + 1] are those of group g; sums[pair * groups + g] is the
  // number of its items minus twice that of unequal ones.
  void compare(const Rows& rows, std::span<const ReplicaPair> pairs,
               std::span<const std::int64_t> first_row, std::span<const std::int64_t> items,
               int threads, std::int64_t* sums) const;
  void group_overlaps(std::span<const ReplicaPair> pairs, const SiteGroups& groups, int threads,
                      std::int64_t* sums) const;

  const kernels::ReplicaKernels& kernels;
  const kernels::RunKernels& run_kernels;
  const rules::BondModel model;
  const bool shared;
  const int any_field;  // index of the rule
  const std::int64_t sites;
  const std::int64_t lane_offset;  // lanes before the first replica's
  const std::int64_t bundle_lanes;
  GraphOrder order;
  std::vector<rules::FieldSigns> field;  // by number of the kind
  random::StreamKeys keys;
  std::vector<BundleMemory> bundles;
  KnownTemperatures<std::vector<std::uint64_t>> known_bits;  // as bits_at gives them
  std::vector<const std::uint64_t*> bits_of_replica;         // out of them
  std::vector<ReplicaPart> plan;
  // Steps that each part of each bundle has done since sweeps_done, draws that it has measured in a
  // run, and whether a thread works on it. Each has a cache line to itself: threads that share one
  // slow each other down at every step.
  struct alignas(64) Cursor : std::atomic<std::uint64_t> {
    std::atomic<std::uint64_t> draws{0};
    std::atomic<bool> taken{false};
  };
  std::vector<Cursor> cursor;
  bool unfinished = false;
};

}  // namespace multispin
