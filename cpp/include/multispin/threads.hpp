// How many threads a process may have.
#pragma once

namespace multispin {

// How many threads there are for a call, of as many as are asked for: fewer where the system starts
// no more. They are started, and sleep until they are called. A forked child, where there are none,
// gets as many as it asked for: engines refuse them.
int startable_threads(int threads);

}  // namespace multispin
