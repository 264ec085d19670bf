// Threads that share work with the thread that calls.
//
// OpenMP's teams are not used for this: a region ends only when every thread of its team has been
// there, so that a thread that has lost its processor to another program, and perhaps has nothing
// left to do, holds up all others for a time slice; and threads that wait for the next region spin
// for milliseconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace multispin {

// Whether this process may use threads: false in a child forked after this was first called.
// Threads do not survive a fork, and a child that asks for them would wait for ever.
bool threads_usable();

// `threads`, or 1 where no others can be had. For engines that a forked child has inherited; a new
// one is refused more than one thread there.
inline int usable(int threads) {
  return threads > 1 && !threads_usable() ? 1 : threads;
}

// Work of so many words is worth calling other threads for. Beside another program, who has come
// may be sent away at any time, and to get over that takes longer than a hundred thousand words.
// Tests set it to 0, so that small systems are shared out too.
inline std::int64_t least_shared_words = 1 << 17;

// Threads that are worth calling for so many words to go through.
inline int worth(std::int64_t words, int threads) {
  return words < least_shared_words ? 1 : usable(threads);
}

// Calls work(0), and until that returns work(1) ... work(threads - 1) on other threads, as they
// come; returns when all that have come are done. So work(0) must not count on any of them, and
// must return only when there is nothing left to begin. Must not throw. Called by `work` itself, it
// is work(0) alone.
void share(int threads, const std::function<void(int)>& work) noexcept;

// How a thread waits for others: it looks for some microseconds, as late as one that is running may
// be, then it sleeps. A processor without work takes over a thread that waits for another one,
// which is the thread that has been waited for as a rule; one that is merely offered (yield) does
// not.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;
  using Duration = Clock::duration;

  void reset() { waiting_ = false; }
  bool waiting() const { return waiting_; }
  // Returns how long it has been waiting.
  Duration wait() {
    const auto now = Clock::now();
    if (!waiting_) since_ = now;
    waiting_ = true;
    if (now - since_ >= std::chrono::microseconds(30)) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return now - since_;
  }

 private:
  Clock::time_point since_;
  bool waiting_ = false;
};

// act(i) for every i < count, by up to `threads` threads, each index by one of them. Threads begin
// at places of their own, so that memory of neighbouring indices belongs to one of them.
template <class Act>
void for_each_index(int threads, std::int64_t count, const Act& act) {
  threads = static_cast<int>(count < threads ? count : threads);
  if (threads <= 1) {
    for (std::int64_t i = 0; i < count; ++i) act(i);
    return;
  }
  struct alignas(64) Range {
    std::atomic<std::int64_t> next;
    std::int64_t end;
  };
  const std::unique_ptr<Range[]> ranges(new Range[static_cast<std::size_t>(threads)]);
  for (int t = 0; t < threads; ++t) {
    ranges[static_cast<std::size_t>(t)].next = count * t / threads;
    ranges[static_cast<std::size_t>(t)].end = count * (t + 1) / threads;
  }
  std::atomic<std::int64_t> left{count};
  const auto work = [&](int thread) {
    for (int t = 0; t < threads; ++t) {
      Range& range = ranges[static_cast<std::size_t>((thread + t) % threads)];
      for (;;) {
        const std::int64_t i = range.next.fetch_add(1, std::memory_order_relaxed);
        if (i >= range.end) break;
        act(i);
        left.fetch_sub(1, std::memory_order_release);
      }
    }
    Patience patience;
    while (thread == 0 && left.load(std::memory_order_acquire) > 0) patience.wait();
  };
  share(threads, std::ref(work));
}

}  // namespace multispin
