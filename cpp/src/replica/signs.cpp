#include "multispin/replica/signs.hpp"

#include <algorithm>

namespace multispin {

void name_signs(GraphOrder& order, std::span<const std::int8_t> signs) {
  const auto negative = [&](std::uint32_t edge) -> std::uint32_t {
    return edge < order.edges.size() && signs[order.edge_at[edge]] < 0 ? 1 : 0;
  };
  for (model::Bond& bond : order.bonds) bond.sign = negative(bond.sign);
  for (model::Edge& edge : order.edges) edge.sign = negative(edge.sign);
}

void pack_signs(const ReplicaOptions& options, const GraphOrder& order, std::int64_t first_replica,
                std::int64_t words, std::uint64_t* signs) {
  const std::size_t edges = options.edges.size();
  const std::int64_t each = options.replicas / options.samples;
  const std::int64_t end = std::min(first_replica + 64 * words, options.replicas);
  for (std::int64_t replica = std::max<std::int64_t>(first_replica, 0); replica < end; ++replica) {
    const std::int8_t* const sample =
        options.signs.data() + static_cast<std::size_t>(replica / each) * edges;
    const auto lane = static_cast<std::size_t>(replica - first_replica);
    const std::uint64_t bit = std::uint64_t{1} << (lane % 64);
    std::uint64_t* word = signs + lane / 64;
    for (std::size_t e = 0; e < edges; ++e, word += words) {
      if (sample[order.edge_at[e]] < 0) *word |= bit;
    }
  }
}

}  // namespace multispin
