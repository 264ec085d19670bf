// Golden trajectories: a change of one of these numbers is a change of every user's results. It
// has to be meant, and belongs in docs/trajectory.md and in the change log.
#include <gtest/gtest.h>

#include <cstdint>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include "support/engines.hpp"

namespace multispin::test {
namespace {

// FNV-1a over the bytes of the words, lowest byte first, in hexadecimal.
std::string hash(const std::vector<std::uint64_t>& words) {
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

struct Golden {
  Generator generator;
  Dynamics dynamics;
  std::int64_t rows, columns;
  double J, h, temperature;
  const char *start, *after_ten_sweeps;  // hashes of the packed words
  std::int64_t planes = 1;
};

constexpr Golden golden[] = {
    {Generator::aes, Dynamics::metropolis, 64, 256, 1, 0, 2.25, "a894830261ea398d",
     "3558c2c9c42609d8"},
    {Generator::aes, Dynamics::metropolis, 10, 130, -1, 0.5, 3, "05ff16e60b7fdd47",
     "af521c118d147a17"},
    {Generator::aes, Dynamics::glauber, 32, 1152, 1, 0.25, 2.5, "c1aa9867d14f4ba8",
     "da623ed6d2d6598a"},
    {Generator::aes, Dynamics::glauber, 6, 386, -1, 0, 2, "d8be74d7d7648585", "3d960f7495e948c4"},
    {Generator::philox, Dynamics::metropolis, 64, 256, 1, 0, 2.25, "a894830261ea398d",
     "557a8ee554b0d794"},
    {Generator::philox, Dynamics::metropolis, 10, 130, -1, 0.5, 3, "05ff16e60b7fdd47",
     "abaf15208a70ec3d"},
    {Generator::philox, Dynamics::glauber, 32, 1152, 1, 0.25, 2.5, "c1aa9867d14f4ba8",
     "1f822d798d914ea9"},
    {Generator::philox, Dynamics::glauber, 6, 386, -1, 0, 2, "d8be74d7d7648585",
     "a162d57d31245824"},
    {Generator::aes, Dynamics::metropolis, 16, 256, 1, 0, 4.5, "fc9b352eab24fe5b",
     "d36e4d6af176d868", 8},
    {Generator::aes, Dynamics::metropolis, 10, 130, -1, 0.5, 5, "aa62013b3885d130",
     "9aee8e68ab4788df", 4},
    {Generator::aes, Dynamics::glauber, 6, 1152, 1, 0.25, 4.5, "e523100c60c14b23",
     "9e5c0266ee2510f6", 2},
    {Generator::aes, Dynamics::glauber, 6, 386, -1, 0, 4, "ddb98a2bbfa3aaa5", "2066f53f47029fc4",
     4},
    {Generator::philox, Dynamics::metropolis, 16, 256, 1, 0, 4.5, "fc9b352eab24fe5b",
     "05a4089ed6b91ccd", 8},
    {Generator::philox, Dynamics::metropolis, 10, 130, -1, 0.5, 5, "aa62013b3885d130",
     "04f9aedb6d06b2d0", 4},
    {Generator::philox, Dynamics::glauber, 6, 1152, 1, 0.25, 4.5, "e523100c60c14b23",
     "2faf82ad81a0fb9d", 2},
    {Generator::philox, Dynamics::glauber, 6, 386, -1, 0, 4, "ddb98a2bbfa3aaa5", "9bac034cd44efa64",
     4},
};

TEST(Golden, Trajectories) {
  for (const Golden& g : golden) {
    for (const Isa isa : available_isas()) {
      LatticeOptions options = make_cubic(g.planes, g.rows, g.columns, g.generator);
      options.seed = 2025;
      options.first_stream = 3;
      options.dynamics = g.dynamics;
      options.J = g.J;
      options.h = g.h;
      options.isa = isa;
      LatticeEngine engine{options};
      set_temperature(engine, g.temperature);
      engine.randomize();
      EXPECT_EQ(hash(packed_of(engine)), g.start) << describe(options);
      engine.sweep(10);
      EXPECT_EQ(hash(packed_of(engine)), g.after_ten_sweeps) << describe(options);
    }
  }
}

}  // namespace
}  // namespace multispin::test
