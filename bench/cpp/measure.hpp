// One benchmark: time sweeps, then check that they were right.
#pragma once

#include <benchmark/benchmark.h>

#include "setups.hpp"

namespace multispin::bench {

// Each iteration takes about a tenth of a second. The counter flips_per_ns is that of the fastest:
// other programs only ever slow one down.
void measure(benchmark::State& state, const Setup& setup);

// Whether any benchmark so far had wrong physics or could not be run.
bool any_failed();

}  // namespace multispin::bench
