// Running sweeps of replicas: threads, measurements, and stopping in the middle of a sweep.
#include <omp.h>

#include <algorithm>

#include "replica_detail.hpp"
#include "stop_watch.hpp"
#include "threads.hpp"

namespace multispin {
namespace {

// Words that one thread updates in a few milliseconds: the work between two looks at the clock.
constexpr std::int64_t piece_words = 1 << 20;

}  // namespace

void ReplicaEngine::Detail::update(const BundleMemory& bundle, const OrderedRun& run,
                                   std::int64_t begin, std::int64_t end,
                                   std::uint64_t sweep) const {
  const int slots = kernels::slot_sizes[run.slot_size];
  const model::Bond* const bonds =
      order.bonds.data() + run.first_bond + (begin - run.begin) * slots;
  const auto number = static_cast<std::size_t>(run.kind);
  const KindThresholds& t = bundle.thresholds[number];
  const model::Run part{begin, end, bonds};
  if (shared) {
    run_kernels.update_shared[run.slot_size][any_field](
        {bundle.view(), part, t.shared, field[number], &keys, sweep});
    return;
  }
  run_kernels.update[run.slot_size][any_field](
      {bundle.view(),
       part,
       {t.planes.data(), t.always.data(), kernels::block_words},
       field[number],
       &keys,
       sweep});
}

void ReplicaEngine::Detail::sweep(const BundleMemory& bundle, std::uint64_t sweep) const {
  for (const OrderedRun& run : order.runs) update(bundle, run, run.begin, run.end, sweep);
}

// Every bundle by one thread, without waiting for each other.
void ReplicaEngine::Detail::sweep_bundles(std::uint64_t first, std::uint64_t sweeps,
                                          int threads) const {
  const auto count = static_cast<int>(bundles.size());
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (threads > 1 && count > 1)
  for (int b = 0; b < count; ++b) {
    for (std::uint64_t s = 0; s < sweeps; ++s) {
      sweep(bundles[static_cast<std::size_t>(b)], first + s);
    }
  }
}

// A part of a run in all bundles, cut into as many tasks as there are threads at least.
void ReplicaEngine::Detail::update_all(const OrderedRun& run, std::int64_t begin, std::int64_t end,
                                       std::uint64_t now, int threads) const {
  const auto count = static_cast<std::int64_t>(bundles.size());
  const std::int64_t parts = count >= threads ? 1 : (threads + count - 1) / count;
  const auto tasks = static_cast<int>(parts * count);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (threads > 1)
  for (int task = 0; task < tasks; ++task) {
    const std::int64_t part = task % parts;
    const std::int64_t from = begin + (end - begin) * part / parts;
    const std::int64_t to = begin + (end - begin) * (part + 1) / parts;
    if (from < to) update(bundles[static_cast<std::size_t>(task / parts)], run, from, to, now);
  }
}

// One sweep from the cursor on, a piece at a time; false if stopped before its end.
bool ReplicaEngine::Detail::sweep_in_pieces(std::uint64_t now, int threads, StopWatch& watch) {
  const std::int64_t piece = std::max<std::int64_t>(64, piece_words * threads / words_per_site());
  for (; cursor_run < order.runs.size(); ++cursor_run) {
    const OrderedRun& run = order.runs[cursor_run];
    for (cursor_position = std::max(cursor_position, run.begin); cursor_position < run.end;) {
      if (watch.look_stopped()) {
        unfinished = true;
        return false;
      }
      const std::int64_t end = std::min(cursor_position + piece, run.end);
      update_all(run, cursor_position, end, now, threads);
      cursor_position = end;
    }
  }
  cursor_run = 0;
  cursor_position = 0;
  unfinished = false;
  return true;
}

bool ReplicaEngine::advance(std::uint64_t sweeps, StopWatch& watch) {
  Detail& d = *detail_;
  const int threads = usable(options_.threads);
  const std::int64_t words = d.words_per_site() * d.sites;
  const std::uint64_t goal = sweeps_done_ + sweeps;
  if (d.unfinished) {
    if (!d.sweep_in_pieces(sweeps_done_, threads, watch)) return false;
    ++sweeps_done_;
  }
  while (sweeps_done_ < goal) {
    if (watch.look_stopped()) return false;
    if (words > piece_words / 4) {
      if (!d.sweep_in_pieces(sweeps_done_, threads, watch)) return false;
      ++sweeps_done_;
    } else {
      const std::uint64_t most =
          static_cast<std::uint64_t>(std::max<std::int64_t>(1, piece_words / words));
      const std::uint64_t piece = std::min(goal - sweeps_done_, most);
      const auto piece_of_words = words * static_cast<std::int64_t>(piece);
      d.sweep_bundles(sweeps_done_, piece, worth(piece_of_words, threads));
      sweeps_done_ += piece;
    }
  }
  return true;
}

bool ReplicaEngine::finish(const Poll& poll) {
  if (!detail_->unfinished) return true;
  StopWatch watch{poll};
  return advance(1, watch);
}

bool ReplicaEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  StopWatch watch{poll};
  if (detail_->unfinished && !finish(poll)) return false;
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    if (!advance(interval, watch)) return false;
    if (sums != nullptr) this->sums(sums + draw * static_cast<std::uint64_t>(options_.replicas));
  }
  return true;
}

}  // namespace multispin
