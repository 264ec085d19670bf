// What the engine of clusters refuses.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "host/demand.hpp"
#include "multispin/cluster/engine.hpp"

namespace multispin {
namespace {

constexpr std::int64_t most_bits = std::int64_t{1} << 32;  // labels have 32 bits, as edges' numbers

// Sets of sites; a site knows whether it has to differ from its parent. The smaller set goes below
// the root of the larger one, so that no way to a root is long.
class Parities {
 public:
  explicit Parities(std::size_t sites) : parents_(sites), sizes_(sites, 1), differs_(sites, 0) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
  }
  // False if the two are known to be otherwise.
  bool demand_pair(std::size_t a, std::size_t b, bool differ) {
    Found of_a = find(a), of_b = find(b);
    const bool differs = of_a.differs != of_b.differs;
    if (of_a.root == of_b.root) return differs == differ;
    if (sizes_[of_a.root] > sizes_[of_b.root]) std::swap(of_a, of_b);
    parents_[of_a.root] = of_b.root;
    sizes_[of_b.root] += sizes_[of_a.root];
    differs_[of_a.root] = differs != differ ? 1 : 0;
    return true;
  }

 private:
  struct Found {
    std::size_t root;
    bool differs;  // from the root
  };
  Found find(std::size_t site) const {
    bool differs = false;
    while (parents_[site] != site) {
      differs = differs != (differs_[site] != 0);
      site = parents_[site];
    }
    return {site, differs};
  }
  std::vector<std::size_t> parents_, sizes_;
  std::vector<char> differs_;
};

void check_graph(const ClusterOptions& o) {
  demand(o.edges.size() < static_cast<std::size_t>(most_bits),
         "edges: got " + std::to_string(o.edges.size()) + ", allowed: fewer than 2^32");
  const auto bad = std::ranges::find_if(o.edges, [&](const GraphEdge& e) {
    return e.first >= o.sites || e.second >= o.sites || e.first == e.second;
  });
  demand(bad == o.edges.end(),
         "edges: got a site beyond the last or twice, allowed: two different "
         "ones from 0 to " +
             std::to_string(o.sites - 1));
  demand(o.couplings.size() == static_cast<std::size_t>(o.samples) * o.edges.size(),
         "couplings: got " + std::to_string(o.couplings.size()) + ", allowed: one for each edge " +
             "and sample");
  demand(o.fields.size() == static_cast<std::size_t>(o.sites),
         "fields: got " + std::to_string(o.fields.size()) + ", allowed: one for each site");
  const auto finite = [](double x) { return std::isfinite(x); };
  demand(std::ranges::all_of(o.couplings, finite) && std::ranges::all_of(o.fields, finite),
         "couplings: got one or a field that is not finite, allowed: finite numbers");
  const std::span<const double> all = o.couplings;
  for (std::int64_t k = 0; k < o.samples; ++k) {
    const auto of_one = all.subspan(static_cast<std::size_t>(k) * o.edges.size(), o.edges.size());
    demand(!frustrated(o.sites, o.edges, of_one, o.fields),
           "couplings: got frustrated ones, allowed: such as one state satisfies, with its fields");
  }
}

void check_lattice(const ClusterOptions& o) {
  demand(o.planes >= 1 && o.rows >= 1, "shape: got a side below 1, allowed: at least 1");
  demand(std::isfinite(o.J) && std::isfinite(o.h), "J: got it or h not finite, allowed: finite");
  const bool odd = (o.planes > 1 && o.planes % 2 != 0) || (o.rows > 1 && o.rows % 2 != 0) ||
                   (o.columns > 1 && o.columns % 2 != 0);
  demand(o.J >= 0.0 || (o.h == 0.0 && !odd),
         "J: got one below 0 in a field or with an odd side, allowed: no frustration");
}

}  // namespace

bool frustrated(std::int64_t sites, std::span<const GraphEdge> edges,
                std::span<const double> couplings, std::span<const double> fields) {
  const auto field = static_cast<std::size_t>(sites);  // a spin more, that all fields couple to
  Parities parities(field + 1);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    if (couplings[e] == 0.0) continue;
    if (!parities.demand_pair(edges[e].first, edges[e].second, couplings[e] < 0.0)) return true;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i] != 0.0 && !parities.demand_pair(i, field, fields[i] < 0.0)) return true;
  }
  return false;
}

void check_cluster_options(const ClusterOptions& o) {
  demand(o.samples >= 1 && o.replicas >= o.samples && o.replicas % o.samples == 0,
         "replicas: got " + std::to_string(o.replicas) + ", allowed: a multiple of " +
             std::to_string(o.samples) + " samples");
  demand(o.lattice() || o.sites >= 1, "sites: got none, allowed: at least 1");
  if (o.lattice()) {
    check_lattice(o);
  } else {
    check_graph(o);
  }
  const std::int64_t bits =
      o.lattice() ? o.planes * o.rows * ((o.columns + 63) / 64) * 64 : o.sites;
  demand(bits < most_bits, "shape: got " + std::to_string(bits) +
                               " sites, rows rounded up to words, allowed: fewer than 2^32");
}

}  // namespace multispin
