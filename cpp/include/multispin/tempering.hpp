// Parallel tempering (replica exchange) over the replicas of any engine: sweeps, draws, cluster
// moves, and exchanges by a ladder (ladder.hpp).
//
// The engine's replicas are the walkers: walker w of ladder l is engine replica l * M + w. Spins
// stay where they are; temperatures move.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "multispin/engine.hpp"
#include "multispin/ladder.hpp"
#include "multispin/slabs.hpp"

namespace multispin {

class StopWatch;

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

// What tempering needs of an engine, which has to live on.
struct TemperedEngine {
  using Pairs = std::span<const ReplicaPair>;

  std::int64_t replicas = 0, samples = 1;
  bool independent = true;          // replicas of each other
  std::vector<std::int64_t> shape;  // sides of a periodic lattice, or empty: no overlaps_k2
  std::function<bool(const Poll&)> finish;
  std::function<bool(std::uint64_t sweeps, const Poll&)> sweep;
  std::function<std::uint64_t()> sweeps_done;
  std::function<void(std::span<const double>)> set_temperatures;
  std::function<void(double* energies, std::int64_t* spins)> measure;  // of each replica
  std::function<void(Pairs, std::int64_t* sums)> overlaps, link_overlaps;
  SlabOverlaps slab_overlaps;
  // Empty where an engine has no clusters.
  std::function<void(std::int64_t a, std::int64_t b, std::uint64_t number)> move_cluster;
  // Replicas that can go on without the others, on as many threads (ReplicaEngine); no ends where
  // an engine has no such parts, or one thread.
  struct Parts {
    int threads = 1;
    bool sweep_is_shared = false;  // by threads, when all parts are swept together
    std::vector<std::int64_t> ends;
    std::function<void(std::size_t part, std::uint64_t first_sweep, std::uint64_t sweeps)> sweep;
    std::function<void(std::size_t part, std::span<const double>)> set_temperatures;
    std::function<void(std::size_t part, double* energies, std::int64_t* spins)> measure;  // all's
    std::function<void(std::uint64_t sweeps)> set_sweeps_done;
  } parts;
};

template <class E>
TemperedEngine::Parts parts_of(E& engine) {
  TemperedEngine::Parts out;
  out.threads = engine.options().threads;
  if (out.threads == 1) return out;
  out.sweep_is_shared = engine.sweep_is_shared();
  out.ends = engine.part_ends();
  out.sweep = [&engine](std::size_t part, std::uint64_t first, std::uint64_t sweeps) {
    engine.sweep_part(part, first, sweeps);
  };
  out.set_temperatures = [&engine](std::size_t part, std::span<const double> t) {
    engine.set_part_temperatures(part, t);
  };
  // Each part has its own replicas of it.
  const auto sums = std::make_shared<std::vector<typename E::Sums>>(
      static_cast<std::size_t>(engine.options().replicas));
  out.measure = [&engine, sums, ends = out.ends](std::size_t part, double* energies,
                                                 std::int64_t* spins) {
    engine.part_sums(part, sums->data());
    const auto end = static_cast<std::size_t>(ends[part]);
    for (std::size_t r = part == 0 ? 0 : static_cast<std::size_t>(ends[part - 1]); r < end; ++r) {
      energies[r] = engine.energy((*sums)[r]);
      spins[r] = (*sums)[r].spins;
    }
  };
  out.set_sweeps_done = [&engine](std::uint64_t sweeps) { engine.set_sweeps_done(sweeps); };
  return out;
}

template <Engine E>
TemperedEngine tempered(E& engine, std::vector<std::int64_t> shape) {
  TemperedEngine out;
  out.replicas = engine.options().replicas;
  if constexpr (requires { engine.options().samples; }) out.samples = engine.options().samples;
  if constexpr (requires { engine.options().shared_random_numbers; }) {
    out.independent = !engine.options().shared_random_numbers;
  }
  out.finish = [&engine](const Poll& poll) { return engine.finish(poll); };
  out.sweep = [&engine](std::uint64_t sweeps, const Poll& poll) {
    return engine.sweep(sweeps, poll);
  };
  out.sweeps_done = [&engine] { return engine.sweeps_done(); };
  out.set_temperatures = [&engine](std::span<const double> t) { engine.set_temperatures(t); };
  std::vector<typename E::Sums> sums(static_cast<std::size_t>(out.replicas));
  out.measure = [&engine, sums](double* energies, std::int64_t* spins) mutable {
    engine.sums(sums.data());
    for (const auto& of_one : sums) {
      *energies++ = engine.energy(of_one);
      *spins++ = of_one.spins;
    }
  };
  using Pairs = TemperedEngine::Pairs;
  out.overlaps = [&engine](Pairs pairs, std::int64_t* to) { engine.overlaps(pairs, to); };
  out.link_overlaps = [&engine](Pairs pairs, std::int64_t* to) { engine.link_overlaps(pairs, to); };
  out.slab_overlaps = engine.slab_overlaps(shape);
  out.shape = std::move(shape);
  if constexpr (requires { engine.part_ends(); }) out.parts = parts_of(engine);
  if constexpr (requires { engine.move_cluster(0, 0, 0); }) {
    out.move_cluster = [&engine](std::int64_t a, std::int64_t b, std::uint64_t number) {
      engine.move_cluster(a, b, number);
    };
  }
  return out;
}

// What a draw writes; null pointers are left out. Sizes for S samples, M temperatures, K ladders,
// P = K (K - 1) / 2 pairs of ladders (0, 1), (0, 2), ...:
struct TemperingRecord {
  double* energies = nullptr;                 // (S, M, K), total
  std::int64_t* spins = nullptr;              // (S, M, K), sum_i s_i
  std::int64_t* overlaps = nullptr;           // (S, M, P), sum_i s_i^a s_i^b
  std::int64_t* link_overlaps = nullptr;      // (S, M, P)
  double* overlaps_k2 = nullptr;              // (S, M, P): |sum_i s_i^a s_i^b exp(2 pi i x / L)|^2,
                                              // averaged over the axes
  std::int16_t* temperature_index = nullptr;  // (S, K, M), by walker
};

class Tempering {
 public:
  // Throws std::invalid_argument.
  Tempering(TemperedEngine engine, TemperingOptions options);
  template <Engine E>
  Tempering(E& engine, TemperingOptions options, std::vector<std::int64_t> shape)
      : Tempering(tempered(engine, std::move(shape)), std::move(options)) {}

  // Completes what the engine has begun. False if `poll` asked for a stop.
  bool finish(const Poll& poll = {}) { return engine_.finish(poll); }
  // Sweeps and exchanges until the next draw is due, and writes it to `record` (which may be
  // empty). False if `poll` asked for a stop; the next call then goes on to the same draw. A stop
  // among the cluster moves comes after the draw was written, and it is not written again: give
  // the same record, and keep it together with the state.
  bool draw(const TemperingRecord& record, const Poll& poll = {});
  // A draw for each record, by as many threads as the engine has, if it has several parts. False if
  // `poll`, which may not be asked before the end, asked for a stop; the draws that were made are
  // in the state.
  bool draw_all(std::span<const TemperingRecord> records, const Poll& poll = {});

  std::int64_t replicas() const { return ladder_.walkers(); }
  // Pairs of ladders of all samples and temperatures.
  std::int64_t pair_count() const { return replicas() * (ladder_.ladders() - 1) / 2; }

  // What there is to keep beside the engine's state.
  struct State {
    LadderState ladder;
    std::int64_t clusters_moved = 0;  // before the next exchange; above 0 only after a stop

    bool operator==(const State&) const = default;
  };
  State state() const;
  // Of a finished engine; throws std::invalid_argument.
  void set_state(const State& state);

 private:
  // Parts of the engine that have whole samples together.
  struct Group {
    std::size_t first_part, end_part;
    std::int64_t first_ladder, end_ladder;
  };
  std::vector<Group> groups() const;
  void draw_groups(std::span<const TemperingRecord> records);
  void draw_group(const Group& group, std::span<const TemperingRecord> records);
  void apply_temperatures(const Group& group);
  std::uint64_t exchanges_after(std::size_t draws) const;
  bool sweep(StopWatch& watch, const Poll& ask);
  void measure();
  std::int64_t cluster_count() const;
  bool move_clusters(StopWatch& watch);
  void apply_temperatures();
  // Ladders `first` to `end`, all of each of their samples.
  void write(const TemperingRecord& record, std::int64_t first, std::int64_t end) const;
  void write_k2(std::span<const ReplicaPair> compared, double* k2) const;
  std::vector<ReplicaPair> pairs(std::int64_t first, std::int64_t end) const;

  TemperedEngine engine_;
  TemperingOptions options_;
  Ladder ladder_;
  std::vector<Group> groups_;  // none if there are not several
  bool broken_ = false;        // groups are not all at the same exchange
  std::int64_t clusters_moved_ = 0;
  bool temperatures_due_ = true;                 // the engine has not got those of the ladder yet
  std::vector<double> temperatures_, energies_;  // by walker
  std::vector<std::int64_t> spins_;
};

}  // namespace multispin
