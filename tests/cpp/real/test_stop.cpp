// Stopping the engine of real couplings: wherever a run is interrupted, finishing it and going on
// gives the spins of a run that was not. The engine asks its poll by the clock, so nothing here may
// depend on where it stops.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/real.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

bool at_once() {
  return true;
}

// Slow, so that many stops fall inside sweeps.
RealOptions slow(Storage storage, RealDynamics dynamics, int threads,
                 std::int64_t smaller = slowness) {
  const bool dense = storage == Storage::dense;
  const auto sites = static_cast<std::uint32_t>((dense ? 600 : 20'001) / smaller);
  RealOptions options = make_real(any_pairs(sites, 3 * std::size_t{sites}), dense ? 100 : 70,
                                  storage, Generator::philox);
  options.isa = Isa::portable;
  options.dynamics = dynamics;
  options.order = SiteOrder::random;
  options.threads = threads;
  return options;
}

// Sweeps until it is stopped. (The count is only a limit to the harm should it never be.)
void sweep_until_stopped(RealEngine& engine) {
  const auto spins = static_cast<std::uint64_t>(engine.sites() * engine.options().replicas);
  ASSERT_FALSE(engine.sweep((std::uint64_t{1} << 33) / spins, at_once)) << "the poll was not asked";
}

void expect_same_state(const RealEngine& interrupted, const RealEngine& whole) {
  EXPECT_EQ(interrupted.sweeps_done(), whole.sweeps_done());
  EXPECT_TRUE(packed_of(interrupted) == packed_of(whole)) << describe(whole.options());
  EXPECT_TRUE(sums_of(interrupted) == sums_of(whole)) << describe(whole.options());
}

// Stopped in runs, in runs that first finish the one before, and while finishing.
void expect_unharmed(const RealOptions& options) {
  RealEngine interrupted{options};
  prepare(interrupted);
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  while (!interrupted.finish(at_once)) {
  }
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_TRUE(interrupted.finish());
  interrupted.sweep(1);

  RealEngine whole{options};
  prepare(whole);
  whole.sweep(interrupted.sweeps_done());
  expect_same_state(interrupted, whole);
}

TEST(RealStop, InsideASweep) {
  for (const Storage storage : storages) {
    for (const RealDynamics dynamics : {RealDynamics::metropolis, RealDynamics::parallel}) {
      for (const int threads : {1, 3}) expect_unharmed(slow(storage, dynamics, threads));
    }
  }
}

TEST(RealStop, BetweenSweepsOfASmallGraph) {
  for (const Storage storage : storages) {
    RealOptions options = make_real(all_pairs(10), 40, storage);
    options.threads = 2;
    expect_unharmed(options);
  }
}

// That stops do fall inside sweeps: finishing then counts one more sweep. A smaller graph would be
// swept in one step.
TEST(RealStop, InsideASweepItIsNotCountedYet) {
  for (const Storage storage : storages) {
    RealEngine engine{slow(storage, RealDynamics::glauber, 1, 1)};
    prepare(engine);
    bool inside = false;
    for (int tries = 0; tries < 40 && !inside; ++tries) {
      ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(engine));
      const std::uint64_t before = engine.sweeps_done();
      ASSERT_TRUE(engine.finish());
      inside = engine.sweeps_done() == before + 1;
      ASSERT_LE(engine.sweeps_done(), before + 1);
    }
    EXPECT_TRUE(inside);
  }
}

TEST(RealStop, FinishWithoutAStopDoesNothing) {
  RealEngine engine{make_real(all_pairs(10), 3, Storage::sparse)};
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 0U);
  engine.sweep(3);
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 3U);
}

// The next run finishes the interrupted sweep and then does, and measures, all it is asked for.
TEST(RealStop, NextRunMeasuresWhatItShould) {
  for (const Storage storage : storages) {
    const RealOptions options = slow(storage, RealDynamics::metropolis, 2);
    const auto replicas = static_cast<std::size_t>(options.replicas);
    RealEngine interrupted{options}, whole{options};
    prepare(interrupted);
    prepare(whole);
    std::vector<Sums> lost(10'000 * replicas);
    ASSERT_FALSE(interrupted.run(10'000, 1, lost.data(), at_once));
    std::vector<Sums> sums(3 * replicas), expected(3 * replicas);
    ASSERT_TRUE(interrupted.run(3, 2, sums.data()));
    whole.sweep(interrupted.sweeps_done() - 6);
    whole.run(3, 2, expected.data());
    EXPECT_TRUE(sums == expected);
    expect_same_state(interrupted, whole);
  }
}

}  // namespace
}  // namespace multispin::test
