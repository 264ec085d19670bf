// Pieces of work that threads take in turn, until a stop is asked for.
#pragma once

#include <atomic>
#include <cstdint>

#include "host/stop_watch.hpp"
#include "host/threads.hpp"

namespace multispin {

// act(i, thread, watch) for every i < count, by up to `threads` threads; the calling one is thread
// 0 and asks `poll` between its pieces, and while it waits for those of others. False if it asked
// for a stop. Must not throw.
template <class Act>
bool in_turn(int threads, std::int64_t count, const Poll& poll, const Act& act) {
  StopWatch watch(poll);
  std::atomic<std::int64_t> next = 0, left = count;
  share(threads, [&](int thread) {
    for (;;) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return;
      const std::int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) break;
      act(i, thread, watch);
      left.fetch_sub(1, std::memory_order_release);
    }
    // Whoever has begun a piece that is left looks whether `watch` has stopped.
    Patience patience;
    while (poll && thread == 0 && left.load(std::memory_order_acquire) > 0 && !watch.stopped()) {
      watch.look();
      patience.wait();
    }
  });
  return !watch.stopped();
}

}  // namespace multispin
