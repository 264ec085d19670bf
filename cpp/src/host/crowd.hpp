// How many threads at once find a processor of their own.
//
// Beside another busy program some thread is always without one, and where strips of work depend on
// each other all soon wait for its strip: two threads that have a processor and a half between them
// may do less than one. Nobody tells; what shows is that a thread waits, with strips left that
// nobody has, for longer than a turn takes. Then there is a thread fewer, for some milliseconds at
// first, and for twice as long whenever the same comes soon after another has been let in again.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace multispin {

class Crowd {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = Clock::duration;

  static constexpr Duration shortest = std::chrono::milliseconds(4);
  static constexpr Duration longest = std::chrono::milliseconds(256);
  static constexpr Duration lasting = std::chrono::milliseconds(16);

  explicit Crowd(Clock::time_point (*now)() = &Clock::now) : now_(now) {}

  // Of so many threads those that may be at work: the first of them, at least one.
  int seats(int threads) {
    const int known = seats_.load(std::memory_order_relaxed);
    if (known >= threads) return threads;
    const Duration now = now_().time_since_epoch();
    if (now < closed_until()) return known;
    // Two that let somebody in at once let in the same.
    opened_.store(now.count(), std::memory_order_relaxed);
    closed_until_.store((now + closed_for()).count(), std::memory_order_relaxed);
    seats_.store(known + 1 >= threads ? all : known + 1, std::memory_order_relaxed);
    return known + 1;
  }
  // Whether of so many threads one is at work, and has been for some time. May let one more in.
  bool lonely(int threads) {
    return threads == 1 || (seats(threads) == 1 && closed_for() >= lasting);
  }
  // When there may be one more.
  Clock::time_point opens() const { return Clock::time_point(closed_until()); }

  // One of so many that are at work has waited in vain.
  void stalled(int at_work) {
    if (at_work > seats_.load(std::memory_order_relaxed) || at_work <= 1)
      return;  // known, or alone
    const Duration now = now_().time_since_epoch();
    const bool soon = now - Duration(opened_.load(std::memory_order_relaxed)) < closed_for();
    const Duration pause = soon ? std::min(2 * closed_for(), longest) : shortest;
    closed_for_.store(pause.count(), std::memory_order_relaxed);
    closed_until_.store((now + pause).count(), std::memory_order_relaxed);
    seats_.store(at_work - 1, std::memory_order_relaxed);
  }

 private:
  static constexpr int all = 1 << 30;

  Duration closed_for() const { return Duration(closed_for_.load(std::memory_order_relaxed)); }
  Duration closed_until() const { return Duration(closed_until_.load(std::memory_order_relaxed)); }

  Clock::time_point (*now_)();
  // Each by itself: who reads one that is late waits a little too long or not long enough.
  std::atomic<int> seats_{all};
  std::atomic<Duration::rep> opened_{0}, closed_until_{0}, closed_for_{shortest.count()};
};

// Of this process: what its threads compete for is the same for all.
inline Crowd crowd;

}  // namespace multispin
