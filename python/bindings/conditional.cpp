#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "bind.hpp"
#include "gil.hpp"
#include "guarded.hpp"
#include "multispin/conditional/losses.hpp"
#include "multispin/isa.hpp"
#include "numpy_bridge.hpp"

namespace multispin {
namespace {

using Bits = Array<std::uint8_t>;
using Doubles = Array<double>;
using Skip = std::optional<Bits>;
using Two = py::typing::Tuple<Doubles, Doubles>;
using Three = py::typing::Tuple<Doubles, Doubles, Doubles>;

ConditionalLoss loss_named(const std::string& name) {
  if (name == "logistic") return ConditionalLoss::logistic;
  if (name == "exponential") return ConditionalLoss::exponential;
  throw std::invalid_argument("loss: got '" + name + "', allowed: 'logistic', 'exponential'");
}

ConditionalParameters parameters_of(const char* couplings_name, const Doubles& couplings,
                                    const char* fields_name, const Doubles& fields,
                                    const Shape& shape) {
  demand_shape(couplings_name, couplings, shape);
  demand_shape(fields_name, fields, {shape[0]});
  return {couplings.data(), fields.data()};
}

// inputs (M, ceil(K / 8)), targets and skip (M, ceil(N / 8)), weights (M,); couplings (N, K) say
// what N and K are.
ConditionalSamples samples_of(const Bits& inputs, const Bits& targets, const Doubles& weights,
                              const Skip& skip, const Doubles& couplings) {
  if (couplings.ndim() != 2) {
    throw std::invalid_argument("couplings: got an array of " + std::to_string(couplings.ndim()) +
                                " dimensions, allowed: 2");
  }
  if (weights.ndim() != 1) throw std::invalid_argument("weights: allowed: an array (M,)");
  const std::int64_t m = weights.shape(0), n = couplings.shape(0), k = couplings.shape(1);
  demand_shape("inputs", inputs, {m, (k + 7) / 8});
  demand_shape("targets", targets, {m, (n + 7) / 8});
  if (skip) demand_shape("skip", *skip, {m, (n + 7) / 8});
  return {m, k, n, inputs.data(), targets.data(), weights.data(), skip ? skip->data() : nullptr};
}

// Without the GIL; what `compute` was stopped by is thrown.
template <class Compute>
void computed(const Compute& compute) {
  bool finished = false;
  {
    const WithoutGil release;
    finished = compute();
  }
  if (!finished) throw py::error_already_set();
}

Three losses(const Bits& inputs, const Bits& targets, const Doubles& weights,
             const Doubles& couplings, const Doubles& fields, const std::string& loss,
             const Skip& skip, int threads) {
  const ConditionalSamples samples = samples_of(inputs, targets, weights, skip, couplings);
  const Shape shape{samples.targets, samples.inputs};
  const auto at = parameters_of("couplings", couplings, "fields", fields, shape);
  const ConditionalLoss kind = loss_named(loss);
  auto values = new_array<double>({shape[0]});
  auto by_couplings = new_array<double>(shape);
  auto by_fields = new_array<double>({shape[0]});
  double* const to = values.mutable_data();
  const ConditionalGradient gradient{by_couplings.mutable_data(), by_fields.mutable_data()};
  const Isa isa = selected_isa();
  computed([&] {
    return conditional_losses(samples, kind, at, threads, isa, to, gradient, signal_waiting);
  });
  return Three(py::make_tuple(values, by_couplings, by_fields));
}

Two curvature(const Bits& inputs, const Bits& targets, const Doubles& weights,
              const Doubles& couplings, const Doubles& fields, const std::string& loss,
              const Doubles& direction_couplings, const Doubles& direction_fields, const Skip& skip,
              int threads) {
  const ConditionalSamples samples = samples_of(inputs, targets, weights, skip, couplings);
  const Shape shape{samples.targets, samples.inputs};
  const auto at = parameters_of("couplings", couplings, "fields", fields, shape);
  const auto direction = parameters_of("direction_couplings", direction_couplings,
                                       "direction_fields", direction_fields, shape);
  const ConditionalLoss kind = loss_named(loss);
  auto of_couplings = new_array<double>(shape);
  auto of_fields = new_array<double>({shape[0]});
  const ConditionalGradient change{of_couplings.mutable_data(), of_fields.mutable_data()};
  const Isa isa = selected_isa();
  computed([&] {
    return conditional_curvature(samples, kind, at, direction, threads, isa, change,
                                 signal_waiting);
  });
  return Two(py::make_tuple(of_couplings, of_fields));
}

}  // namespace

void bind_conditional(py::module_& module) {
  using namespace pybind11::literals;
  module.def("conditional_losses", &losses, "inputs"_a.noconvert(), "targets"_a.noconvert(),
             "weights"_a.noconvert(), "couplings"_a.noconvert(), "fields"_a.noconvert(),
             py::kw_only(), "loss"_a, "skip"_a.noconvert() = py::none(), "threads"_a);
  module.def("conditional_curvature", &curvature, "inputs"_a.noconvert(), "targets"_a.noconvert(),
             "weights"_a.noconvert(), "couplings"_a.noconvert(), "fields"_a.noconvert(),
             py::kw_only(), "loss"_a, "direction_couplings"_a.noconvert(),
             "direction_fields"_a.noconvert(), "skip"_a.noconvert() = py::none(), "threads"_a);
}

}  // namespace multispin
