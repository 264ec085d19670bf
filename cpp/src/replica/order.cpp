#include "multispin/replica/order.hpp"

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
  std::vector<std::size_t> taken(1, sites);  // by colour: the latest site with a neighbour of it
  for (std::size_t i = 0; i < sites; ++i) {
    for (const auto& end : neighbours.of(i)) {
      if (colour[end.site] >= 0) taken[static_cast<std::size_t>(colour[end.site])] = i;
    }
    // The last is one that no site has yet.
    const auto lowest = std::ranges::find_if(taken, [&](std::size_t site) { return site != i; });
    colour[i] = static_cast<int>(lowest - taken.begin());
    if (lowest + 1 == taken.end()) taken.push_back(sites);
  }
  return colour;
}

bool has_double_bond(std::span<const Adjacency::End> ends) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (ends[i].site == ends[j].site) return true;
    }
  }
  return false;
}

// The sites that bonds connect to a site that was not visited before.
std::vector<Index> part_of(Index site, const Adjacency& neighbours, std::vector<bool>& visited) {
  std::vector<Index> part{site};
  visited[site] = true;
  for (std::size_t i = 0; i < part.size(); ++i) {
    for (const auto& end : neighbours.of(part[i])) {
      if (visited[end.site]) continue;
      visited[end.site] = true;
      part.push_back(end.site);
    }
  }
  return part;
}

// Of sites with an even number of bonds, which alone may have no local field: those of a ring or by
// themselves, those with double bonds, which may cancel to a ring, and one of each part without odd
// sites. There is no kernel for lazy sites with the most slots, or more bonds.
std::vector<bool> lazy_sites(const Adjacency& neighbours) {
  const std::size_t sites = neighbours.start.size() - 1;
  const auto degree = [&](Index site) { return neighbours.of(site).size(); };
  std::vector<bool> lazy(sites, false), visited(sites, false);
  for (Index site = 0; site < sites; ++site) {
    if (degree(site) % 2 == 0 && degree(site) < model::most_slots) {
      lazy[site] = degree(site) <= 2 || has_double_bond(neighbours.of(site));
    }
  }
  for (Index site = 0; site < sites; ++site) {
    if (visited[site]) continue;
    const std::vector<Index> part = part_of(site, neighbours, visited);
    const bool even = std::ranges::all_of(part, [&](Index i) { return degree(i) % 2 == 0; });
    if (even && degree(site) < model::most_slots) lazy[site] = true;
  }
  return lazy;
}

rules::SiteKind kind_of(int degree, bool lazy) {
  if (degree > model::most_slots) return {0, false, rules::drawn_digits(degree)};
  return {degree, lazy};
}

// The smallest number of slots that has a class for every count that is not certain to flip.
int slot_size_for(const rules::SiteKind& kind) {
  if (kind.digits > 0) return model::many_bonds;
  const int needed = kind.lazy ? kind.degree + 1 : kind.degree;
  int index = 0;
  while (model::slot_sizes[index] < needed) ++index;
  return index;
}

int number_of(const rules::SiteKind& kind, std::vector<rules::SiteKind>& kinds) {
  const auto known = std::ranges::find(kinds, kind);
  const auto number = static_cast<int>(known - kinds.begin());
  if (known == kinds.end()) kinds.push_back(kind);
  return number;
}

void make_runs(GraphOrder& order, const Adjacency& neighbours, const std::vector<int>& colour,
               const std::vector<bool>& lazy) {
  const auto degree = [&](Index site) { return static_cast<int>(neighbours.of(site).size()); };
  std::stable_sort(order.site_at.begin(), order.site_at.end(), [&](Index a, Index b) {
    return std::pair(colour[a], degree(a)) < std::pair(colour[b], degree(b));
  });
  std::int64_t bonds = 0;
  for (std::size_t p = 0; p < order.site_at.size(); ++p) {
    const Index site = order.site_at[p];
    order.position_of[site] = static_cast<Index>(p);
    const auto at = static_cast<std::int64_t>(p);
    const rules::SiteKind kind = kind_of(degree(site), lazy[site]);
    const int number = number_of(kind, order.kinds);
    const bool same = !order.runs.empty() && order.runs.back().colour == colour[site] &&
                      order.runs.back().kind == number && order.runs.back().degree == degree(site);
    if (!same) {
      order.runs.push_back(
          {at, at, colour[site], number, degree(site), slot_size_for(kind), bonds});
    }
    order.runs.back().end = at + 1;
    bonds += order.runs.back().slots();
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

int classes_of(const rules::BondModel& model, const rules::SiteKind& kind) {
  return kind.digits > 0 ? kind.digits + 1 : model.classes(model::slot_sizes[slot_size_for(kind)]);
}

GraphOrder order_graph(std::int64_t sites, std::span<const GraphEdge> edges, bool zero_field_flip) {
  const auto count = static_cast<std::size_t>(sites);
  const Adjacency neighbours = adjacency(count, edges);
  GraphOrder order;
  order.site_at.resize(count);
  order.position_of.resize(count);
  std::iota(order.site_at.begin(), order.site_at.end(), Index{0});
  make_runs(order, neighbours, colours(neighbours),
            zero_field_flip ? lazy_sites(neighbours) : std::vector<bool>(count, false));
  const std::vector<Index> number = make_edges(order, edges);
  const auto nothing = static_cast<Index>(edges.size());
  for (const OrderedRun& run : order.runs) {
    for (std::int64_t p = run.begin; p < run.end; ++p) {
      const auto position = static_cast<Index>(p);
      const auto ends = neighbours.of(order.site_at[position]);
      for (const auto& end : ends) {
        order.bonds.push_back({order.position_of[end.site], number[end.edge]});
      }
      const auto slots = static_cast<std::size_t>(run.slots());
      const bool itself = zero_field_flip && run.slot_size != model::many_bonds;
      const Index leads_to = itself ? position : static_cast<Index>(count);
      order.bonds.insert(order.bonds.end(), slots - ends.size(), {leads_to, nothing});
    }
  }
  return order;
}

}  // namespace multispin
