// How an engine keeps its queue short, waits for it, stops when asked to, and counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "multispin/poll.hpp"
#include "runtime.hpp"

namespace multispin::cuda {

// Asks the caller's poll now and then.
class Watch {
 public:
  explicit Watch(const Poll& poll) : poll_{poll} {}

  bool stopped() const { return stopped_; }
  // Until the event's mark is passed, or a stop is asked for.
  bool wait(const Event& event) {
    constexpr int looks_before_sleep = 2000;  // a fraction of a millisecond: most waits are short
    for (int looks = 0; !event.done(); ++looks) {
      if (look()) return false;
      if (looks > looks_before_sleep) std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return !look();
  }

 private:
  bool look() {
    if (!poll_ || stopped_) return stopped_;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(20)) return false;
    last_ = now;
    stopped_ = poll_();
    return stopped_;
  }

  const Poll& poll_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool stopped_ = false;
};

// Keeps a queue of sweeps short, so that a stop is not long in coming, but never empty.
class Pace {
 public:
  explicit Pace(int device) : mark_{device}, marks_{Event{device}, Event{device}} {}

  // Once more `sweeps` are in the queue: sets a mark after every `piece` of them, and waits for the
  // mark before the last. False if stopped.
  bool added(std::uint64_t sweeps, std::uint64_t piece, Stream& stream, Watch& watch) {
    since_mark_ += sweeps;
    if (since_mark_ < piece) return true;
    since_mark_ = 0;
    if (!watch.wait(marks_[next_mark_])) return false;
    marks_[next_mark_].record(stream);
    next_mark_ = 1 - next_mark_;
    return true;
  }
  // Waits for everything; false if stopped.
  bool wait(Stream& stream, Watch& watch) {
    mark_.record(stream);
    return watch.wait(mark_);
  }

 private:
  Event mark_;
  Event marks_[2];
  int next_mark_ = 0;
  std::uint64_t since_mark_ = 0;
};

// Memory for numbers that kernels add to, as large as has been needed.
class Totals {
 public:
  std::int64_t* cleared(Stream& stream, std::size_t count) {
    const std::size_t bytes = count * sizeof(std::int64_t);
    if (!memory_ || memory_->bytes() < bytes) {
      memory_.reset();
      memory_ = std::make_unique<Memory>(stream.device(), bytes, "draws");
    }
    stream.clear(memory_->data<void>(), bytes);
    return memory_->data<std::int64_t>();
  }

 private:
  std::unique_ptr<Memory> memory_;
};

// Throws DeviceError unless all sweeps that were begun got into the queue.
inline void demand_whole_sweeps(bool whole) {
  if (whole) return;
  throw DeviceError(
      "sampler: a sweep could not be completed, so its spins mean nothing any more: "
      "make a new one, or load a checkpoint");
}

}  // namespace multispin::cuda
