#include <memory>
#include <string>

#include "bind.hpp"
#include "replica_binding.hpp"

namespace multispin {
namespace {

using namespace replica_binding;
using Engine = Guarded<ReplicaEngine>;

std::unique_ptr<Engine> make_engine(std::int64_t sites, const Edges& edges,
                                    const Array<std::int8_t>& signs, std::int64_t replicas,
                                    double J, double h, const std::string& dynamics,
                                    const std::string& rng, std::uint64_t seed,
                                    std::uint64_t first_stream, bool shared_random_numbers,
                                    int threads) {
  ReplicaOptions o = make_options(sites, edges, signs, replicas, J, h, dynamics, rng, seed,
                                  first_stream, shared_random_numbers);
  o.threads = threads;
  const py::gil_scoped_release release;
  return std::make_unique<Engine>(std::move(o));
}

}  // namespace

void bind_replica(py::module_& module) {
  using namespace pybind11::literals;
  module.def("replica_bytes", &replica_bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a,
             "first_stream"_a, "shared"_a);
  bind_replica_engine<Engine>(module)
      .def(py::init(&make_engine), py::kw_only(), "sites"_a, "edges"_a.noconvert(),
           "signs"_a.noconvert(), "replicas"_a, "J"_a, "h"_a, "dynamics"_a, "rng"_a, "seed"_a,
           "first_stream"_a, "shared_random_numbers"_a, "threads"_a)
      .def_property(
          "sweeps_done",
          [](Engine& e) {
            finish(e);
            return e.sweeps_done();
          },
          [](Engine& e, std::uint64_t sweeps) {
            finish(e);
            e.set_sweeps_done(sweeps);
          })
      .def_property_readonly("isa",
                             [](const Engine& e) { return std::string(name(e.options().isa)); });
}

}  // namespace multispin
