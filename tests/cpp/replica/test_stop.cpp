// Stopping replicas: wherever a run is interrupted, finishing it and going on gives the spins of a
// run that was not. The engine asks its poll by the clock, so nothing here may depend on where it
// stops.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/replicas.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

bool at_once() {
  return true;
}

// Slow, so that many stops fall inside sweeps.
ReplicaOptions slow(std::int64_t sites, std::int64_t replicas, int threads) {
  ReplicaOptions options = make_replicas(torus({sites}), replicas, Generator::philox);
  options.isa = Isa::portable;
  options.threads = threads;
  return options;
}

// Sweeps until it is stopped. (The count is only a limit to the harm should it never be.)
void sweep_until_stopped(ReplicaEngine& engine) {
  const auto spins = static_cast<std::uint64_t>(engine.options().sites * engine.options().replicas);
  ASSERT_FALSE(engine.sweep((std::uint64_t{1} << 35) / spins, at_once)) << "the poll was not asked";
}

void expect_same_state(const ReplicaEngine& interrupted, const ReplicaEngine& whole) {
  EXPECT_EQ(interrupted.sweeps_done(), whole.sweeps_done());
  EXPECT_TRUE(packed_of(interrupted) == packed_of(whole)) << describe(whole.options());
}

// Stopped in runs, in runs that first finish the one before, and while finishing.
void expect_unharmed(const ReplicaOptions& options) {
  ReplicaEngine interrupted{options};
  prepare(interrupted);
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  while (!interrupted.finish(at_once)) {
  }
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_TRUE(interrupted.finish());
  interrupted.sweep(1);

  ReplicaEngine whole{options};
  prepare(whole);
  whole.sweep(interrupted.sweeps_done());
  expect_same_state(interrupted, whole);
}

TEST(ReplicaStop, InsideASweepOfALargeGraph) {
  for (const int threads : {1, 3}) expect_unharmed(slow(300'001 / slowness, 512, threads));
}

TEST(ReplicaStop, InsideASweepOfBundles) {
  for (const int threads : {1, 3}) expect_unharmed(slow(60'001 / slowness, 1600, threads));
}

TEST(ReplicaStop, BetweenSweepsOfASmallGraph) {
  for (const int threads : {1, 2}) expect_unharmed(slow(64, 700, threads));
}

// That stops do fall inside sweeps: finishing then counts one more sweep.
TEST(ReplicaStop, InsideASweepItIsNotCountedYet) {
  ReplicaEngine engine{slow(300'001 / slowness, 512, 1)};
  prepare(engine);
  bool inside = false;
  for (int tries = 0; tries < 20 && !inside; ++tries) {
    ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(engine));
    const std::uint64_t before = engine.sweeps_done();
    ASSERT_TRUE(engine.finish());
    inside = engine.sweeps_done() == before + 1;
    ASSERT_LE(engine.sweeps_done(), before + 1);
  }
  EXPECT_TRUE(inside);
}

TEST(ReplicaStop, FinishWithoutAStopDoesNothing) {
  ReplicaEngine engine{slow(64, 10, 1)};
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 0U);
  engine.sweep(3);
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 3U);
}

// The next run finishes the interrupted sweep and then does, and measures, all it is asked for.
TEST(ReplicaStop, NextRunMeasuresWhatItShould) {
  constexpr std::uint64_t replicas = 512;
  const ReplicaOptions options = slow(100'001 / slowness, replicas, 2);
  ReplicaEngine interrupted{options}, whole{options};
  prepare(interrupted);
  prepare(whole);
  std::vector<Sums> lost(1000 * replicas);
  ASSERT_FALSE(interrupted.run(1000, 1, lost.data(), at_once));
  std::vector<Sums> sums(3 * replicas), expected(3 * replicas);
  ASSERT_TRUE(interrupted.run(3, 2, sums.data()));
  whole.sweep(interrupted.sweeps_done() - 6);
  whole.run(3, 2, expected.data());
  EXPECT_TRUE(sums == expected);
  expect_same_state(interrupted, whole);
}

}  // namespace
}  // namespace multispin::test
