#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "bind.hpp"
#include "dlpack.hpp"
#include "gil.hpp"
#include "multispin/cuda/device.hpp"
#include "multispin/cuda/device_array.hpp"

namespace py = pybind11;

namespace multispin {
namespace {

using cuda::DeviceArray;
using Numbers = py::typing::Tuple<std::int64_t, py::ellipsis>;

Numbers numbers(const std::vector<std::int64_t>& values) {
  return Numbers(py::tuple(py::cast(values)));
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const cuda::DeviceError& error) {
    const py::object type = py::module_::import("multispin.errors").attr("DeviceError");
    PyErr_SetString(type.ptr(), error.what());
  }
}

// An array with the shape and strides that a capsule points to.
struct Exported {
  dlpack::ManagedTensor managed;
  DeviceArray array;
};

void destroy_capsule(PyObject* capsule) {
  // Whoever takes the array renames the capsule and calls the deleter later.
  if (PyCapsule_IsValid(capsule, dlpack::capsule_name) == 0) return;
  auto* const managed =
      static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule, dlpack::capsule_name));
  managed->deleter(managed);
}

py::capsule to_dlpack(const DeviceArray& array) {
  const bool bytes = array.type == DeviceArray::Type::int8;
  auto exported = std::make_unique<Exported>(Exported{{}, array});
  exported->managed = {
      {array.data,
       {dlpack::cuda_device, array.device},
       static_cast<std::int32_t>(array.shape.size()),
       {bytes ? dlpack::signed_integer : dlpack::unsigned_integer,
        static_cast<std::uint8_t>(bytes ? 8 : 64), 1},
       exported->array.shape.data(),
       exported->array.strides.data(),
       0},
      exported.get(),
      [](dlpack::ManagedTensor* managed) { delete static_cast<Exported*>(managed->context); }};
  dlpack::ManagedTensor* const managed = &exported->managed;
  exported.release();
  return py::reinterpret_steal<py::capsule>(
      PyCapsule_New(managed, dlpack::capsule_name, &destroy_capsule));
}

py::array to_host(const DeviceArray& array) {
  const py::dtype type(array.type == DeviceArray::Type::int8 ? "int8" : "uint64");
  py::array out(type, array.shape);
  void* const to = out.mutable_data();
  const WithoutGil release;
  cuda::copy_to_host(array, to);
  return out;
}

}  // namespace

void bind_cuda_devices(py::module_& module) {
  using namespace pybind11::literals;
  py::register_local_exception_translator(&translate);
  module.def("why_unavailable", &cuda::why_unavailable);
  module.def("runtime_version", &cuda::runtime_version);
  module.def("driver_version", &cuda::driver_version);
  module.def("free_memory", &cuda::free_memory, "device"_a);
  py::class_<cuda::DeviceInfo>(module, "DeviceInfo")
      .def_readonly("index", &cuda::DeviceInfo::index)
      .def_readonly("name", &cuda::DeviceInfo::name)
      .def_readonly("major", &cuda::DeviceInfo::major)
      .def_readonly("minor", &cuda::DeviceInfo::minor)
      .def_readonly("multiprocessors", &cuda::DeviceInfo::multiprocessors)
      .def_readonly("memory", &cuda::DeviceInfo::memory);
  module.def("devices", &cuda::devices);
  module.def("demand_device", &cuda::demand_device, "index"_a);
  py::class_<DeviceArray>(module, "DeviceArray")
      .def_property_readonly(
          "pointer", [](const DeviceArray& a) { return reinterpret_cast<std::uintptr_t>(a.data); })
      .def_readonly("device", &DeviceArray::device)
      .def_property_readonly(
          "dtype",
          [](const DeviceArray& a) {
            return std::string(a.type == DeviceArray::Type::int8 ? "int8" : "uint64");
          })
      .def_property_readonly("shape", [](const DeviceArray& a) { return numbers(a.shape); })
      .def_property_readonly("strides", [](const DeviceArray& a) { return numbers(a.strides); })
      .def("reshaped", &cuda::reshaped, "shape"_a)
      .def("synchronize", &cuda::synchronize, py::call_guard<WithoutGil>())
      .def(
          "order_before",
          [](const DeviceArray& a, std::uintptr_t stream) {
            cuda::order_before(a, reinterpret_cast<void*>(stream));
          },
          "stream"_a)
      .def("dlpack", &to_dlpack)
      .def("copy_to_host", &to_host);
}

}  // namespace multispin
