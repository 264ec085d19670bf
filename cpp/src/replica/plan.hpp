// The order in which one sweep visits the sites of one bundle, cut into parts that several threads
// can share: data, so that a sweep can stop between any two steps.
//
// As one part, a bundle goes through its runs one after the other. Cut up, each part belongs to one
// run. A part may do a sweep when the parts before it in the sweep's order that it has bonds to
// have done the same sweep, and those after it the sweep before; so nothing is overwritten that
// others still read, and every site sees what it would see in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "multispin/replica/order.hpp"

namespace multispin {

struct ReplicaStep {
  std::size_t run;
  std::int64_t begin, end;  // positions
};

struct ReplicaPart {
  std::vector<ReplicaStep> steps;
  std::vector<std::size_t> before, after;  // parts that share bonds with this one
};

// Into about `parts` parts; `words` of a site's lanes.
std::vector<ReplicaPart> plan_replicas(const GraphOrder& order, std::int64_t words,
                                       std::int64_t parts);

}  // namespace multispin
