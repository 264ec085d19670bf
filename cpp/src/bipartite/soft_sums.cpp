#include "multispin/bipartite/soft_sums.hpp"

#include <cmath>

namespace multispin {

double logarithm_of(const SoftSums& sums) {
  double total = 0.0, product = 1.0;
  int exponents = 0;
  for (int lane = 0; lane < soft_lanes; ++lane) {
    int exponent = 0;
    product *= std::frexp(sums.products[lane], &exponent);
    exponents += exponent;
    total += sums.sums[lane];
  }
  return total + (std::log(product) + exponents * std::log(2.0));
}

}  // namespace multispin
