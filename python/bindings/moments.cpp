#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>

#include "bind.hpp"
#include "gil.hpp"
#include "guarded.hpp"
#include "multispin/isa.hpp"
#include "multispin/moments/moment_sums.hpp"
#include "multispin/moments/sample_bits.hpp"
#include "numpy_bridge.hpp"

namespace multispin {
namespace {

using Weights = std::optional<Array<std::int64_t>>;
using Sums = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;

// first (N,), second (N, N) of samples that `fill` puts in; false if it was stopped.
template <class Fill>
Sums sums_of(std::int64_t samples, std::int64_t spins, const Weights& weights, int threads,
             const Fill& fill) {
  auto first = new_array<std::int64_t>({spins});
  auto second = new_array<std::int64_t>({spins, spins});
  if (weights) demand_shape("sample_weight", *weights, {samples});
  const MomentSums sums{first.mutable_data(), second.mutable_data()};
  const std::span<const std::int64_t> of_samples =
      weights ? std::span{weights->data(), static_cast<std::size_t>(samples)}
              : std::span<const std::int64_t>{};
  const Isa isa = selected_isa();
  bool finished = false;
  {
    const WithoutGil release;
    SampleBits bits{samples, spins};
    finished = fill(bits, isa) && moment_sums(bits, of_samples, threads, isa, sums, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  return Sums(py::make_tuple(first, second));
}

void demand_matrix(const char* argument, const py::array& array) {
  if (array.ndim() == 2) return;
  throw std::invalid_argument(std::string(argument) + ": got an array of " +
                              std::to_string(array.ndim()) + " dimensions, allowed: 2");
}

// samples (M, N), weights (M,)
Sums moment_sums_of(const Array<std::int8_t>& samples, const Weights& weights, int threads) {
  demand_matrix("samples", samples);
  const std::int8_t* const from = samples.data();
  return sums_of(samples.shape(0), samples.shape(1), weights, threads,
                 [&](SampleBits& bits, Isa isa) {
                   return bits.set_spins(from, threads, isa, signal_waiting);
                 });
}

// rows (N, words), of whose bits `samples` from `first_sample` on are meant
Sums packed_moment_sums(const Array<std::uint64_t>& rows, std::int64_t first_sample,
                        std::int64_t samples, int threads) {
  demand_matrix("rows", rows);
  const std::int64_t words = rows.shape(1);
  if (first_sample < 0 || samples < 1 || first_sample > 64 * words - samples) {
    throw std::invalid_argument("samples: got more than there are");
  }
  const std::uint64_t* const from = rows.data();
  return sums_of(samples, rows.shape(0), {}, threads, [&](SampleBits& bits, Isa /*isa*/) {
    bits.set_bits(from, words, first_sample);
    return true;
  });
}

}  // namespace

void bind_moments(py::module_& module) {
  using namespace pybind11::literals;
  module.attr("MOST_WEIGHT") = most_weight;
  module.def("moment_sums", &moment_sums_of, "samples"_a.noconvert(), "weights"_a.noconvert(),
             "threads"_a);
  module.def("packed_moment_sums", &packed_moment_sums, "rows"_a.noconvert(), "first_sample"_a,
             "samples"_a, "threads"_a);
}

}  // namespace multispin
