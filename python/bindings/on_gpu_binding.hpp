// What engines on GPUs have beside what all engines have: spins that go out to and come in from
// other libraries without passing through the host.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "guarded.hpp"
#include "multispin/cuda/device_array.hpp"

namespace multispin {

// `pointer` and `stream` as in __cuda_array_interface__; `stream_known`: whether it says anything
// of a stream.
template <class E>
void set_device_spins(E& engine, std::uintptr_t pointer, std::vector<std::int64_t> shape,
                      std::optional<std::uintptr_t> stream, bool stream_known) {
  using Filled = cuda::ForeignArray::Filled;
  const Filled told = stream ? Filled::by_stream : Filled::already;
  finish(engine);
  const Unlocked unlocked{engine};
  engine.set_spins({reinterpret_cast<const std::int8_t*>(pointer), std::move(shape),
                    stream_known ? told : Filled::by_somebody,
                    reinterpret_cast<void*>(stream.value_or(0))});
}

template <class E>
void bind_on_gpu(py::class_<E>& type) {
  using namespace pybind11::literals;
  // Sweeps in the queue are whole, so there is nothing to wait for.
  type.def_property("sweeps_done", &E::sweeps_done, &E::set_sweeps_done)
      .def_property_readonly("device", &E::device)
      .def("device_spins",
           [](E& e) {
             finish(e);
             return e.spins();
           })
      .def("set_device_spins", &set_device_spins<E>, "pointer"_a, "shape"_a, "stream"_a,
           "stream_known"_a);
}

}  // namespace multispin
