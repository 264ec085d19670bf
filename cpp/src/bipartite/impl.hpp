// The kernels of bipartite machines, for the word type MULTISPIN_WORD of the including unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "bipartite/kernels.hpp"
#include "bipartite/learning_impl.hpp"
#include "bipartite/product_impl.hpp"
#include "bipartite/rounding_impl.hpp"
#include "bipartite/terms_impl.hpp"
#include "bipartite/units_impl.hpp"

namespace multispin::kernels {
namespace {

constexpr BipartiteKernels make_bipartite_kernels() {
  return {&add_by_tables,
          &add_by_inputs,
          &write_fields<NoChange>,
          &write_fields<Probability>,
          &draw_units,
          &draw_given,
          &add_softplus,
          &round_numbers<float>,
          &round_numbers<double>,
          &add_moduli<float>,
          &add_moduli<double>,
          &largest_modulus<float, std::uint32_t>,
          &largest_modulus<double, std::uint64_t>,
          &turn_block,
          &widen_sums,
          &learn_row<std::int32_t, float>,
          &learn_row<std::int32_t, double>,
          &learn_row<double, float>,
          &learn_row<double, double>,
          &multiply_terms,
          &add_terms};
}

}  // namespace
}  // namespace multispin::kernels
