// Tempering of engines that are written in Python: objects with sweep(n), energies(), spin_sums(),
// set_temperatures(array), spins() and sweeps_done.
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bind.hpp"
#include "gil.hpp"
#include "multispin/spin_pairs.hpp"
#include "numpy_bridge.hpp"
#include "tempering_binding.hpp"

namespace multispin {
namespace {

using Edges = Array<std::uint32_t>;

// Calls go to Python with the GIL; what they raise comes back through the driver.
struct PythonEngine {
  py::object object;
  std::int64_t replicas, sites;
  std::vector<GraphEdge> edges;

  template <class T>
  Array<T> checked(const char* name, const py::object& value, const Shape& shape) const {
    auto array = Array<T>::ensure(value);
    if (!array) throw py::error_already_set();
    demand_shape(name, array, shape);
    return array;
  }
  void measure(double* energies, std::int64_t* spins) const {
    const WithGil gil;
    const auto e = checked<double>("energies", object.attr("energies")(), {replicas});
    const auto s = checked<std::int64_t>("spin_sums", object.attr("spin_sums")(), {replicas});
    std::copy_n(e.data(), replicas, energies);
    std::copy_n(s.data(), replicas, spins);
  }
  void set_temperatures(std::span<const double> temperatures) const {
    const WithGil gil;
    auto array = new_array<double>({replicas});
    std::ranges::copy(temperatures, array.mutable_data());
    object.attr("set_temperatures")(array);
  }
  // compare(spins of all replicas)
  template <class Compare>
  void with_spins(const Compare& compare) const {
    const WithGil gil;
    const py::object rows = object.attr("spins")().attr("reshape")(replicas, sites);
    const auto spins = checked<std::int8_t>("spins", rows, {replicas, sites});
    compare(SpinRows{spins.data(), replicas, sites});
  }
};

SlabOverlaps slab_overlaps(const std::shared_ptr<PythonEngine>& engine,
                           const std::vector<std::int64_t>& shape) {
  check_shape(shape, engine->sites);
  return [engine, shape](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* to) {
    engine->with_spins([&](const SpinRows& rows) {
      spin_group_overlaps(rows, coordinates(shape, axis), shape[axis], pairs, to);
    });
  };
}

TemperedEngine parts_of(const std::shared_ptr<PythonEngine>& engine, std::int64_t samples,
                        std::vector<std::int64_t> shape) {
  using Pairs = TemperedEngine::Pairs;
  TemperedEngine out;
  out.replicas = engine->replicas;
  out.samples = samples;
  out.finish = [](const Poll&) { return true; };
  out.sweep = [engine](std::uint64_t sweeps, const Poll&) {
    const WithGil gil;
    engine->object.attr("sweep")(sweeps);
    return true;
  };
  out.sweeps_done = [engine] {
    const WithGil gil;
    return engine->object.attr("sweeps_done").cast<std::uint64_t>();
  };
  out.set_temperatures = [engine](std::span<const double> t) { engine->set_temperatures(t); };
  out.measure = [engine](double* e, std::int64_t* s) { engine->measure(e, s); };
  out.overlaps = [engine](Pairs pairs, std::int64_t* to) {
    engine->with_spins([&](const SpinRows& rows) { spin_overlaps(rows, pairs, to); });
  };
  out.link_overlaps = [engine](Pairs pairs, std::int64_t* to) {
    engine->with_spins(
        [&](const SpinRows& rows) { spin_link_overlaps(rows, engine->edges, pairs, to); });
  };
  out.slab_overlaps = slab_overlaps(engine, shape);
  out.shape = std::move(shape);
  return out;
}

std::unique_ptr<BoundTempering> tempering_of(const py::object& object, std::int64_t replicas,
                                             std::int64_t sites, const Edges& edges,
                                             std::vector<double> temperatures, std::int64_t ladders,
                                             std::uint64_t swap_interval,
                                             std::uint64_t exchanges_per_draw, bool cluster_moves,
                                             std::uint64_t seed, std::vector<std::int64_t> shape,
                                             std::int64_t samples) {
  demand_shape("edges", edges, {edges.shape(0), 2});
  const auto engine = std::make_shared<PythonEngine>(PythonEngine{object, replicas, sites, {}});
  for (py::ssize_t e = 0; e < edges.shape(0); ++e) {
    const GraphEdge edge{edges.at(e, 0), edges.at(e, 1)};
    if (std::max(edge.first, edge.second) >= sites) {
      throw std::invalid_argument("edges: got a site beyond the last");
    }
    engine->edges.push_back(edge);
  }
  return std::make_unique<BoundTempering>(
      object, nullptr, parts_of(engine, samples, std::move(shape)),
      tempering_options(std::move(temperatures), ladders, swap_interval, exchanges_per_draw,
                        cluster_moves, seed));
}

}  // namespace

void bind_tempering_of(py::module_& module) {
  using namespace pybind11::literals;
  module.def("tempering_of", &tempering_of, "engine"_a, py::kw_only(), "replicas"_a, "sites"_a,
             "edges"_a.noconvert(), "temperatures"_a, "ladders"_a, "swap_interval"_a,
             "exchanges_per_draw"_a, "cluster_moves"_a, "seed"_a, "shape"_a, "samples"_a = 1);
}

}  // namespace multispin
