#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "bind.hpp"
#include "engine_binding.hpp"
#include "gil.hpp"
#include "multispin/cluster/engine.hpp"

namespace multispin {
namespace {

using Bound = Guarded<ClusterEngine>;
using Edges = Array<std::uint32_t>;

std::vector<GraphEdge> listed(const Edges& edges) {
  demand_shape("edges", edges, {edges.shape(0), 2});
  std::vector<GraphEdge> out;
  out.reserve(static_cast<std::size_t>(edges.shape(0)));
  for (py::ssize_t e = 0; e < edges.shape(0); ++e) out.push_back({edges.at(e, 0), edges.at(e, 1)});
  return out;
}

std::vector<double> numbers(const Array<double>& values) {
  return {values.data(), values.data() + values.size()};
}

std::unique_ptr<Bound> made(ClusterOptions o, std::int64_t replicas, const std::string& dynamics,
                            const std::string& rng, std::uint64_t seed, std::uint64_t first_stream,
                            int threads) {
  o.replicas = replicas;
  o.dynamics = dynamics == "wolff" ? ClusterDynamics::wolff : ClusterDynamics::swendsen_wang;
  o.generator = rng == "philox" ? Generator::philox : Generator::aes;
  o.seed = seed;
  o.first_stream = first_stream;
  o.threads = threads;
  const WithoutGil release;
  return std::make_unique<Bound>(std::move(o));
}

std::unique_ptr<Bound> on_lattice(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                  double J, double h, std::int64_t replicas,
                                  const std::string& dynamics, const std::string& rng,
                                  std::uint64_t seed, std::uint64_t first_stream, int threads) {
  ClusterOptions o;
  o.planes = planes;
  o.rows = rows;
  o.columns = columns;
  o.J = J;
  o.h = h;
  return made(std::move(o), replicas, dynamics, rng, seed, first_stream, threads);
}

// edges (E, 2), couplings (samples, E), fields (sites)
std::unique_ptr<Bound> on_graph(const Edges& edges, const Array<double>& couplings,
                                const Array<double>& fields, std::int64_t replicas,
                                const std::string& dynamics, const std::string& rng,
                                std::uint64_t seed, std::uint64_t first_stream, int threads) {
  demand_shape("couplings", couplings, {couplings.shape(0), edges.shape(0)});
  ClusterOptions o;
  o.edges = listed(edges);
  o.couplings = numbers(couplings);
  o.fields = numbers(fields);
  o.sites = fields.size();
  o.samples = couplings.shape(0);
  return made(std::move(o), replicas, dynamics, rng, seed, first_stream, threads);
}

bool is_frustrated(const Edges& edges, const Array<double>& couplings,
                   const Array<double>& fields) {
  demand_shape("couplings", couplings, {edges.shape(0)});
  const auto of = [](const Array<double>& values) {
    return std::span<const double>(values.data(), static_cast<std::size_t>(values.size()));
  };
  return frustrated(fields.size(), listed(edges), of(couplings), of(fields));
}

// -> (replicas, sites): the first site of each one's cluster
Array<std::uint32_t> clusters(Bound& engine) {
  finish(engine);
  auto out = new_array<std::uint32_t>(engine.spin_shape());
  std::uint32_t* const to = out.mutable_data();
  bool finished = true;
  {
    const Unlocked unlocked{engine};
    for (std::int64_t r = 0; finished && r < engine.options().replicas; ++r) {
      finished = engine.clusters(r, to + r * engine.sites(), signal_waiting);
    }
  }
  if (!finished) throw py::error_already_set();
  return out;
}

// -> (replicas,)
Array<std::int64_t> clusters_per_sweep(Bound& engine) {
  finish(engine);
  auto out = new_array<std::int64_t>({engine.options().replicas});
  std::int64_t* const to = out.mutable_data();
  bool finished = false;
  {
    const Unlocked unlocked{engine};
    finished = engine.clusters_per_sweep(to, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  return out;
}

}  // namespace

void bind_cluster(py::module_& module) {
  using namespace pybind11::literals;
  module.def("cluster_bytes", &cluster_bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a,
             "threads"_a);
  module.def("cluster_lattice_bytes", &cluster_lattice_bytes, "planes"_a, "rows"_a, "columns"_a,
             "replicas"_a, "threads"_a);
  module.def("frustrated", &is_frustrated, "edges"_a.noconvert(), "couplings"_a.noconvert(),
             "fields"_a.noconvert());
  py::class_<Bound> type = bind_engine<Bound>(module, "ClusterEngine");
  type.def_static("on_lattice", &on_lattice, py::kw_only(), "planes"_a, "rows"_a, "columns"_a,
                  "J"_a, "h"_a, "replicas"_a, "dynamics"_a, "rng"_a, "seed"_a, "first_stream"_a,
                  "threads"_a)
      .def_static("on_graph", &on_graph, py::kw_only(), "edges"_a.noconvert(),
                  "couplings"_a.noconvert(), "fields"_a.noconvert(), "replicas"_a, "dynamics"_a,
                  "rng"_a, "seed"_a, "first_stream"_a, "threads"_a)
      .def_property_readonly("step", [](const Bound& e) { return e.energy({-1, 0}); })
      .def("clusters", &clusters)
      .def("clusters_per_sweep", &clusters_per_sweep);
  bind_on_cpu(type);
}

}  // namespace multispin
