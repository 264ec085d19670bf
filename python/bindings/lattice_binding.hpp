// What the Python classes of the lattice engines of all devices have beside what all engines have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "engine_binding.hpp"
#include "multispin/lattice/engine.hpp"

namespace multispin::lattice_binding {

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

template <class E>
std::int64_t checked_replica(const E& engine, std::int64_t replica) {
  if (replica >= 0 && replica < engine.options().replicas) return replica;
  throw std::invalid_argument("replica: got " + std::to_string(replica) + ", allowed: 0 to " +
                              std::to_string(engine.options().replicas - 1));
}

// -> for every side of the lattice, in the order of its shape, (replicas, side/2 + 1)
template <class E>
py::typing::Tuple<Array<std::int64_t>, py::ellipsis> correlation(E& engine) {
  finish(engine);
  py::list all;
  for (int axis = engine.lattice().cubic() ? 0 : 1; axis < 3; ++axis) {
    const std::int64_t distances = engine.lattice().side(axis) / 2 + 1;
    auto sums = new_array<std::int64_t>({engine.options().replicas, distances});
    std::int64_t* const to = sums.mutable_data();
    {
      const Unlocked unlocked{engine};
      for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
        engine.correlation(r, axis, to + r * distances);
      }
    }
    all.append(sums);
  }
  return py::tuple(all);
}

// -> ([planes,] rows / height, columns / width)
template <class E>
Array<float> block_average(E& engine, std::int64_t replica, std::int64_t height,
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

template <class E>
py::class_<E> bind_lattice_engine(py::module_& module) {
  using namespace pybind11::literals;
  return bind_engine<E>(module, "LatticeEngine")
      .def("correlation", &correlation<E>)
      .def("block_average", &block_average<E>, "replica"_a, "height"_a, "width"_a);
}

}  // namespace multispin::lattice_binding
