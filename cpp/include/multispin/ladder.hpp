// Parallel tempering's ladders of temperatures: who is at which temperature, and who swaps. Knows
// energies and nothing else of whatever has them.
//
// Swendsen & Wang, PRL 57, 2607 (1986); Geyer (1991); Hukushima & Nemoto, J. Phys. Soc. Jpn. 65,
// 1604 (1996). Walker w of ladder l has number l * M + w, M the number of temperatures; a disorder
// sample has several ladders. At an exchange two walkers at neighbouring temperatures T_i < T_{i+1}
// swap their *temperatures* with probability
//   min(1, exp((1/T_i - 1/T_{i+1}) (E_i - E_{i+1}));
// Exchanges alternate between even and odd i.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/random/streams.hpp"

namespace multispin {

// How walkers move between the ends of the ladder, seen at every exchange, before it: of walkers,
// ladders, and samples and temperatures (S, M).
struct Travel {
  std::vector<std::int8_t> last_end;                // 1 the top, -1 the bottom, 0 none so far
  std::vector<std::int64_t> passages;               // from the one end to the other
  std::vector<std::int64_t> steps;                  // exchanges of walkers with an end, of a ladder
  std::vector<std::int64_t> from_top, from_bottom;  // visits of walkers that come from there

  bool operator==(const Travel&) const = default;
};

struct LadderState {
  std::uint64_t exchanges_done = 0;
  std::vector<std::int16_t> temperature_index;    // by walker
  std::vector<std::int64_t> attempted, accepted;  // (S, M - 1)
  Travel travel;

  bool operator==(const LadderState&) const = default;
};

class Ladder {
 public:
  // Walker w of each ladder at temperature w, of `temperatures`: ascending, at least two. `ladders`
  // are of each of the samples, `walkers` of all together. Throws std::invalid_argument.
  Ladder(std::vector<double> temperatures, std::int64_t ladders, std::int64_t samples,
         std::int64_t walkers, std::uint64_t seed);

  std::int64_t size() const { return static_cast<std::int64_t>(temperatures_.size()); }
  std::int64_t ladders() const { return ladders_; }               // of each sample
  std::int64_t all_ladders() const { return all_ladders_; }       // of all samples
  std::int64_t walkers() const { return all_ladders_ * size(); }  // of all ladders
  std::int64_t walker(std::int64_t ladder, std::int64_t temperature) const {
    return ladder * size() + at_[static_cast<std::size_t>(ladder * size() + temperature)];
  }
  double temperature_of(std::int64_t walker) const {
    const std::int16_t index = state_.temperature_index[static_cast<std::size_t>(walker)];
    return temperatures_[static_cast<std::size_t>(index)];
  }
  // Notes where walkers are, then swaps temperatures. Energies are by walker.
  void exchange(std::span<const double> energies) {
    exchange(energies, 0, all_ladders_, state_.exchanges_done);
    count_exchanges(1);
  }
  // The same for some of the ladders, all of each of their samples, at exchange `number`: other
  // samples may be at another one meanwhile, on another thread. Counted when all are done.
  void exchange(std::span<const double> energies, std::int64_t first, std::int64_t end,
                std::uint64_t number);
  void count_exchanges(std::uint64_t exchanges) { state_.exchanges_done += exchanges; }
  // Which site a cluster move of the next exchange begins with, of those that may.
  std::uint64_t cluster_number(std::int64_t ladder, std::int64_t temperature) const;

  const LadderState& state() const { return state_; }
  void check(const LadderState& state) const;  // throws std::invalid_argument
  void set_state(const LadderState& state);    // that `check` has nothing against

 private:
  void note_travel(std::int64_t first, std::int64_t end);
  void find_walkers();

  std::vector<double> temperatures_;
  std::vector<double> gaps_;  // 1/T_i - 1/T_{i+1}
  std::int64_t ladders_, all_ladders_;
  random::PhiloxBlock exchange_key_, cluster_key_;
  LadderState state_;
  std::vector<std::int64_t> at_;  // walker of its ladder by (ladder, temperature)
};

}  // namespace multispin
