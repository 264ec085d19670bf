#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "bind.hpp"
#include "bipartite_binding.hpp"
#include "gil.hpp"
#include "guarded.hpp"
#include "multispin/bipartite/learning.hpp"
#include "multispin/bipartite/machine.hpp"
#include "multispin/bipartite/outer.hpp"
#include "multispin/bipartite/partition.hpp"
#include "multispin/isa.hpp"
#include "numpy_bridge.hpp"

namespace multispin {
namespace {

using namespace bipartite_binding;

// A machine of the CPU, which many may use at once, but none while its numbers are replaced.
class OnCpu {
 public:
  OnCpu(std::int64_t visible, std::int64_t hidden) : machine_(visible, hidden) {}

  const Bipartite& machine() const { return machine_; }
  template <class Act>
  void alone(const Act& act) {
    const std::unique_lock with_none(in_use_);
    act(machine_);
  }
  template <class Act>
  void compute(const Act& act, int threads) {
    const Isa isa = selected_isa();
    const Poll poll = signal_waiting;
    computed([&] {
      const std::shared_lock with_others(in_use_);
      return act(machine_, Means{threads, isa, poll});
    });
  }

 private:
  Bipartite machine_;
  std::shared_mutex in_use_;
};

template <class T>
Doubles outer_on_cpu(const Bits& bits, std::int64_t units, const Array<T>& values, int threads) {
  const Isa isa = selected_isa();
  const Poll poll = signal_waiting;
  return outer_of(bits, units, values, [&](const UnitRows& rows, std::int64_t width, double* sums) {
    return outer(rows, units, values.data(), width, sums, {threads, isa, poll});
  });
}

// What a step of learning takes and moves, checked; it holds what it points to.
template <class T>
struct Learning {
  Learning(Doubles& change, Doubles& visible_offsets, Doubles& hidden_offsets, Array<T>& weights,
           Array<T>& velocity, Doubles& along_visible, Doubles& along_hidden) {
    demand_dimensions("weights", weights, 2);
    const py::ssize_t hidden = weights.shape(0), visible = weights.shape(1);
    demand_shape("change", change, {hidden});
    demand_shape("visible_offsets", visible_offsets, {visible});
    demand_shape("hidden_offsets", hidden_offsets, {hidden});
    demand_shape("velocity", velocity, {hidden, visible});
    demand_shape("along_visible", along_visible, {visible});
    demand_shape("along_hidden", along_hidden, {hidden});
    of = {visible, hidden, change.data(), visible_offsets.data(), hidden_offsets.data()};
    moving = {weights.mutable_data(), velocity.mutable_data(), along_visible.mutable_data(),
              along_hidden.mutable_data()};
  }

  CentredUnits of;
  MovingWeights<T> moving;
};

template <class T>
void learn_of(const Doubles& sums, Doubles& change, Doubles& visible_offsets,
              Doubles& hidden_offsets, double rate, double momentum, double l1, double l2,
              Array<T>& weights, Array<T>& velocity, Doubles& along_visible,
              Doubles& along_hidden) {
  const Learning<T> learning(change, visible_offsets, hidden_offsets, weights, velocity,
                             along_visible, along_hidden);
  demand_shape("sums", sums, {learning.of.visible, learning.of.hidden});
  const double* const from = sums.data();
  const Isa isa = selected_isa();
  const WithoutGil release;
  learn(learning.of, from, {rate, momentum, l1, l2}, learning.moving, isa);
}

template <class T>
void learn_from_of(const Bits& bits, const Floats& values, int threads, Doubles& change,
                   Doubles& visible_offsets, Doubles& hidden_offsets, double rate, double momentum,
                   double l1, double l2, Array<T>& weights, Array<T>& velocity,
                   Doubles& along_visible, Doubles& along_hidden) {
  const Learning<T> learning(change, visible_offsets, hidden_offsets, weights, velocity,
                             along_visible, along_hidden);
  const UnitRows rows = rows_of("bits", bits, learning.of.visible);
  demand_shape("values", values, {rows.rows, learning.of.hidden});
  const float* const from = values.data();
  const Isa isa = selected_isa();
  const Poll never;
  computed([&] {
    return learn_from(rows, from, learning.of, {rate, momentum, l1, l2}, learning.moving,
                      {threads, isa, never});
  });
}

void centre_of(Floats& units, const Doubles& weights, const Doubles& hidden_offsets,
               Doubles& of_data, Doubles& of_model) {
  demand_dimensions("units", units, 2);
  const py::ssize_t rows = units.shape(0), hidden = units.shape(1);
  demand_shape("weights", weights, {rows});
  demand_shape("hidden_offsets", hidden_offsets, {hidden});
  demand_shape("of_data", of_data, {hidden});
  demand_shape("of_model", of_model, {hidden});
  float* const moved = units.mutable_data();
  double* const data = of_data.mutable_data();
  double* const model = of_model.mutable_data();
  const WithoutGil release;
  centre(moved, rows, hidden, weights.data(), hidden_offsets.data(), data, model);
}

Bits draw_of(const Floats& fields, const std::string& to, std::uint64_t seed, const Bits& streams,
             std::uint64_t step, int threads) {
  const Layer layer = layer_named(to);
  demand_dimensions("fields", fields, 2);
  const std::int64_t rows = fields.shape(0), units = fields.shape(1);
  const RowNumbers numbers = numbers_of(seed, streams, step, rows);
  auto out = new_array<std::uint64_t>({rows, words_of(units)});
  std::uint64_t* const drawn = out.mutable_data();
  const Isa isa = selected_isa();
  const Poll poll = signal_waiting;
  computed([&] {
    return draw_units(layer, fields.data(), rows, units, numbers, drawn, {threads, isa, poll});
  });
  return out;
}

double log_partition_of(const Doubles& weights, const Doubles& visible, const Doubles& hidden,
                        int threads) {
  demand_dimensions("weights", weights, 2);
  demand_shape("visible_offsets", visible, {weights.shape(1)});
  demand_shape("hidden_offsets", hidden, {weights.shape(0)});
  double out = 0.0;
  const Isa isa = selected_isa();
  const Poll poll = signal_waiting;
  computed([&] {
    return log_partition(weights.data(), weights.shape(1), weights.shape(0), visible.data(),
                         hidden.data(), &out, {threads, isa, poll});
  });
  return out;
}

template <class T>
void def_learning(py::module_& module) {
  using namespace pybind11::literals;
  module.def("bipartite_learn", &learn_of<T>, "sums"_a.noconvert(), "change"_a.noconvert(),
             "visible_offsets"_a.noconvert(), "hidden_offsets"_a.noconvert(), "rate"_a,
             "momentum"_a, "l1"_a, "l2"_a, "weights"_a.noconvert(), "velocity"_a.noconvert(),
             "along_visible"_a.noconvert(), "along_hidden"_a.noconvert());
  module.def("bipartite_learn_from", &learn_from_of<T>, "bits"_a.noconvert(),
             "values"_a.noconvert(), "threads"_a, "change"_a.noconvert(),
             "visible_offsets"_a.noconvert(), "hidden_offsets"_a.noconvert(), "rate"_a,
             "momentum"_a, "l1"_a, "l2"_a, "weights"_a.noconvert(), "velocity"_a.noconvert(),
             "along_visible"_a.noconvert(), "along_hidden"_a.noconvert());
}

}  // namespace

void bind_bipartite(py::module_& module) {
  using namespace pybind11::literals;
  bind_machine<Machine<OnCpu, int>>(module, "threads"_a)
      .def(py::init<std::int64_t, std::int64_t>(), "visible"_a, "hidden"_a);
  module.def("bipartite_outer", &outer_on_cpu<float>, "bits"_a.noconvert(), "units"_a,
             "values"_a.noconvert(), "threads"_a);
  module.def("bipartite_outer", &outer_on_cpu<double>, "bits"_a.noconvert(), "units"_a,
             "values"_a.noconvert(), "threads"_a);
  def_learning<float>(module);
  def_learning<double>(module);
  module.def("bipartite_centre", &centre_of, "units"_a.noconvert(), "weights"_a.noconvert(),
             "hidden_offsets"_a.noconvert(), "of_data"_a.noconvert(), "of_model"_a.noconvert());
  module.def("bipartite_draw", &draw_of, "fields"_a.noconvert(), "to"_a, "seed"_a,
             "streams"_a.noconvert(), "step"_a, "threads"_a);
  module.def("bipartite_log_partition", &log_partition_of, "weights"_a.noconvert(),
             "visible_offsets"_a.noconvert(), "hidden_offsets"_a.noconvert(), "threads"_a);
}

}  // namespace multispin
