#include <pybind11/pybind11.h>
#include <pybind11/typing.h>

#include <cstdint>
#include <span>

#include "bind.hpp"
#include "gil.hpp"
#include "guarded.hpp"
#include "multispin/cuda/device_array.hpp"
#include "multispin/cuda/moments/moment_sums.hpp"
#include "numpy_bridge.hpp"

namespace multispin {
namespace {

using Bounds = Array<std::int64_t>;
using Sums = py::typing::Tuple<Array<std::int64_t>, Array<std::int64_t>>;

// rows (N, words), bounds (G + 1,) -> first (G, N), second (G, N, N) of samples bounds[g] to
// bounds[g + 1] - 1
Sums packed_moment_sums(const cuda::DeviceArray& rows, const Bounds& bounds) {
  demand_shape("bounds", bounds, {bounds.size()});
  const std::int64_t spins = rows.shape[0];
  const std::int64_t groups = bounds.size() > 0 ? bounds.size() - 1 : 0;
  auto first = new_array<std::int64_t>({groups, spins});
  auto second = new_array<std::int64_t>({groups, spins, spins});
  const MomentSums sums{first.mutable_data(), second.mutable_data()};
  const std::span<const std::int64_t> of_groups{bounds.data(),
                                                static_cast<std::size_t>(bounds.size())};
  bool finished = false;
  {
    const WithoutGil release;
    finished = cuda::moment_sums(rows, of_groups, sums, signal_waiting);
  }
  if (!finished) throw py::error_already_set();
  return Sums(py::make_tuple(first, second));
}

}  // namespace

void bind_cuda_moments(py::module_& module) {
  using namespace pybind11::literals;
  module.def("packed_samples", &cuda::packed_samples, "spins"_a);
  module.def("packed_moment_sums", &packed_moment_sums, "rows"_a, "bounds"_a.noconvert());
}

}  // namespace multispin
