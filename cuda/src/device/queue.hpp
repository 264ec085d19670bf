// How an engine keeps its queue short, waits for it, stops when asked to, and counts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "device/runtime.hpp"
#include "multispin/poll.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/sums.hpp"

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

// What engines have in common: a stream of their own, its pace, and what is counted in it. A Queued
// engine's Detail has
//   enqueue(generator, first_sweep, sweeps), sweeps_of_piece(),
//   totals_of_draw(), measure(totals), sums_from(totals of a draw, sums of all replicas).
struct Queue {
  explicit Queue(int device) : stream{std::make_shared<Stream>(device)}, pace{device} {}

  std::shared_ptr<Stream> stream;
  Totals totals;
  Pace pace;
  bool broken = false;  // in the middle of sweeps
};

// Brings the totals of `draws` draws to the host, once they are there.
template <class Detail>
void bring_sums(Detail& d, const std::int64_t* totals, std::uint64_t draws, std::size_t replicas,
                Sums* sums) {
  const std::size_t each = d.totals_of_draw();
  std::vector<std::int64_t> counted(draws * each);
  d.queue.stream->copy(counted.data(), totals, counted.size() * sizeof(counted[0]));
  d.queue.stream->synchronize();
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    d.sums_from(&counted[draw * each], sums + draw * replicas);
  }
}

template <class Detail>
void measure_now(Detail& d, std::size_t replicas, Sums* sums) {
  std::int64_t* const totals = d.queue.totals.cleared(*d.queue.stream, d.totals_of_draw());
  d.measure(totals);
  bring_sums(d, totals, 1, replicas, sums);
}

// The engines' `run`, with the device chosen.
template <class Detail>
bool run_in_queue(Detail& d, Generator generator, std::size_t replicas, std::uint64_t draws,
                  std::uint64_t interval, Sums* sums, std::uint64_t& sweeps_done,
                  const Poll& poll) {
  Queue& queue = d.queue;
  Watch watch{poll};
  const std::size_t each = d.totals_of_draw();
  const bool measured = sums != nullptr && draws > 0;
  std::int64_t* const totals =
      measured ? queue.totals.cleared(*queue.stream, draws * each) : nullptr;
  const std::uint64_t piece = d.sweeps_of_piece();
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    for (std::uint64_t left = interval; left > 0;) {
      const std::uint64_t now = std::min(left, piece);
      queue.broken = true;  // unless all of it gets into the queue
      d.enqueue(generator, sweeps_done, now);
      queue.broken = false;
      sweeps_done += now;
      left -= now;
      if (!queue.pace.added(now, piece, *queue.stream, watch)) return false;
    }
    if (measured) d.measure(totals + draw * each);
  }
  if (!measured) return !watch.stopped();
  if (!queue.pace.wait(*queue.stream, watch)) return false;
  bring_sums(d, totals, draws, replicas, sums);
  return true;
}

// The engines' `finish`, with the device chosen.
inline bool wait_for(Queue& queue, const Poll& poll) {
  Watch watch{poll};
  return queue.pace.wait(*queue.stream, watch);
}

}  // namespace multispin::cuda
