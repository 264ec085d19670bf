// Running sweeps: threads, who waits for whom, and stopping in the middle of a sweep.
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "lattice_detail.hpp"
#include "stop_watch.hpp"

namespace multispin {

// Takes every replica from where its cursors are to `draws` times `interval` sweeps after
// `first_sweep`, or until it is stopped.
class LatticeEngine::Run {
 public:
  Run(Detail& detail, std::uint64_t first_sweep, std::uint64_t draws, std::uint64_t interval,
      LatticeSums* sums, StopWatch& watch)
      : detail_(detail),
        replicas_(static_cast<std::int64_t>(detail.keys.size())),
        first_sweep_(first_sweep),
        draws_(draws),
        interval_(interval),
        sums_(sums),
        watch_(watch) {}

  bool execute(int threads) {
    if (detail_.plan.size() == 1) {
      whole_replicas(usable(static_cast<int>(std::min<std::int64_t>(threads, replicas_))));
    } else {
      for (std::int64_t r = 0; r < replicas_ && !watch_.stopped(); ++r) banded_replica(r);
    }
    for (std::int64_t r = 0; r < replicas_; ++r) {
      for (std::size_t band = 0; band < detail_.plan.size(); ++band) {
        if (!reached(r, band, draws_ * interval_, false)) return false;
      }
    }
    return true;
  }

 private:
  std::atomic<std::uint64_t>& cursor(std::int64_t replica, std::size_t band) {
    return detail_.cursor[static_cast<std::size_t>(replica) * detail_.plan.size() + band];
  }
  // Position, in steps, of `sweeps` whole sweeps and, if asked, the edge steps of the next.
  std::uint64_t position(std::size_t band, std::uint64_t sweeps, bool edges) const {
    const BandPlan& plan = detail_.plan[band];
    return sweeps * plan.steps.size() + (edges ? plan.edge_steps : 0);
  }
  bool reached(std::int64_t replica, std::size_t band, std::uint64_t sweeps, bool edges) {
    return cursor(replica, band).load(std::memory_order_acquire) >= position(band, sweeps, edges);
  }
  LatticeSums& at(LatticeSums* sums, std::uint64_t draw, std::int64_t replica) const {
    return sums[draw * static_cast<std::uint64_t>(replicas_) + static_cast<std::uint64_t>(replica)];
  }

  // One band, one thread; false if stopped before `goal`.
  bool advance(std::int64_t replica, std::size_t band, std::uint64_t goal, bool calling_thread) {
    const std::vector<SweepStep>& steps = detail_.plan[band].steps;
    std::atomic<std::uint64_t>& position_now = cursor(replica, band);
    std::uint64_t done = position_now.load(std::memory_order_relaxed);
    std::uint64_t sweep = first_sweep_ + done / steps.size();
    std::size_t next = done % steps.size();
    while (done < goal) {
      if (watch_.stopped()) return false;
      const SweepStep& step = steps[next];
      detail_.step(step, replica, sweep);
      position_now.store(++done, std::memory_order_release);
      if (++next == steps.size()) {
        next = 0;
        ++sweep;
      }
      if (calling_thread) watch_.worked((step.end - step.begin) * detail_.lattice.stride);
    }
    return true;
  }

  bool one_replica(std::int64_t r, bool calling_thread) {
    for (std::uint64_t draw = 0; draw < draws_; ++draw) {
      if (!advance(r, 0, position(0, (draw + 1) * interval_, false), calling_thread)) return false;
      if (sums_ != nullptr) {
        at(sums_, draw, r) = detail_.sums(r, 0, detail_.lattice.all_rows());
      }
    }
    return true;
  }

  // Each replica by one thread.
  void whole_replicas(int threads) {
    if (threads == 1) {
      for (std::int64_t r = 0; r < replicas_ && one_replica(r, true); ++r) {
      }
      return;
    }
    std::atomic<int> finished{0};
#pragma omp parallel num_threads(threads)
    {
      const bool calling_thread = omp_get_thread_num() == 0;
#pragma omp for schedule(dynamic, 1) nowait
      for (std::int64_t r = 0; r < replicas_; ++r) one_replica(r, calling_thread);
      ++finished;
      // The others may have long sweeps to finish; someone has to listen for a stop meanwhile.
      while (calling_thread && finished < omp_get_num_threads()) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        watch_.look();
      }
    }
  }

  // One replica, its bands by several threads (fewer than bands if the system gives no more). There
  // are no barriers: a band goes on as soon as its neighbours allow it.
  void banded_replica(std::int64_t r) {
    const std::size_t bands = detail_.plan.size();
    measured_.assign(bands, 0);
    const int threads_wanted = usable(static_cast<int>(bands));
    // A few microseconds, as late as a neighbour that is running may be. To yield at once would
    // give a whole time slice to whatever else wants the processor.
    constexpr int looks_before_yield = 300;
    if (sums_ != nullptr) {
      for (std::uint64_t draw = 0; draw < draws_; ++draw) at(sums_, draw, r) = {};
    }
#pragma omp parallel num_threads(threads_wanted) if (threads_wanted > 1)
    {
      const auto threads = static_cast<std::size_t>(omp_get_num_threads());
      const auto thread = static_cast<std::size_t>(omp_get_thread_num());
      bool left = true;
      int looks_in_vain = 0;
      while (left && !watch_.stopped()) {
        left = false;
        bool waiting = true;
        for (std::size_t band = thread; band < bands; band += threads) {
          const bool measure = measurement_due(r, band);
          if (reached(r, band, draws_ * interval_, false) && !measure) continue;
          left = true;
          if (!neighbours_allow(r, band)) continue;
          waiting = false;
          if (measure) {
            add_sums(r, band, measured_[band]++);
          } else {
            advance_stage(r, band, thread == 0);
          }
        }
        looks_in_vain = waiting ? looks_in_vain + 1 : 0;
        if (left && waiting) {
          if (looks_in_vain > looks_before_yield) std::this_thread::yield();
          if (thread == 0) watch_.look();
        }
      }
    }
  }
  bool measurement_due(std::int64_t r, std::size_t band) {
    return sums_ != nullptr && measured_[band] < draws_ &&
           reached(r, band, (measured_[band] + 1) * interval_, false);
  }
  // The edges of a sweep, and a measurement before it, need the neighbours to have completed the
  // sweep before; the rest of it needs their edges. The same rules keep a band from overwriting
  // what its neighbours still read.
  bool neighbours_allow(std::int64_t r, std::size_t band) {
    const BandPlan& plan = detail_.plan[band];
    const std::uint64_t done = cursor(r, band).load(std::memory_order_relaxed);
    const std::uint64_t sweep = done / plan.steps.size();
    const bool past_edges = done % plan.steps.size() >= plan.edge_steps;
    const std::size_t bands = detail_.plan.size();
    return reached(r, (band + 1) % bands, sweep, past_edges) &&
           reached(r, (band + bands - 1) % bands, sweep, past_edges);
  }
  // To the end of the edges or of the sweep.
  void advance_stage(std::int64_t r, std::size_t band, bool calling_thread) {
    const BandPlan& plan = detail_.plan[band];
    const std::uint64_t done = cursor(r, band).load(std::memory_order_relaxed);
    const std::uint64_t sweep = done / plan.steps.size();
    const bool edges_left = done % plan.steps.size() < plan.edge_steps;
    const std::uint64_t goal =
        edges_left ? position(band, sweep, true) : position(band, sweep + 1, false);
    advance(r, band, goal, calling_thread);
  }
  void add_sums(std::int64_t r, std::size_t band, std::uint64_t draw) {
    const LatticeSums part = detail_.sums(r, detail_.plan[band].begin, detail_.plan[band].end);
    LatticeSums& sums = at(sums_, draw, r);
#pragma omp atomic
    sums.bonds += part.bonds;
#pragma omp atomic
    sums.spins += part.spins;
  }

  Detail& detail_;
  std::int64_t replicas_;
  std::uint64_t first_sweep_, draws_, interval_;
  LatticeSums* sums_;
  StopWatch& watch_;
  std::vector<std::uint64_t> measured_;  // draws, by band
};

// False if a stop was asked for, even if it came with the last of the work: the caller must hear of
// it.
bool LatticeEngine::execute(std::uint64_t draws, std::uint64_t interval, LatticeSums* sums,
                            StopWatch& watch) {
  Detail& d = *detail_;
  d.unfinished = !Run(d, sweeps_done_, draws, interval, sums, watch).execute(options_.threads);
  if (!d.unfinished) {
    sweeps_done_ += draws * interval;
    for (auto& cursor : d.cursor) cursor.store(0, std::memory_order_relaxed);
  }
  return !watch.stopped();
}

bool LatticeEngine::finish(const Poll& poll) {
  StopWatch watch(poll);
  return finish(watch);
}

bool LatticeEngine::finish(StopWatch& watch) {
  if (!detail_->unfinished) return true;
  // The furthest band or replica says which sweep the others still have to complete.
  std::uint64_t sweeps = 0;
  const std::size_t bands = detail_->plan.size();
  for (std::size_t i = 0; i < detail_->cursor.size(); ++i) {
    const std::uint64_t steps = detail_->plan[i % bands].steps.size();
    sweeps = std::max(sweeps, (detail_->cursor[i].load() + steps - 1) / steps);
  }
  return execute(1, sweeps, nullptr, watch);
}

bool LatticeEngine::run(std::uint64_t draws, std::uint64_t interval, LatticeSums* sums,
                        const Poll& poll) {
  StopWatch watch(poll);
  if (!finish(watch)) return false;
  // Pieces of a few milliseconds: after a stop, no replica is further ahead of another than that.
  constexpr std::uint64_t spins_per_piece = std::uint64_t{1} << 27;
  const auto spins = static_cast<std::uint64_t>(lattice_.spins() * options_.replicas);
  const std::uint64_t sweeps_per_piece = std::max<std::uint64_t>(1, spins_per_piece / spins);
  const std::uint64_t draws_per_piece =
      std::max<std::uint64_t>(1, interval == 0 ? draws : sweeps_per_piece / interval);
  for (std::uint64_t done = 0; done < draws;) {
    const std::uint64_t piece = std::min(draws_per_piece, draws - done);
    std::uint64_t rest = interval;
    for (; piece == 1 && rest > sweeps_per_piece; rest -= sweeps_per_piece) {
      if (!execute(1, sweeps_per_piece, nullptr, watch)) return false;
    }
    LatticeSums* const at =
        sums == nullptr ? nullptr : sums + done * static_cast<std::uint64_t>(options_.replicas);
    if (!execute(piece, rest, at, watch)) return false;
    done += piece;
  }
  return true;
}

}  // namespace multispin
