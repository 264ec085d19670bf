// Strips of work that threads take turns at, and the helpers that share it.
#include "host/strips.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "host/threads.hpp"

namespace multispin {
namespace {

// Strips in a ring, with so many turns each; a strip may not be two turns ahead of a neighbour.
class Ring {
 public:
  Ring(std::size_t strips, int turns) : turns_(turns), strips_(strips) {}

  std::size_t strips() const { return strips_.size(); }
  std::atomic<bool>& taken(std::size_t strip) { return strips_[strip].taken; }
  bool done(std::size_t strip) const { return turns_of(strip) == turns_; }
  bool ready(std::size_t strip) const {
    const int now = turns_of(strip);
    const std::size_t n = strips_.size();
    return !done(strip) && turns_of((strip + 1) % n) >= now && turns_of((strip + n - 1) % n) >= now;
  }
  void turn(std::size_t strip, bool /*calling_thread*/) {
    if (strips_[strip].inside.exchange(true)) trouble = true;
    if (!ready(strip)) trouble = true;
    if (strip == 0 && turns_of(0) == 0) hold_first();
    strips_[strip].inside = false;
    strips_[strip].turns.fetch_add(1, std::memory_order_release);
    ++all_turns;
  }
  bool stopped() const { return false; }
  void look() {}

  std::atomic<bool> trouble{false};
  std::atomic<int> all_turns{0};
  // Whoever has strip 0 first goes on when there were so many turns, and after so long.
  int hold_first_until = 0;
  std::chrono::milliseconds hold_first_for{0};

 private:
  int turns_of(std::size_t strip) const {
    return strips_[strip].turns.load(std::memory_order_acquire);
  }
  void hold_first() const {
    while (all_turns < hold_first_until) std::this_thread::yield();
    std::this_thread::sleep_for(hold_first_for);
  }

  struct Strip {
    std::atomic<int> turns{0};
    std::atomic<bool> taken{false}, inside{false};
  };
  int turns_;
  std::vector<Strip> strips_;
};

TEST(Strips, EveryTurnOfEveryStripWhenItsNeighboursAllowIt) {
  for (const std::size_t strips : {1, 2, 3, 5, 64}) {
    for (int threads = 1; threads <= 8; ++threads) {
      Ring ring(strips, 200);
      Turns(ring, threads).take();
      EXPECT_FALSE(ring.trouble) << strips << " strips, " << threads << " threads";
      EXPECT_EQ(ring.all_turns, 200 * static_cast<int>(strips));
    }
  }
}

// A thread that does not come back from a strip holds that one only: the others do all that its
// neighbours allow, in the strips of everybody. Distance d from it: d turns.
TEST(Strips, OneThatIsHeldUpHoldsNoOther) {
  for (const int strips : {2, 9, 64}) {
    Ring ring(static_cast<std::size_t>(strips), 1000);
    for (int i = 1; i < strips; ++i) ring.hold_first_until += std::min(i, strips - i);
    Turns(ring, 2).take();
    EXPECT_FALSE(ring.trouble);
    EXPECT_EQ(ring.all_turns, 1000 * strips);
  }
}

// Whoever waits for it says that they are too many. Nobody does if no other thread comes in time,
// as may happen beside other programs.
TEST(Strips, OneThatIsHeldUpIsNoticed) {
  bool noticed = false;
  for (int attempt = 0; attempt < 100 && !noticed; ++attempt) {
    Ring ring(9, 20);
    ring.hold_first_for = std::chrono::milliseconds(20);
    Turns(ring, 2).take();
    EXPECT_EQ(ring.all_turns, 20 * 9);
    noticed = crowd.seats(2) == 1;
  }
  EXPECT_TRUE(noticed);
}

// Those that rest are called when it is over, and no sooner than they may be let in.
TEST(Strips, WhoRestsDoesNotMissTheEnd) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    crowd.stalled(4);
    crowd.stalled(3);
    Ring ring(16, 50);
    Turns(ring, 4).take();
    EXPECT_FALSE(ring.trouble);
    EXPECT_EQ(ring.all_turns, 50 * 16);
  }
}

// The thread that calls goes on alone, and nobody comes when it is over.
TEST(Share, DoesNotNeedItsHelpers) {
  for (int i = 0; i < 1000; ++i) {
    std::atomic<bool> over{false}, late{false};
    const auto work = [&](int thread) {
      if (over) late = true;
      if (thread == 0 && i % 2 == 0) std::this_thread::yield();
    };
    share(4, std::ref(work));
    over = true;
    EXPECT_FALSE(late);
  }
}

TEST(Share, SeveralCallersAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        for_each_index(3, 10, [&](std::int64_t index) { sum += index; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 300 * 45);
}

TEST(Share, EveryIndexOnce) {
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    for (int threads = 1; threads <= 8; ++threads) {
      std::vector<int> seen(static_cast<std::size_t>(count));
      for_each_index(threads, count, [&](std::int64_t i) { ++seen[static_cast<std::size_t>(i)]; });
      EXPECT_EQ(std::ranges::count(seen, 1), count);
    }
  }
}

}  // namespace
}  // namespace multispin
