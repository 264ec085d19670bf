// One function for each source file that registers something.
#pragma once

#include <pybind11/pybind11.h>

namespace multispin {

void bind_info(pybind11::module_& module);
void bind_lattice(pybind11::module_& module);
void bind_real(pybind11::module_& module);
void bind_bipartite(pybind11::module_& module);
void bind_cluster(pybind11::module_& module);
void bind_conditional(pybind11::module_& module);
void bind_moments(pybind11::module_& module);
void bind_replica(pybind11::module_& module);
void bind_tempering(pybind11::module_& module);
void bind_tempering_of(pybind11::module_& module);
void bind_cuda_bipartite(pybind11::module_& module);
void bind_cuda_devices(pybind11::module_& module);
void bind_cuda_lattice(pybind11::module_& module);
void bind_cuda_moments(pybind11::module_& module);
void bind_cuda_real(pybind11::module_& module);
void bind_cuda_replica(pybind11::module_& module);

}  // namespace multispin
