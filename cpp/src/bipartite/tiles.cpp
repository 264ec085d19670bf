#include "bipartite/tiles.hpp"

#include <bit>

namespace multispin {

bool tables_pay(const kernels::BitProduct& product) {
  // In cycles of a word's inputs and 64 outputs, as measured with AVX-512; other instruction sets
  // take longer at both. Tables are made, and looked up by each row; or each active input has its
  // row of the matrix come from the L2 cache, and each word costs a branch that is not foreseen. So
  // tables pay from some 50 rows on, if 10 % of the inputs are active.
  constexpr std::int64_t made = 2600, looked_up = 75, added = 8, ended = 30;
  std::int64_t active = 0;
  for (std::int64_t w = 0; w < product.words; ++w) {
    for (std::int64_t r = 0; r < product.rows; ++r) {
      active += std::popcount(product.bits[w * product.stride + r]);
    }
  }
  return product.words * (made + product.rows * looked_up) <
         active * added + product.rows * product.words * ended;
}

}  // namespace multispin
