#include "multispin/tempering.hpp"

#include <algorithm>
#include <complex>
#include <exception>
#include <numbers>
#include <stdexcept>
#include <string>

#include "host/demand.hpp"
#include "host/stop_watch.hpp"
#include "host/threads.hpp"

namespace multispin {
namespace {

TemperedEngine checked(TemperedEngine engine) {
  demand(engine.independent,
         "shared_random_numbers: allowed: engines whose replicas are independent");
  return engine;
}

void demand_whole(bool broken) {
  if (!broken) return;
  throw std::runtime_error(
      "tempering: draws could not be completed, so there is nothing to go on with: begin again, or "
      "load a checkpoint");
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
  groups_ = groups();
  apply_temperatures();
}

Tempering::State Tempering::state() const {
  demand_whole(broken_);
  return {ladder_.state(), clusters_moved_};
}

void Tempering::set_state(const State& state) {
  ladder_.check(state.ladder);
  demand(state.clusters_moved == 0 ||
             (state.clusters_moved > 0 && state.clusters_moved < cluster_count()),
         "clusters_moved: got " + std::to_string(state.clusters_moved) +
             ", allowed: 0, and less than there are to move");
  ladder_.set_state(state.ladder);
  clusters_moved_ = state.clusters_moved;
  broken_ = false;
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

std::uint64_t Tempering::exchanges_after(std::size_t draws) const {
  const std::uint64_t done = ladder_.state().exchanges_done;
  return (done / options_.exchanges_per_draw + draws) * options_.exchanges_per_draw;
}

bool Tempering::draw(const TemperingRecord& record, const Poll& poll) {
  demand_whole(broken_);
  // One for all sweeps: short ones would end before it asks.
  StopWatch watch{poll};
  const Poll ask = poll ? Poll{[&watch] { return watch.look_stopped(); }} : Poll{};
  if (!engine_.finish(ask)) return false;
  if (temperatures_due_) apply_temperatures();
  const auto done = [&] { return ladder_.state().exchanges_done; };
  const std::uint64_t goal = exchanges_after(1);
  while (done() < goal) {
    if (clusters_moved_ == 0) {
      if (!sweep(watch, ask)) return false;
      measure();
      // Before the exchange: the spins belong to the temperatures they were swept at.
      if (done() + 1 == goal) write(record, 0, ladder_.all_ladders());
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

// One group goes through all draws, then the next: threads need each other at the end only.
bool Tempering::draw_all(std::span<const TemperingRecord> records, const Poll& poll) {
  if (groups_.empty() || records.size() < 2) {
    return std::ranges::all_of(records, [&](const auto& record) { return draw(record, poll); });
  }
  demand_whole(broken_);
  if (!finish(poll)) return false;
  if (temperatures_due_) apply_temperatures();
  draw_groups(records);
  return !poll || !poll();
}

void Tempering::draw_groups(std::span<const TemperingRecord> records) {
  std::vector<std::exception_ptr> failures(groups_.size());
  broken_ = true;
  for_each_index(usable(engine_.parts.threads), static_cast<std::int64_t>(groups_.size()),
                 [&](std::int64_t g) {
                   const auto number = static_cast<std::size_t>(g);
                   try {
                     draw_group(groups_[number], records);
                   } catch (...) {
                     failures[number] = std::current_exception();
                   }
                 });
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  broken_ = false;
  const std::uint64_t goal = exchanges_after(records.size());
  engine_.parts.set_sweeps_done(std::max(engine_.sweeps_done(), goal * options_.swap_interval));
  ladder_.count_exchanges(goal - ladder_.state().exchanges_done);
}

void Tempering::draw_group(const Group& group, std::span<const TemperingRecord> records) {
  const TemperedEngine::Parts& parts = engine_.parts;
  std::uint64_t sweeps = engine_.sweeps_done();
  const std::uint64_t first = exchanges_after(0), per_draw = options_.exchanges_per_draw;
  const std::uint64_t goal = exchanges_after(records.size());
  for (std::uint64_t number = ladder_.state().exchanges_done; number < goal; ++number) {
    const std::uint64_t due = std::max(sweeps, (number + 1) * options_.swap_interval);
    for (std::size_t part = group.first_part; part < group.end_part; ++part) {
      parts.sweep(part, sweeps, due - sweeps);
      parts.measure(part, energies_.data(), spins_.data());
    }
    sweeps = due;
    if ((number + 1) % per_draw == 0) {
      write(records[(number - first) / per_draw], group.first_ladder, group.end_ladder);
    }
    ladder_.exchange(energies_, group.first_ladder, group.end_ladder, number);
    apply_temperatures(group);
  }
}

void Tempering::apply_temperatures(const Group& group) {
  const std::vector<std::int64_t>& ends = engine_.parts.ends;
  for (std::size_t part = group.first_part; part < group.end_part; ++part) {
    const std::int64_t begin = part == 0 ? 0 : ends[part - 1];
    for (std::int64_t r = begin; r < ends[part]; ++r) {
      temperatures_[static_cast<std::size_t>(r)] = ladder_.temperature_of(r);
    }
    engine_.parts.set_temperatures(
        part, std::span{temperatures_}.subspan(static_cast<std::size_t>(begin),
                                               static_cast<std::size_t>(ends[part] - begin)));
  }
}

// Groups end where a part and a sample do. Clusters are moved by one thread. None if all parts
// together, which meet at every exchange, would keep more threads at work.
std::vector<Tempering::Group> Tempering::groups() const {
  std::vector<Group> groups;
  if (options_.cluster_moves) return groups;
  const std::int64_t walkers = ladder_.ladders() * ladder_.size();  // of a sample
  Group next{0, 0, 0, 0};
  std::size_t most_parts = 0;
  for (const std::int64_t end : engine_.parts.ends) {
    ++next.end_part;
    if (end % walkers != 0) continue;
    next.end_ladder = end / ladder_.size();
    groups.push_back(next);
    most_parts = std::max(most_parts, next.end_part - next.first_part);
    next = {next.end_part, next.end_part, next.end_ladder, next.end_ladder};
  }
  const auto threads = static_cast<std::size_t>(engine_.parts.threads);
  const auto rounds = [&](std::size_t count) { return (count + threads - 1) / threads; };
  const std::size_t parts = engine_.parts.ends.size();
  const bool slower = engine_.parts.sweep_is_shared &&
                      (parts < threads || rounds(groups.size()) * most_parts > rounds(parts));
  if (groups.size() < 2 || slower) groups.clear();
  return groups;
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

std::vector<ReplicaPair> Tempering::pairs(std::int64_t first, std::int64_t end) const {
  std::vector<ReplicaPair> pairs;
  for (; first < end; first += ladder_.ladders()) {
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

void Tempering::write(const TemperingRecord& record, std::int64_t first, std::int64_t end) const {
  const std::int64_t K = ladder_.ladders();
  for (std::int64_t ladder = first; ladder < end; ++ladder) {
    for (std::int64_t t = 0; t < ladder_.size(); ++t) {
      const auto walker = static_cast<std::size_t>(ladder_.walker(ladder, t));
      const std::int64_t to = (ladder / K * ladder_.size() + t) * K + ladder % K;
      if (record.energies != nullptr) record.energies[to] = energies_[walker];
      if (record.spins != nullptr) record.spins[to] = spins_[walker];
    }
  }
  if (record.temperature_index != nullptr) {
    const std::int64_t begin = first * ladder_.size();
    std::copy_n(ladder_.state().temperature_index.begin() + begin, (end - first) * ladder_.size(),
                record.temperature_index + begin);
  }
  const std::vector<ReplicaPair> compared = pairs(first, end);
  const std::int64_t before = first * ladder_.size() * (K - 1) / 2;  // pairs of samples before
  if (record.overlaps != nullptr) engine_.overlaps(compared, record.overlaps + before);
  if (record.link_overlaps != nullptr) {
    engine_.link_overlaps(compared, record.link_overlaps + before);
  }
  if (record.overlaps_k2 != nullptr) write_k2(compared, record.overlaps_k2 + before);
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
