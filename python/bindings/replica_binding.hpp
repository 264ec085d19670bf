// What the Python classes of the replica engines of all devices have in common.
#pragma once

#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "guarded.hpp"
#include "multispin/replica_engine.hpp"
#include "numpy_bridge.hpp"

namespace multispin::replica_binding {

using IntegerArrays = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;
using Edges = Array<std::uint32_t>;

// edges (E, 2), signs (samples, E).
inline ReplicaOptions make_options(std::int64_t sites, const Edges& edges,
                                   const Array<std::int8_t>& signs, std::int64_t replicas, double J,
                                   double h, const std::string& dynamics, const std::string& rng,
                                   std::uint64_t seed, std::uint64_t first_stream,
                                   bool shared_random_numbers) {
  demand_shape("edges", edges, {edges.shape(0), 2});
  demand_shape("signs", signs, {signs.shape(0), edges.shape(0)});
  ReplicaOptions o;
  o.sites = sites;
  o.edges.reserve(static_cast<std::size_t>(edges.shape(0)));
  for (py::ssize_t e = 0; e < edges.shape(0); ++e) {
    o.edges.push_back({edges.at(e, 0), edges.at(e, 1)});
  }
  o.signs.assign(signs.data(), signs.data() + signs.size());
  o.samples = signs.shape(0);
  o.replicas = replicas;
  o.J = J;
  o.h = h;
  o.dynamics = dynamics == "glauber" ? Dynamics::glauber : Dynamics::metropolis;
  o.generator = rng == "philox" ? Generator::philox : Generator::aes;
  o.seed = seed;
  o.first_stream = first_stream;
  o.shared_random_numbers = shared_random_numbers;
  return o;
}

inline IntegerArrays as_arrays(const std::vector<Sums>& sums, const Shape& shape) {
  auto bonds = new_array<std::int64_t>(shape);
  auto spins = new_array<std::int64_t>(shape);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    bonds.mutable_data()[i] = sums[i].bonds;
    spins.mutable_data()[i] = sums[i].spins;
  }
  return IntegerArrays(py::make_tuple(bonds, spins));
}

template <class Engine>
void sweep(Engine& engine, std::uint64_t sweeps) {
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.sweep(sweeps, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
}

// -> bonds (draws, replicas), spins (draws, replicas)
template <class Engine>
IntegerArrays record(Engine& engine, std::uint64_t draws, std::uint64_t interval) {
  const std::int64_t replicas = engine.options().replicas;
  std::vector<Sums> sums(record_size(draws, replicas));
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.run(draws, interval, sums.data(), signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  return as_arrays(sums, {static_cast<py::ssize_t>(draws), replicas});
}

// -> bonds (replicas,), spins (replicas,)
template <class Engine>
IntegerArrays sums(Engine& engine) {
  finish(engine);
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  {
    const Unlocked unlocked{engine};
    engine.sums(sums.data());
  }
  return as_arrays(sums, {engine.options().replicas});
}

template <class Engine>
Shape spin_shape(const Engine& e) {
  return {e.options().replicas, e.options().sites};
}
template <class Engine>
Shape packed_shape(const Engine& e) {
  return {e.options().sites, e.packed_words()};
}

template <class Engine>
Array<std::int8_t> get_spins(Engine& engine) {
  finish(engine);
  auto out = new_array<std::int8_t>(spin_shape(engine));
  std::int8_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
    engine.get_spins(r, to + r * engine.options().sites);
  }
  return out;
}

template <class Engine>
void set_spins(Engine& engine, const Array<std::int8_t>& spins) {
  demand_shape("init", spins, spin_shape(engine));
  finish(engine);
  const std::int8_t* const from = spins.data();
  const Unlocked unlocked{engine};
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
    engine.set_spins(r, from + r * engine.options().sites);
  }
}

template <class Engine>
Array<std::uint64_t> get_packed(Engine& engine) {
  finish(engine);
  auto out = new_array<std::uint64_t>(packed_shape(engine));
  std::uint64_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  engine.get_packed(to);
  return out;
}

template <class Engine>
void set_packed(Engine& engine, const Array<std::uint64_t>& words) {
  demand_shape("packed", words, packed_shape(engine));
  finish(engine);
  const std::uint64_t* const from = words.data();
  const Unlocked unlocked{engine};
  engine.set_packed(from);
}

// Everything that a checkpoint needs, of one moment: sweeps done, temperatures, packed.
template <class Engine>
py::typing::Tuple<std::uint64_t, Array<double>, Array<std::uint64_t>> state(Engine& engine) {
  finish(engine);
  const std::uint64_t sweeps = engine.sweeps_done();
  auto temperatures = new_array<double>({engine.options().replicas});
  std::ranges::copy(engine.temperatures(), temperatures.mutable_data());
  return py::make_tuple(sweeps, temperatures, get_packed(engine));
}

template <class Engine>
std::vector<ReplicaPair> checked_pairs(const Engine& engine, const Array<std::uint32_t>& pairs) {
  demand_shape("pairs", pairs, {pairs.shape(0), 2});
  std::vector<ReplicaPair> out;
  for (py::ssize_t i = 0; i < pairs.shape(0); ++i) {
    const ReplicaPair pair{pairs.at(i, 0), pairs.at(i, 1)};
    if (std::max(pair.first, pair.second) >= engine.options().replicas) {
      throw std::invalid_argument("pairs: got a replica beyond the last");
    }
    out.push_back(pair);
  }
  return out;
}

// What `compare(pairs, sums)` writes, with the GIL released.
template <class Engine, class Compare>
Array<std::int64_t> of_pairs(Engine& engine, const Array<std::uint32_t>& pairs,
                             const Compare& compare) {
  const std::vector<ReplicaPair> checked = checked_pairs(engine, pairs);
  finish(engine);
  auto out = new_array<std::int64_t>({pairs.shape(0)});
  std::int64_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  compare(checked, to);
  return out;
}

template <class Engine>
Array<std::int64_t> overlaps(Engine& engine, const Array<std::uint32_t>& pairs) {
  return of_pairs(engine, pairs, [&](const std::vector<ReplicaPair>& checked, std::int64_t* to) {
    engine.overlaps(checked, to);
  });
}

template <class Engine>
Array<std::int64_t> link_overlaps(Engine& engine, const Array<std::uint32_t>& pairs) {
  return of_pairs(engine, pairs, [&](const std::vector<ReplicaPair>& checked, std::int64_t* to) {
    engine.link_overlaps(checked, to);
  });
}

// -> (pairs, groups)
template <class Engine>
Array<std::int64_t> group_overlaps(Engine& engine, const Array<std::uint32_t>& pairs,
                                   const Array<std::int32_t>& group_of, std::int64_t groups) {
  const std::vector<ReplicaPair> checked = checked_pairs(engine, pairs);
  demand_shape("group_of", group_of, {engine.options().sites});
  const std::vector<std::int32_t> group(group_of.data(), group_of.data() + group_of.size());
  if (std::ranges::any_of(group, [&](std::int32_t g) { return g < 0 || g >= groups; })) {
    throw std::invalid_argument("group_of: got a group that is not below groups");
  }
  finish(engine);
  auto out = new_array<std::int64_t>({pairs.shape(0), groups});
  std::int64_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  engine.group_overlaps(checked, group, groups, to);
  return out;
}

template <class Engine>
Array<double> get_temperatures(const Engine& engine) {
  auto temperatures = new_array<double>({engine.options().replicas});
  std::ranges::copy(engine.temperatures(), temperatures.mutable_data());
  return temperatures;
}

template <class Engine>
void set_temperatures(Engine& engine, const Array<double>& temperatures) {
  demand_shape("temperature", temperatures, {engine.options().replicas});
  finish(engine);
  engine.set_temperatures({temperatures.data(), static_cast<std::size_t>(temperatures.size())});
}

template <class Engine>
void bind_replica_state(py::class_<Engine>& type) {
  using namespace pybind11::literals;
  type.def("randomize",
           [](Engine& e) {
             finish(e);
             e.randomize();
           })
      .def(
          "fill",
          [](Engine& e, bool up) {
            finish(e);
            e.fill(up);
          },
          "up"_a)
      .def_property_readonly("spins", &get_spins<Engine>)
      .def("set_spins", &set_spins<Engine>, "spins"_a.noconvert())
      .def_property_readonly("packed", &get_packed<Engine>)
      .def("set_packed", &set_packed<Engine>, "words"_a.noconvert())
      .def("state", &state<Engine>)
      .def_property_readonly("temperatures", &get_temperatures<Engine>)
      .def("set_temperatures", &set_temperatures<Engine>, "temperatures"_a.noconvert());
}

// Registers what all engines can do; the constructor is the caller's, and so is `sweeps_done`.
template <class Engine>
py::class_<Engine> bind_replica_engine(py::module_& module) {
  using namespace pybind11::literals;
  py::class_<Engine> type(module, "ReplicaEngine");
  type.def("sweep", &sweep<Engine>, "sweeps"_a)
      .def("record", &record<Engine>, "draws"_a, "interval"_a)
      .def("finish", &finish<Engine>)
      .def("sums", &sums<Engine>)
      .def("overlaps", &overlaps<Engine>, "pairs"_a.noconvert())
      .def("link_overlaps", &link_overlaps<Engine>, "pairs"_a.noconvert())
      .def("group_overlaps", &group_overlaps<Engine>, "pairs"_a.noconvert(),
           "group_of"_a.noconvert(), "groups"_a)
      .def_property_readonly("colours", [](const Engine& e) { return e.colours(); });
  bind_replica_state(type);
  return type;
}

}  // namespace multispin::replica_binding
