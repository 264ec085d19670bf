// What the Python classes of the lattice engines of all devices have in common.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "guarded.hpp"
#include "multispin/lattice_engine.hpp"
#include "numpy_bridge.hpp"

namespace multispin {

using IntegerArrays = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;

template <class Engine>
std::int64_t checked_replica(const Engine& engine, std::int64_t replica) {
  if (replica >= 0 && replica < engine.options().replicas) return replica;
  throw std::invalid_argument("replica: got " + std::to_string(replica) + ", allowed: 0 to " +
                              std::to_string(engine.options().replicas - 1));
}

inline LatticeOptions make_options(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                                   double J, double h, const std::string& dynamics,
                                   const std::string& rng, std::uint64_t seed,
                                   std::uint64_t first_stream, std::int64_t planes) {
  LatticeOptions o;
  o.planes = planes;
  o.rows = rows;
  o.columns = columns;
  o.replicas = replicas;
  o.J = J;
  o.h = h;
  o.dynamics = dynamics == "glauber" ? Dynamics::glauber : Dynamics::metropolis;
  o.generator = rng == "philox" ? Generator::philox : Generator::aes;
  o.seed = seed;
  o.first_stream = first_stream;
  return o;
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
  std::vector<LatticeSums> sums(record_size(draws, replicas));
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.run(draws, interval, sums.data(), signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  const Shape shape{static_cast<py::ssize_t>(draws), replicas};
  auto bonds = new_array<std::int64_t>(shape);
  auto spins = new_array<std::int64_t>(shape);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    bonds.mutable_data()[i] = sums[i].bonds;
    spins.mutable_data()[i] = sums[i].spins;
  }
  return IntegerArrays(py::make_tuple(bonds, spins));
}

// Calls visit(replica, pointer to that replica's part) with the GIL released.
template <class Engine, class T, class Visit>
void each_replica(Engine& engine, T* data, std::int64_t size, const Visit& visit) {
  const Unlocked unlocked{engine};
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) visit(r, data + r * size);
}

// Sides of the lattice after those of `front`, planes only where there are several; the last one
// is `along`.
inline Shape with_sides(Shape front, const model::Lattice& l, std::int64_t along) {
  if (l.cubic()) front.push_back(l.planes);
  front.insert(front.end(), {l.rows, along});
  return front;
}
template <class Engine>
Shape spin_shape(const Engine& e) {
  return with_sides({e.options().replicas}, e.lattice(), e.lattice().columns);
}
template <class Engine>
Shape packed_shape(const Engine& e) {
  return with_sides({e.options().replicas, 2}, e.lattice(), e.lattice().words);
}
template <class Engine>
std::int64_t packed_words(const Engine& e) {
  return 2 * e.lattice().all_rows() * e.lattice().words;
}

template <class Engine>
Array<std::int8_t> get_spins(Engine& engine) {
  finish(engine);
  auto out = new_array<std::int8_t>(spin_shape(engine));
  each_replica(engine, out.mutable_data(), engine.lattice().spins(),
               [&](std::int64_t r, std::int8_t* to) { engine.get_spins(r, to); });
  return out;
}

template <class Engine>
void set_spins(Engine& engine, const Array<std::int8_t>& spins) {
  demand_shape("init", spins, spin_shape(engine));
  finish(engine);
  each_replica(engine, spins.data(), engine.lattice().spins(),
               [&](std::int64_t r, const std::int8_t* from) { engine.set_spins(r, from); });
}

template <class Engine>
Array<std::uint64_t> get_packed(Engine& engine) {
  finish(engine);
  auto out = new_array<std::uint64_t>(packed_shape(engine));
  each_replica(engine, out.mutable_data(), packed_words(engine),
               [&](std::int64_t r, std::uint64_t* to) { engine.get_packed(r, to); });
  return out;
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
void set_packed(Engine& engine, const Array<std::uint64_t>& words) {
  demand_shape("packed", words, packed_shape(engine));
  finish(engine);
  each_replica(engine, words.data(), packed_words(engine),
               [&](std::int64_t r, const std::uint64_t* from) { engine.set_packed(r, from); });
}

// Sums of every replica.
inline void measure(const LatticeEngine& engine, LatticeSums* sums) {
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) sums[r] = engine.sums(r);
}

// -> bonds (replicas,), spins (replicas,)
template <class Engine>
IntegerArrays sums(Engine& engine) {
  finish(engine);
  std::vector<LatticeSums> sums(static_cast<std::size_t>(engine.options().replicas));
  {
    const Unlocked unlocked{engine};
    measure(engine, sums.data());
  }
  auto bonds = new_array<std::int64_t>({engine.options().replicas});
  auto spins = new_array<std::int64_t>({engine.options().replicas});
  for (std::size_t r = 0; r < sums.size(); ++r) {
    bonds.mutable_data()[r] = sums[r].bonds;
    spins.mutable_data()[r] = sums[r].spins;
  }
  return IntegerArrays(py::make_tuple(bonds, spins));
}

// -> for every side of the lattice, in the order of its shape, (replicas, side/2 + 1)
template <class Engine>
py::typing::Tuple<Array<std::int64_t>, py::ellipsis> correlation(Engine& engine) {
  finish(engine);
  py::list all;
  for (int axis = engine.lattice().cubic() ? 0 : 1; axis < 3; ++axis) {
    const std::int64_t distances = engine.lattice().side(axis) / 2 + 1;
    auto sums = new_array<std::int64_t>({engine.options().replicas, distances});
    each_replica(engine, sums.mutable_data(), distances,
                 [&](std::int64_t r, std::int64_t* to) { engine.correlation(r, axis, to); });
    all.append(sums);
  }
  return py::tuple(all);
}

// -> ([planes,] rows / height, columns / width)
template <class Engine>
Array<float> block_average(Engine& engine, std::int64_t replica, std::int64_t height,
                           std::int64_t width) {
  checked_replica(engine, replica);
  finish(engine);
  const model::Lattice& l = engine.lattice();
  if (height < 1 || width < 1) throw std::invalid_argument("block: sides must be at least 1");
  Shape shape = {l.rows / height, l.columns / width};
  if (l.cubic()) shape.insert(shape.begin(), l.planes);
  auto means = new_array<float>(shape);
  float* const to = means.mutable_data();
  const Unlocked unlocked{engine};
  engine.block_average(replica, height, width, to);
  return means;
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

// Registers what all engines can do; the constructor is the caller's.
template <class Engine>
py::class_<Engine> bind_lattice_engine(py::module_& module) {
  using namespace pybind11::literals;
  return py::class_<Engine>(module, "LatticeEngine")
      .def("sweep", &sweep<Engine>, "sweeps"_a)
      .def("record", &record<Engine>, "draws"_a, "interval"_a)
      .def("finish", &finish<Engine>)
      .def("randomize",
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
      .def("state", &state<Engine>)
      .def("set_packed", &set_packed<Engine>, "words"_a.noconvert())
      .def("sums", &sums<Engine>)
      .def("correlation", &correlation<Engine>)
      .def("block_average", &block_average<Engine>, "replica"_a, "height"_a, "width"_a)
      .def_property_readonly("temperatures", &get_temperatures<Engine>)
      .def("set_temperatures", &set_temperatures<Engine>, "temperatures"_a.noconvert());
}

}  // namespace multispin
