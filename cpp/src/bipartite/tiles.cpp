#include "bipartite/tiles.hpp"

#include <bit>

namespace multispin {

bool tables_pay(const kernels::BitProduct& product) {
  // In cycles, of a block of 64 outputs, as measured (bench/cpp/bipartite.cpp): half a word's
  // tables are made, and looked up by each row; or a row of the matrix comes from the L2 cache for
  // each active input, and each word costs a branch that is not foreseen.
  constexpr std::int64_t made = 700, looked_up = 22, added = 6, ended = 20;
  std::int64_t active = 0;
  for (std::int64_t w = 0; w < product.words; ++w) {
    for (std::int64_t r = 0; r < product.rows; ++r) {
      active += std::popcount(product.bits[w * product.stride + r]);
    }
  }
  return 2 * product.words * (made + product.rows * looked_up) <
         active * added + product.rows * product.words * ended;
}

}  // namespace multispin
