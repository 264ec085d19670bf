#include <memory>
#include <optional>
#include <string>

#include "bind.hpp"
#include "gil.hpp"
#include "real_binding.hpp"

namespace multispin {
namespace {

using namespace real_binding;
using Bound = Guarded<RealEngine>;

std::unique_ptr<Bound> make_engine(std::int64_t sites, const std::optional<Edges>& edges,
                                   const Array<double>& couplings, const Array<double>& fields,
                                   std::int64_t replicas, bool dense, const std::string& dynamics,
                                   const std::string& order, const std::string& rng,
                                   std::uint64_t seed, std::uint64_t first_stream, int threads,
                                   double unit,
                                   const std::optional<Array<std::uint64_t>>& patterns) {
  RealOptions o = make_options(sites, edges, couplings, fields, replicas, dense, dynamics, order,
                               rng, seed, first_stream, unit);
  o.threads = threads;
  if (patterns) {
    demand_shape("patterns", *patterns, {patterns->shape(0), (sites + 63) / 64});
    o.storage = Storage::patterns;
    o.patterns = {patterns->data(), static_cast<std::size_t>(patterns->size())};
  }
  const WithoutGil release;
  return std::make_unique<Bound>(std::move(o));
}

std::size_t bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                  std::int64_t replicas, bool dense) {
  return real_bytes(sites, edges, samples, replicas, dense ? Storage::dense : Storage::sparse);
}

// (replicas, patterns)
py::array_t<std::int64_t> pattern_overlaps(Bound& engine) {
  finish(engine);
  const std::vector<py::ssize_t> shape{engine.options().replicas, engine.patterns()};
  py::array_t<std::int64_t> overlaps(shape);
  std::int64_t* const to = overlaps.mutable_data();
  const Unlocked unlocked{engine};
  engine.pattern_overlaps(to);
  return overlaps;
}

}  // namespace

void bind_real(py::module_& module) {
  using namespace pybind11::literals;
  module.def("real_bytes", &bytes, "sites"_a, "edges"_a, "samples"_a, "replicas"_a, "dense"_a);
  module.def("pattern_bytes", &pattern_bytes, "sites"_a, "patterns"_a, "replicas"_a);
  py::class_<Bound> type = bind_real_engine<Bound>(module);
  type.def(py::init(&make_engine), py::kw_only(), "sites"_a, "edges"_a.noconvert(),
           "couplings"_a.noconvert(), "fields"_a.noconvert(), "replicas"_a, "dense"_a, "dynamics"_a,
           "order"_a, "rng"_a, "seed"_a, "first_stream"_a, "threads"_a, "unit"_a = 1.0,
           "patterns"_a.noconvert() = py::none())
      .def("pattern_overlaps", &pattern_overlaps);
  bind_on_cpu(type);
}

}  // namespace multispin
