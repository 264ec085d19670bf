// What the Python classes of the replica engines of all devices have beside what all engines have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine_binding.hpp"
#include "multispin/replica/engine.hpp"

namespace multispin::replica_binding {

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

// -> (pairs, groups)
template <class E>
Array<std::int64_t> group_overlaps(E& engine, const Array<std::uint32_t>& pairs,
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

template <class E>
py::class_<E> bind_replica_engine(py::module_& module) {
  using namespace pybind11::literals;
  return bind_engine<E>(module, "ReplicaEngine")
      .def("group_overlaps", &group_overlaps<E>, "pairs"_a.noconvert(), "group_of"_a.noconvert(),
           "groups"_a)
      .def_property_readonly("colours", [](const E& e) { return e.colours(); });
}

}  // namespace multispin::replica_binding
