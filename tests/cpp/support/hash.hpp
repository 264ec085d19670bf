// What golden trajectories are known by.
#pragma once

#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

namespace multispin::test {

// FNV-1a over the bytes of the words, lowest byte first, in hexadecimal.
inline std::string hash(const std::vector<std::uint64_t>& words) {
  std::uint64_t state = 0xcbf29ce484222325U;
  for (const std::uint64_t word : words) {
    for (int shift = 0; shift < 64; shift += 8) {
      state = (state ^ (word >> shift & 0xffU)) * 0x100000001b3U;
    }
  }
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(16) << state;
  return text.str();
}

}  // namespace multispin::test
