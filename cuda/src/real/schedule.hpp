// In which order a GPU takes the attempts of a sweep of a sparse graph, several at a time.
//
// An attempt sees the spins of its neighbours: new ones of those whose turn came before, old ones
// of the others. Its level is one above the highest of the neighbours before it, so that attempts
// of a level are none another's neighbours, and levels one after the other come to the same spins
// as attempts one after the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/real/pairs.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// Neighbours of a site: those from first[site] to first[site + 1].
struct NeighbourLists {
  std::vector<std::int64_t> first;
  std::vector<std::uint32_t> neighbours;
};
NeighbourLists neighbour_lists(std::int64_t sites, const CoupledPairs& pairs);

// work(pair, place in the list of its first site, in that of its second), as neighbour_lists.
template <class Work>
void for_each_place(const std::vector<std::int64_t>& first, const CoupledPairs& pairs,
                    const Work& work) {
  std::vector<std::int64_t> next(first.begin(), first.end() - 1);
  pairs.for_each([&](std::size_t e, std::uint32_t a, std::uint32_t b) {
    const std::int64_t of_first = next[a]++;
    work(e, of_first, next[b]++);
  });
}

struct Schedule {
  std::vector<Attempt> attempts;     // by level
  std::vector<std::uint32_t> first;  // of each level, and the end of the last

  std::uint32_t levels() const { return static_cast<std::uint32_t>(first.size() - 1); }
};

// `order`: sites by position; none: that of their numbers.
Schedule by_levels(const NeighbourLists& lists, std::span<const std::uint32_t> order);
// All at once.
Schedule in_one_level(std::int64_t sites);

}  // namespace multispin::cuda
