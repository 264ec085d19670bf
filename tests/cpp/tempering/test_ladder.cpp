// The ladder by itself: swaps, travel and states, for energies that come from nowhere.
#include "multispin/ladder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "multispin/random/streams.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

const std::vector<double> temperatures{0.5, 0.8, 1.3, 2.1, 3.4};
constexpr std::int64_t ladders = 2, samples = 3, walkers = 5 * ladders * samples;
constexpr std::uint64_t seed = 11;

// The exchange that docs/trajectory.md defines, walker by walker.
struct Twin {
  std::vector<int> index;  // by walker
  std::uint64_t exchanges = 0;
  // Where walkers have been at each exchange, oldest first; swaps, by sample and gap.
  std::vector<std::vector<int>> path = std::vector<std::vector<int>>(walkers);
  std::vector<std::int64_t> attempted = std::vector<std::int64_t>(samples * 4);
  std::vector<std::int64_t> accepted = attempted;

  Twin() {
    for (int w = 0; w < walkers; ++w) index.push_back(w % 5);
  }
  // Passages from one end of the temperatures to the other, counted along the whole path.
  std::int64_t passages(std::size_t walker) const {
    std::int64_t count = 0;
    int last = -1;
    for (const int t : path[walker]) {
      if (t != 0 && t != 4) continue;
      count += last >= 0 && t != last;
      last = t;
    }
    return count;
  }
  // Exchanges at which a walker that had an end behind it was anywhere.
  std::int64_t steps(std::size_t walker) const {
    std::int64_t count = 0;
    bool seen = false;
    for (const int t : path[walker]) {
      count += seen;
      seen = seen || t == 0 || t == 4;
    }
    return count;
  }
  std::int64_t at(std::int64_t ladder, int t) const {
    for (std::int64_t w = 5 * ladder; w < 5 * ladder + 5; ++w) {
      if (index[static_cast<std::size_t>(w)] == t) return w;
    }
    return -1;
  }
  void exchange(const std::vector<double>& energies) {
    const auto key = random::derive(seed, 0, random::Purpose::exchange, 0);
    for (std::size_t w = 0; w < path.size(); ++w) path[w].push_back(index[w]);
    for (std::int64_t ladder = 0; ladder < ladders * samples; ++ladder) {
      for (int i = static_cast<int>(exchanges % 2); i + 1 < 5; i += 2) {
        const auto low = static_cast<std::size_t>(at(ladder, i));
        const auto high = static_cast<std::size_t>(at(ladder, i + 1));
        const auto x = random::philox4x32<10>(
            {{static_cast<std::uint32_t>(ladder), static_cast<std::uint32_t>(i),
              static_cast<std::uint32_t>(exchanges), 0}},
            key.x[0], key.x[1]);
        const std::uint64_t bits = x.x[0] | std::uint64_t{x.x[1]} << 32;
        const double u = static_cast<double>(bits >> 11) * 0x1p-53;
        const double betas = 1 / temperatures[static_cast<std::size_t>(i)] -
                             1 / temperatures[static_cast<std::size_t>(i) + 1];
        const auto gap = static_cast<std::size_t>(ladder / ladders * 4 + i);
        ++attempted[gap];
        if (u < std::exp(betas * (energies[low] - energies[high]))) {
          std::swap(index[low], index[high]);
          ++accepted[gap];
        }
      }
    }
    ++exchanges;
  }
};

std::vector<double> random_energies(std::mt19937_64& generator) {
  std::vector<double> energies;
  for (int w = 0; w < walkers; ++w) {
    energies.push_back(static_cast<double>(generator() % 9) - 4.0);
  }
  return energies;
}

TEST(Ladder, SwapsAsDefined) {
  Ladder ladder{temperatures, ladders, samples, walkers, seed};
  Twin twin;
  std::mt19937_64 generator{1};
  for (int step = 0; step < 200; ++step) {
    const std::vector<double> energies = random_energies(generator);
    ladder.exchange(energies);
    twin.exchange(energies);
    for (std::int64_t w = 0; w < walkers; ++w) {
      const auto t = static_cast<std::size_t>(twin.index[static_cast<std::size_t>(w)]);
      ASSERT_EQ(ladder.temperature_of(w), temperatures[t]) << step << ", " << w;
      ASSERT_EQ(ladder.walker(w / 5, static_cast<std::int64_t>(t)), w);
    }
  }
  const LadderState& state = ladder.state();
  EXPECT_EQ(state.exchanges_done, 200U);
  EXPECT_EQ(state.attempted, twin.attempted);
  EXPECT_EQ(state.accepted, twin.accepted);
  std::int64_t most = 0;
  for (std::size_t l = 0; l < ladders * samples; ++l) {
    std::int64_t steps = 0;
    for (std::size_t w = 5 * l; w < 5 * l + 5; ++w) {
      EXPECT_EQ(state.travel.passages[w], twin.passages(w)) << w;
      steps += twin.steps(w);
      most = std::max(most, twin.passages(w));
    }
    EXPECT_EQ(state.travel.steps[l], steps) << l;
  }
  EXPECT_GT(most, 5);
}

// Equal energies swap for certain: walkers then go up and down as on rails.
TEST(Ladder, CountsTravel) {
  Ladder ladder{{1.0, 2.0, 3.0, 4.0}, 1, 1, 4, seed};
  const std::vector<double> energies(4, 0.0);
  for (int step = 0; step < 80; ++step) ladder.exchange(energies);
  const LadderState& state = ladder.state();
  // A tour of four temperatures takes eight exchanges, two of them at each end.
  for (const std::int64_t passages : state.travel.passages) {
    EXPECT_GE(passages, 18);
    EXPECT_LE(passages, 20);
  }
  EXPECT_EQ(state.attempted, state.accepted);
  EXPECT_EQ(state.attempted, (std::vector<std::int64_t>{40, 40, 40}));
  EXPECT_EQ(state.travel.from_top[3], 80);
  EXPECT_EQ(state.travel.from_bottom[3], 0);
  EXPECT_EQ(state.travel.from_bottom[0], 80);
  EXPECT_EQ(state.travel.from_top[0], 0);
}

TEST(Ladder, GoesOnFromItsState) {
  Ladder first{temperatures, ladders, samples, walkers, seed};
  Ladder second{temperatures, ladders, samples, walkers, seed};
  std::mt19937_64 generator{2};
  for (int step = 0; step < 7; ++step) first.exchange(random_energies(generator));
  second.check(first.state());
  second.set_state(first.state());
  for (int step = 0; step < 7; ++step) {
    const std::vector<double> energies = random_energies(generator);
    first.exchange(energies);
    second.exchange(energies);
    EXPECT_TRUE(first.state() == second.state());
  }
}

TEST(Ladder, RefusesOtherCounts) {
  for (const std::int64_t count : {0, 29, 31, 60}) {
    expect_message([&] { (Ladder{temperatures, ladders, samples, count, seed}); },
                   {"replicas", "temperatures times ladders times samples"});
  }
}

}  // namespace
}  // namespace multispin::test
