#include "multispin/real/order.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace multispin {

// Fisher & Yates, from the last site down. Four numbers a block; a multiple of 2^-32 of what is
// left is as near to uniform as anybody will see.
void draw_site_order(const random::PhiloxBlock& key, std::uint64_t sweep,
                     std::span<std::uint32_t> order) {
  std::iota(order.begin(), order.end(), 0U);
  random::PhiloxBlock numbers{};
  for (std::uint64_t i = order.size() - 1; i > 0; --i) {
    const std::uint64_t draw = order.size() - 1 - i;
    if (draw % 4 == 0) {
      numbers =
          random::philox4x32<7>(random::philox_counter(draw / 4, 0, 0, sweep), key.x[0], key.x[1]);
    }
    std::swap(order[i], order[numbers.x[draw % 4] * (i + 1) >> 32]);
  }
}

}  // namespace multispin
