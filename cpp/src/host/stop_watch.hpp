// Whether a stop was asked for, for all threads that work on one call.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "multispin/poll.hpp"

namespace multispin {

// Asks the caller's poll at most every 50 ms, from the calling thread only.
class StopWatch {
 public:
  explicit StopWatch(const Poll& poll) : poll_(poll) {}

  // By any thread.
  bool stopped() const { return stop_.load(std::memory_order_relaxed); }
  // By the calling thread from time to time.
  void look() {
    if (!poll_ || stopped()) return;
    const auto now = Clock::now();
    if (now - last_ < std::chrono::milliseconds(50)) return;
    last_ = now;
    if (poll_()) stop_.store(true, std::memory_order_relaxed);
  }
  bool look_stopped() {
    look();
    return stopped();
  }
  // The calling thread has done `words` of work.
  void worked(std::int64_t words) {
    constexpr std::int64_t words_between_looks = 1 << 14;
    work_ += words;
    if (work_ < words_between_looks) return;
    work_ = 0;
    look();
  }

 private:
  using Clock = std::chrono::steady_clock;
  // Read by all threads at every step, so not next to what the calling thread writes at every step.
  alignas(64) std::atomic<bool> stop_{false};
  alignas(64) const Poll& poll_;
  std::int64_t work_ = 0;
  Clock::time_point last_ = Clock::now();
};

}  // namespace multispin
