#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bind.hpp"
#include "numpy_bridge.hpp"
#include "tempering_binding.hpp"

namespace multispin {
namespace {

template <class T>
T* part(std::optional<Array<T>>& array, py::ssize_t draw) {
  if (!array) return nullptr;
  const py::ssize_t draws = array->shape(0);
  return array->mutable_data() + draw * (array->size() / draws);
}

template <class T>
void demand_size(const std::string& name, const std::optional<Array<T>>& array, py::ssize_t draws,
                 py::ssize_t each) {
  if (!array) return;
  const bool same = array->ndim() >= 1 && array->shape(0) == draws &&
                    (draws == 0 || (array->size() / draws == each && array->size() % draws == 0));
  if (!same) throw std::invalid_argument(name + ": got an array of another size");
}

// Fills arrays whose first axis is the draw; None is left out. A signal that is waiting stops it,
// and then the draws that were made are lost: those who ask for several hold signals back. One draw
// goes on in the next call, into the same arrays: it may have been written already.
void run(BoundTempering& bound, py::ssize_t draws, std::optional<Array<double>> energy,
         std::optional<Array<std::int64_t>> spins, std::optional<Array<std::int64_t>> overlap,
         std::optional<Array<std::int64_t>> link_overlap, std::optional<Array<double>> overlap_k2,
         std::optional<Array<std::int16_t>> temperature_index) {
  const auto replicas = static_cast<py::ssize_t>(bound.tempering.replicas());
  const auto pairs = static_cast<py::ssize_t>(bound.tempering.pair_count());
  demand_size("energy", energy, draws, replicas);
  demand_size("spins", spins, draws, replicas);
  demand_size("overlap", overlap, draws, pairs);
  demand_size("link_overlap", link_overlap, draws, pairs);
  demand_size("overlap_k2", overlap_k2, draws, pairs);
  demand_size("temperature_index", temperature_index, draws, replicas);
  std::vector<TemperingRecord> records;
  for (py::ssize_t draw = 0; draw < draws; ++draw) {
    records.push_back({part(energy, draw), part(spins, draw), part(overlap, draw),
                       part(link_overlap, draw), part(overlap_k2, draw),
                       part(temperature_index, draw)});
  }
  bool done = false;
  {
    const Unlocked unlocked{bound};
    done = bound.tempering.draw_all(records, signal_waiting);
  }
  if (!done) throw py::error_already_set();
}

// Exchanges done, clusters moved before the next one, and numbers by name.
using Numbers = std::map<std::string, std::vector<std::int64_t>>;
using StateParts = py::typing::Tuple<std::uint64_t, std::int64_t, Numbers>;

// Calls act(name, array) for the arrays of a state.
template <class State, class Act>
void for_each_array(State& state, const Act& act) {
  act("temperature_index", state.ladder.temperature_index);
  act("attempted", state.ladder.attempted);
  act("accepted", state.ladder.accepted);
  act("last_end", state.ladder.travel.last_end);
  act("passages", state.ladder.travel.passages);
  act("steps", state.ladder.travel.steps);
  act("from_top", state.ladder.travel.from_top);
  act("from_bottom", state.ladder.travel.from_bottom);
}

StateParts state_of(BoundTempering& bound) {
  Tempering::State state;
  {
    const Unlocked unlocked{bound};  // another thread's draw would change it meanwhile
    state = bound.tempering.state();
  }
  Numbers numbers;
  for_each_array(state, [&](const char* name, const auto& array) {
    numbers[name].assign(array.begin(), array.end());
  });
  return py::make_tuple(state.ladder.exchanges_done, state.clusters_moved, numbers);
}

void set_state(BoundTempering& bound, std::uint64_t exchanges_done, std::int64_t clusters_moved,
               const Numbers& numbers) {
  Tempering::State state{{exchanges_done, {}, {}, {}, {}}, clusters_moved};
  for_each_array(state, [&](const char* name, auto& array) {
    using Number = typename std::decay_t<decltype(array)>::value_type;
    const auto found = numbers.find(name);
    if (found == numbers.end()) throw std::invalid_argument(name + std::string(": not there"));
    for (const std::int64_t number : found->second) array.push_back(static_cast<Number>(number));
  });
  finish(bound);
  const Unlocked unlocked{bound};
  bound.tempering.set_state(state);
}

}  // namespace

void bind_tempering(py::module_& module) {
  using namespace pybind11::literals;
  const py::none none;
  // The two modules have one each.
  py::class_<BoundTempering>(module, "Tempering", py::module_local())
      .def("run", &run, py::kw_only(), "draws"_a, "energy"_a.noconvert() = none,
           "spins"_a.noconvert() = none, "overlap"_a.noconvert() = none,
           "link_overlap"_a.noconvert() = none, "overlap_k2"_a.noconvert() = none,
           "temperature_index"_a.noconvert() = none)
      .def_property_readonly("state", &state_of)
      .def("set_state", &set_state, "exchanges_done"_a, "clusters_moved"_a, "numbers"_a);
}

}  // namespace multispin
