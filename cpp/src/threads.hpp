// Threads and fork: OpenMP's threads do not survive a fork, and a child that asks for them waits
// for ever.
#pragma once

namespace multispin {

// Whether this process may use OpenMP threads: false in a child forked after this was first called.
bool threads_usable();

// `threads`, or 1 where no others can be had. For engines that a forked child has inherited; a new
// one is refused more than one thread there.
inline int usable(int threads) {
  return threads > 1 && !threads_usable() ? 1 : threads;
}

}  // namespace multispin
