// Terms of a partition function. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "bipartite/kernels.hpp"
#include "bipartite/units_impl.hpp"

namespace multispin::kernels {
namespace {

constexpr int term_vectors = terms / Wide::count < 8 ? terms / Wide::count : 8;  // side by side

// Multiplies products >= 1 into those of terms, whose powers of two go to the exponents.
MULTISPIN_HD void multiply_into(TermSums* to, int term, D factors) {
  const D product = Wide::load(to->products + term) * factors;
  // An integer below 2^52 in the lowest bits of 2^52, and 1023 is the exponent of 1.
  const D exponent = (D)((Wide::B)product >> 52 | std::uint64_t{0x433} << 52) - (0x1p52 + 1023);
  const Wide::B digits = (Wide::B)product & ((std::uint64_t{1} << 52) - 1);
  Wide::store(to->products + term, (D)(digits | std::uint64_t{1023} << 52));
  Wide::store(to->exponents + term, Wide::load(to->exponents + term) + exponent);
}

void multiply_terms(const double* a, const double* b, std::int64_t units, TermSums* to) {
  for (int first = 0; first < terms; first += term_vectors * Wide::count) {
    D products[term_vectors];
    for (int v = 0; v < term_vectors; ++v) products[v] = Wide::splat(1.0);
    for (std::int64_t i = 0; i < units; ++i) {
      const double* const row = b + i * terms + first;
      for (int v = 0; v < term_vectors; ++v) {
        products[v] *= a[i] * Wide::load(row + v * Wide::count) + 1.0;
      }
    }
    for (int v = 0; v < term_vectors; ++v) {
      multiply_into(to, first + v * Wide::count, products[v]);
    }
  }
}

void add_terms(const double* high, const double* low, std::int64_t units, TermSums* to) {
  for (int term = 0; term < terms; term += Wide::count) {
    D sums = Wide::load(to->sums + term), products = Wide::splat(1.0);
    for (std::int64_t i = 0; i < units; ++i) {
      rules::add_softplus<Wide>(high[i] + Wide::load(low + i * terms + term), sums, products);
    }
    Wide::store(to->sums + term, sums);
    multiply_into(to, term, products);
  }
}

}  // namespace
}  // namespace multispin::kernels
