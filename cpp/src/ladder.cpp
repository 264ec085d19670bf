#include "multispin/ladder.hpp"

#include <algorithm>
#include <cmath>

#include "host/demand.hpp"
#include "host/factors.hpp"

namespace multispin {
namespace {

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

std::uint64_t drawn(const random::PhiloxBlock& key, std::int64_t ladder, std::int64_t index,
                    std::uint64_t number) {
  const auto block = random::philox4x32<10>(
      {{static_cast<std::uint32_t>(ladder), static_cast<std::uint32_t>(index),
        static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)}},
      key.x[0], key.x[1]);
  return block.x[0] | (std::uint64_t{block.x[1]} << 32);
}

// In [0, 1), with 53 bits.
double uniform(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

}  // namespace

Ladder::Ladder(std::vector<double> temperatures, std::int64_t ladders, std::int64_t samples,
               std::int64_t walkers, std::uint64_t seed)
    : temperatures_(std::move(temperatures)),
      ladders_(ladders),
      all_ladders_(0),
      exchange_key_(key_for(seed, Use::exchange)),
      cluster_key_(key_for(seed, Use::cluster)) {
  const std::vector<double>& t = temperatures_;
  // What is not a number is not below anything.
  const auto not_below = [](double a, double b) { return !(a < b); };
  demand(size() >= 2 && size() <= 1 << 14 && std::ranges::adjacent_find(t, not_below) == t.end() &&
             t.front() > 0.0 && std::isfinite(t.back()),
         "temperatures: allowed: at least two, ascending, finite and above 0");
  const std::int64_t factors[] = {size(), ladders, samples};
  demand(factors_of(walkers, factors),
         "replicas: allowed: as many as temperatures times ladders times samples");
  for (std::size_t i = 0; i + 1 < t.size(); ++i) gaps_.push_back(1.0 / t[i] - 1.0 / t[i + 1]);
  all_ladders_ = walkers / size();
  const auto count = static_cast<std::size_t>(walkers);
  for (std::size_t r = 0; r < count; ++r) {
    state_.temperature_index.push_back(static_cast<std::int16_t>(r % t.size()));
  }
  state_.attempted.assign(static_cast<std::size_t>(samples) * (t.size() - 1), 0);
  state_.accepted = state_.attempted;
  state_.travel.last_end.assign(count, 0);
  state_.travel.passages.assign(count, 0);
  state_.travel.steps.assign(count / t.size(), 0);
  state_.travel.from_top.assign(static_cast<std::size_t>(samples) * t.size(), 0);
  state_.travel.from_bottom = state_.travel.from_top;
  find_walkers();
}

void Ladder::check(const LadderState& state) const {
  demand(state.temperature_index.size() == state_.temperature_index.size() &&
             state.attempted.size() == state_.attempted.size() &&
             state.accepted.size() == state_.accepted.size() &&
             same_sizes(state.travel, state_.travel),
         "state: got arrays of other sizes");
  std::vector<bool> seen(state.temperature_index.size());
  for (std::size_t r = 0; r < seen.size(); ++r) {
    const std::int64_t index = state.temperature_index[r];
    const auto ladder = static_cast<std::int64_t>(r) / size();
    demand(index >= 0 && index < size(), "temperature_index: got one that is not below the last");
    const auto at = static_cast<std::size_t>(ladder * size() + index);
    demand(!seen[at], "temperature_index: got two walkers of a ladder at one temperature");
    seen[at] = true;
  }
}

void Ladder::set_state(const LadderState& state) {
  state_ = state;
  find_walkers();
}

void Ladder::find_walkers() {
  at_.resize(state_.temperature_index.size());
  for (std::size_t r = 0; r < at_.size(); ++r) {
    const auto ladder = static_cast<std::int64_t>(r) / size();
    at_[static_cast<std::size_t>(ladder * size() + state_.temperature_index[r])] =
        static_cast<std::int64_t>(r) % size();
  }
}

void Ladder::note_travel(std::int64_t first, std::int64_t end) {
  Travel& travel = state_.travel;
  const std::size_t top = temperatures_.size() - 1;
  const std::size_t size = temperatures_.size();
  for (auto ladder = static_cast<std::size_t>(first); ladder < static_cast<std::size_t>(end);
       ++ladder) {
    const std::size_t sample = ladder / static_cast<std::size_t>(ladders_);
    std::int64_t* const from_top = travel.from_top.data() + sample * size;
    std::int64_t* const from_bottom = travel.from_bottom.data() + sample * size;
    std::int64_t steps = 0;
    for (std::size_t r = ladder * size; r < (ladder + 1) * size; ++r) {
      const auto t = static_cast<std::size_t>(state_.temperature_index[r]);
      const std::int8_t before = travel.last_end[r];
      const auto now = static_cast<std::int8_t>(t == top ? 1 : (t == 0 ? -1 : before));
      travel.last_end[r] = now;
      travel.passages[r] += before * now < 0;
      steps += before != 0;
      from_top[t] += now > 0;
      from_bottom[t] += now < 0;
    }
    travel.steps[ladder] += steps;
  }
}

void Ladder::exchange(std::span<const double> energies, std::int64_t first, std::int64_t end,
                      std::uint64_t number) {
  note_travel(first, end);
  const auto odd = static_cast<std::int64_t>(number % 2);
  for (std::int64_t ladder = first; ladder < end; ++ladder) {
    const std::size_t first_gap = static_cast<std::size_t>(ladder / ladders_) * gaps_.size();
    std::int64_t* const at = at_.data() + ladder * size();
    for (std::int64_t i = odd; i + 1 < size(); i += 2) {
      const auto low = static_cast<std::size_t>(ladder * size() + at[i]);
      const auto high = static_cast<std::size_t>(ladder * size() + at[i + 1]);
      const auto gap = static_cast<std::size_t>(i);
      const double d = gaps_[gap] * (energies[low] - energies[high]);
      ++state_.attempted[first_gap + gap];
      if (d < 0.0 && uniform(drawn(exchange_key_, ladder, i, number)) >= std::exp(d)) continue;
      ++state_.accepted[first_gap + gap];
      std::swap(state_.temperature_index[low], state_.temperature_index[high]);
      std::swap(at[i], at[i + 1]);
    }
  }
}

std::uint64_t Ladder::cluster_number(std::int64_t ladder, std::int64_t temperature) const {
  return drawn(cluster_key_, ladder, temperature, state_.exchanges_done);
}

}  // namespace multispin
