// Parallel tempering: what it records against the spins themselves, states that go on in another
// engine, exchanges, cluster moves, and what it refuses.
#include "multispin/tempering.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "multispin/random/streams.hpp"
#include "multispin/replica/order.hpp"
#include "support/expect_message.hpp"
#include "support/tempered.hpp"

namespace multispin::test {
namespace {

std::size_t index(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

// Numbers of a setup, and the bonds that its engine has forgotten.
struct Glass {
  explicit Glass(const Ladders& setup)
      : options(glass_of(setup)),
        samples(setup.samples),
        ladders(setup.ladders),
        temperatures(static_cast<std::int64_t>(setup.temperatures.size())) {}

  int sign(std::int64_t sample, std::size_t edge) const {
    return options.signs[index(sample) * options.edges.size() + edge];
  }
  std::int64_t first_walker(std::int64_t sample, std::int64_t ladder) const {
    return (sample * ladders + ladder) * temperatures;
  }
  // The engine's replica that was at a temperature.
  std::int64_t replica_at(const std::vector<std::int16_t>& temperature_index, std::int64_t sample,
                          std::int64_t ladder, std::int64_t t) const {
    const std::int64_t first = first_walker(sample, ladder);
    for (std::int64_t r = first; r < first + temperatures; ++r) {
      if (temperature_index[index(r)] == t) return r;
    }
    ADD_FAILURE() << "no walker of ladder " << ladder << " is at temperature " << t;
    return first;
  }

  ReplicaOptions options;
  std::int64_t samples, ladders, temperatures;
};

Sums sums_of_spins(const Glass& glass, std::int64_t sample, const Spins& s) {
  Sums sums{0, 0};
  for (const std::int8_t spin : s) sums.spins += spin;
  for (std::size_t e = 0; e < glass.options.edges.size(); ++e) {
    const auto [i, j] = glass.options.edges[e];
    sums.bonds += glass.sign(sample, e) * s[i] * s[j];
  }
  return sums;
}

Spins product(const Spins& a, const Spins& b) {
  Spins q;
  for (std::size_t i = 0; i < a.size(); ++i) q.push_back(static_cast<std::int8_t>(a[i] * b[i]));
  return q;
}

// Mean over the axes of |sum_i q_i exp(2 pi i x / L)|^2.
double k2_of(const Spins& q, const std::vector<std::int64_t>& shape) {
  double k2 = 0.0;
  auto stride = static_cast<std::int64_t>(q.size());
  for (const std::int64_t side : shape) {
    stride /= side;
    std::complex<double> sum = 0.0;
    for (std::size_t i = 0; i < q.size(); ++i) {
      const auto x = static_cast<double>(static_cast<std::int64_t>(i) / stride % side);
      sum += std::polar(1.0, 2.0 * std::numbers::pi * x / static_cast<double>(side)) *
             static_cast<double>(q[i]);
    }
    k2 += std::norm(sum) / static_cast<double>(shape.size());
  }
  return k2;
}

// The spins that were swept at each temperature, by their ladders.
std::vector<Spins> spins_at(const Glass& glass, const std::vector<Spins>& spins,
                            const std::vector<std::int16_t>& temperature_index, std::int64_t sample,
                            std::int64_t t) {
  std::vector<Spins> at;
  for (std::int64_t k = 0; k < glass.ladders; ++k) {
    at.push_back(spins[index(glass.replica_at(temperature_index, sample, k, t))]);
  }
  return at;
}

void expect_replicas_recorded(const Glass& glass, const Draw& drawn, const std::vector<Spins>& at,
                              std::int64_t sample, std::int64_t t) {
  for (std::int64_t k = 0; k < glass.ladders; ++k) {
    const Sums sums = sums_of_spins(glass, sample, at[index(k)]);
    const std::size_t to = index((sample * glass.temperatures + t) * glass.ladders + k);
    EXPECT_EQ(drawn.energies[to], energy_of(sums, glass.options.J, glass.options.h))
        << sample << ", " << t << ", " << k;
    EXPECT_EQ(drawn.spins[to], sums.spins) << sample << ", " << t << ", " << k;
  }
}

void expect_pairs_recorded(const Glass& glass, const Ladders& setup, const Draw& drawn,
                           const std::vector<Spins>& at, std::int64_t sample, std::int64_t t) {
  std::size_t to =
      index((sample * glass.temperatures + t) * glass.ladders * (glass.ladders - 1) / 2);
  for (std::size_t a = 0; a < at.size(); ++a) {
    for (std::size_t b = a + 1; b < at.size(); ++b, ++to) {
      const Spins q = product(at[a], at[b]);
      std::int64_t overlap = 0, links = 0;
      for (const std::int8_t spin : q) overlap += spin;
      for (const auto& [i, j] : glass.options.edges) links += q[i] * q[j];
      EXPECT_EQ(drawn.overlaps[to], overlap) << sample << ", " << t << ", " << a << b;
      EXPECT_EQ(drawn.link_overlaps[to], links) << sample << ", " << t << ", " << a << b;
      EXPECT_NEAR(drawn.overlaps_k2[to], k2_of(q, setup.shape), 1e-9)
          << sample << ", " << t << ", " << a << b;
    }
  }
}

// Spins stay where they are in an exchange, so those of a draw can be looked at after it.
TEST(Tempering, RecordsWhatTheSpinsSay) {
  for (const double h : {0.0, 0.4}) {
    Ladders setup;
    setup.h = h;
    setup.swap_interval = 2;
    const Glass glass{setup};
    Tempered tempered{setup};
    for (std::uint64_t draws = 1; draws <= 5; ++draws) {
      const std::vector<std::int16_t> before = tempered.tempering.state().ladder.temperature_index;
      const Draw drawn = draw(tempered, setup);
      EXPECT_EQ(tempered.engine.sweeps_done(), 2 * draws);
      EXPECT_EQ(drawn.temperature_index, before);
      const std::vector<Spins> spins = all_spins(tempered.engine);
      for (std::int64_t sample = 0; sample < glass.samples; ++sample) {
        for (std::int64_t t = 0; t < glass.temperatures; ++t) {
          const auto at = spins_at(glass, spins, before, sample, t);
          expect_replicas_recorded(glass, drawn, at, sample, t);
          expect_pairs_recorded(glass, setup, drawn, at, sample, t);
        }
      }
    }
  }
}

TEST(Tempering, RecordsOnlyWhatIsAskedFor) {
  const Ladders setup;
  Tempered all{setup}, some{setup}, none{setup};
  const Draw expected = draw(all, setup);
  Draw drawn{setup};
  const Draw untouched{setup};
  TemperingRecord record;
  record.spins = drawn.spins.data();
  record.link_overlaps = drawn.link_overlaps.data();
  ASSERT_TRUE(some.tempering.draw(record));
  ASSERT_TRUE(none.tempering.draw({}));
  EXPECT_EQ(drawn.spins, expected.spins);
  EXPECT_EQ(drawn.link_overlaps, expected.link_overlaps);
  EXPECT_EQ(drawn.energies, untouched.energies);
  const Draw second = draw(all, setup);
  EXPECT_EQ(draw(some, setup), second) << "recorded or not";
  EXPECT_EQ(draw(none, setup), second) << "recorded or not";
}

// One draw in three exchanges is every third draw of one exchange each.
TEST(Tempering, ExchangesBetweenDraws) {
  Ladders often, seldom;
  often.cluster_moves = seldom.cluster_moves = true;
  seldom.exchanges_per_draw = 3;
  Tempered each{often}, third{seldom};
  for (int draws = 0; draws < 3; ++draws) {
    draw(each, often);
    draw(each, often);
    EXPECT_EQ(draw(third, seldom), draw(each, often));
  }
  EXPECT_EQ(third.tempering.state().ladder.exchanges_done, 9U);
}

// Whether an exchange is tried depends on its number; where the colder walker does not have the
// lower energy it is certain.
TEST(Tempering, ExchangesNeighboursInTurnAndAlwaysWhereEnergyGoesDown) {
  const Ladders setup;
  const Glass glass{setup};
  Tempered tempered{setup};
  std::int64_t certain = 0, refused = 0;
  for (std::int64_t number = 0; number < 20; ++number) {
    const Tempering::State before = tempered.tempering.state();
    const Draw drawn = draw(tempered, setup);
    const Tempering::State after = tempered.tempering.state();
    std::vector<std::int64_t> accepted = before.ladder.accepted,
                              attempted = before.ladder.attempted;
    for (std::int64_t sample = 0; sample < glass.samples; ++sample) {
      for (std::int64_t k = 0; k < glass.ladders; ++k) {
        std::vector<std::int16_t> now(index(glass.temperatures));  // by the temperature before
        for (std::size_t t = 0; t < now.size(); ++t) {
          const auto walker = glass.replica_at(before.ladder.temperature_index, sample, k,
                                               static_cast<std::int64_t>(t));
          now[t] = after.ladder.temperature_index[index(walker)];
        }
        std::int64_t next = 0;
        for (std::int64_t t = number % 2; t + 1 < glass.temperatures; t += 2) {
          for (; next < t; ++next) EXPECT_EQ(now[index(next)], next) << "not tried";
          next = t + 2;
          const std::size_t gap = index(sample * (glass.temperatures - 1) + t);
          const std::size_t low = index((sample * glass.temperatures + t) * glass.ladders + k);
          const bool down = drawn.energies[low] >= drawn.energies[low + index(glass.ladders)];
          const bool swapped = now[index(t)] == t + 1;
          EXPECT_EQ(now[index(t)], swapped ? t + 1 : t);
          EXPECT_EQ(now[index(t + 1)], swapped ? t : t + 1);
          EXPECT_TRUE(swapped || !down);
          certain += down ? 1 : 0;
          refused += swapped ? 0 : 1;
          ++attempted[gap];
          accepted[gap] += swapped ? 1 : 0;
        }
        for (; next < glass.temperatures; ++next) EXPECT_EQ(now[index(next)], next);
      }
    }
    EXPECT_EQ(after.ladder.attempted, attempted);
    EXPECT_EQ(after.ladder.accepted, accepted);
    for (std::size_t r = 0; r < after.ladder.temperature_index.size(); ++r) {
      EXPECT_EQ(tempered.engine.temperatures()[r],
                setup.temperatures[index(after.ladder.temperature_index[r])]);
    }
  }
  EXPECT_GT(certain, 0);
  EXPECT_GT(refused, 0);
}

TEST(Tempering, GoesOnFromItsStateInAnotherEngine) {
  for (const bool cluster_moves : {false, true}) {
    Ladders setup;
    setup.cluster_moves = cluster_moves;
    Tempered first{setup}, second{setup};
    for (int draws = 0; draws < 7; ++draws) draw(first, setup);
    const std::vector<std::uint64_t> packed = packed_of(first.engine);
    second.engine.set_packed(packed.data());
    second.engine.set_sweeps_done(first.engine.sweeps_done());
    second.tempering.set_state(first.tempering.state());
    for (int draws = 0; draws < 4; ++draws) EXPECT_EQ(draw(first, setup), draw(second, setup));
    EXPECT_EQ(packed_of(first.engine), packed_of(second.engine));
    EXPECT_EQ(first.tempering.state().ladder.accepted, second.tempering.state().ladder.accepted);
    EXPECT_EQ(first.tempering.state().ladder.attempted, second.tempering.state().ladder.attempted);
    EXPECT_TRUE(first.tempering.state().ladder.travel == second.tempering.state().ladder.travel);
  }
}

// The site that exchange 0 picks for a cluster, as docs/trajectory.md says.
std::size_t picked(const Glass& glass, std::int64_t ladder, std::int64_t t,
                   const std::vector<bool>& differ) {
  const auto key = random::derive(tempering_of({}).seed, 0, random::Purpose::exchange, 1);
  const auto block = random::philox4x32<10>(
      {{static_cast<std::uint32_t>(ladder), static_cast<std::uint32_t>(t), 0, 0}}, key.x[0],
      key.x[1]);
  std::vector<std::size_t> sites;
  for (const auto site : order_graph(glass.options.sites, glass.options.edges, false).site_at) {
    if (differ[site]) sites.push_back(site);
  }
  return sites[(block.x[0] | (std::uint64_t{block.x[1]} << 32)) % sites.size()];
}

// The sites that bonds between sites of `among` connect to one of them.
std::vector<bool> cluster_of(const Glass& glass, const std::vector<bool>& among, std::size_t site) {
  std::vector<bool> inside(among.size());
  inside[site] = true;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [i, j] : glass.options.edges) {
      if (!among[i] || !among[j] || inside[i] == inside[j]) continue;
      inside[i] = inside[j] = grown = true;
    }
  }
  return inside;
}

std::vector<bool> unequal(const Spins& a, const Spins& b) {
  std::vector<bool> differ;
  for (std::size_t i = 0; i < a.size(); ++i) differ.push_back(a[i] != b[i]);
  return differ;
}

// Of a pair of walkers, before and after the first cluster moves.
void expect_swapped(const Glass& glass, std::int64_t sample, std::int64_t ladder, std::int64_t t,
                    const std::vector<Spins>& before, const std::vector<Spins>& after) {
  const std::size_t a = index(glass.first_walker(sample, ladder) + t);
  const std::size_t b = index(glass.first_walker(sample, ladder + 1) + t);
  const std::vector<bool> differ = unequal(before[a], before[b]);
  const std::size_t site = picked(glass, sample * glass.ladders + ladder, t, differ);
  EXPECT_EQ(unequal(before[a], after[a]), cluster_of(glass, differ, site));
  EXPECT_EQ(unequal(before[b], after[b]), cluster_of(glass, differ, site));
  EXPECT_EQ(unequal(after[a], after[b]), differ);
  const Sums a0 = sums_of_spins(glass, sample, before[a]);
  const Sums b0 = sums_of_spins(glass, sample, before[b]);
  const Sums a1 = sums_of_spins(glass, sample, after[a]);
  const Sums b1 = sums_of_spins(glass, sample, after[b]);
  EXPECT_EQ(a0.bonds + b0.bonds, a1.bonds + b1.bonds);
  EXPECT_EQ(a0.spins + b0.spins, a1.spins + b1.spins);
}

// Against the spins of a run without cluster moves, whose first sweeps are the same. In two
// dimensions, where clusters are many, of several words of sites; two pairs of ladders, and one
// ladder without a partner.
TEST(Tempering, ClusterMovesSwapOneClusterOfEachPair) {
  Ladders setup;
  setup.shape = {8, 21};
  setup.ladders = 5;
  const Glass glass{setup};
  Tempered still{setup};
  setup.cluster_moves = true;
  Tempered moved{setup};
  EXPECT_TRUE(draw(moved, setup) == draw(still, setup)) << "a draw is of the spins before";
  const std::vector<Spins> before = all_spins(still.engine);
  const std::vector<Spins> after = all_spins(moved.engine);
  for (std::int64_t sample = 0; sample < glass.samples; ++sample) {
    for (std::int64_t t = 0; t < glass.temperatures; ++t) {
      for (const std::int64_t ladder : {0, 2}) {
        expect_swapped(glass, sample, ladder, t, before, after);
      }
      const std::size_t odd = index(glass.first_walker(sample, 4) + t);
      EXPECT_EQ(after[odd], before[odd]);
    }
  }
}

// Large enough that everything is shared out among threads: two bundles, and overlaps of many
// words.
TEST(Tempering, DoesNotDependOnThreads) {
  Ladders setup;
  setup.shape = {12, 16, 16};
  setup.temperatures.clear();
  for (int i = 0; i < 100; ++i) setup.temperatures.push_back(0.5 + 0.02 * i);
  setup.cluster_moves = true;
  Tempered one{setup};
  setup.threads = 3;
  Tempered several{setup};
  for (int draws = 0; draws < 2; ++draws) EXPECT_EQ(draw(several, setup), draw(one, setup));
  EXPECT_TRUE(packed_of(several.engine) == packed_of(one.engine));
}

void expect_refused(const Ladders& setup, const std::vector<std::string>& parts) {
  ReplicaEngine engine{glass_of(Ladders{})};
  expect_message([&] { (Tempering{engine, tempering_of(setup), setup.shape}); }, parts);
}

TEST(TemperingErrors, Temperatures) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> bad[] = {{},
                                     {1.0},
                                     {0.6, 0.9, 0.9, 1.9},
                                     {0.6, 1.3, 0.9, 1.9},
                                     {0.0, 0.9, 1.3, 1.9},
                                     {-0.6, 0.9, 1.3, 1.9},
                                     {nan, 0.9, 1.3, 1.9},
                                     {0.6, nan, 1.3, 1.9},
                                     {0.6, 0.9, 1.3, nan},
                                     {0.6, 0.9, 1.3, infinity}};
  for (const std::vector<double>& temperatures : bad) {
    Ladders setup;
    setup.temperatures = temperatures;
    expect_refused(setup, {"temperatures", "ascending", "above 0"});
  }
}

TEST(TemperingErrors, Counts) {
  Ladders setup;
  // The last one times 2 samples times 4 temperatures is 24 modulo 2^64.
  for (const std::int64_t ladders : {std::int64_t{0}, std::int64_t{-3}, std::int64_t{2},
                                     std::int64_t{4}, (std::int64_t{1} << 61) + 3}) {
    setup.ladders = ladders;
    expect_refused(setup, {"replicas", "temperatures times ladders times samples"});
  }
  setup = {};
  setup.swap_interval = 0;
  expect_refused(setup, {"swap_interval", "at least 1"});
  setup = {};
  setup.exchanges_per_draw = 0;
  expect_refused(setup, {"exchanges_per_draw", "at least 1"});
}

TEST(TemperingErrors, ReplicasThatAreNotIndependent) {
  Ladders setup;
  ReplicaOptions options = with_own_signs(glass_of(setup));
  options.shared_random_numbers = true;
  ReplicaEngine engine{options};
  expect_message([&] { (Tempering{engine, tempering_of(setup), {}}); }, {"shared_random_numbers"});
}

// One product is 24 modulo 2^64.
TEST(TemperingErrors, Shapes) {
  const std::vector<std::int64_t> bad[] = {
      {0}, {24, 0}, {0, 24}, {-24},   {-4, -6},  {3, 8, 1, 2, -1},
      {1}, {48},    {4, 5},  {5, 24}, {4, 6, 2}, {(std::int64_t{1} << 61) + 3, 8}};
  for (const std::vector<std::int64_t>& shape : bad) {
    Ladders setup;
    setup.shape = shape;
    SCOPED_TRACE(::testing::PrintToString(shape));
    expect_refused(setup, {"shape", "at least 1", "number of sites"});
  }
  ReplicaEngine engine{glass_of(Ladders{})};
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{}, {24}, {1, 24, 1}, {4, 3, 2}}) {
    EXPECT_NO_THROW((Tempering{engine, tempering_of({}), shape}));
  }
}

TEST(TemperingErrors, States) {
  const Ladders setup;
  Tempered tempered{setup}, untouched{setup};
  const Tempering::State good = tempered.tempering.state();
  const auto refused = [&](const Tempering::State& state, const std::vector<std::string>& parts) {
    expect_message([&] { tempered.tempering.set_state(state); }, parts);
  };
  Tempering::State state = good;
  state.ladder.temperature_index.pop_back();
  refused(state, {"state", "other sizes"});
  state = good;
  state.ladder.attempted.push_back(0);
  refused(state, {"state", "other sizes"});
  state = good;
  state.ladder.accepted.clear();
  refused(state, {"state", "other sizes"});
  for (const std::int16_t bad : std::vector<std::int16_t>{-1, 4, 32767, -32768}) {
    state = good;
    state.ladder.temperature_index[5] = bad;
    refused(state, {"temperature_index"});
  }
  state = good;
  std::swap(state.ladder.temperature_index[3],
            state.ladder.temperature_index[4]);  // of two ladders
  refused(state, {"temperature_index", "two walkers"});
  for (int draws = 0; draws < 3; ++draws) {
    EXPECT_EQ(draw(tempered, setup), draw(untouched, setup)) << "a refused state changes nothing";
  }
}

}  // namespace
}  // namespace multispin::test
