// Running sweeps: threads, barriers, and stopping in the middle of one.
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "lattice_detail.hpp"

namespace multispin {
namespace {

// Asks the caller's poll at most every 50 ms, from the calling thread only.
class StopWatch {
 public:
  explicit StopWatch(const LatticeEngine::Poll& poll) : poll_(poll) {}

  bool stopped() const { return stop_.load(std::memory_order_relaxed); }
  // To be called by the calling thread from time to time.
  void look() {
    if (!poll_) return;
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return;
    last_ = now;
    if (poll_()) stop_.store(true, std::memory_order_relaxed);
  }
  // The calling thread has done `words` of work.
  void worked(std::int64_t words) {
    constexpr std::int64_t words_between_looks = 1 << 14;
    work_ += words;
    if (work_ < words_between_looks) return;
    work_ = 0;
    look();
  }

 private:
  using Clock = std::chrono::steady_clock;
  const LatticeEngine::Poll& poll_;
  std::atomic<bool> stop_{false};
  std::int64_t work_ = 0;
  Clock::time_point last_ = Clock::now();
};

}  // namespace

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
      whole_replicas(static_cast<int>(std::min<std::int64_t>(threads, replicas_)));
    } else {
      for (std::int64_t r = 0; r < replicas_ && !watch_.stopped(); ++r) banded_replica(r);
    }
    for (std::int64_t r = 0; r < replicas_; ++r) {
      if (!all_reached(r, draws_ * interval_, 0)) return false;
    }
    return true;
  }

 private:
  std::atomic<std::uint64_t>& cursor(std::int64_t replica, std::size_t band) {
    return detail_.cursor[static_cast<std::size_t>(replica) * detail_.plan.size() + band];
  }
  // Position, in steps, of `sweeps` whole sweeps and, if asked, the edge steps of the next.
  std::uint64_t position(std::size_t band, std::uint64_t sweeps, int edges) const {
    const BandPlan& plan = detail_.plan[band];
    return sweeps * plan.steps.size() + (edges != 0 ? plan.edge_steps : 0);
  }
  bool all_reached(std::int64_t replica, std::uint64_t sweeps, int edges) {
    for (std::size_t b = 0; b < detail_.plan.size(); ++b) {
      if (cursor(replica, b).load(std::memory_order_relaxed) < position(b, sweeps, edges)) {
        return false;
      }
    }
    return true;
  }

  // One band, one thread; false if stopped before `goal`.
  bool advance(std::int64_t replica, std::size_t band, std::uint64_t goal, bool calling_thread) {
    const std::vector<SweepStep>& steps = detail_.plan[band].steps;
    std::atomic<std::uint64_t>& at = cursor(replica, band);
    std::uint64_t done = at.load(std::memory_order_relaxed);
    std::uint64_t sweep = first_sweep_ + done / steps.size();
    std::size_t next = done % steps.size();
    while (done < goal) {
      if (watch_.stopped()) return false;
      const SweepStep& step = steps[next];
      detail_.step(step, replica, sweep);
      at.store(++done, std::memory_order_relaxed);
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
      if (!advance(r, 0, position(0, (draw + 1) * interval_, 0), calling_thread)) return false;
      if (sums_ != nullptr) {
        sums_[draw * static_cast<std::uint64_t>(replicas_) + static_cast<std::uint64_t>(r)] =
            detail_.sums(r, 0, detail_.lattice.rows);
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
    std::atomic<int> working{threads};
#pragma omp parallel num_threads(threads)
    {
      const bool calling_thread = omp_get_thread_num() == 0;
#pragma omp for schedule(dynamic, 1) nowait
      for (std::int64_t r = 0; r < replicas_; ++r) one_replica(r, calling_thread);
      --working;
      // The others may have long sweeps to finish; someone has to listen for a stop meanwhile.
      while (calling_thread && working > 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        watch_.look();
      }
    }
  }

  // One replica by one thread a band. All threads leave together: whether a stage is complete does
  // not change between its barrier and the test.
  void banded_replica(std::int64_t r) {
    const auto bands = static_cast<int>(detail_.plan.size());
    if (sums_ != nullptr) {
      for (std::uint64_t draw = 0; draw < draws_; ++draw) {
        sums_[draw * static_cast<std::uint64_t>(replicas_) + static_cast<std::uint64_t>(r)] = {};
      }
    }
#pragma omp parallel num_threads(bands)
    {
      const auto band = static_cast<std::size_t>(omp_get_thread_num());
      for (std::uint64_t sweep = 0; sweep < draws_ * interval_; ++sweep) {
        advance(r, band, position(band, sweep, 1), band == 0);
#pragma omp barrier
        if (!all_reached(r, sweep, 1)) break;
        advance(r, band, position(band, sweep + 1, 0), band == 0);
#pragma omp barrier
        if (!all_reached(r, sweep + 1, 0)) break;
        if (sums_ != nullptr && (sweep + 1) % interval_ == 0) add_sums(r, band, sweep / interval_);
      }
    }
  }
  void add_sums(std::int64_t r, std::size_t band, std::uint64_t draw) {
    const LatticeSums part = detail_.sums(r, detail_.plan[band].begin, detail_.plan[band].end);
    LatticeSums& sums =
        sums_[draw * static_cast<std::uint64_t>(replicas_) + static_cast<std::uint64_t>(r)];
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
};

bool LatticeEngine::execute(std::uint64_t draws, std::uint64_t interval, LatticeSums* sums,
                            const Poll& poll) {
  Detail& d = *detail_;
  StopWatch watch(poll);
  d.unfinished = !Run(d, sweeps_done_, draws, interval, sums, watch).execute(options_.threads);
  if (d.unfinished) return false;
  sweeps_done_ += draws * interval;
  for (auto& cursor : d.cursor) cursor.store(0, std::memory_order_relaxed);
  return true;
}

bool LatticeEngine::finish(const Poll& poll) {
  if (!detail_->unfinished) return true;
  // The furthest band or replica says which sweep the others still have to complete.
  std::uint64_t sweeps = 0;
  const std::size_t bands = detail_->plan.size();
  for (std::size_t i = 0; i < detail_->cursor.size(); ++i) {
    const std::uint64_t steps = detail_->plan[i % bands].steps.size();
    sweeps = std::max(sweeps, (detail_->cursor[i].load() + steps - 1) / steps);
  }
  return execute(1, sweeps, nullptr, poll);
}

bool LatticeEngine::run(std::uint64_t draws, std::uint64_t interval, LatticeSums* sums,
                        const Poll& poll) {
  if (!finish(poll)) return false;
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
      if (!execute(1, sweeps_per_piece, nullptr, poll)) return false;
    }
    LatticeSums* const at =
        sums == nullptr ? nullptr : sums + done * static_cast<std::uint64_t>(options_.replicas);
    if (!execute(piece, rest, at, poll)) return false;
    done += piece;
  }
  return true;
}

}  // namespace multispin
