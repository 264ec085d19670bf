// Which pairs of sites couplings are of, in the order of the couplings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "multispin/pairs.hpp"

namespace multispin {

// Either listed, or all there are: (0, 1), (0, 2), ..., (1, 2), ..., the rows of a matrix above its
// diagonal. A list of those would be twice as large as the matrix.
class CoupledPairs {
 public:
  static CoupledPairs listed(std::vector<GraphEdge> edges) { return {0, std::move(edges)}; }
  static CoupledPairs all(std::int64_t sites) { return {sites, {}}; }

  std::size_t size() const {
    const auto sites = static_cast<std::size_t>(sites_);
    return sites == 0 ? edges_.size() : sites * (sites - 1) / 2;
  }
  // act(number, first site, second site), in order.
  template <class Act>
  void for_each(const Act& act) const {
    for (std::size_t e = 0; e < edges_.size(); ++e) act(e, edges_[e].first, edges_[e].second);
    std::size_t number = 0;
    for (std::int64_t i = 0; i < sites_; ++i) {
      for (std::int64_t j = i + 1; j < sites_; ++j) {
        act(number++, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j));
      }
    }
  }
  bool are_all() const { return sites_ > 0; }
  std::span<const GraphEdge> edges() const { return edges_; }  // if they are listed

 private:
  CoupledPairs(std::int64_t sites, std::vector<GraphEdge> edges)
      : sites_(sites), edges_(std::move(edges)) {}

  std::int64_t sites_;  // 0 if pairs are listed
  std::vector<GraphEdge> edges_;
};

// What all pairs of `sites` spins add up to in the overlap of two replicas, given what the spins
// do: (q^2 - N) / 2.
inline std::int64_t link_overlap_of_all(std::int64_t overlap, std::int64_t sites) {
  return (overlap * overlap - sites) / 2;
}

}  // namespace multispin
