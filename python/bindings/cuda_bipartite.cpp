#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <mutex>

#include "bind.hpp"
#include "bipartite_binding.hpp"
#include "gil.hpp"
#include "guarded.hpp"
#include "multispin/cuda/bipartite/machine.hpp"
#include "multispin/cuda/bipartite/outer.hpp"
#include "multispin/isa.hpp"

namespace multispin {
namespace {

using namespace bipartite_binding;

// A machine of a GPU, which one caller at a time has, and outer products beside it.
class OnGpu {
 public:
  OnGpu(std::int64_t visible, std::int64_t hidden, int device)
      : machine_(visible, hidden, device), outer_(device) {}

  const cuda::Bipartite& machine() const { return machine_; }
  template <class Act>
  void alone(const Act& act) {
    const std::lock_guard with_none(in_use_);
    act(machine_);
  }
  template <class Act>
  void compute(const Act& act) {
    const Poll poll = signal_waiting;
    computed([&] {
      const std::lock_guard with_none(in_use_);
      return act(machine_, poll);
    });
  }
  template <class T>
  Doubles outer(const Bits& bits, std::int64_t units, const Array<T>& values) {
    const Isa isa = selected_isa();
    const Poll poll = signal_waiting;
    return outer_of(bits, units, values,
                    [&](const UnitRows& rows, std::int64_t width, double* sums) {
                      const std::lock_guard with_none(in_use_);
                      return outer_.add_up(rows, units, values.data(), width, sums, isa, poll);
                    });
  }

 private:
  cuda::Bipartite machine_;
  cuda::Outer outer_;
  std::mutex in_use_;
};

using Bound = Machine<OnGpu>;

std::unique_ptr<Bound> make_machine(std::int64_t visible, std::int64_t hidden, int device) {
  const WithoutGil release;
  return std::make_unique<Bound>(visible, hidden, device);
}

template <class T>
Doubles outer(Bound& machine, const Bits& bits, std::int64_t units, const Array<T>& values) {
  return machine.place().outer(bits, units, values);
}

}  // namespace

void bind_cuda_bipartite(py::module_& module) {
  using namespace pybind11::literals;
  bind_machine<Bound>(module)
      .def(py::init(&make_machine), "visible"_a, "hidden"_a, "device"_a)
      .def_property_readonly("device",
                             [](const Bound& bound) { return bound.place().machine().device(); })
      .def("outer", &outer<float>, "bits"_a.noconvert(), "units"_a, "values"_a.noconvert())
      .def("outer", &outer<double>, "bits"_a.noconvert(), "units"_a, "values"_a.noconvert());
}

}  // namespace multispin
