// Tests that have to take some time, whatever the build.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace multispin::test {

// How many times smaller they are where everything takes some ten times as long: with sanitizers,
// or on an emulated processor.
#ifdef MULTISPIN_SLOW_TESTS
inline constexpr std::int64_t slowness = 8;
#else
inline constexpr std::int64_t slowness = 1;
#endif

// The cases of a test that runs equal work for each: there, only the first and the last of them.
template <typename Case>
std::vector<Case> few(std::initializer_list<Case> all) {
  if constexpr (slowness == 1) return all;
  return {*all.begin(), *(all.end() - 1)};
}

}  // namespace multispin::test
