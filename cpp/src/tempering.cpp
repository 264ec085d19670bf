#include "multispin/tempering.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>

#include "demand.hpp"
#include "replica_detail.hpp"

namespace multispin {
namespace {

// Whether these are factors of at least 1 of a number; they may be anything, so nothing is
// multiplied.
bool factors_of(std::int64_t number, std::span<const std::int64_t> factors) {
  for (const std::int64_t factor : factors) {
    if (factor < 1 || number % factor != 0) return false;
    number /= factor;
  }
  return number == 1;
}

bool same_sizes(const Travel& a, const Travel& b) {
  return a.last_end.size() == b.last_end.size() && a.passages.size() == b.passages.size() &&
         a.steps.size() == b.steps.size() && a.from_top.size() == b.from_top.size() &&
         a.from_bottom.size() == b.from_bottom.size();
}

// Random numbers of exchanges and clusters; `number` counts exchanges.
enum class Use : std::uint32_t { exchange = 0, cluster = 1 };

random::PhiloxBlock key_for(std::uint64_t seed, Use use) {
  return random::derive(seed, 0, random::Purpose::exchange, static_cast<std::uint32_t>(use));
}

random::PhiloxBlock drawn(const random::PhiloxBlock& key, std::int64_t ladder, std::int64_t index,
                          std::uint64_t number) {
  return random::philox4x32<10>(
      {{static_cast<std::uint32_t>(ladder), static_cast<std::uint32_t>(index),
        static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)}},
      key.x[0], key.x[1]);
}

// In [0, 1), with 53 bits.
double uniform(const random::PhiloxBlock& block) {
  const std::uint64_t bits = block.x[0] | (std::uint64_t{block.x[1]} << 32);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

// Number of the n-th bit that is set, 0 being the first; there are more than n.
std::uint32_t nth_one(std::span<const std::uint64_t> words, std::uint64_t n) {
  std::size_t w = 0;
  for (; n >= static_cast<std::uint64_t>(std::popcount(words[w])); ++w) {
    n -= static_cast<std::uint64_t>(std::popcount(words[w]));
  }
  std::uint64_t word = words[w];
  for (; n > 0; --n) word &= word - 1;
  return static_cast<std::uint32_t>(64 * w) + static_cast<std::uint32_t>(std::countr_zero(word));
}

}  // namespace

Tempering::Tempering(ReplicaEngine& engine, TemperingOptions options,
                     std::vector<std::int64_t> shape)
    : engine_(engine),
      options_(std::move(options)),
      shape_(std::move(shape)),
      size_(static_cast<std::int64_t>(options_.temperatures.size())),
      exchange_key_(key_for(options_.seed, Use::exchange)),
      cluster_key_(key_for(options_.seed, Use::cluster)) {
  const std::vector<double>& t = options_.temperatures;
  // What is not a number is not below anything.
  const auto not_below = [](double a, double b) { return !(a < b); };
  demand(size_ >= 2 && size_ <= 1 << 14 && std::ranges::adjacent_find(t, not_below) == t.end() &&
             t.front() > 0.0 && std::isfinite(t.back()),
         "temperatures: allowed: at least two, ascending, finite and above 0");
  demand(!engine.options().shared_random_numbers,
         "shared_random_numbers: allowed: engines whose replicas are independent");
  const std::int64_t factors[] = {size_, options_.ladders, engine.options().samples};
  demand(factors_of(engine.options().replicas, factors),
         "replicas: allowed: as many as temperatures times ladders times samples");
  demand(options_.swap_interval >= 1 && options_.exchanges_per_draw >= 1,
         "swap_interval, exchanges_per_draw: allowed: at least 1");
  demand(shape_.empty() || factors_of(engine.options().sites, shape_),
         "shape: allowed: none, or sides of at least 1 whose product is the number of sites");
  ladders_ = engine.options().replicas / size_;
  const auto count = static_cast<std::size_t>(engine.options().replicas);
  for (std::size_t r = 0; r < count; ++r) {
    state_.temperature_index.push_back(static_cast<std::int16_t>(r % t.size()));
  }
  state_.attempted.assign(static_cast<std::size_t>(engine.options().samples) * (t.size() - 1), 0);
  state_.accepted = state_.attempted;
  state_.travel.last_end.assign(count, 0);
  state_.travel.passages.assign(count, 0);
  state_.travel.steps.assign(count / t.size(), 0);
  state_.travel.from_top.assign(static_cast<std::size_t>(engine.options().samples) * t.size(), 0);
  state_.travel.from_bottom = state_.travel.from_top;
  sums_.resize(count);
  for (const double temperature : t) bits_.push_back(engine_.detail_->bits_at(temperature));
  bits_of_walker_.resize(count);
  find_slabs();
  find_walkers();
  apply_temperatures();
}

void Tempering::set_state(const State& state) {
  demand(state.temperature_index.size() == state_.temperature_index.size() &&
             state.attempted.size() == state_.attempted.size() &&
             state.accepted.size() == state_.accepted.size() &&
             same_sizes(state.travel, state_.travel),
         "state: got arrays of other sizes");
  demand(state.clusters_moved == 0 ||
             (state.clusters_moved > 0 && state.clusters_moved < cluster_count()),
         "clusters_moved: got " + std::to_string(state.clusters_moved) +
             ", allowed: 0, and less than there are to move");
  std::vector<bool> seen(state.temperature_index.size());
  for (std::size_t r = 0; r < seen.size(); ++r) {
    const std::int64_t index = state.temperature_index[r];
    const auto ladder = static_cast<std::int64_t>(r) / size_;
    demand(index >= 0 && index < size_, "temperature_index: got one that is not below the last");
    const auto at = static_cast<std::size_t>(ladder * size_ + index);
    demand(!seen[at], "temperature_index: got two walkers of a ladder at one temperature");
    seen[at] = true;
  }
  state_ = state;
  find_walkers();
  apply_temperatures();
}

void Tempering::find_slabs() {
  std::int64_t stride = engine_.options().sites;
  for (const std::int64_t side : shape_) {
    stride /= side;
    std::vector<std::int32_t> slab;
    for (std::int64_t site = 0; site < engine_.options().sites; ++site) {
      slab.push_back(static_cast<std::int32_t>(site / stride % side));
    }
    slabs_.push_back(group_sites(engine_.detail_->order, slab, side));
  }
}

void Tempering::find_walkers() {
  at_.resize(state_.temperature_index.size());
  for (std::size_t r = 0; r < at_.size(); ++r) {
    const auto ladder = static_cast<std::int64_t>(r) / size_;
    at_[static_cast<std::size_t>(ladder * size_ + state_.temperature_index[r])] =
        static_cast<std::int64_t>(r) % size_;
  }
}

void Tempering::apply_temperatures() {
  for (std::size_t r = 0; r < bits_of_walker_.size(); ++r) {
    const auto index = static_cast<std::size_t>(state_.temperature_index[r]);
    engine_.temperatures_[r] = options_.temperatures[index];
    bits_of_walker_[r] = bits_[index].data();
  }
  engine_.detail_->set_bits(bits_of_walker_, engine_.options().threads);
}

double Tempering::energy(const Sums& sums) const {
  return -engine_.options().J * static_cast<double>(sums.bonds) -
         engine_.options().h * static_cast<double>(sums.spins);
}

bool Tempering::draw(const TemperingRecord& record, const Poll& poll) {
  // One for all sweeps: short ones would end before it asks.
  ReplicaEngine::StopWatch watch{poll};
  const std::uint64_t goal =
      (state_.exchanges_done / options_.exchanges_per_draw + 1) * options_.exchanges_per_draw;
  while (state_.exchanges_done < goal) {
    if (state_.clusters_moved == 0) {
      if (!sweep(watch)) return false;
      engine_.sums(sums_.data());
      // Before the exchange: the spins belong to the temperatures they were swept at.
      if (state_.exchanges_done + 1 == goal) write(record);
    }
    if (options_.cluster_moves) {
      if (!move_clusters(watch)) return false;
      engine_.sums(sums_.data());
    }
    note_travel();
    exchange();
    ++state_.exchanges_done;
  }
  return true;
}

// Until the next exchange is due. False if stopped.
bool Tempering::sweep(ReplicaEngine::StopWatch& watch) {
  const std::uint64_t due = (state_.exchanges_done + 1) * options_.swap_interval;
  const std::uint64_t done = engine_.sweeps_done();
  return engine_.advance(due > done ? due - done : 0, watch);
}

void Tempering::note_travel() {
  Travel& travel = state_.travel;
  const auto size = static_cast<std::size_t>(size_);
  for (std::size_t ladder = 0; ladder < travel.steps.size(); ++ladder) {
    const std::size_t sample = ladder / static_cast<std::size_t>(options_.ladders);
    std::int64_t* const from_top = travel.from_top.data() + sample * size;
    std::int64_t* const from_bottom = travel.from_bottom.data() + sample * size;
    std::int64_t steps = 0;
    for (std::size_t r = ladder * size; r < (ladder + 1) * size; ++r) {
      const std::int64_t t = state_.temperature_index[r];
      const std::int8_t before = travel.last_end[r];
      const auto now = static_cast<std::int8_t>(t == size_ - 1 ? 1 : (t == 0 ? -1 : before));
      travel.last_end[r] = now;
      travel.passages[r] += before * now < 0;
      steps += before != 0;
      from_top[t] += now > 0;
      from_bottom[t] += now < 0;
    }
    travel.steps[ladder] += steps;
  }
}

void Tempering::exchange() {
  const auto odd = static_cast<std::int64_t>(state_.exchanges_done % 2);
  const std::int64_t per_sample = options_.ladders;
  for (std::int64_t ladder = 0; ladder < ladders_; ++ladder) {
    for (std::int64_t i = odd; i + 1 < size_; i += 2) {
      const auto low = static_cast<std::size_t>(walker(ladder, i));
      const auto high = static_cast<std::size_t>(walker(ladder, i + 1));
      const auto at = static_cast<std::size_t>(i);
      const double d = (1.0 / options_.temperatures[at] - 1.0 / options_.temperatures[at + 1]) *
                       (energy(sums_[low]) - energy(sums_[high]));
      const auto counter = static_cast<std::size_t>(ladder / per_sample * (size_ - 1) + i);
      ++state_.attempted[counter];
      if (d < 0.0 &&
          uniform(drawn(exchange_key_, ladder, i, state_.exchanges_done)) >= std::exp(d)) {
        continue;
      }
      ++state_.accepted[counter];
      std::swap(state_.temperature_index[low], state_.temperature_index[high]);
      std::swap(at_[static_cast<std::size_t>(ladder * size_ + i)],
                at_[static_cast<std::size_t>(ladder * size_ + i + 1)]);
    }
  }
  apply_temperatures();
}

std::int64_t Tempering::cluster_count() const {
  return options_.cluster_moves ? ladders_ / options_.ladders * (options_.ladders / 2) * size_ : 0;
}

// Goes on after the last cluster that was moved. False if stopped.
bool Tempering::move_clusters(ReplicaEngine::StopWatch& watch) {
  const std::int64_t pairs = options_.ladders / 2;  // of a sample
  const std::int64_t count = cluster_count();
  for (; state_.clusters_moved < count; ++state_.clusters_moved) {
    if (watch.stopped()) return false;
    const std::int64_t t = state_.clusters_moved % size_;
    const std::int64_t pair = state_.clusters_moved / size_;
    const std::int64_t ladder = pair / pairs * options_.ladders + 2 * (pair % pairs);
    const auto block = drawn(cluster_key_, ladder, t, state_.exchanges_done);
    move_cluster(walker(ladder, t), walker(ladder + 1, t),
                 block.x[0] | (std::uint64_t{block.x[1]} << 32));
  }
  state_.clusters_moved = 0;
  return true;
}

// Picks one of the sites where the two replicas differ and swaps their spins on its cluster: the
// sites that differ and that bonds between such sites connect to it. E_a + E_b stays the same.
void Tempering::move_cluster(std::int64_t a, std::int64_t b, std::uint64_t number) {
  const ReplicaEngine::Detail& d = *engine_.detail_;
  const auto place_a = d.place(a);
  const auto place_b = d.place(b);
  // Where they differ, a bit a position; those that the cluster has reached are taken out.
  std::vector<std::uint64_t> differ(static_cast<std::size_t>((d.sites + 63) / 64));
  std::uint64_t count = 0;
  for (std::int64_t p = 0; p < d.sites; ++p) {
    const std::uint64_t bit = (place_a.words[p * place_a.step] >> place_a.bit ^
                               place_b.words[p * place_b.step] >> place_b.bit) &
                              1U;
    differ[static_cast<std::size_t>(p / 64)] |= bit << (p % 64);
    count += bit;
  }
  if (count == 0) return;
  std::vector<std::uint32_t> open;
  const auto reach = [&](std::uint32_t p) {
    std::uint64_t& word = differ[p / 64];
    const std::uint64_t bit = std::uint64_t{1} << (p % 64);
    if ((word & bit) == 0) return;
    word ^= bit;
    open.push_back(p);
  };
  reach(nth_one(differ, number % count));
  while (!open.empty()) {
    const auto p = static_cast<std::int64_t>(open.back());
    open.pop_back();
    place_a.words[p * place_a.step] ^= std::uint64_t{1} << place_a.bit;
    place_b.words[p * place_b.step] ^= std::uint64_t{1} << place_b.bit;
    for (const model::Bond& bond : d.bonds_of(p)) reach(bond.position);
  }
}

std::vector<ReplicaPair> Tempering::pairs() const {
  std::vector<ReplicaPair> pairs;
  for (std::int64_t sample = 0; sample < engine_.options().samples; ++sample) {
    const std::int64_t first = sample * options_.ladders;
    for (std::int64_t t = 0; t < size_; ++t) {
      for (std::int64_t a = 0; a < options_.ladders; ++a) {
        for (std::int64_t b = a + 1; b < options_.ladders; ++b) {
          pairs.push_back({static_cast<std::uint32_t>(walker(first + a, t)),
                           static_cast<std::uint32_t>(walker(first + b, t))});
        }
      }
    }
  }
  return pairs;
}

void Tempering::write(const TemperingRecord& record) const {
  const std::int64_t K = options_.ladders;
  for (std::int64_t ladder = 0; ladder < ladders_; ++ladder) {
    for (std::int64_t t = 0; t < size_; ++t) {
      const Sums& sums = sums_[static_cast<std::size_t>(walker(ladder, t))];
      const std::int64_t to = (ladder / K * size_ + t) * K + ladder % K;
      if (record.bonds != nullptr) record.bonds[to] = sums.bonds;
      if (record.spins != nullptr) record.spins[to] = sums.spins;
    }
  }
  if (record.temperature_index != nullptr) {
    std::ranges::copy(state_.temperature_index, record.temperature_index);
  }
  const std::vector<ReplicaPair> compared = pairs();
  if (record.overlaps != nullptr) engine_.overlaps(compared, record.overlaps);
  if (record.link_overlaps != nullptr) engine_.link_overlaps(compared, record.link_overlaps);
  if (record.overlaps_k2 != nullptr) write_k2(compared, record.overlaps_k2);
}

void Tempering::write_k2(std::span<const ReplicaPair> compared, double* k2) const {
  std::fill_n(k2, compared.size(), 0.0);
  for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
    const auto side = static_cast<std::size_t>(shape_[axis]);
    std::vector<std::complex<double>> phase;
    for (std::size_t x = 0; x < side; ++x) {
      phase.push_back(std::polar(
          1.0, 2.0 * std::numbers::pi * static_cast<double>(x) / static_cast<double>(side)));
    }
    std::vector<std::int64_t> sums(compared.size() * side);
    engine_.detail_->group_overlaps(compared, slabs_[axis], engine_.options().threads, sums.data());
    for (std::size_t i = 0; i < compared.size(); ++i) {
      std::complex<double> sum = 0.0;
      for (std::size_t x = 0; x < side; ++x) {
        sum += static_cast<double>(sums[i * side + x]) * phase[x];
      }
      k2[i] += std::norm(sum) / static_cast<double>(shape_.size());
    }
  }
}

}  // namespace multispin
