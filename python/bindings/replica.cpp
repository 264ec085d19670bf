#include <memory>
#include <string>

#include "bind.hpp"
#include "gil.hpp"
#include "replica_binding.hpp"

namespace multispin {
namespace {

using namespace replica_binding;
using Bound = Guarded<ReplicaEngine>;

std::unique_ptr<Bound> make_engine(std::int64_t sites, const Edges& edges,
                                   const Array<std::int8_t>& signs, std::int64_t replicas, double J,
                                   double h, const std::string& dynamics, const std::string& rng,
                                   std::uint64_t seed, std::uint64_t first_stream,
                                   bool shared_random_numbers, int threads) {
  ReplicaOptions o = make_options(sites, edges, signs, replicas, J, h, dynamics, rng, seed,
                                  first_stream, shared_random_numbers);
  o.threads = threads;
  const WithoutGil release;
  return std::make_unique<Bound>(std::move(o));
}

}  // namespace

void bind_replica(py::module_& module) {
  using namespace pybind11::literals;
  module.def("replica_bytes", &replica_bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a,
             "first_stream"_a, "shared"_a);
  py::class_<Bound> type = bind_replica_engine<Bound>(module);
  type.def(py::init(&make_engine), py::kw_only(), "sites"_a, "edges"_a.noconvert(),
           "signs"_a.noconvert(), "replicas"_a, "J"_a, "h"_a, "dynamics"_a, "rng"_a, "seed"_a,
           "first_stream"_a, "shared_random_numbers"_a, "threads"_a);
  bind_on_cpu(type);
}

}  // namespace multispin
