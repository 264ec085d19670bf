// Spins that go out to and come in from other libraries without passing through the host.
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
template <class Engine>
void set_device_spins(Engine& engine, std::uintptr_t pointer, std::vector<std::int64_t> shape,
                      std::optional<std::uintptr_t> stream, bool stream_known) {
  using Filled = cuda::ForeignArray::Filled;
  const Filled told = stream ? Filled::by_stream : Filled::already;
  finish(engine);
  const Unlocked unlocked{engine};
  engine.set_spins({reinterpret_cast<const std::int8_t*>(pointer), std::move(shape),
                    stream_known ? told : Filled::by_somebody,
                    reinterpret_cast<void*>(stream.value_or(0))});
}

template <class Engine>
void bind_device_spins(py::class_<Engine>& type) {
  using namespace pybind11::literals;
  type.def("device_spins",
           [](Engine& e) {
             finish(e);
             return e.spins();
           })
      .def("set_device_spins", &set_device_spins<Engine>, "pointer"_a, "shape"_a, "stream"_a,
           "stream_known"_a);
}

}  // namespace multispin
