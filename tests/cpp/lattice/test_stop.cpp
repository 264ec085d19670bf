// Stopping: wherever a run is interrupted, finishing it and going on gives the spins of a run that
// was not. The engine asks its poll by the clock, so nothing here may depend on where it stops.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "host/crowd.hpp"
#include "support/engines.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

using Clock = std::chrono::steady_clock;

bool at_once() {
  return true;
}

// Slow, so that many stops fall inside sweeps.
LatticeOptions slow(std::int64_t rows, std::int64_t columns) {
  LatticeOptions options = make_options(rows, columns, Generator::philox);
  options.isa = Isa::portable;
  return options;
}

void prepare(LatticeEngine& engine) {
  set_temperature(engine, 2.269);
  engine.randomize();
}

// Sweeps until it is stopped. (The count is only a limit to the harm should it never be.)
void sweep_until_stopped(LatticeEngine& engine) {
  const auto spins =
      static_cast<std::uint64_t>(engine.lattice().spins() * engine.options().replicas);
  ASSERT_FALSE(engine.sweep((std::uint64_t{1} << 35) / spins, at_once)) << "the poll was not asked";
}

void expect_same_state(const LatticeEngine& interrupted, const LatticeEngine& whole) {
  EXPECT_EQ(interrupted.sweeps_done(), whole.sweeps_done());
  for (std::int64_t r = 0; r < whole.options().replicas; ++r) {
    EXPECT_TRUE(packed_of(interrupted, r) == packed_of(whole, r))
        << "replica " << r << " of " << describe(whole.options());
  }
}

// Stopped in runs, in runs that first finish the one before, and while finishing.
void expect_unharmed(const LatticeOptions& options) {
  LatticeEngine interrupted{options};
  prepare(interrupted);
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  while (!interrupted.finish(at_once)) {
  }
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_TRUE(interrupted.finish());
  interrupted.sweep(1);

  LatticeEngine whole{options};
  prepare(whole);
  whole.sweep(interrupted.sweeps_done());
  expect_same_state(interrupted, whole);
}

TEST(Stop, InsideASweep) {
  expect_unharmed(slow(8192 / slowness, 8192));
}

// The clock is looked at after so many words. Where that is no part of a sweep, stops fall a step
// or two into one, too.
TEST(Stop, AFewStepsIntoASweep) {
  for (const std::int64_t columns : few({1408, 1406, 1664})) {
    for (int stops = 0; stops < 3; ++stops) expect_unharmed(slow(512, columns));
  }
}

TEST(Stop, InsideASweepOfPlanes) {
  for (const int threads : {1, 3}) {
    LatticeOptions options = slow(512, 512);
    options.planes = 256 / slowness;
    options.threads = threads;
    expect_unharmed(options);
  }
}

TEST(Stop, InsideASweepOfBands) {
  for (const int threads : {2, 3}) {
    LatticeOptions options = slow(8192 / slowness, 8192);
    options.threads = threads;
    expect_unharmed(options);
  }
}

// For an eighth of a second at least, as after many stalls.
void let_one_be_alone(int threads) {
  while (!crowd.lonely(threads) || crowd.opens() - Clock::now() < Crowd::longest / 2) {
    std::this_thread::sleep_until(crowd.opens());
    crowd.seats(2);
    crowd.stalled(2);
  }
}

// Bands are left for a while, and taken up again.
TEST(Stop, InsideASweepOfOneThreadThatIsAlone) {
  for (const int replicas : {1, 2}) {
    LatticeOptions options = slow(4096 / slowness / replicas, 8192);
    options.replicas = replicas;
    options.threads = 3;
    LatticeEngine interrupted{options}, whole{options};
    for (LatticeEngine* engine : {&interrupted, &whole}) {
      engine->set_temperatures(std::vector<double>(static_cast<std::size_t>(replicas), 2.269));
      engine->randomize();
    }
    for (int stops = 0; stops < 3; ++stops) {
      let_one_be_alone(options.threads);
      ASSERT_TRUE(crowd.lonely(options.threads));
      ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
    }
    ASSERT_TRUE(interrupted.finish());
    while (crowd.seats(options.threads) < options.threads) {
      std::this_thread::sleep_until(crowd.opens());
    }
    interrupted.sweep(1);
    whole.sweep(interrupted.sweeps_done());
    expect_same_state(interrupted, whole);
  }
}

TEST(Stop, AmongReplicas) {
  for (const int threads : few({1, 2, 5})) {
    LatticeOptions options = slow(1024 / slowness, 1024);
    options.replicas = 20;
    options.threads = threads;
    expect_unharmed(options);
  }
}

TEST(Stop, AmongReplicasOfBands) {
  LatticeOptions options = slow(2048 / slowness, 2048);
  options.replicas = 2;
  options.threads = 3;
  expect_unharmed(options);
}

TEST(Stop, AtEveryIsa) {
  for (const Isa isa : available_isas()) {
    LatticeOptions options = make_options(256, 256);
    options.isa = isa;
    expect_unharmed(options);
  }
}

// A sweep of well over the 50 ms after which the poll is first asked: the first sweep is not ended
// before it stops, on any machine.
TEST(Stop, InsideASweepItIsNotCountedYet) {
  for (const int threads : {1, 2}) {
    LatticeOptions options = slow((1 << 14) / slowness, 1 << 15);
    options.threads = threads;
    LatticeEngine engine{options};
    prepare(engine);
    ASSERT_FALSE(engine.sweep(10, at_once));
    EXPECT_EQ(engine.sweeps_done(), 0U) << threads;
    ASSERT_TRUE(engine.finish());
    EXPECT_EQ(engine.sweeps_done(), 1U) << threads;
  }
}

// A caller that has a signal waiting must hear of it, even if the poll was asked after the last of
// the work. Two rows are four steps, each long enough for the clock to be looked at after it; with
// a sweep of about 58 ms the poll, which is first asked after 50 ms, is asked after the fourth.
TEST(Stop, IsNeverSilent) {
  const auto milliseconds = [](std::int64_t columns, const Poll& poll) {
    LatticeEngine engine{slow(2, columns)};
    prepare(engine);
    const auto start = Clock::now();
    bool asked = false;
    const bool completed = engine.sweep(1, [&] { return asked = poll(); });
    EXPECT_EQ(completed, !asked);
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  constexpr std::int64_t some_columns = 1 << 22;
  const double some_time = milliseconds(some_columns, [] { return false; });
  for (const double wanted : {54, 56, 58, 60, 62}) {
    const auto columns = static_cast<std::int64_t>(some_columns * wanted / some_time);
    milliseconds(columns / 128 * 128, at_once);
  }
}

TEST(Stop, FinishWithoutAStopDoesNothing) {
  LatticeEngine engine{make_options(32, 64)};
  prepare(engine);
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 0U);
  engine.sweep(3);
  EXPECT_TRUE(engine.finish());
  EXPECT_EQ(engine.sweeps_done(), 3U);
}

// The next run finishes the interrupted sweep and then does, and measures, all it is asked for.
TEST(Stop, NextRunMeasuresWhatItShould) {
  for (const int threads : {1, 3}) {
    LatticeOptions options = slow(2048 / slowness, 2048);
    options.threads = threads;
    LatticeEngine interrupted{options}, whole{options};
    prepare(interrupted);
    prepare(whole);
    std::vector<Sums> lost(100'000);
    ASSERT_FALSE(interrupted.run(lost.size(), 1, lost.data(), at_once));
    std::vector<Sums> sums(3), expected(3);
    ASSERT_TRUE(interrupted.run(3, 2, sums.data()));
    whole.sweep(interrupted.sweeps_done() - 6);
    whole.run(3, 2, expected.data());
    EXPECT_EQ(sums, expected);
    expect_same_state(interrupted, whole);
  }
}

}  // namespace
}  // namespace multispin::test
