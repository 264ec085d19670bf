// What the Python classes of all engines, on all devices, have in common.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "guarded.hpp"
#include "multispin/engine.hpp"
#include "multispin/isa.hpp"
#include "multispin/pairs.hpp"
#include "multispin/sums.hpp"
#include "numpy_bridge.hpp"
#include "tempering_binding.hpp"

namespace multispin {

using IntegerArrays = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;

inline IntegerArrays as_arrays(const std::vector<Sums>& sums, const Shape& shape) {
  auto bonds = new_array<std::int64_t>(shape);
  auto spins = new_array<std::int64_t>(shape);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    bonds.mutable_data()[i] = sums[i].bonds;
    spins.mutable_data()[i] = sums[i].spins;
  }
  return IntegerArrays(py::make_tuple(bonds, spins));
}

template <class E>
void sweep(E& engine, std::uint64_t sweeps) {
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.sweep(sweeps, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
}

// -> bonds (draws, replicas), spins (draws, replicas)
template <class E>
IntegerArrays record(E& engine, std::uint64_t draws, std::uint64_t interval) {
  const std::int64_t replicas = engine.options().replicas;
  std::vector<typename E::Sums> sums(record_size(draws, replicas));
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.run(draws, interval, sums.data(), signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  return as_arrays(sums, {static_cast<py::ssize_t>(draws), replicas});
}

// -> bonds (replicas,), spins (replicas,)
template <class E>
IntegerArrays sums(E& engine) {
  finish(engine);
  std::vector<typename E::Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  {
    const Unlocked unlocked{engine};
    engine.sums(sums.data());
  }
  return as_arrays(sums, {engine.options().replicas});
}

template <class E>
Array<std::int8_t> get_spins(E& engine) {
  finish(engine);
  auto out = new_array<std::int8_t>(engine.spin_shape());
  std::int8_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
    engine.get_spins(r, to + r * engine.sites());
  }
  return out;
}

template <class E>
void set_spins(E& engine, const Array<std::int8_t>& spins) {
  demand_shape("init", spins, engine.spin_shape());
  finish(engine);
  const std::int8_t* const from = spins.data();
  const Unlocked unlocked{engine};
  if constexpr (requires { engine.set_all_spins(from); }) {
    engine.set_all_spins(from);
  } else {
    for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
      engine.set_spins(r, from + r * engine.sites());
    }
  }
}

template <class E>
Array<std::uint64_t> get_packed(E& engine) {
  finish(engine);
  auto out = new_array<std::uint64_t>(engine.packed_shape());
  std::uint64_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  engine.get_packed(to);
  return out;
}

template <class E>
void set_packed(E& engine, const Array<std::uint64_t>& words) {
  demand_shape("packed", words, engine.packed_shape());
  finish(engine);
  const std::uint64_t* const from = words.data();
  const Unlocked unlocked{engine};
  engine.set_packed(from);
}

template <class E>
Array<double> get_temperatures(const E& engine) {
  auto temperatures = new_array<double>({engine.options().replicas});
  std::ranges::copy(engine.temperatures(), temperatures.mutable_data());
  return temperatures;
}

// Everything that a checkpoint needs, of one moment: sweeps done, temperatures, packed.
template <class E>
py::typing::Tuple<std::uint64_t, Array<double>, Array<std::uint64_t>> state(E& engine) {
  finish(engine);
  const std::uint64_t sweeps = engine.sweeps_done();
  return py::make_tuple(sweeps, get_temperatures(engine), get_packed(engine));
}

template <class E>
void set_temperatures(E& engine, const Array<double>& temperatures) {
  demand_shape("temperature", temperatures, {engine.options().replicas});
  finish(engine);
  engine.set_temperatures({temperatures.data(), static_cast<std::size_t>(temperatures.size())});
}

template <class E>
std::vector<ReplicaPair> checked_pairs(const E& engine, const Array<std::uint32_t>& pairs) {
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
template <class E, class Compare>
Array<std::int64_t> of_pairs(E& engine, const Array<std::uint32_t>& pairs, const Compare& compare) {
  const std::vector<ReplicaPair> checked = checked_pairs(engine, pairs);
  finish(engine);
  auto out = new_array<std::int64_t>({pairs.shape(0)});
  std::int64_t* const to = out.mutable_data();
  const Unlocked unlocked{engine};
  compare(checked, to);
  return out;
}

template <class E>
Array<std::int64_t> overlaps(E& engine, const Array<std::uint32_t>& pairs) {
  return of_pairs(engine, pairs, [&](const std::vector<ReplicaPair>& checked, std::int64_t* to) {
    engine.overlaps(checked, to);
  });
}

template <class E>
Array<std::int64_t> link_overlaps(E& engine, const Array<std::uint32_t>& pairs) {
  return of_pairs(engine, pairs, [&](const std::vector<ReplicaPair>& checked, std::int64_t* to) {
    engine.link_overlaps(checked, to);
  });
}

template <class E>
void bind_state(py::class_<E>& type) {
  using namespace pybind11::literals;
  type.def("randomize",
           [](E& e) {
             finish(e);
             e.randomize();
           })
      .def(
          "fill",
          [](E& e, bool up) {
            finish(e);
            e.fill(up);
          },
          "up"_a)
      .def_property_readonly("spins", &get_spins<E>)
      .def("set_spins", &set_spins<E>, "spins"_a.noconvert())
      .def_property_readonly("packed", &get_packed<E>)
      .def("set_packed", &set_packed<E>, "words"_a.noconvert())
      .def("state", &state<E>)
      .def_property_readonly("temperatures", &get_temperatures<E>)
      .def("set_temperatures", &set_temperatures<E>, "temperatures"_a.noconvert());
}

// Registers what all engines can do; the constructor is the caller's, and so is `sweeps_done`.
template <class E>
  requires Engine<E>
py::class_<E> bind_engine(py::module_& module, const char* name) {
  using namespace pybind11::literals;
  py::class_<E> type(module, name);
  type.def("sweep", &sweep<E>, "sweeps"_a)
      .def("record", &record<E>, "draws"_a, "interval"_a)
      .def("finish", &finish<E>)
      .def("sums", &sums<E>)
      .def("overlaps", &overlaps<E>, "pairs"_a.noconvert())
      .def("link_overlaps", &link_overlaps<E>, "pairs"_a.noconvert());
  bind_state(type);
  bind_tempering_of_engine(type);
  return type;
}

// What engines on the CPU have beside it.
template <class E>
void bind_on_cpu(py::class_<E>& type) {
  type.def_property(
          "sweeps_done",
          [](E& e) {
            finish(e);
            return e.sweeps_done();
          },
          [](E& e, std::uint64_t sweeps) {
            finish(e);
            e.set_sweeps_done(sweeps);
          })
      .def_property_readonly("isa", [](const E& e) { return std::string(name(e.options().isa)); });
}

}  // namespace multispin
