// What the Python classes of the engines of real couplings of all devices have beside what all
// engines have.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine_binding.hpp"
#include "multispin/real/engine.hpp"

namespace multispin::real_binding {

using Edges = Array<std::uint32_t>;

// edges (E, 2), or none for all pairs; couplings (samples, E); fields (sites). Couplings have to
// outlive the options.
inline RealOptions make_options(std::int64_t sites, const std::optional<Edges>& edges,
                                const Array<double>& couplings, const Array<double>& fields,
                                std::int64_t replicas, bool dense, const std::string& dynamics,
                                const std::string& order, const std::string& rng,
                                std::uint64_t seed, std::uint64_t first_stream, double unit,
                                const std::optional<Array<std::uint64_t>>& patterns) {
  const py::ssize_t pairs = edges ? edges->shape(0) : sites * (sites - 1) / 2;
  if (edges) demand_shape("edges", *edges, {pairs, 2});
  demand_shape("couplings", couplings, {couplings.shape(0), pairs});
  demand_shape("fields", fields, {sites});
  RealOptions o;
  o.sites = sites;
  o.all_pairs = !edges;
  o.edges.reserve(static_cast<std::size_t>(edges ? pairs : 0));
  for (py::ssize_t e = 0; edges && e < pairs; ++e) {
    o.edges.push_back({edges->at(e, 0), edges->at(e, 1)});
  }
  o.borrowed_couplings = {couplings.data(), static_cast<std::size_t>(couplings.size())};
  o.fields.assign(fields.data(), fields.data() + fields.size());
  o.unit = unit;
  if (patterns) {
    demand_shape("patterns", *patterns, {patterns->shape(0), (sites + 63) / 64});
    o.patterns = {patterns->data(), static_cast<std::size_t>(patterns->size())};
  }
  o.samples = couplings.shape(0);
  o.replicas = replicas;
  o.storage = patterns ? Storage::patterns : dense ? Storage::dense : Storage::sparse;
  o.dynamics = dynamics == "parallel"  ? RealDynamics::parallel
               : dynamics == "glauber" ? RealDynamics::glauber
                                       : RealDynamics::metropolis;
  o.order = order == "random" ? SiteOrder::random : SiteOrder::fixed;
  o.generator = rng == "philox" ? Generator::philox : Generator::aes;
  o.seed = seed;
  o.first_stream = first_stream;
  return o;
}

template <class E>
void set_couplings(E& engine, const Array<double>& couplings, const Array<double>& fields) {
  finish(engine);
  const std::span<const double> j{couplings.data(), static_cast<std::size_t>(couplings.size())};
  const std::span<const double> h{fields.data(), static_cast<std::size_t>(fields.size())};
  const Unlocked unlocked{engine};
  engine.set_couplings(j, h);
}

// Packed words, bit 1 holds a spin; None holds none.
template <class E>
void hold(E& engine, const std::optional<Array<std::uint64_t>>& words) {
  if (words) demand_shape("words", *words, engine.packed_shape());
  finish(engine);
  const std::uint64_t* const held = words ? words->data() : nullptr;
  const Unlocked unlocked{engine};
  engine.hold(held);
}

// (replicas, patterns)
template <class E>
py::array_t<std::int64_t> pattern_overlaps(E& engine) {
  finish(engine);
  const std::vector<py::ssize_t> shape{engine.options().replicas, engine.patterns()};
  py::array_t<std::int64_t> overlaps(shape);
  std::int64_t* const to = overlaps.mutable_data();
  const Unlocked unlocked{engine};
  engine.pattern_overlaps(to);
  return overlaps;
}

template <class E>
py::class_<E> bind_real_engine(py::module_& module) {
  using namespace pybind11::literals;
  return bind_engine<E>(module, "RealEngine")
      .def("set_couplings", &set_couplings<E>, "couplings"_a.noconvert(), "fields"_a.noconvert())
      .def("hold", &hold<E>, "words"_a.noconvert())
      .def("pattern_overlaps", &pattern_overlaps<E>)
      .def_property_readonly("step", [](const E& e) { return e.step(); })
      .def_property_readonly("rounding_error", [](const E& e) { return e.rounding_error(); });
}

}  // namespace multispin::real_binding
