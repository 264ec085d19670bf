#include <memory>
#include <optional>
#include <string>

#include "bind.hpp"
#include "gil.hpp"
#include "multispin/cuda/real/engine.hpp"
#include "on_gpu_binding.hpp"
#include "real_binding.hpp"

namespace multispin {
namespace {

using namespace real_binding;
using Bound = Guarded<cuda::RealEngine>;

std::unique_ptr<Bound> make_engine(std::int64_t sites, const std::optional<Edges>& edges,
                                   const Array<double>& couplings, const Array<double>& fields,
                                   std::int64_t replicas, bool dense, const std::string& dynamics,
                                   const std::string& order, const std::string& rng,
                                   std::uint64_t seed, std::uint64_t first_stream, int device,
                                   double unit,
                                   const std::optional<Array<std::uint64_t>>& patterns) {
  RealOptions o = make_options(sites, edges, couplings, fields, replicas, dense, dynamics, order,
                               rng, seed, first_stream, unit, patterns);
  const WithoutGil release;
  return std::make_unique<Bound>(std::move(o), device);
}

std::size_t bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                  std::int64_t replicas, bool dense) {
  return cuda::real_bytes(sites, edges, samples, replicas,
                          dense ? Storage::dense : Storage::sparse);
}

}  // namespace

void bind_cuda_real(py::module_& module) {
  using namespace pybind11::literals;
  module.def("real_bytes", &bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a, "dense"_a);
  module.def("pattern_bytes", &cuda::pattern_bytes, "sites"_a, "patterns"_a, "replicas"_a);
  py::class_<Bound> type = bind_real_engine<Bound>(module);
  type.def(py::init(&make_engine), py::kw_only(), "sites"_a, "edges"_a.noconvert(),
           "couplings"_a.noconvert(), "fields"_a.noconvert(), "replicas"_a, "dense"_a, "dynamics"_a,
           "order"_a, "rng"_a, "seed"_a, "first_stream"_a, "device"_a, "unit"_a = 1.0,
           "patterns"_a.noconvert() = py::none())
      .def("device_packed", [](Bound& e) {
        finish(e);
        return e.packed();
      });
  bind_on_gpu(type);
}

}  // namespace multispin
