// Parallel tempering (replica exchange) over the replicas of a replica engine.
//
// Swendsen & Wang, PRL 57, 2607 (1986); Geyer (1991); Hukushima & Nemoto, J. Phys. Soc. Jpn. 65,
// 1604 (1996). The engine's replicas are *walkers*: walker w of ladder l is engine replica l * M +
// w, M the number of temperatures; a disorder sample has several ladders. At an exchange two
// walkers at neighbouring temperatures T_i < T_{i+1} swap their *temperatures* with probability
//   min(1, exp((1/T_i - 1/T_{i+1}) (E_i - E_{i+1}));
// spins stay where they are. Exchanges alternate between even and odd i.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/replica_engine.hpp"
#include "multispin/site_groups.hpp"

namespace multispin {

struct TemperingOptions {
  std::vector<double> temperatures;  // ascending, at least two
  std::int64_t ladders = 1;          // of each disorder sample
  std::uint64_t swap_interval = 1;   // sweeps from one exchange to the next
  std::uint64_t exchanges_per_draw = 1;
  // Cluster moves (Houdayer, Eur. Phys. J. B 22, 479 (2001)) before each exchange, between ladders
  // 2j and 2j + 1 of a sample at every temperature.
  bool cluster_moves = false;
  std::uint64_t seed = 0;
};

// What a draw writes; null pointers are left out. Sizes for S samples, M temperatures, K ladders,
// P = K (K - 1) / 2 pairs of ladders (0, 1), (0, 2), ...:
struct TemperingRecord {
  std::int64_t* bonds = nullptr;              // (S, M, K), as Sums
  std::int64_t* spins = nullptr;              // (S, M, K)
  std::int64_t* overlaps = nullptr;           // (S, M, P), sum_i s_i^a s_i^b
  std::int64_t* link_overlaps = nullptr;      // (S, M, P)
  double* overlaps_k2 = nullptr;              // (S, M, P): |sum_i s_i^a s_i^b exp(2 pi i x / L)|^2,
                                              // averaged over the axes
  std::int16_t* temperature_index = nullptr;  // (S, K, M), by walker
};

// How walkers move between the ends of the ladder, seen at every exchange, before it: of engine
// replicas, ladders, and samples and temperatures (S, M).
struct Travel {
  std::vector<std::int8_t> last_end;                // 1 the top, -1 the bottom, 0 none so far
  std::vector<std::int64_t> passages;               // from the one end to the other
  std::vector<std::int64_t> steps;                  // exchanges of walkers with an end, of a ladder
  std::vector<std::int64_t> from_top, from_bottom;  // visits of walkers that come from there

  bool operator==(const Travel&) const = default;
};

class Tempering {
 public:
  // `shape`: sides of a periodic lattice in row-major order, or empty (then no overlaps_k2). Throws
  // std::invalid_argument.
  Tempering(ReplicaEngine& engine, TemperingOptions options, std::vector<std::int64_t> shape);

  // Sweeps and exchanges until the next draw is due, and writes it to `record` (which may be
  // empty). False if `poll` asked for a stop; the next call then goes on to the same draw. A stop
  // among the cluster moves comes after the draw was written, and it is not written again: give
  // the same record, and keep it together with the state.
  bool draw(const TemperingRecord& record, const Poll& poll = {});

  // Pairs of ladders of all samples and temperatures.
  std::int64_t pair_count() const { return ladders_ * size_ * (options_.ladders - 1) / 2; }

  // What there is to keep beside the engine's state.
  struct State {
    std::uint64_t exchanges_done = 0;
    std::int64_t clusters_moved = 0;  // before the next exchange; above 0 only after a stop
    std::vector<std::int16_t> temperature_index;    // by engine replica
    std::vector<std::int64_t> attempted, accepted;  // (S, M - 1)
    Travel travel;
  };
  const State& state() const { return state_; }
  void set_state(const State& state);  // throws std::invalid_argument

 private:
  std::int64_t walker(std::int64_t ladder, std::int64_t temperature) const {
    return ladder * size_ + at_[static_cast<std::size_t>(ladder * size_ + temperature)];
  }
  double energy(const Sums& sums) const;
  void note_travel();
  void exchange();
  bool sweep(StopWatch& watch);
  std::int64_t cluster_count() const;
  bool move_clusters(StopWatch& watch);
  void move_cluster(std::int64_t a, std::int64_t b, std::uint64_t number);
  void find_slabs();
  void find_walkers();
  void apply_temperatures();
  void write(const TemperingRecord& record) const;
  void write_k2(std::span<const ReplicaPair> compared, double* k2) const;
  std::vector<ReplicaPair> pairs() const;

  ReplicaEngine& engine_;
  TemperingOptions options_;
  std::vector<std::int64_t> shape_;
  std::int64_t size_;         // temperatures
  std::int64_t ladders_ = 0;  // of all samples
  State state_;
  random::PhiloxBlock exchange_key_, cluster_key_;
  std::vector<std::int64_t> at_;                      // walker by (ladder, temperature)
  std::vector<std::vector<std::uint64_t>> bits_;      // thresholds by temperature
  std::vector<const std::uint64_t*> bits_of_walker_;  // by engine replica
  std::vector<Sums> sums_;
  std::vector<SiteGroups> slabs_;  // by axis: sites of one coordinate
};

}  // namespace multispin
