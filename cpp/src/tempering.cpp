#include "multispin/tempering.hpp"

#include <algorithm>
#include <complex>
#include <numbers>
#include <string>

#include "host/demand.hpp"
#include "host/stop_watch.hpp"

namespace multispin {
namespace {

TemperedEngine checked(TemperedEngine engine) {
  demand(engine.independent,
         "shared_random_numbers: allowed: engines whose replicas are independent");
  return engine;
}

}  // namespace

Tempering::Tempering(TemperedEngine engine, TemperingOptions options)
    : engine_(checked(std::move(engine))),
      options_(std::move(options)),
      ladder_(options_.temperatures, options_.ladders, engine_.samples, engine_.replicas,
              options_.seed),
      temperatures_(static_cast<std::size_t>(engine_.replicas)),
      energies_(temperatures_.size()),
      spins_(temperatures_.size()) {
  demand(options_.swap_interval >= 1 && options_.exchanges_per_draw >= 1,
         "swap_interval, exchanges_per_draw: allowed: at least 1");
  demand(!options_.cluster_moves || engine_.move_cluster,
         "cluster_moves: got an engine without them, allowed: the replica engine on the CPU");
  apply_temperatures();
}

void Tempering::set_state(const State& state) {
  ladder_.check(state.ladder);
  demand(state.clusters_moved == 0 ||
             (state.clusters_moved > 0 && state.clusters_moved < cluster_count()),
         "clusters_moved: got " + std::to_string(state.clusters_moved) +
             ", allowed: 0, and less than there are to move");
  ladder_.set_state(state.ladder);
  clusters_moved_ = state.clusters_moved;
  apply_temperatures();
}

void Tempering::apply_temperatures() {
  temperatures_due_ = true;  // again, should it throw
  for (std::size_t r = 0; r < temperatures_.size(); ++r) {
    temperatures_[r] = ladder_.temperature_of(static_cast<std::int64_t>(r));
  }
  engine_.set_temperatures(temperatures_);
  temperatures_due_ = false;
}

bool Tempering::draw(const TemperingRecord& record, const Poll& poll) {
  // One for all sweeps: short ones would end before it asks.
  StopWatch watch{poll};
  const Poll ask = poll ? Poll{[&watch] { return watch.look_stopped(); }} : Poll{};
  if (!engine_.finish(ask)) return false;
  if (temperatures_due_) apply_temperatures();
  const auto done = [&] { return ladder_.state().exchanges_done; };
  const std::uint64_t goal =
      (done() / options_.exchanges_per_draw + 1) * options_.exchanges_per_draw;
  while (done() < goal) {
    if (clusters_moved_ == 0) {
      if (!sweep(watch, ask)) return false;
      measure();
      // Before the exchange: the spins belong to the temperatures they were swept at.
      if (done() + 1 == goal) write(record);
    }
    if (options_.cluster_moves) {
      if (!move_clusters(watch)) return false;
      measure();
    }
    ladder_.exchange(energies_);
    apply_temperatures();
  }
  return true;
}

// Until the next exchange is due. False if stopped.
bool Tempering::sweep(StopWatch& watch, const Poll& ask) {
  const std::uint64_t due = (ladder_.state().exchanges_done + 1) * options_.swap_interval;
  const std::uint64_t done = engine_.sweeps_done();
  if (due <= done) return true;
  return !watch.look_stopped() && engine_.sweep(due - done, ask);
}

void Tempering::measure() {
  engine_.measure(energies_.data(), spins_.data());
}

std::int64_t Tempering::cluster_count() const {
  const std::int64_t samples = ladder_.all_ladders() / ladder_.ladders();
  return options_.cluster_moves ? samples * (ladder_.ladders() / 2) * ladder_.size() : 0;
}

// Goes on after the last cluster that was moved. False if stopped.
bool Tempering::move_clusters(StopWatch& watch) {
  const std::int64_t pairs = ladder_.ladders() / 2;  // of a sample
  const std::int64_t count = cluster_count();
  for (; clusters_moved_ < count; ++clusters_moved_) {
    if (watch.look_stopped()) return false;
    const std::int64_t t = clusters_moved_ % ladder_.size();
    const std::int64_t pair = clusters_moved_ / ladder_.size();
    const std::int64_t ladder = pair / pairs * ladder_.ladders() + 2 * (pair % pairs);
    engine_.move_cluster(ladder_.walker(ladder, t), ladder_.walker(ladder + 1, t),
                         ladder_.cluster_number(ladder, t));
  }
  clusters_moved_ = 0;
  return true;
}

std::vector<ReplicaPair> Tempering::pairs() const {
  std::vector<ReplicaPair> pairs;
  for (std::int64_t first = 0; first < ladder_.all_ladders(); first += ladder_.ladders()) {
    for (std::int64_t t = 0; t < ladder_.size(); ++t) {
      for (std::int64_t a = first; a < first + ladder_.ladders(); ++a) {
        for (std::int64_t b = a + 1; b < first + ladder_.ladders(); ++b) {
          pairs.push_back({static_cast<std::uint32_t>(ladder_.walker(a, t)),
                           static_cast<std::uint32_t>(ladder_.walker(b, t))});
        }
      }
    }
  }
  return pairs;
}

void Tempering::write(const TemperingRecord& record) const {
  const std::int64_t K = ladder_.ladders();
  for (std::int64_t ladder = 0; ladder < ladder_.all_ladders(); ++ladder) {
    for (std::int64_t t = 0; t < ladder_.size(); ++t) {
      const auto walker = static_cast<std::size_t>(ladder_.walker(ladder, t));
      const std::int64_t to = (ladder / K * ladder_.size() + t) * K + ladder % K;
      if (record.energies != nullptr) record.energies[to] = energies_[walker];
      if (record.spins != nullptr) record.spins[to] = spins_[walker];
    }
  }
  if (record.temperature_index != nullptr) {
    std::ranges::copy(ladder_.state().temperature_index, record.temperature_index);
  }
  const std::vector<ReplicaPair> compared = pairs();
  if (record.overlaps != nullptr) engine_.overlaps(compared, record.overlaps);
  if (record.link_overlaps != nullptr) engine_.link_overlaps(compared, record.link_overlaps);
  if (record.overlaps_k2 != nullptr) write_k2(compared, record.overlaps_k2);
}

void Tempering::write_k2(std::span<const ReplicaPair> compared, double* k2) const {
  std::fill_n(k2, compared.size(), 0.0);
  for (std::size_t axis = 0; axis < engine_.shape.size(); ++axis) {
    const auto side = static_cast<std::size_t>(engine_.shape[axis]);
    std::vector<std::complex<double>> phase;
    for (std::size_t x = 0; x < side; ++x) {
      phase.push_back(std::polar(
          1.0, 2.0 * std::numbers::pi * static_cast<double>(x) / static_cast<double>(side)));
    }
    std::vector<std::int64_t> sums(compared.size() * side);
    engine_.slab_overlaps(compared, axis, sums.data());
    for (std::size_t i = 0; i < compared.size(); ++i) {
      std::complex<double> sum = 0.0;
      for (std::size_t x = 0; x < side; ++x) {
        sum += static_cast<double>(sums[i * side + x]) * phase[x];
      }
      k2[i] += std::norm(sum) / static_cast<double>(engine_.shape.size());
    }
  }
}

}  // namespace multispin
