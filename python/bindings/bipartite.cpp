#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <stdexcept>
#include <string>

#include "bind.hpp"
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

using Bits = Array<std::uint64_t>;
using Floats = Array<float>;
using Doubles = Array<double>;
using Levels = std::optional<Array<std::int64_t>>;
using Two = py::typing::Tuple<Bits, Bits>;

void demand_dimensions(const char* argument, const py::array& array, int dimensions) {
  if (array.ndim() == dimensions) return;
  throw std::invalid_argument(std::string(argument) + ": got an array of " +
                              std::to_string(array.ndim()) +
                              " dimensions, allowed: " + std::to_string(dimensions));
}

std::int64_t words_of(std::int64_t units) {
  return (units + 63) / 64;
}

Layer layer_named(const std::string& name) {
  if (name == "visible") return Layer::visible;
  if (name == "hidden") return Layer::hidden;
  throw std::invalid_argument("to: got '" + name + "', allowed: 'hidden', 'visible'");
}
Layer other(Layer layer) {
  return layer == Layer::visible ? Layer::hidden : Layer::visible;
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

UnitRows rows_of(const char* argument, const Bits& bits, std::int64_t units,
                 const Levels& levels = {}) {
  demand_dimensions(argument, bits, 2);
  demand_shape(argument, bits, {bits.shape(0), words_of(units)});
  if (levels) demand_shape("level", *levels, {bits.shape(0)});
  return {bits.data(), bits.shape(0), levels ? levels->data() : nullptr};
}

RowNumbers numbers_of(std::uint64_t seed, const Bits& streams, std::uint64_t step,
                      std::int64_t rows) {
  demand_shape("streams", streams, {rows});
  return {seed, streams.data(), step};
}

// A machine, which many may use at once, but none while its numbers are replaced.
class Machine {
 public:
  Machine(std::int64_t visible, std::int64_t hidden) : machine_(visible, hidden) {}

  template <class T>
  void set(const Array<T>& weights, const Doubles& visible, const Doubles& hidden) {
    demand_shape("weights", weights, {units(Layer::hidden), units(Layer::visible)});
    demand_shape("visible_offsets", visible, {units(Layer::visible)});
    demand_shape("hidden_offsets", hidden, {units(Layer::hidden)});
    const Isa isa = selected_isa();
    const WithoutGil release;
    const std::unique_lock alone(in_use_);
    machine_.set(weights.data(), visible.data(), hidden.data(), isa);
  }
  void set_levels(const Doubles& scales, const Doubles& visible, const Doubles& hidden) {
    demand_dimensions("scales", scales, 1);
    demand_shape("visible_offsets", visible, {scales.shape(0), units(Layer::visible)});
    demand_shape("hidden_offsets", hidden, {scales.shape(0), units(Layer::hidden)});
    const WithoutGil release;
    const std::unique_lock alone(in_use_);
    machine_.set_levels(scales.shape(0), scales.data(), visible.data(), hidden.data());
  }
  double step() const { return machine_.step(); }
  std::int64_t levels() const { return machine_.levels(); }

  Floats fields(const Bits& bits, const std::string& to, const Levels& levels, int threads) {
    return numbers(&Bipartite::fields, bits, to, levels, threads);
  }
  Floats probabilities(const Bits& bits, const std::string& to, const Levels& levels, int threads) {
    return numbers(&Bipartite::probabilities, bits, to, levels, threads);
  }
  Bits draw(const Bits& bits, const std::string& to, std::uint64_t seed, const Bits& streams,
            std::uint64_t step, const Levels& levels, int threads) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)), levels);
    const RowNumbers numbers = numbers_of(seed, streams, step, rows.rows);
    auto out = new_array<std::uint64_t>({rows.rows, words_of(units(layer))});
    std::uint64_t* const drawn = out.mutable_data();
    shared(threads,
           [&](const Means& means) { return machine_.draw(layer, rows, numbers, drawn, means); });
    return out;
  }
  Doubles softplus(const Bits& bits, const std::string& to, const Array<std::int64_t>& levels,
                   int threads) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)));
    demand_dimensions("levels", levels, 1);
    auto out = new_array<double>({levels.shape(0), rows.rows});
    double* const sums = out.mutable_data();
    shared(threads, [&](const Means& means) {
      return machine_.softplus(layer, rows, levels.data(), levels.shape(0), sums, means);
    });
    return out;
  }
  Two gibbs(const Bits& visible, std::int64_t steps, std::uint64_t seed, const Bits& streams,
            std::uint64_t step, const Levels& levels, const std::optional<Bits>& clamp,
            int threads) {
    const UnitRows rows = rows_of("visible", visible, units(Layer::visible), levels);
    const RowNumbers numbers = numbers_of(seed, streams, step, rows.rows);
    const std::int64_t words = words_of(units(Layer::visible));
    HeldUnits held;
    if (clamp) {
      held = {clamp->data(), clamp->ndim() != 1};
      demand_shape("clamp", *clamp, held.of_each_row ? Shape{rows.rows, words} : Shape{words});
    }
    auto new_visible = new_array<std::uint64_t>({rows.rows, words});
    auto new_hidden = new_array<std::uint64_t>({rows.rows, words_of(units(Layer::hidden))});
    std::uint64_t* const of_visible = new_visible.mutable_data();
    std::uint64_t* const of_hidden = new_hidden.mutable_data();
    shared(threads, [&](const Means& means) {
      return machine_.gibbs(rows, steps, numbers, held, of_visible, of_hidden, means);
    });
    return Two(py::make_tuple(new_visible, new_hidden));
  }

 private:
  std::int64_t units(Layer layer) const { return machine_.units(layer); }

  template <class Act>
  void shared(int threads, const Act& act) {
    const Isa isa = selected_isa();
    const Poll poll = signal_waiting;
    computed([&] {
      const std::shared_lock with_others(in_use_);
      return act(Means{threads, isa, poll});
    });
  }
  template <class Compute>
  Floats numbers(const Compute& compute, const Bits& bits, const std::string& to,
                 const Levels& levels, int threads) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)), levels);
    auto out = new_array<float>({rows.rows, units(layer)});
    float* const written = out.mutable_data();
    shared(threads,
           [&](const Means& means) { return (machine_.*compute)(layer, rows, written, means); });
    return out;
  }

  Bipartite machine_;
  std::shared_mutex in_use_;
};

template <class T>
Doubles outer_of(const Bits& bits, std::int64_t units, const Array<T>& values, int threads) {
  const UnitRows rows = rows_of("bits", bits, units);
  demand_dimensions("values", values, 2);
  demand_shape("values", values, {rows.rows, values.shape(1)});
  auto out = new_array<double>({units, values.shape(1)});
  double* const sums = out.mutable_data();
  const Isa isa = selected_isa();
  const Poll poll = signal_waiting;
  computed([&] {
    return outer(rows, units, values.data(), values.shape(1), sums, {threads, isa, poll});
  });
  return out;
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
  py::class_<Machine>(module, "BipartiteMachine")
      .def(py::init<std::int64_t, std::int64_t>(), "visible"_a, "hidden"_a)
      .def("set", &Machine::set<float>, "weights"_a.noconvert(), "visible_offsets"_a.noconvert(),
           "hidden_offsets"_a.noconvert())
      .def("set", &Machine::set<double>, "weights"_a.noconvert(), "visible_offsets"_a.noconvert(),
           "hidden_offsets"_a.noconvert())
      .def("set_levels", &Machine::set_levels, "scales"_a.noconvert(),
           "visible_offsets"_a.noconvert(), "hidden_offsets"_a.noconvert())
      .def_property_readonly("step", &Machine::step)
      .def_property_readonly("levels", &Machine::levels)
      .def("fields", &Machine::fields, "bits"_a.noconvert(), "to"_a, "level"_a.noconvert(),
           "threads"_a)
      .def("probabilities", &Machine::probabilities, "bits"_a.noconvert(), "to"_a,
           "level"_a.noconvert(), "threads"_a)
      .def("draw", &Machine::draw, "bits"_a.noconvert(), "to"_a, "seed"_a, "streams"_a.noconvert(),
           "step"_a, "level"_a.noconvert(), "threads"_a)
      .def("softplus", &Machine::softplus, "bits"_a.noconvert(), "to"_a, "levels"_a.noconvert(),
           "threads"_a)
      .def("gibbs", &Machine::gibbs, "visible"_a.noconvert(), "steps"_a, "seed"_a,
           "streams"_a.noconvert(), "step"_a, "level"_a.noconvert(), "clamp"_a.noconvert(),
           "threads"_a);
  module.def("bipartite_outer", &outer_of<float>, "bits"_a.noconvert(), "units"_a,
             "values"_a.noconvert(), "threads"_a);
  module.def("bipartite_outer", &outer_of<double>, "bits"_a.noconvert(), "units"_a,
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
