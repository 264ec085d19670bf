#include <memory>

#include "bind.hpp"
#include "gil.hpp"
#include "lattice_binding.hpp"

namespace multispin {
namespace {

using namespace lattice_binding;
using Bound = Guarded<LatticeEngine>;

std::unique_ptr<Bound> make_engine(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                                   double J, double h, const std::string& dynamics,
                                   const std::string& rng, std::uint64_t seed,
                                   std::uint64_t first_stream, int threads, std::int64_t planes) {
  LatticeOptions o =
      make_options(rows, columns, replicas, J, h, dynamics, rng, seed, first_stream, planes);
  o.threads = threads;
  const WithoutGil release;
  return std::make_unique<Bound>(o);
}

}  // namespace

void bind_lattice(py::module_& module) {
  using namespace pybind11::literals;
  module.def("lattice_bytes", &lattice_bytes, "rows"_a, "columns"_a, "replicas"_a, "planes"_a = 1);
  py::class_<Bound> type = bind_lattice_engine<Bound>(module);
  type.def(py::init(&make_engine), py::kw_only(), "rows"_a, "columns"_a, "replicas"_a, "J"_a, "h"_a,
           "dynamics"_a, "rng"_a, "seed"_a, "first_stream"_a, "threads"_a, "planes"_a = 1);
  bind_on_cpu(type);
}

}  // namespace multispin
