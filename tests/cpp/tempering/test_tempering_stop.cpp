// Stopping parallel tempering: wherever a draw is interrupted, going on gives the spins and the
// records of a run that was not. The poll is asked by the clock, so nothing here may depend on
// where a stop falls, but for tests that try until it falls where they want it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "support/expect_message.hpp"
#include "support/tempered.hpp"

namespace multispin::test {
namespace {

bool at_once() {
  return true;
}

void expect_same(const Tempering& one, const Tempering& other) {
  EXPECT_EQ(one.state().ladder.exchanges_done, other.state().ladder.exchanges_done);
  EXPECT_EQ(one.state().clusters_moved, other.state().clusters_moved);
  EXPECT_EQ(one.state().ladder.temperature_index, other.state().ladder.temperature_index);
  EXPECT_EQ(one.state().ladder.attempted, other.state().ladder.attempted);
  EXPECT_EQ(one.state().ladder.accepted, other.state().ladder.accepted);
  EXPECT_TRUE(one.state().ladder.travel == other.state().ladder.travel);
}

// Sweeps and exchanges that take microseconds each, in a draw that has no end. Another tempering
// goes on where it was stopped, with draws after each exchange.
void expect_unharmed(Ladders setup) {
  Ladders endless = setup;
  endless.exchanges_per_draw = std::uint64_t{1} << 40;
  Tempered interrupted{endless};
  ASSERT_FALSE(interrupted.tempering.draw({}, at_once)) << "the poll was not asked";
  ASSERT_TRUE(interrupted.engine.finish());

  Tempering rest{interrupted.engine, tempering_of(setup), setup.shape};
  rest.set_state(interrupted.tempering.state());
  ASSERT_TRUE(rest.draw({}));
  Tempered whole{setup};
  while (whole.tempering.state().ladder.exchanges_done < rest.state().ladder.exchanges_done) {
    ASSERT_TRUE(whole.tempering.draw({}));
  }
  EXPECT_EQ(packed_of(interrupted.engine), packed_of(whole.engine));
  expect_same(rest, whole.tempering);
  for (int draws = 0; draws < 2; ++draws) {
    Draw got{setup};
    ASSERT_TRUE(rest.draw(got.record()));
    EXPECT_TRUE(got == draw(whole, setup));
  }
}

TEST(TemperingStop, BetweenShortSweeps) {
  expect_unharmed({});
}

TEST(TemperingStop, AmongShortSweepsAndClusterMoves) {
  Ladders setup;
  setup.cluster_moves = true;
  expect_unharmed(setup);
}

// Between exchanges that are many sweeps apart; only the sweeps that are missing are made up for.
TEST(TemperingStop, BetweenSweepsToADistantExchange) {
  Ladders setup;
  setup.swap_interval = std::uint64_t{1} << 40;
  Tempered interrupted{setup};
  ASSERT_FALSE(interrupted.tempering.draw({}, at_once));
  ASSERT_TRUE(interrupted.engine.finish());
  EXPECT_EQ(interrupted.tempering.state().ladder.exchanges_done, 0U);
  setup.swap_interval = interrupted.engine.sweeps_done() + 5;
  Tempering rest{interrupted.engine, tempering_of(setup), setup.shape};
  Draw got{setup};
  ASSERT_TRUE(rest.draw(got.record()));
  Tempered whole{setup};
  EXPECT_TRUE(got == draw(whole, setup));
  EXPECT_EQ(packed_of(interrupted.engine), packed_of(whole.engine));
  expect_same(rest, whole.tempering);
}

// Two ladders of a ferromagnet that differ nearly everywhere, so that clusters are large.
struct Opposed {
  explicit Opposed(const Ladders& setup)
      : engine(ferromagnet_of(setup)), tempering(engine, tempering_of(setup), setup.shape) {
    const std::vector<std::int8_t> down(static_cast<std::size_t>(engine.options().sites), -1);
    for (std::int64_t r = 0; r < engine.options().replicas / 2; ++r) {
      engine.set_spins(r, down.data());
    }
  }
  static ReplicaOptions ferromagnet_of(const Ladders& setup) {
    ReplicaOptions options = glass_of(setup);
    std::ranges::fill(options.signs, std::int8_t{1});
    return options;
  }
  ReplicaEngine engine;
  Tempering tempering;
};

Ladders opposed(int temperatures) {
  Ladders setup;
  setup.shape = {128, 128};
  setup.samples = 1;
  setup.ladders = 2;
  setup.cluster_moves = true;
  setup.temperatures.clear();
  for (int i = 0; i < temperatures; ++i) setup.temperatures.push_back(0.8 + 0.001 * i);
  return setup;
}

// After a stop, goes on as it is, and from its state in another engine.
void expect_draw_kept(const Ladders& setup, Opposed& interrupted, Draw& got) {
  Opposed whole{setup}, other{setup};
  Draw expected{setup};
  ASSERT_TRUE(whole.tempering.draw(expected.record()));
  EXPECT_TRUE(got == expected) << "written before the clusters moved";
  const std::vector<std::uint64_t> packed = packed_of(interrupted.engine);
  other.engine.set_packed(packed.data());
  other.engine.set_sweeps_done(interrupted.engine.sweeps_done());
  other.tempering.set_state(interrupted.tempering.state());
  for (Opposed* const stopped : {&interrupted, &other}) {
    ASSERT_TRUE(stopped->tempering.draw(got.record()));
    EXPECT_TRUE(got == expected) << "not written again";
    EXPECT_TRUE(packed_of(stopped->engine) == packed_of(whole.engine));
    expect_same(stopped->tempering, whole.tempering);
  }
}

// A draw that is stopped when the poll is asked for the time number `asks`; whether it was among
// the cluster moves is looked at, and compared. Null if the draw was over before.
std::optional<bool> stopped_among_clusters(const Ladders& setup, int asks) {
  Opposed interrupted{setup};
  Draw got{setup};
  if (interrupted.tempering.draw(got.record(), [&asks] { return asks-- == 0; })) return {};
  if (interrupted.tempering.state().clusters_moved == 0) return false;  // it was in the sweep
  expect_draw_kept(setup, interrupted, got);
  return true;
}

// Later and later, and with more and more clusters, until there is time to stop among them.
TEST(TemperingStop, AmongClusterMovesADrawIsWrittenOnce) {
  for (int temperatures = 128; temperatures <= 4096; temperatures *= 2) {
    const Ladders setup = opposed(temperatures);
    for (int asks = 0; const auto among = stopped_among_clusters(setup, asks); ++asks) {
      if (*among) return;
    }
  }
  FAIL() << "never stopped among the cluster moves";
}

TEST(TemperingStop, RefusesMoreClustersThanThereAre) {
  Ladders setup;  // 2 samples of 3 ladders: a pair each, at 4 temperatures
  for (const bool cluster_moves : {false, true}) {
    setup.cluster_moves = cluster_moves;
    Tempered tempered{setup};
    Tempering::State state = tempered.tempering.state();
    for (const std::int64_t moved : {-1, 1, 7, 8, 9}) {
      state.clusters_moved = moved;
      const auto set = [&] { tempered.tempering.set_state(state); };
      if (cluster_moves && moved > 0 && moved < 8) {
        EXPECT_NO_THROW(set());
      } else {
        expect_message(set, {"clusters_moved", std::to_string(moved)});
      }
    }
  }
}

}  // namespace
}  // namespace multispin::test
