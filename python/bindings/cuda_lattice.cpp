#include <memory>

#include "bind.hpp"
#include "gil.hpp"
#include "lattice_binding.hpp"
#include "multispin/cuda/lattice/engine.hpp"
#include "on_gpu_binding.hpp"

namespace multispin {

namespace {

using namespace lattice_binding;
using Bound = Guarded<cuda::LatticeEngine>;

std::unique_ptr<Bound> make_engine(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                                   double J, double h, const std::string& dynamics,
                                   const std::string& rng, std::uint64_t seed,
                                   std::uint64_t first_stream, int device, std::int64_t planes) {
  const LatticeOptions o =
      make_options(rows, columns, replicas, J, h, dynamics, rng, seed, first_stream, planes);
  const WithoutGil release;
  return std::make_unique<Bound>(o, device);
}

}  // namespace

void bind_cuda_lattice(py::module_& module) {
  using namespace pybind11::literals;
  module.def("lattice_bytes", &cuda::lattice_bytes, "rows"_a, "columns"_a, "replicas"_a,
             "planes"_a = 1);
  py::class_<Bound> type = bind_lattice_engine<Bound>(module);
  type.def(py::init(&make_engine), py::kw_only(), "rows"_a, "columns"_a, "replicas"_a, "J"_a, "h"_a,
           "dynamics"_a, "rng"_a, "seed"_a, "first_stream"_a, "device"_a, "planes"_a = 1)
      .def(
          "device_packed",
          [](Bound& e, bool copy) {
            finish(e);
            return e.packed(copy);
          },
          "copy"_a = true);
  bind_on_gpu(type);
}

}  // namespace multispin
