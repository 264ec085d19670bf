#include <omp.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bind.hpp"
#include "multispin/isa.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/threads.hpp"

namespace py = pybind11;

namespace multispin {

void bind_info(py::module_& module) {
  module.attr("__version__") = MULTISPIN_VERSION;
  module.def("available_isas", [] {
    std::vector<std::string> names;
    for (const Isa isa : available_isas()) names.emplace_back(name(isa));
    return names;
  });
  module.def("selected_isa", [] { return std::string(name(selected_isa())); });
  module.def("default_threads", [] { return omp_get_max_threads(); });
  module.def("startable_threads", &startable_threads, py::arg("threads"));
  module.def("compiler", [] { return std::string(__VERSION__); });
  using Aes = random::AesPlanes<bits::Word128>;
  using Philox = random::PhiloxPlanes<bits::Word128>;
  module.attr("AES_PLANES") = Aes::coarse_planes;
  module.attr("AES_KEY_ROUNDS") = Aes::key_rounds;
  module.attr("AES_START_ROUNDS") = Aes::start_rounds;
  module.attr("PHILOX_PLANES") = Philox::coarse_planes;
  module.attr("PHILOX_ROUNDS") = Philox::rounds;
  module.attr("TAIL_PLANES") = random::tail_planes;
}

}  // namespace multispin
