// The extension module of the engines on GPUs: a list of what is registered. It loads without a
// driver.
#include <pybind11/pybind11.h>

#include "bind.hpp"
#include "gil.hpp"

PYBIND11_MODULE(_cuda, module) {
  module.doc() = "Compiled CUDA engines of multispin; use the classes of the package instead.";
  multispin::Leaving::begin_at_exit();
  multispin::bind_cuda_devices(module);
  multispin::bind_tempering(module);
  multispin::bind_cuda_bipartite(module);
  multispin::bind_cuda_lattice(module);
  multispin::bind_cuda_moments(module);
  multispin::bind_cuda_real(module);
  multispin::bind_cuda_replica(module);
}
