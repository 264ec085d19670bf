// How many lanes a statistic has to combine before it can see that neighbouring planes are one AES
// round apart. Exact, no random numbers:
//   1. the largest correlation of a parity of n bits of two neighbouring planes, for each n;
//   2. for lanes that lie in at most n bytes of a 128-bit block, and all planes at once, the fewest
//      active S-boxes of any linear trail: each costs a factor 2^-3 in correlation.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "one_round.hpp"

namespace {

void print_orders() {
  const randomness::OrderTable table;
  std::puts("parities of n bits of two neighbouring planes");
  std::puts("  n  largest correlation  number   S-boxes  input mask  output mask (of a column)");
  for (int order = 1; order <= randomness::largest_order; ++order) {
    const auto& best = table.best(order);
    if (best.correlation == 0) {
      std::printf("%3d  0\n", order);
      continue;
    }
    int boxes = 0;
    for (unsigned byte = 0; byte < 4; ++byte) boxes += ((best.input >> (8 * byte)) & 255) != 0;
    std::printf("%3d  2^%.2f%-8s  %10llu  %8d    %08x    %08x\n", order,
                std::log2(best.correlation), order > randomness::complete_order ? " or more" : "",
                4ULL * best.number, boxes, best.input, best.output);
  }
  std::fflush(stdout);
}

// Patterns of active bytes: bit 4c + r is row r of column c.
constexpr int pattern_count = 1 << 16;
constexpr std::uint8_t never = 200;

// Fewest active S-boxes of a trail that starts and ends in bytes of `free` and may, in every plane
// between, change those bytes at will; any number of planes.
class TrailSearch {
 public:
  TrailSearch() {
    for (unsigned behind = 0; behind < pattern_count; ++behind) {
      unsigned before = 0;
      for (int column = 0; column < 4; ++column) {
        for (int row = 0; row < 4; ++row) {
          const unsigned active = (behind >> (4 * column + row)) & 1U;
          before |= active << randomness::source_byte(row, column);
        }
      }
      shifted_[behind] = static_cast<std::uint16_t>(before);
    }
  }
  int fewest(unsigned free) {
    std::vector<std::uint8_t> cost(pattern_count, never);
    while (true) {
      for (unsigned a = free; a != 0; a = (a - 1) & free) cost[a] = 0;
      const std::vector<std::uint8_t> before = cost;
      cost[0] = never;  // a trail that has ended does not go on
      std::vector<std::uint8_t> next = one_round_down(cost);
      for (unsigned bit = 1; bit < pattern_count; bit <<= 1) {
        if ((free & bit) != 0) forget(next, bit);
      }
      for (unsigned a = 0; a < pattern_count; ++a) cost[a] = std::min(before[a], next[a]);
      if (cost == before) return cost[0];
    }
  }

 private:
  // From a plane's mask to what it asks of the plane before.
  std::vector<std::uint8_t> one_round_down(std::vector<std::uint8_t> cost) const {
    for (unsigned shift = 0; shift < 16; shift += 4) {
      std::vector<std::uint8_t> behind(pattern_count, never);
      for (unsigned a = 0; a < pattern_count; ++a) {
        if (cost[a] >= never) continue;
        const unsigned column = (a >> shift) & 15U;
        for (unsigned s = 0; s < 16; ++s) {
          const bool possible =
              column == 0 ? s == 0 : std::popcount(column) + std::popcount(s) >= 5;
          if (!possible) continue;
          std::uint8_t& to = behind[(a & ~(15U << shift)) | (s << shift)];
          to = std::min<std::uint8_t>(
              to,
              std::min<std::uint8_t>(never, static_cast<std::uint8_t>(cost[a] + std::popcount(s))));
        }
      }
      cost = std::move(behind);
    }
    std::vector<std::uint8_t> before(pattern_count);
    for (unsigned behind = 0; behind < pattern_count; ++behind) {
      before[shifted_[behind]] = cost[behind];
    }
    return before;
  }
  static void forget(std::vector<std::uint8_t>& cost, unsigned bit) {
    for (unsigned a = 0; a < pattern_count; ++a) {
      if ((a & bit) == 0) cost[a] = cost[a | bit] = std::min(cost[a], cost[a | bit]);
    }
  }

  std::array<std::uint16_t, pattern_count> shifted_{};
};

void print_trails() {
  TrailSearch search;
  std::puts("lanes in n bytes of a block, all planes: fewest active S-boxes (number of byte sets)");
  for (int bytes = 1; bytes <= 4; ++bytes) {
    std::array<int, never + 1> sets{};
    for (unsigned free = 1; free < pattern_count; ++free) {
      if (std::popcount(free) != bytes) continue;
      // A round treats the four columns alike.
      unsigned first = free;
      for (unsigned shift = 4; shift < 16; shift += 4) {
        first = std::min(first, ((free << shift) | (free >> (16 - shift))) & 0xffffU);
      }
      if (first == free) ++sets[static_cast<std::size_t>(search.fewest(free))];
    }
    std::printf("%3d ", bytes);
    for (std::size_t boxes = 0; boxes < never; ++boxes) {
      if (sets[boxes] > 0) std::printf("  %zu (%d)", boxes, sets[boxes]);
    }
    std::printf(sets[never] > 0 ? "  none (%d)\n" : "\n", sets[never]);
  }
}

}  // namespace

int main() {
  print_orders();
  print_trails();
}
