// Signs of the couplings of a graph, in the order that its edges have there.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/replica/engine.hpp"
#include "multispin/replica/order.hpp"

namespace multispin {

// With one set of signs there are two sign words: none, and all. A bond's number becomes its sign.
void name_signs(GraphOrder& order, std::span<const std::int8_t> signs);

// Sets the bits of negative couplings in zeroed words (edge, word): bit b of word w is that of
// replica first_replica + 64 w + b, if there is one.
void pack_signs(const ReplicaOptions& options, const GraphOrder& order, std::int64_t first_replica,
                std::int64_t words, std::uint64_t* signs);

}  // namespace multispin
