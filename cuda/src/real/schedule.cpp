#include "real/schedule.hpp"

#include <algorithm>

namespace multispin::cuda {

NeighbourLists neighbour_lists(std::int64_t sites, std::span<const GraphEdge> edges) {
  NeighbourLists out;
  out.first.resize(static_cast<std::size_t>(sites) + 1);
  for (const GraphEdge& edge : edges) {
    ++out.first[edge.first + 1];
    ++out.first[edge.second + 1];
  }
  for (std::size_t i = 1; i < out.first.size(); ++i) out.first[i] += out.first[i - 1];
  out.neighbours.resize(2 * edges.size());
  for_each_place(out.first, edges, [&](std::size_t e, std::int64_t first, std::int64_t second) {
    out.neighbours[static_cast<std::size_t>(first)] = edges[e].second;
    out.neighbours[static_cast<std::size_t>(second)] = edges[e].first;
  });
  return out;
}

Schedule by_levels(const NeighbourLists& lists, std::span<const std::uint32_t> order) {
  const std::size_t sites = lists.first.size() - 1;
  constexpr std::uint32_t none = ~0U;  // and one more is the lowest level
  std::vector<std::uint32_t> level(sites, none);
  const auto site_at = [&](std::uint32_t p) { return order.empty() ? p : order[p]; };
  Schedule out;
  out.first.push_back(0);
  for (std::uint32_t p = 0; p < sites; ++p) {
    const std::uint32_t site = site_at(p);
    std::uint32_t above = 0;
    for (auto n = lists.first[site]; n < lists.first[site + 1]; ++n) {
      above = std::max(above, level[lists.neighbours[static_cast<std::size_t>(n)]] + 1);
    }
    level[site] = above;
    if (above + 2 > out.first.size()) out.first.resize(above + 2);
    ++out.first[above + 1];
  }
  for (std::size_t l = 1; l < out.first.size(); ++l) out.first[l] += out.first[l - 1];
  std::vector<std::uint32_t> next(out.first.begin(), out.first.end() - 1);
  out.attempts.resize(sites);
  for (std::uint32_t p = 0; p < sites; ++p) {
    const std::uint32_t site = site_at(p);
    out.attempts[next[level[site]]++] = {site, p};
  }
  return out;
}

Schedule in_one_level(std::int64_t sites) {
  Schedule out;
  for (std::uint32_t p = 0; p < sites; ++p) out.attempts.push_back({p, p});
  out.first = {0, static_cast<std::uint32_t>(sites)};
  return out;
}

}  // namespace multispin::cuda
