#include <memory>

#include "bind.hpp"
#include "device_spins_binding.hpp"
#include "lattice_binding.hpp"
#include "multispin/cuda/lattice_engine.hpp"

namespace multispin {

static void measure(cuda::LatticeEngine& engine, LatticeSums* sums) {
  engine.sums(sums);
}

namespace {

using Engine = Guarded<cuda::LatticeEngine>;

std::unique_ptr<Engine> make_engine(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                                    double J, double h, const std::string& dynamics,
                                    const std::string& rng, std::uint64_t seed,
                                    std::uint64_t first_stream, int device, std::int64_t planes) {
  const LatticeOptions o =
      make_options(rows, columns, replicas, J, h, dynamics, rng, seed, first_stream, planes);
  const py::gil_scoped_release release;
  return std::make_unique<Engine>(o, device);
}

}  // namespace

void bind_cuda_lattice(py::module_& module) {
  using namespace pybind11::literals;
  module.def("lattice_bytes", &cuda::lattice_bytes, "rows"_a, "columns"_a, "replicas"_a,
             "planes"_a = 1);
  py::class_<Engine> type = bind_lattice_engine<Engine>(module);
  type.def(py::init(&make_engine), py::kw_only(), "rows"_a, "columns"_a, "replicas"_a, "J"_a, "h"_a,
           "dynamics"_a, "rng"_a, "seed"_a, "first_stream"_a, "device"_a, "planes"_a = 1)
      // Sweeps in the queue are whole, so there is nothing to wait for.
      .def_property("sweeps_done", &Engine::sweeps_done, &Engine::set_sweeps_done)
      .def_property_readonly("device", &Engine::device)
      .def(
          "device_packed",
          [](Engine& e, bool copy) {
            finish(e);
            return e.packed(copy);
          },
          "copy"_a = true);
  bind_device_spins(type);
}

}  // namespace multispin
