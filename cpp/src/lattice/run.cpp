// Running sweeps: threads, who waits for whom, and stopping in the middle of a sweep.
#include <algorithm>
#include <atomic>
#include <chrono>

#include "host/crowd.hpp"
#include "host/stop_watch.hpp"
#include "host/strips.hpp"
#include "lattice/detail.hpp"

namespace multispin {

// Takes every replica from where its cursors are to `draws` times `interval` sweeps after
// `first_sweep`, or until it is stopped. A strip of work (strips.hpp) is a band of a replica.
class LatticeEngine::Run {
 public:
  Run(Detail& detail, const std::vector<BandPlan>& plan, std::uint64_t first_sweep,
      std::uint64_t draws, std::uint64_t interval, Sums* sums, StopWatch& watch)
      : detail_(detail),
        replicas_(detail.keys.size()),
        plan_(plan),
        bands_(plan.size()),
        first_sweep_(first_sweep),
        draws_(draws),
        interval_(interval),
        sums_(sums),
        watch_(watch) {
    for (auto& cursor : detail_.cursor) cursor.draws.store(0, std::memory_order_relaxed);
    if (sums_ != nullptr) std::fill_n(sums_, draws_ * replicas_, Sums{});
  }

  bool execute(int threads) {
    Turns(*this, usable(threads)).take();
    for (std::size_t strip = 0; strip < strips(); ++strip) {
      if (!reached(strip, draws_ * interval_, false)) return false;
    }
    return true;
  }

  std::size_t strips() const { return replicas_ * bands_; }
  std::atomic<bool>& taken(std::size_t strip) { return detail_.cursor[strip].taken; }
  bool done(std::size_t strip) const {
    return reached(strip, draws_ * interval_, false) && !measures_left(strip);
  }
  // The edges of a sweep, and a measurement before it, need the neighbours to have completed the
  // sweep before; the rest of it needs their edges. The same rules keep a band from overwriting
  // what its neighbours still read.
  bool ready(std::size_t strip) const {
    if (done(strip)) return false;
    const BandPlan& plan = plan_of(strip);
    const std::uint64_t steps = detail_.cursor[strip].load(std::memory_order_acquire);
    const std::uint64_t sweep = steps / plan.steps.size();
    const bool past_edges = steps % plan.steps.size() >= plan.edge_steps;
    const std::size_t band = strip % bands_;
    const std::size_t replica = strip - band;
    return reached(replica + (band + 1) % bands_, sweep, past_edges) &&
           reached(replica + (band + bands_ - 1) % bands_, sweep, past_edges);
  }
  // Several stages while the neighbours allow it: a lattice of one band stays in cache meanwhile.
  void turn(std::size_t strip, bool calling_thread) {
    constexpr std::int64_t spins_per_turn = 1 << 24;
    const BandPlan& plan = plan_of(strip);
    const std::int64_t spins = (plan.end - plan.begin) * detail_.lattice.columns;
    std::int64_t spins_left = spins_per_turn;
    do {
      if (measurement_due(strip)) {
        add_sums(strip);
      } else {
        advance_stage(strip, calling_thread);
      }
      spins_left -= spins;
    } while (spins_left > 0 && !watch_.stopped() && ready(strip));
  }
  bool stopped() const { return watch_.stopped(); }
  void look() { watch_.look(); }

 private:
  const BandPlan& plan_of(std::size_t strip) const { return plan_[strip % bands_]; }
  // Position, in steps, of `sweeps` whole sweeps and, if asked, the edge steps of the next.
  std::uint64_t position(std::size_t strip, std::uint64_t sweeps, bool edges) const {
    const BandPlan& plan = plan_of(strip);
    return sweeps * plan.steps.size() + (edges ? plan.edge_steps : 0);
  }
  bool reached(std::size_t strip, std::uint64_t sweeps, bool edges) const {
    return detail_.cursor[strip].load(std::memory_order_acquire) >= position(strip, sweeps, edges);
  }
  bool measures_left(std::size_t strip) const {
    return sums_ != nullptr && detail_.cursor[strip].draws.load(std::memory_order_acquire) < draws_;
  }
  bool measurement_due(std::size_t strip) const {
    return measures_left(strip) &&
           reached(strip, (detail_.cursor[strip].draws.load() + 1) * interval_, false);
  }

  // To `goal`, or until stopped.
  void advance(std::size_t strip, std::uint64_t goal, bool calling_thread) {
    const std::vector<SweepStep>& steps = plan_of(strip).steps;
    std::atomic<std::uint64_t>& cursor = detail_.cursor[strip];
    std::uint64_t done = cursor.load(std::memory_order_relaxed);
    const std::uint64_t sweep = first_sweep_ + done / steps.size();
    while (done < goal && !watch_.stopped()) {
      const SweepStep& step = steps[done % steps.size()];
      detail_.step(step, static_cast<std::int64_t>(strip / bands_), sweep);
      cursor.store(++done, std::memory_order_release);
      if (calling_thread) watch_.worked((step.end - step.begin) * detail_.lattice.stride);
    }
  }
  // To the end of the edges or of the sweep.
  void advance_stage(std::size_t strip, bool calling_thread) {
    const BandPlan& plan = plan_of(strip);
    const std::uint64_t done = detail_.cursor[strip].load(std::memory_order_relaxed);
    const std::uint64_t sweep = done / plan.steps.size();
    const bool edges_left = done % plan.steps.size() < plan.edge_steps;
    const std::uint64_t goal =
        edges_left ? position(strip, sweep, true) : position(strip, sweep + 1, false);
    advance(strip, goal, calling_thread);
  }
  void add_sums(std::size_t strip) {
    const BandPlan& plan = plan_of(strip);
    const std::size_t replica = strip / bands_;
    const Sums part = detail_.sums(static_cast<std::int64_t>(replica), plan.begin, plan.end);
    std::atomic<std::uint64_t>& draws = detail_.cursor[strip].draws;
    Sums& sums = sums_[draws.load(std::memory_order_relaxed) * replicas_ + replica];
    std::atomic_ref(sums.bonds).fetch_add(part.bonds, std::memory_order_relaxed);
    std::atomic_ref(sums.spins).fetch_add(part.spins, std::memory_order_relaxed);
    draws.fetch_add(1, std::memory_order_release);
  }

  Detail& detail_;
  std::size_t replicas_;
  const std::vector<BandPlan>& plan_;
  std::size_t bands_;
  std::uint64_t first_sweep_, draws_, interval_;
  Sums* sums_;
  StopWatch& watch_;
};

// What a run is cut into: bands, or none, which cost something, while no thread but one has a
// processor. A large lattice has bands enough to go on with until another has its processor back,
// and never asks.
const std::vector<BandPlan>& LatticeEngine::Detail::plan_now() const {
  return !is_large() && crowd.lonely(usable(threads)) ? whole : plan;
}

// False if a stop was asked for, even if it came with the last of the work: the caller must hear of
// it.
bool LatticeEngine::execute(const std::vector<BandPlan>& plan, std::uint64_t draws,
                            std::uint64_t interval, Sums* sums, StopWatch& watch) {
  Detail& d = *detail_;
  const bool done = Run(d, plan, sweeps_done_, draws, interval, sums, watch).execute(d.threads);
  d.unfinished = done ? nullptr : &plan;
  if (done) {
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
  if (detail_->unfinished == nullptr) return true;
  // The furthest band or replica says which sweep the others still have to complete.
  std::uint64_t sweeps = 0;
  const std::vector<BandPlan>& plan = *detail_->unfinished;
  for (std::size_t i = 0; i < detail_->keys.size() * plan.size(); ++i) {
    const std::uint64_t steps = plan[i % plan.size()].steps.size();
    sweeps = std::max(sweeps, (detail_->cursor[i].load() + steps - 1) / steps);
  }
  return execute(plan, 1, sweeps, nullptr, watch);
}

bool LatticeEngine::run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll) {
  StopWatch watch(poll);
  if (!finish(watch)) return false;
  // Pieces, after which threads meet. Replicas do so often: after a stop none is further ahead of
  // another than a piece. Bands keep each other back by themselves, and meet to see whether threads
  // have processors, at first soon.
  const std::uint64_t shortest = std::uint64_t{1} << piece_digits;
  const std::uint64_t longest = shortest << 4;
  const auto spins = static_cast<std::uint64_t>(lattice_.spins() * options_.replicas);
  const bool never_meet = options_.replicas == 1 && detail_->is_large();
  std::uint64_t spins_of_piece = shortest;
  std::uint64_t rest = interval;  // of the sweeps before the next draw
  for (std::uint64_t done = 0; done < draws;) {
    const std::vector<BandPlan>& plan = detail_->plan_now();
    const bool in_bands = options_.replicas == 1 && plan.size() > 1;
    spins_of_piece = in_bands ? std::min(2 * spins_of_piece, longest) : shortest;
    const std::uint64_t sweeps =
        never_meet ? ~std::uint64_t{0} : std::max<std::uint64_t>(1, spins_of_piece / spins);
    if (rest > sweeps) {
      if (!execute(plan, 1, sweeps, nullptr, watch)) return false;
      rest -= sweeps;
      continue;
    }
    const std::uint64_t most = rest == interval ? sweeps / std::max<std::uint64_t>(1, interval) : 1;
    const std::uint64_t piece = std::min(most, draws - done);
    Sums* const at =
        sums == nullptr ? nullptr : sums + done * static_cast<std::uint64_t>(options_.replicas);
    if (!execute(plan, piece, rest, at, watch)) return false;
    done += piece;
    rest = interval;
  }
  return true;
}

}  // namespace multispin
