// Pieces of work that threads take in turn.
#include "host/in_turn.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "host/threads.hpp"

namespace multispin {
namespace {

TEST(InTurn, EachPieceIsDoneOnce) {
  for (const int threads : {1, 3}) {
    std::vector<std::atomic<int>> done(1000);
    const auto act = [&](std::int64_t i, int /*thread*/, StopWatch& /*watch*/) {
      ++done[static_cast<std::size_t>(i)];
    };
    EXPECT_TRUE(in_turn(threads, std::ssize(done), [] { return false; }, act));
    for (const auto& times : done) EXPECT_EQ(times, 1);
  }
}

// The calling thread is the only one that asks the poll, also when there is no piece left for it.
TEST(InTurn, AStopIsAskedForWhileOthersWork) {
  if (!threads_usable()) GTEST_SKIP() << "no other threads";
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(20);
  const auto wait_until = [end](const auto& what) {
    while (!what() && Clock::now() < end) std::this_thread::yield();
    return what();
  };
  std::atomic<bool> begun = false, stopped = false;
  const auto act = [&](std::int64_t /*i*/, int thread, StopWatch& watch) {
    if (thread == 0) {
      wait_until([&] { return begun.load(); });
    } else {
      begun = true;
      stopped = wait_until([&] { return watch.stopped(); });
    }
  };
  EXPECT_FALSE(in_turn(2, 2, [] { return true; }, act));
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace multispin
