// Two of a kind: sites that a bond connects, and replicas that are compared.
#pragma once

#include <cstdint>

namespace multispin {

struct GraphEdge {
  std::uint32_t first, second;  // sites
};

struct ReplicaPair {
  std::uint32_t first, second;
};

}  // namespace multispin
