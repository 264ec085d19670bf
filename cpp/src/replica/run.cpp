// Running sweeps of replicas: threads, measurements, and stopping in the middle of a sweep.
#include <algorithm>

#include "host/stop_watch.hpp"
#include "host/strips.hpp"
#include "host/threads.hpp"
#include "replica/detail.hpp"

namespace multispin {

void ReplicaEngine::Detail::update(const BundleMemory& bundle, const OrderedRun& run,
                                   std::int64_t begin, std::int64_t end,
                                   std::uint64_t sweep) const {
  const int slots = run.slots();
  const model::Bond* const bonds =
      order.bonds.data() + run.first_bond + (begin - run.begin) * slots;
  const auto number = static_cast<std::size_t>(run.kind);
  const KindThresholds& t = bundle.thresholds[number];
  const model::Run part{begin, end, bonds, slots, run.degree};
  if (shared) {
    run_kernels.update_shared[run.slot_size][any_field](
        {bundle.view(), part, t.shared, field[number], &keys, sweep});
    return;
  }
  const bool many = run.slot_size == model::many_bonds;
  const auto kernel = many ? run_kernels.update_many : run_kernels.update[run.slot_size][any_field];
  kernel({bundle.view(),
          part,
          {t.planes.data(), t.always.data(), kernels::block_words},
          field[number],
          &keys,
          sweep});
}

// Takes every bundle from where its cursors are to `draws` times `interval` sweeps after
// `first_sweep`, or until it is stopped. A strip of work (strips.hpp) is a part of a bundle.
// Measures only bundles that are not cut up.
class ReplicaEngine::Run {
 public:
  Run(const ReplicaOptions& options, Detail& detail, std::uint64_t first_sweep, std::uint64_t draws,
      std::uint64_t interval, Sums* sums, StopWatch& watch)
      : options_(options),
        detail_(detail),
        parts_(detail.plan.size()),
        first_sweep_(first_sweep),
        draws_(draws),
        interval_(interval),
        sums_(sums),
        watch_(watch) {
    for (auto& cursor : detail_.cursor) cursor.draws.store(0, std::memory_order_relaxed);
  }

  // False if stopped before all is done.
  bool execute() {
    const std::int64_t words = detail_.sweep_words();
    // Parts of a bundle wait for each other in every sweep, bundles do not.
    const std::uint64_t most = parts_ > 1 ? 64 : std::uint64_t{1} << 20;
    const auto sweeps = static_cast<std::int64_t>(std::min(draws_ * interval_, most));
    Turns(*this, worth(words * sweeps, options_.threads)).take();
    for (std::size_t strip = 0; strip < strips(); ++strip) {
      if (!reached(strip, draws_ * interval_)) return false;
    }
    return true;
  }

  std::size_t strips() const { return detail_.cursor.size(); }
  std::atomic<bool>& taken(std::size_t strip) { return detail_.cursor[strip].taken; }
  bool done(std::size_t strip) const {
    return reached(strip, draws_ * interval_) && !measures_left(strip);
  }
  bool ready(std::size_t strip) const {
    if (done(strip)) return false;
    const ReplicaPart& part = part_of(strip);
    const std::size_t bundle = strip - strip % parts_;
    const std::uint64_t sweeps = detail_.cursor[strip].load(std::memory_order_acquire) /
                                 std::max<std::size_t>(1, part.steps.size());
    return std::ranges::all_of(part.before,
                               [&](auto p) { return reached(bundle + p, sweeps + 1); }) &&
           std::ranges::all_of(part.after, [&](auto p) { return reached(bundle + p, sweeps); });
  }
  // Several sweeps while the neighbours allow it: a small graph stays in cache meanwhile.
  void turn(std::size_t strip, bool calling_thread) {
    constexpr std::int64_t words_per_turn = 1 << 15;
    const std::size_t steps = part_of(strip).steps.size();
    std::int64_t words = 0;
    do {
      if (measurement_due(strip)) {
        measure(strip);
      } else {
        words += advance(strip, calling_thread);
      }
      const bool inside = detail_.cursor[strip].load(std::memory_order_relaxed) % steps != 0;
      if (!inside && words >= words_per_turn) break;
    } while (!stopped() && ready(strip));
  }
  bool stopped() const { return watch_.stopped(); }
  void look() { watch_.look(); }

 private:
  const ReplicaPart& part_of(std::size_t strip) const { return detail_.plan[strip % parts_]; }
  const BundleMemory& bundle_of(std::size_t strip) const { return detail_.bundles[strip / parts_]; }
  bool reached(std::size_t strip, std::uint64_t sweeps) const {
    return detail_.cursor[strip].load(std::memory_order_acquire) >=
           sweeps * part_of(strip).steps.size();
  }
  bool measures_left(std::size_t strip) const {
    return sums_ != nullptr && detail_.cursor[strip].draws.load(std::memory_order_acquire) < draws_;
  }
  bool measurement_due(std::size_t strip) const {
    return measures_left(strip) &&
           reached(strip, (detail_.cursor[strip].draws.load() + 1) * interval_);
  }

  // One step. Returns the words that it took.
  std::int64_t advance(std::size_t strip, bool calling_thread) {
    const std::vector<ReplicaStep>& steps = part_of(strip).steps;
    std::atomic<std::uint64_t>& cursor = detail_.cursor[strip];
    const std::uint64_t done = cursor.load(std::memory_order_relaxed);
    const ReplicaStep& step = steps[done % steps.size()];
    const BundleMemory& bundle = bundle_of(strip);
    detail_.update(bundle, detail_.order.runs[step.run], step.begin, step.end,
                   first_sweep_ + done / steps.size());
    cursor.store(done + 1, std::memory_order_release);
    const std::int64_t words =
        (step.end - step.begin) * bundle.words * detail_.order.runs[step.run].effort();
    if (calling_thread) watch_.worked(words);
    return words;
  }
  void measure(std::size_t strip) {
    std::atomic<std::uint64_t>& draws = detail_.cursor[strip].draws;
    const auto replicas = static_cast<std::uint64_t>(options_.replicas);
    detail_.bundle_sums(bundle_of(strip), options_.replicas,
                        sums_ + draws.load(std::memory_order_relaxed) * replicas);
    draws.fetch_add(1, std::memory_order_release);
  }

  const ReplicaOptions& options_;
  Detail& detail_;
  std::size_t parts_;
  std::uint64_t first_sweep_, draws_, interval_;
  Sums* sums_;
  StopWatch& watch_;
};

// The sweep that the furthest part has begun.
std::uint64_t ReplicaEngine::Detail::furthest() const {
  std::uint64_t sweeps = 0;
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    const std::uint64_t steps = plan[i % plan.size()].steps.size();
    sweeps = std::max(sweeps, (cursor[i].load() + steps - 1) / steps);
  }
  return sweeps;
}

// Takes the sweeps that all parts have done off the cursors, and returns their number.
std::uint64_t ReplicaEngine::Detail::take_completed() {
  std::uint64_t sweeps = ~std::uint64_t{0};
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    sweeps = std::min<std::uint64_t>(sweeps, cursor[i].load() / plan[i % plan.size()].steps.size());
  }
  unfinished = false;
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    const std::uint64_t left = cursor[i].load() - sweeps * plan[i % plan.size()].steps.size();
    cursor[i].store(left, std::memory_order_relaxed);
    unfinished = unfinished || left > 0;
  }
  return sweeps;
}

bool ReplicaEngine::execute(std::uint64_t draws, std::uint64_t interval, Sums* sums,
                            StopWatch& watch) {
  const bool completed =
      Run(options_, *detail_, sweeps_done_, draws, interval, sums, watch).execute();
  sweeps_done_ += detail_->take_completed();
  return completed;
}

bool ReplicaEngine::advance(std::uint64_t sweeps, StopWatch& watch) {
  // Pieces: after a stop, no bundle is further ahead of another than that.
  constexpr std::int64_t piece_words = 1 << 22;
  const std::int64_t words = detail_->sweep_words();
  const auto piece = static_cast<std::uint64_t>(std::max<std::int64_t>(1, piece_words / words));
  const std::uint64_t goal = sweeps_done_ + std::max(sweeps, detail_->furthest());
  while (sweeps_done_ < goal) {
    if (watch.look_stopped()) return false;
    const std::uint64_t next = std::max(std::min(goal - sweeps_done_, piece), detail_->furthest());
    if (!execute(1, next, nullptr, watch)) return false;
  }
  return true;
}

// A bundle is a part.
std::vector<std::int64_t> ReplicaEngine::part_ends() const {
  std::vector<std::int64_t> ends;
  for (std::size_t b = 1; b < detail_->bundles.size(); ++b) {
    ends.push_back(detail_->first_replica(b));
  }
  ends.push_back(options_.replicas);
  return ends;
}

bool ReplicaEngine::sweep_is_shared() const {
  return worth(detail_->sweep_words(), options_.threads) > 1;
}

void ReplicaEngine::sweep_part(std::size_t part, std::uint64_t first_sweep, std::uint64_t sweeps) {
  for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
    for (const OrderedRun& run : detail_->order.runs) {
      detail_->update(detail_->bundles[part], run, run.begin, run.end, sweep);
    }
  }
}

bool ReplicaEngine::finish(const Poll& poll) {
  if (!detail_->unfinished) return true;
  StopWatch watch{poll};
  return advance(0, watch);
}

bool ReplicaEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  StopWatch watch{poll};
  if (detail_->unfinished && !finish(poll)) return false;
  constexpr std::int64_t piece_words = 1 << 22;
  const std::int64_t words = detail_->sweep_words();
  const auto sweeps = static_cast<std::uint64_t>(std::max<std::int64_t>(1, piece_words / words));
  const std::uint64_t most = interval == 0 ? 1 : sweeps / interval;
  const auto replicas = static_cast<std::uint64_t>(options_.replicas);
  for (std::uint64_t draw = 0; draw < draws;) {
    if (sums != nullptr && detail_->plan.size() == 1 && most > 1) {
      if (watch.look_stopped()) return false;
      const std::uint64_t piece = std::min(most, draws - draw);
      if (!execute(piece, interval, sums + draw * replicas, watch)) return false;
      draw += piece;
      continue;
    }
    if (!advance(interval, watch)) return false;
    if (sums != nullptr) this->sums(sums + draw * replicas);
    ++draw;
  }
  return true;
}

}  // namespace multispin
