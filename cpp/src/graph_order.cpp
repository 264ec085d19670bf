#include "multispin/graph_order.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace multispin {
namespace {

using Index = std::uint32_t;

// Neighbours of each site: list[start[i]] to list[start[i + 1]], as (other site, edge) pairs.
struct Adjacency {
  struct End {
    Index site, edge;
  };
  std::vector<std::size_t> start;
  std::vector<End> list;

  std::span<const End> of(std::size_t site) const {
    return {list.data() + start[site], start[site + 1] - start[site]};
  }
};

Adjacency adjacency(std::size_t sites, std::span<const GraphEdge> edges) {
  Adjacency a;
  a.start.assign(sites + 1, 0);
  for (const GraphEdge& e : edges) {
    ++a.start[e.first + 1];
    ++a.start[e.second + 1];
  }
  std::partial_sum(a.start.begin(), a.start.end(), a.start.begin());
  a.list.resize(2 * edges.size());
  std::vector<std::size_t> next(a.start.begin(), a.start.end() - 1);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto number = static_cast<Index>(i);
    a.list[next[edges[i].first]++] = {edges[i].second, number};
    a.list[next[edges[i].second]++] = {edges[i].first, number};
  }
  return a;
}

std::vector<int> colours(const Adjacency& neighbours) {
  const std::size_t sites = neighbours.start.size() - 1;
  std::vector<int> colour(sites, -1);
  for (std::size_t i = 0; i < sites; ++i) {
    std::uint32_t taken = 0;  // at most max_degree neighbours, so colours below 32
    for (const auto& end : neighbours.of(i)) {
      if (colour[end.site] >= 0) taken |= 1U << colour[end.site];
    }
    colour[i] = 0;
    while ((taken >> colour[i] & 1U) != 0) ++colour[i];
  }
  return colour;
}

int slot_size_for(int degree) {
  int index = 0;
  while (model::slot_sizes[index] < degree) ++index;
  return index;
}

int number_of(int degree, std::vector<int>& degrees) {
  const auto known = std::ranges::find(degrees, degree);
  const auto number = static_cast<int>(known - degrees.begin());
  if (known == degrees.end()) degrees.push_back(degree);
  return number;
}

void make_runs(GraphOrder& order, const Adjacency& neighbours, const std::vector<int>& colour) {
  const auto degree = [&](Index site) { return static_cast<int>(neighbours.of(site).size()); };
  std::stable_sort(order.site_at.begin(), order.site_at.end(), [&](Index a, Index b) {
    return std::pair(colour[a], degree(a)) < std::pair(colour[b], degree(b));
  });
  std::int64_t bonds = 0;
  for (std::size_t p = 0; p < order.site_at.size(); ++p) {
    const Index site = order.site_at[p];
    order.position_of[site] = static_cast<Index>(p);
    const auto at = static_cast<std::int64_t>(p);
    const bool same = !order.runs.empty() && order.runs.back().colour == colour[site] &&
                      order.runs.back().degree == degree(site);
    if (!same) {
      order.runs.push_back({at, at, colour[site], degree(site),
                            number_of(degree(site), order.degrees), slot_size_for(degree(site)),
                            bonds});
    }
    order.runs.back().end = at + 1;
    bonds += model::slot_sizes[order.runs.back().slot_size];
  }
  if (!order.runs.empty()) order.colours = order.runs.back().colour + 1;
}

// Numbers the edges by position, and returns the new number of each.
std::vector<Index> make_edges(GraphOrder& order, std::span<const GraphEdge> edges) {
  const auto ends = [&](Index e) {
    const auto [low, high] =
        std::minmax(order.position_of[edges[e].first], order.position_of[edges[e].second]);
    return std::array<Index, 2>{low, high};
  };
  order.edge_at.resize(edges.size());
  std::iota(order.edge_at.begin(), order.edge_at.end(), Index{0});
  std::stable_sort(order.edge_at.begin(), order.edge_at.end(),
                   [&](Index a, Index b) { return ends(a) < ends(b); });
  std::vector<Index> number(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto sign = static_cast<Index>(i);
    number[order.edge_at[i]] = sign;
    const auto [low, high] = ends(order.edge_at[i]);
    order.edges.push_back({low, high, sign});
  }
  return number;
}

}  // namespace

int slots_for(int degree) {
  return model::slot_sizes[slot_size_for(degree)];
}

GraphOrder order_graph(std::int64_t sites, std::span<const GraphEdge> edges, bool to_nowhere) {
  const auto count = static_cast<std::size_t>(sites);
  const Adjacency neighbours = adjacency(count, edges);
  GraphOrder order;
  order.site_at.resize(count);
  order.position_of.resize(count);
  std::iota(order.site_at.begin(), order.site_at.end(), Index{0});
  make_runs(order, neighbours, colours(neighbours));
  const std::vector<Index> number = make_edges(order, edges);
  const auto nothing = static_cast<Index>(edges.size());
  for (const OrderedRun& run : order.runs) {
    for (std::int64_t p = run.begin; p < run.end; ++p) {
      const auto position = static_cast<Index>(p);
      const auto ends = neighbours.of(order.site_at[position]);
      for (const auto& end : ends) {
        order.bonds.push_back({order.position_of[end.site], number[end.edge]});
      }
      const auto slots = static_cast<std::size_t>(model::slot_sizes[run.slot_size]);
      const Index leads_to = to_nowhere ? static_cast<Index>(count) : position;
      order.bonds.insert(order.bonds.end(), slots - ends.size(), {leads_to, nothing});
    }
  }
  return order;
}

}  // namespace multispin
