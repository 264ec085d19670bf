// Threads and fork: OpenMP's threads do not survive a fork, and a child that asks for them waits
// for ever.
#pragma once

#include <cstdint>

namespace multispin {

// Whether this process may use OpenMP threads: false in a child forked after this was first called.
bool threads_usable();

// `threads`, or 1 where no others can be had. For engines that a forked child has inherited; a new
// one is refused more than one thread there.
inline int usable(int threads) {
  return threads > 1 && !threads_usable() ? 1 : threads;
}

// Threads that are worth starting for so many words to go through: a team costs as much as ten
// thousands of them, and many times more where other programs keep the processors busy.
inline int worth(std::int64_t words, int threads) {
  constexpr std::int64_t team_words = 1 << 16;
  return words < team_words ? 1 : usable(threads);
}

}  // namespace multispin
