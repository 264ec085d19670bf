// How the host APIs refuse bad input.
#pragma once

#include <stdexcept>
#include <string>

namespace multispin {

inline void demand(bool good, const std::string& what) {
  if (!good) throw std::invalid_argument(what);
}

}  // namespace multispin
