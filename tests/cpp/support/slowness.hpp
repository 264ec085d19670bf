// Tests that have to take some time, whatever the build.
#pragma once

#include <cstdint>

namespace multispin::test {

// How many times smaller they are where everything takes some ten times as long: with sanitizers,
// or on an emulated processor.
#ifdef MULTISPIN_SLOW_TESTS
inline constexpr std::int64_t slowness = 8;
#else
inline constexpr std::int64_t slowness = 1;
#endif

}  // namespace multispin::test
