// Sharing out work that comes in strips, of which several threads take turns.
//
// There are more strips than threads, and any thread may take any strip that nobody else has and
// whose neighbours allow it to go on. So a thread that loses its processor to another program holds
// one strip, and the others find something to do for as long as the strips around that one allow.
// A thread looks among the strips of its own first: their memory is near, and it seldom meets
// anybody. If even so all wait for one, there are too many of them (crowd.hpp): the last ones rest.
//
// `Work` says what the strips are:
//   std::size_t strips() const
//   std::atomic<bool>& taken(std::size_t strip)
//   bool done(std::size_t strip) const         nothing is left to do
//   bool ready(std::size_t strip) const        not done, and its neighbours allow it to go on;
//                                              stays true until the strip's next turn
//   void turn(std::size_t strip, bool calling_thread)   goes on, for as long as seems good
//   bool stopped() const, void look()          as a StopWatch
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

#include "host/crowd.hpp"
#include "host/threads.hpp"

namespace multispin {

template <class Work>
class Turns {
 public:
  Turns(Work& work, int threads)
      : work_(work), strips_(work.strips()), threads_(static_cast<std::size_t>(threads)) {
    if (threads_ > strips_) threads_ = strips_;
  }

  // Until all strips are done, or until a stop.
  void take() {
    for (std::size_t strip = 0; strip < strips_; ++strip) left_ += work_.done(strip) ? 0 : 1;
    const auto work = [this](int thread) { take(static_cast<std::size_t>(thread)); };
    share(static_cast<int>(threads_), std::ref(work));
  }

 private:
  void take(std::size_t thread) {
    const std::size_t first = strips_ * thread / threads_;
    const std::size_t end = strips_ * (thread + 1) / threads_;
    std::size_t at = first;
    Patience patience;
    int seats = 0;              // when it was last at work
    Patience::Duration turn{};  // how long one has taken
    while (!over()) {
      const int seats_now = crowd.seats(static_cast<int>(threads_));
      if (thread >= static_cast<std::size_t>(seats_now)) {
        rest();
        continue;
      }
      // Only after a wait: to look at the clock takes as long as a part of a turn.
      const auto start =
          patience.waiting() ? Patience::Clock::now() : Patience::Clock::time_point{};
      if (take_one(at, first, end, thread == 0) || take_one(at, 0, strips_, thread == 0)) {
        if (patience.waiting()) turn = Patience::Clock::now() - start;
        patience.reset();
        seats = seats_now;
        continue;
      }
      if (thread == 0) work_.look();
      const Patience::Duration waited = patience.wait();
      if (waited > stall && waited > 2 * turn && held_up()) crowd.stalled(seats);
    }
    const std::lock_guard lock(mutex_);
    over_.notify_all();
  }
  bool over() const { return left_.load(std::memory_order_acquire) == 0 || work_.stopped(); }
  // Until there may be one more, or nothing is left.
  void rest() {
    std::unique_lock lock(mutex_);
    over_.wait_until(lock, crowd.opens(), [this] { return over(); });
  }
  // Whether a strip that nobody has waits for its neighbours.
  bool held_up() const {
    for (std::size_t strip = 0; strip < strips_; ++strip) {
      const bool taken = work_.taken(strip).load(std::memory_order_relaxed);
      if (!taken && !work_.done(strip) && !work_.ready(strip)) return true;
    }
    return false;
  }
  // One turn of the next strip after `at` in a range that can be had. False if there is none.
  bool take_one(std::size_t& at, std::size_t first, std::size_t end, bool calling_thread) {
    std::size_t strip = at < first || at >= end ? first : at;
    for (std::size_t i = first; i < end; ++i) {
      if (turn(strip, calling_thread)) {
        at = strip + 1;
        return true;
      }
      if (++strip == end) strip = first;
    }
    return false;
  }
  bool turn(std::size_t strip, bool calling_thread) {
    std::atomic<bool>& taken = work_.taken(strip);
    if (!work_.ready(strip) || taken.load(std::memory_order_relaxed) ||
        taken.exchange(true, std::memory_order_acquire)) {
      return false;
    }
    // Another thread may have had its turn in between.
    const bool ready = work_.ready(strip);
    if (ready) {
      work_.turn(strip, calling_thread);
      if (work_.done(strip)) left_.fetch_sub(1, std::memory_order_release);
    }
    taken.store(false, std::memory_order_release);
    return ready;
  }

  // A thread that has waited for so long, and for two turns, waits for one that is not running.
  static constexpr auto stall = std::chrono::microseconds(60);

  Work& work_;
  std::size_t strips_, threads_;
  std::atomic<std::size_t> left_{0};
  std::mutex mutex_;
  std::condition_variable over_;  // with nothing left, or stopped
};

}  // namespace multispin
