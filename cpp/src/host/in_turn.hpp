// Pieces of work that threads take in turn, until a stop is asked for.
#pragma once

#include <atomic>
#include <cstdint>

#include "host/stop_watch.hpp"
#include "host/threads.hpp"

namespace multispin {

// act(i, thread, watch) for every i < count, by up to `threads` threads; the calling one is thread
// 0 and asks `poll` between its pieces. False if it asked for a stop. Must not throw.
template <class Act>
bool in_turn(int threads, std::int64_t count, const Poll& poll, const Act& act) {
  StopWatch watch(poll);
  std::atomic<std::int64_t> next = 0;
  share(threads, [&](int thread) {
    for (;;) {
      if (thread == 0) watch.look();
      if (watch.stopped()) return;
      const std::int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) return;
      act(i, thread, watch);
    }
  });
  return !watch.stopped();
}

}  // namespace multispin
