#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bind.hpp"
#include "guarded.hpp"
#include "multispin/replica_engine.hpp"
#include "multispin/tempering.hpp"
#include "numpy_bridge.hpp"

namespace multispin {
namespace {

using Engine = Guarded<ReplicaEngine>;

// A ladder of temperatures over an engine, which it keeps alive.
struct Ladder {
  Ladder(Engine& replica_engine, TemperingOptions options, std::vector<std::int64_t> shape)
      : engine(replica_engine), tempering(replica_engine, std::move(options), std::move(shape)) {}
  Engine& engine;
  Tempering tempering;
};

std::unique_ptr<Ladder> make_ladder(Engine& engine, const std::vector<double>& temperatures,
                                    std::int64_t ladders, std::uint64_t swap_interval,
                                    std::uint64_t exchanges_per_draw, bool cluster_moves,
                                    std::uint64_t seed, const std::vector<std::int64_t>& shape) {
  finish(engine);
  return std::make_unique<Ladder>(engine,
                                  TemperingOptions{temperatures, ladders, swap_interval,
                                                   exchanges_per_draw, cluster_moves, seed},
                                  shape);
}

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
void run(Ladder& ladder, py::ssize_t draws, std::optional<Array<std::int64_t>> bonds,
         std::optional<Array<std::int64_t>> spins, std::optional<Array<std::int64_t>> overlaps,
         std::optional<Array<std::int64_t>> link_overlaps, std::optional<Array<double>> overlaps_k2,
         std::optional<Array<std::int16_t>> temperature_index, py::ssize_t pairs) {
  const auto replicas = static_cast<py::ssize_t>(ladder.engine.options().replicas);
  demand_size("bonds", bonds, draws, replicas);
  demand_size("spins", spins, draws, replicas);
  demand_size("overlaps", overlaps, draws, pairs);
  demand_size("link_overlaps", link_overlaps, draws, pairs);
  demand_size("overlaps_k2", overlaps_k2, draws, pairs);
  demand_size("temperature_index", temperature_index, draws, replicas);
  if (pairs != ladder.tempering.pair_count()) throw std::invalid_argument("pairs: another number");
  for (py::ssize_t draw = 0; draw < draws; ++draw) {
    const TemperingRecord record{part(bonds, draw),       part(spins, draw),
                                 part(overlaps, draw),    part(link_overlaps, draw),
                                 part(overlaps_k2, draw), part(temperature_index, draw)};
    bool done = false;
    {
      const Unlocked unlocked{ladder.engine};
      done = ladder.tempering.draw(record, signal_waiting);
    }
    if (!done) throw py::error_already_set();
  }
}

// Exchanges done, clusters moved before the next one, and numbers by name.
using Numbers = std::map<std::string, std::vector<std::int64_t>>;
using StateParts = py::typing::Tuple<std::uint64_t, std::int64_t, Numbers>;

// Calls act(name, array) for the arrays of a state.
template <class State, class Act>
void for_each_array(State& state, const Act& act) {
  act("temperature_index", state.temperature_index);
  act("attempted", state.attempted);
  act("accepted", state.accepted);
  act("last_end", state.travel.last_end);
  act("passages", state.travel.passages);
  act("steps", state.travel.steps);
  act("from_top", state.travel.from_top);
  act("from_bottom", state.travel.from_bottom);
}

StateParts state_of(Ladder& ladder) {
  Tempering::State state;
  {
    const Unlocked unlocked{ladder.engine};  // another thread's draw would change it meanwhile
    state = ladder.tempering.state();
  }
  Numbers numbers;
  for_each_array(state, [&](const char* name, const auto& array) {
    numbers[name].assign(array.begin(), array.end());
  });
  return py::make_tuple(state.exchanges_done, state.clusters_moved, numbers);
}

void set_state(Ladder& ladder, std::uint64_t exchanges_done, std::int64_t clusters_moved,
               const Numbers& numbers) {
  Tempering::State state{exchanges_done, clusters_moved, {}, {}, {}, {}};
  for_each_array(state, [&](const char* name, auto& array) {
    using Number = typename std::decay_t<decltype(array)>::value_type;
    const auto found = numbers.find(name);
    if (found == numbers.end()) throw std::invalid_argument(name + std::string(": not there"));
    for (const std::int64_t number : found->second) array.push_back(static_cast<Number>(number));
  });
  finish(ladder.engine);
  ladder.tempering.set_state(state);
}

}  // namespace

void bind_tempering(py::module_& module) {
  using namespace pybind11::literals;
  py::class_<Ladder>(module, "Tempering")
      .def(py::init(&make_ladder), py::keep_alive<1, 2>(), "engine"_a, py::kw_only(),
           "temperatures"_a, "ladders"_a, "swap_interval"_a, "exchanges_per_draw"_a,
           "cluster_moves"_a, "seed"_a, "shape"_a)
      .def("run", &run, py::kw_only(), "draws"_a, "bonds"_a.noconvert(), "spins"_a.noconvert(),
           "overlaps"_a.noconvert(), "link_overlaps"_a.noconvert(), "overlaps_k2"_a.noconvert(),
           "temperature_index"_a.noconvert(), "pairs"_a)
      .def_property_readonly("state", &state_of)
      .def("set_state", &set_state, "exchanges_done"_a, "clusters_moved"_a, "numbers"_a);
}

}  // namespace multispin
