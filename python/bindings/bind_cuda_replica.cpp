#include <memory>
#include <string>

#include "bind.hpp"
#include "device_spins_binding.hpp"
#include "multispin/cuda/replica_engine.hpp"
#include "replica_binding.hpp"

namespace multispin {
namespace {

using namespace replica_binding;
using Engine = Guarded<cuda::ReplicaEngine>;

std::unique_ptr<Engine> make_engine(std::int64_t sites, const Edges& edges,
                                    const Array<std::int8_t>& signs, std::int64_t replicas,
                                    double J, double h, const std::string& dynamics,
                                    const std::string& rng, std::uint64_t seed,
                                    std::uint64_t first_stream, bool shared_random_numbers,
                                    int device) {
  ReplicaOptions o = make_options(sites, edges, signs, replicas, J, h, dynamics, rng, seed,
                                  first_stream, shared_random_numbers);
  const py::gil_scoped_release release;
  return std::make_unique<Engine>(std::move(o), device);
}

}  // namespace

void bind_cuda_replica(py::module_& module) {
  using namespace pybind11::literals;
  module.def("replica_bytes", &cuda::replica_bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a,
             "first_stream"_a, "shared"_a);
  py::class_<Engine> type = bind_replica_engine<Engine>(module);
  type.def(py::init(&make_engine), py::kw_only(), "sites"_a, "edges"_a.noconvert(),
           "signs"_a.noconvert(), "replicas"_a, "J"_a, "h"_a, "dynamics"_a, "rng"_a, "seed"_a,
           "first_stream"_a, "shared_random_numbers"_a, "device"_a)
      // Sweeps in the queue are whole, so there is nothing to wait for.
      .def_property("sweeps_done", &Engine::sweeps_done, &Engine::set_sweeps_done)
      .def_property_readonly("device", &Engine::device)
      .def("device_packed", [](Engine& e) {
        finish(e);
        return e.packed();
      });
  bind_device_spins(type);
}

}  // namespace multispin
