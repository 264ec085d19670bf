// The extension module: a list of what is registered.
#include <pybind11/pybind11.h>

#include "bind.hpp"
#include "gil.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "Compiled core of multispin; use the classes of the package instead.";
  multispin::Leaving::begin_at_exit();
  multispin::bind_info(module);
  multispin::bind_tempering(module);
  multispin::bind_tempering_of(module);
  multispin::bind_lattice(module);
  multispin::bind_real(module);
  multispin::bind_replica(module);
  multispin::bind_moments(module);
  multispin::bind_bipartite(module);
  multispin::bind_cluster(module);
  multispin::bind_conditional(module);
}
