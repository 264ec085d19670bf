// What the Python classes of bipartite machines on all devices have: rows, layers and numbers
// checked, and calls made without the GIL.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "gil.hpp"
#include "multispin/bipartite/machine.hpp"
#include "multispin/isa.hpp"
#include "numpy_bridge.hpp"

namespace multispin::bipartite_binding {

using Bits = Array<std::uint64_t>;
using Floats = Array<float>;
using Doubles = Array<double>;
using Levels = std::optional<Array<std::int64_t>>;
using Two = py::typing::Tuple<Bits, Bits>;

inline void demand_dimensions(const char* argument, const py::array& array, int dimensions) {
  if (array.ndim() == dimensions) return;
  throw std::invalid_argument(std::string(argument) + ": got an array of " +
                              std::to_string(array.ndim()) +
                              " dimensions, allowed: " + std::to_string(dimensions));
}

inline std::int64_t words_of(std::int64_t units) {
  return (units + 63) / 64;
}

inline Layer layer_named(const std::string& name) {
  if (name == "visible") return Layer::visible;
  if (name == "hidden") return Layer::hidden;
  throw std::invalid_argument("to: got '" + name + "', allowed: 'hidden', 'visible'");
}
inline Layer other(Layer layer) {
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

inline UnitRows rows_of(const char* argument, const Bits& bits, std::int64_t units,
                        const Levels& levels = {}) {
  demand_dimensions(argument, bits, 2);
  demand_shape(argument, bits, {bits.shape(0), words_of(units)});
  if (levels) demand_shape("level", *levels, {bits.shape(0)});
  return {bits.data(), bits.shape(0), levels ? levels->data() : nullptr};
}

inline RowNumbers numbers_of(std::uint64_t seed, const Bits& streams, std::uint64_t step,
                             std::int64_t rows) {
  demand_shape("streams", streams, {rows});
  return {seed, streams.data(), step};
}

// A machine of a Place, which has it and keeps callers apart: while `alone`, there is no other.
// What calls are told beside of what they compute, `How`, goes to the place.
template <class Place, class... How>
class Machine {
 public:
  template <class... Arguments>
  explicit Machine(std::int64_t visible, std::int64_t hidden, Arguments... arguments)
      : place_(visible, hidden, arguments...) {}

  template <class T>
  void set(const Array<T>& weights, const Doubles& visible, const Doubles& hidden) {
    demand_shape("weights", weights, {units(Layer::hidden), units(Layer::visible)});
    demand_shape("visible_offsets", visible, {units(Layer::visible)});
    demand_shape("hidden_offsets", hidden, {units(Layer::hidden)});
    const Isa isa = selected_isa();
    const WithoutGil release;
    place_.alone(
        [&](auto& machine) { machine.set(weights.data(), visible.data(), hidden.data(), isa); });
  }
  void set_levels(const Doubles& scales, const Doubles& visible, const Doubles& hidden) {
    demand_dimensions("scales", scales, 1);
    demand_shape("visible_offsets", visible, {scales.shape(0), units(Layer::visible)});
    demand_shape("hidden_offsets", hidden, {scales.shape(0), units(Layer::hidden)});
    const WithoutGil release;
    place_.alone([&](auto& machine) {
      machine.set_levels(scales.shape(0), scales.data(), visible.data(), hidden.data());
    });
  }
  double step() const { return place_.machine().step(); }
  std::int64_t levels() const { return place_.machine().levels(); }
  Place& place() { return place_; }
  const Place& place() const { return place_; }

  Floats fields(const Bits& bits, const std::string& to, const Levels& levels, How... how) {
    return numbers([](auto& machine, auto... all) { return machine.fields(all...); }, bits, to,
                   levels, how...);
  }
  Floats probabilities(const Bits& bits, const std::string& to, const Levels& levels, How... how) {
    return numbers([](auto& machine, auto... all) { return machine.probabilities(all...); }, bits,
                   to, levels, how...);
  }
  Bits draw(const Bits& bits, const std::string& to, std::uint64_t seed, const Bits& streams,
            std::uint64_t step, const Levels& levels, How... how) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)), levels);
    const RowNumbers numbers = numbers_of(seed, streams, step, rows.rows);
    auto out = new_array<std::uint64_t>({rows.rows, words_of(units(layer))});
    std::uint64_t* const drawn = out.mutable_data();
    place_.compute(
        [&](auto& machine, const auto& means) {
          return machine.draw(layer, rows, numbers, drawn, means);
        },
        how...);
    return out;
  }
  Doubles softplus(const Bits& bits, const std::string& to, const Array<std::int64_t>& levels,
                   How... how) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)));
    demand_dimensions("levels", levels, 1);
    auto out = new_array<double>({levels.shape(0), rows.rows});
    double* const sums = out.mutable_data();
    place_.compute(
        [&](auto& machine, const auto& means) {
          return machine.softplus(layer, rows, levels.data(), levels.shape(0), sums, means);
        },
        how...);
    return out;
  }
  Two gibbs(const Bits& visible, std::int64_t steps, std::uint64_t seed, const Bits& streams,
            std::uint64_t step, const Levels& levels, const std::optional<Bits>& clamp,
            How... how) {
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
    place_.compute(
        [&](auto& machine, const auto& means) {
          return machine.gibbs(rows, steps, numbers, held, of_visible, of_hidden, means);
        },
        how...);
    return Two(py::make_tuple(new_visible, new_hidden));
  }

 private:
  std::int64_t units(Layer layer) const { return place_.machine().units(layer); }

  template <class Compute>
  Floats numbers(const Compute& compute, const Bits& bits, const std::string& to,
                 const Levels& levels, How... how) {
    const Layer layer = layer_named(to);
    const UnitRows rows = rows_of("bits", bits, units(other(layer)), levels);
    auto out = new_array<float>({rows.rows, units(layer)});
    float* const written = out.mutable_data();
    place_.compute([&](auto& machine,
                       const auto& means) { return compute(machine, layer, rows, written, means); },
                   how...);
    return out;
  }

  Place place_;
};

// sum_r s_rk v_rn, of add_up(rows, width, out), which returns false if it was stopped.
template <class T, class AddUp>
Doubles outer_of(const Bits& bits, std::int64_t units, const Array<T>& values,
                 const AddUp& add_up) {
  const UnitRows rows = rows_of("bits", bits, units);
  demand_dimensions("values", values, 2);
  demand_shape("values", values, {rows.rows, values.shape(1)});
  auto out = new_array<double>({units, values.shape(1)});
  double* const sums = out.mutable_data();
  computed([&] { return add_up(rows, values.shape(1), sums); });
  return out;
}

// `how`: names of what the methods are told.
template <class M, class... Names>
py::class_<M> bind_machine(py::module_& module, const Names&... how) {
  using namespace pybind11::literals;
  return py::class_<M>(module, "BipartiteMachine")
      .def("set", &M::template set<float>, "weights"_a.noconvert(), "visible_offsets"_a.noconvert(),
           "hidden_offsets"_a.noconvert())
      .def("set", &M::template set<double>, "weights"_a.noconvert(),
           "visible_offsets"_a.noconvert(), "hidden_offsets"_a.noconvert())
      .def("set_levels", &M::set_levels, "scales"_a.noconvert(), "visible_offsets"_a.noconvert(),
           "hidden_offsets"_a.noconvert())
      .def_property_readonly("step", &M::step)
      .def_property_readonly("levels", &M::levels)
      .def("fields", &M::fields, "bits"_a.noconvert(), "to"_a, "level"_a.noconvert(), how...)
      .def("probabilities", &M::probabilities, "bits"_a.noconvert(), "to"_a, "level"_a.noconvert(),
           how...)
      .def("draw", &M::draw, "bits"_a.noconvert(), "to"_a, "seed"_a, "streams"_a.noconvert(),
           "step"_a, "level"_a.noconvert(), how...)
      .def("softplus", &M::softplus, "bits"_a.noconvert(), "to"_a, "levels"_a.noconvert(), how...)
      .def("gibbs", &M::gibbs, "visible"_a.noconvert(), "steps"_a, "seed"_a,
           "streams"_a.noconvert(), "step"_a, "level"_a.noconvert(), "clamp"_a.noconvert(), how...);
}

}  // namespace multispin::bipartite_binding
