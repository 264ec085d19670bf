// Running sweeps of real couplings: threads, measurements, and stopping in the middle of a sweep.
#include <algorithm>

#include "host/stop_watch.hpp"
#include "host/strips.hpp"
#include "host/threads.hpp"
#include "real/detail.hpp"

namespace multispin {

// Takes every bundle from where its cursor is to `draws` times `interval` sweeps after
// `first_sweep`, or until it is stopped. A strip of work (strips.hpp) is a bundle.
class RealEngine::Run {
 public:
  Run(Detail& detail, std::int64_t replicas, std::uint64_t first_sweep, std::uint64_t draws,
      std::uint64_t interval, Sums* sums, StopWatch& watch)
      : detail_(detail),
        replicas_(replicas),
        first_sweep_(first_sweep),
        draws_(draws),
        interval_(interval),
        sums_(sums),
        watch_(watch) {
    for (auto& cursor : detail_.cursor) cursor.draws.store(0, std::memory_order_relaxed);
  }

  // False if stopped before all is done.
  bool execute(int threads) {
    // An attempt takes longer than a word of others' kernels.
    const std::uint64_t most = std::uint64_t{1} << 20;
    const auto sweeps = static_cast<std::int64_t>(std::min(draws_ * interval_, most));
    Turns(*this, worth(8 * replicas_ * detail_.plan.sites * sweeps, threads)).take();
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
  bool ready(std::size_t strip) const { return !done(strip); }
  // Several sweeps: a small system stays in cache meanwhile.
  void turn(std::size_t strip, bool calling_thread) {
    constexpr std::int64_t attempts_per_turn = 1 << 14;
    std::int64_t attempts = 0;
    while (!stopped() && !done(strip) && attempts < attempts_per_turn) {
      attempts += measurement_due(strip) ? measure(strip) : advance(strip, calling_thread);
    }
  }
  bool stopped() const { return watch_.stopped(); }
  void look() { watch_.look(); }

 private:
  RealBundle& bundle_of(std::size_t strip) const { return *detail_.bundles[strip]; }
  bool reached(std::size_t strip, std::uint64_t sweeps) const {
    const auto steps = static_cast<std::uint64_t>(bundle_of(strip).steps());
    return detail_.cursor[strip].load(std::memory_order_acquire) >= sweeps * steps;
  }
  bool measures_left(std::size_t strip) const {
    return sums_ != nullptr && detail_.cursor[strip].draws.load(std::memory_order_acquire) < draws_;
  }
  bool measurement_due(std::size_t strip) const {
    return measures_left(strip) &&
           reached(strip, (detail_.cursor[strip].draws.load() + 1) * interval_);
  }

  // One step. Returns the attempts that it took.
  std::int64_t advance(std::size_t strip, bool calling_thread) {
    RealBundle& bundle = bundle_of(strip);
    std::atomic<std::uint64_t>& cursor = detail_.cursor[strip];
    const std::uint64_t done = cursor.load(std::memory_order_relaxed);
    const auto steps = static_cast<std::uint64_t>(bundle.steps());
    bundle.take(static_cast<std::int64_t>(done % steps), first_sweep_ + done / steps);
    cursor.store(done + 1, std::memory_order_release);
    const std::int64_t attempts = bundle.attempts_of_step();
    if (calling_thread) watch_.worked(8 * attempts);
    return attempts;
  }
  std::int64_t measure(std::size_t strip) {
    std::atomic<std::uint64_t>& draws = detail_.cursor[strip].draws;
    const RealBundle& bundle = bundle_of(strip);
    Sums* const to =
        sums_ + draws.load(std::memory_order_relaxed) * static_cast<std::uint64_t>(replicas_);
    for (std::int64_t r = 0; r < bundle.replicas(); ++r) {
      to[bundle.first_replica() + r] = bundle.sums(r);
    }
    draws.fetch_add(1, std::memory_order_release);
    return bundle.replicas() * detail_.plan.sites;
  }

  Detail& detail_;
  std::int64_t replicas_;
  std::uint64_t first_sweep_, draws_, interval_;
  Sums* sums_;
  StopWatch& watch_;
};

// The sweep that the furthest bundle has begun.
std::uint64_t RealEngine::Detail::furthest() const {
  std::uint64_t sweeps = 0;
  for (std::size_t b = 0; b < cursor.size(); ++b) {
    const auto steps = static_cast<std::uint64_t>(bundles[b]->steps());
    sweeps = std::max(sweeps, (cursor[b].load() + steps - 1) / steps);
  }
  return sweeps;
}

// Takes the sweeps that all bundles have done off the cursors, and returns their number.
std::uint64_t RealEngine::Detail::take_completed() {
  std::uint64_t sweeps = ~std::uint64_t{0};
  for (std::size_t b = 0; b < cursor.size(); ++b) {
    sweeps = std::min<std::uint64_t>(
        sweeps, cursor[b].load() / static_cast<std::uint64_t>(bundles[b]->steps()));
  }
  unfinished = false;
  for (std::size_t b = 0; b < cursor.size(); ++b) {
    const std::uint64_t left =
        cursor[b].load() - sweeps * static_cast<std::uint64_t>(bundles[b]->steps());
    cursor[b].store(left, std::memory_order_relaxed);
    unfinished = unfinished || left > 0;
  }
  return sweeps;
}

bool RealEngine::execute(std::uint64_t draws, std::uint64_t interval, Sums* sums,
                         StopWatch& watch) {
  const bool completed =
      Run(*detail_, options_.replicas, sweeps_done_, draws, interval, sums, watch)
          .execute(options_.threads);
  sweeps_done_ += detail_->take_completed();
  return completed;
}

bool RealEngine::finish(const Poll& poll) {
  StopWatch watch{poll};
  while (detail_->unfinished) {
    if (!execute(1, detail_->furthest(), nullptr, watch)) return false;
  }
  return true;
}

bool RealEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  if (!finish(poll)) return false;
  StopWatch watch{poll};
  // Pieces: after a stop, no bundle is further ahead of another than that.
  constexpr std::int64_t piece_attempts = 1 << 20;
  const auto sweeps = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, piece_attempts / (options_.replicas * options_.sites)));
  const auto replicas = static_cast<std::uint64_t>(options_.replicas);
  for (std::uint64_t draw = 0; draw < draws;) {
    std::uint64_t left = interval;
    if (interval < sweeps && interval > 0) {
      const std::uint64_t piece = std::min(sweeps / interval, draws - draw);
      if (watch.look_stopped()) return false;
      Sums* const to = sums == nullptr ? nullptr : sums + draw * replicas;
      if (!execute(piece, interval, to, watch)) return false;
      draw += piece;
      continue;
    }
    while (left > 0) {
      if (watch.look_stopped()) return false;
      const std::uint64_t piece = std::min(left, sweeps);
      if (!execute(1, piece, nullptr, watch)) return false;
      left -= piece;
    }
    if (sums != nullptr) this->sums(sums + draw * replicas);
    ++draw;
  }
  return true;
}

}  // namespace multispin
