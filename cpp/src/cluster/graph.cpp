// Clusters of graphs, bond by bond.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "cluster/system.hpp"
#include "cluster/wolff.hpp"

namespace multispin {
namespace {

// The power of two of which all energies are below 2^52 multiples.
double step_of(const std::vector<double>& couplings, const std::vector<double>& fields) {
  double most = 0.0;
  for (const double J : couplings) most += std::fabs(J);
  for (const double h : fields) most += std::fabs(h);
  return most == 0.0 ? 1.0 : std::ldexp(1.0, std::ilogb(most) - 51);
}

std::vector<std::int64_t> in_steps(const std::vector<double>& numbers, double step) {
  std::vector<std::int64_t> out;
  for (const double x : numbers) out.push_back(std::llround(x / step));
  return out;
}

class GraphClusters final : public ClusterSystem {
 public:
  GraphClusters(ClusterOptions& o, const kernels::ClusterRandom& random)
      : ClusterSystem({1, o.sites}, random),
        edges_(std::move(o.edges)),
        couplings_(std::move(o.couplings)),
        fields_(std::move(o.fields)),
        step_(step_of(couplings_, fields_)),
        coupling_steps_(in_steps(couplings_, step_)),
        field_steps_(in_steps(fields_, step_)),
        in_field_(std::ranges::any_of(fields_, [](double h) { return h != 0.0; })) {
    if (o.dynamics == ClusterDynamics::wolff) list_neighbours();
  }

  void reserve(Decomposition& d) const override {
    d.parents.resize(static_cast<std::size_t>(layout.sites));
    d.coins.resize(static_cast<std::size_t>(layout.words()));
    d.logarithms.resize(chunk / 2);
  }

  bool decompose(const ClusterSweep& sweep, const std::uint64_t* spins, Decomposition& d,
                 const ClusterMeans& means) const override {
    reserve(d);
    std::iota(d.parents.begin(), d.parents.end(), Label{0});
    random.coins({sweep.keys, sweep.number, of_coins, 0, layout.words()}, d.coins.data());
    const double* const J = couplings_of(sweep.sample);
    const auto join_edge = [&](std::int64_t e, std::uint32_t logarithm) {
      const GraphEdge& edge = edges_[static_cast<std::size_t>(e)];
      const bool alike = up(spins, edge.first) == up(spins, edge.second);
      if (alike != (J[e] > 0.0)) return;
      if (logarithm < limit(J[e], sweep)) join(d.parents.data(), edge.first, edge.second);
    };
    if (!for_numbers(sweep, of_bonds, static_cast<std::int64_t>(edges_.size()), d, means.poll,
                     join_edge)) {
      return false;
    }
    if (!in_field_) return true;
    const auto hold = [&](std::int64_t i, std::uint32_t logarithm) {
      const double h = fields_[static_cast<std::size_t>(i)];
      if (up(spins, static_cast<Label>(i)) != (h > 0.0)) return;
      if (logarithm >= limit(h, sweep)) return;
      const Label root = root_of(d.parents.data(), static_cast<Label>(i));
      d.coins[root / 64] &= ~(std::uint64_t{1} << (root % 64));
    };
    return for_numbers(sweep, of_fields, layout.sites, d, means.poll, hold);
  }

  void turn(Decomposition& d, std::uint64_t* spins, int /*threads*/) const override {
    for (std::int64_t w = 0; w < layout.words(); ++w) {
      std::uint64_t turning = 0;
      const std::int64_t count = std::min<std::int64_t>(64, layout.sites - 64 * w);
      for (std::int64_t b = 0; b < count; ++b) {
        const auto site = static_cast<Label>(64 * w + b);
        const Label root = root_of(d.parents.data(), site);
        set_parent(d.parents.data(), site, root);
        turning |= (d.coins[root / 64] >> (root % 64) & 1U) << b;
      }
      spins[w] ^= turning;
    }
  }

  bool grow(const ClusterSweep& sweep, const WolffEnd& end, WolffWay& way, std::uint64_t* spins,
            Decomposition& memory, const Poll& poll) const override {
    const Neighbours neighbours{*this, sweep};
    return WolffClusters(*this, neighbours, sweep, way, spins, memory.parents, poll).grow(end);
  }

  void first_sites(const Decomposition& d, std::uint32_t* to) const override {
    for (Label i = 0; i < layout.sites; ++i) to[i] = root_of(d.parents.data(), i);
  }

  Sums sums(const std::uint64_t* spins, std::int64_t sample) const override {
    Sums sums;
    const std::int64_t* const J = coupling_steps_.data() + sample * bonds();
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      const bool alike = up(spins, edges_[e].first) == up(spins, edges_[e].second);
      sums.bonds += alike ? J[e] : -J[e];
    }
    for (Label i = 0; i < layout.sites; ++i) {
      const bool is_up = up(spins, i);
      sums.bonds += is_up ? field_steps_[i] : -field_steps_[i];
      sums.spins += is_up ? 1 : -1;
    }
    return sums;
  }
  double energy(const Sums& sums) const override { return energy_of(sums, step_, 0.0); }
  std::int64_t bonds() const override { return static_cast<std::int64_t>(edges_.size()); }
  std::int64_t unequal_links(const std::uint64_t* a, const std::uint64_t* b) const override {
    std::int64_t count = 0;
    for (const GraphEdge& edge : edges_) {
      const bool of_a = up(a, edge.first) == up(a, edge.second);
      const bool of_b = up(b, edge.first) == up(b, edge.second);
      count += of_a != of_b ? 1 : 0;
    }
    return count;
  }

 private:
  static constexpr std::int64_t chunk = 1 << 12;  // of random numbers

  // Of a site: the sites that its bonds lead to, and the numbers of these.
  struct Neighbour {
    Label site;
    std::uint32_t edge;
  };
  struct Hold {
    std::uint32_t limit;
    bool up;
  };
  class Neighbours {
   public:
    Neighbours(const GraphClusters& g, const ClusterSweep& sweep)
        : g_(g), sweep_(sweep), J_(g.couplings_of(sweep.sample)) {}
    Hold hold(Label site) const {
      if (!g_.in_field_) return {0, false};
      return {limit(g_.fields_[site], sweep_), g_.fields_[site] > 0.0};
    }
    template <class Act>
    void each(Label site, const Act& act) const {
      for (std::size_t k = g_.first_[site]; k < g_.first_[site + 1]; ++k) {
        const Neighbour& n = g_.neighbours_[k];
        act(n.site, limit(J_[n.edge], sweep_), J_[n.edge] > 0.0);
      }
    }

   private:
    const GraphClusters& g_;
    const ClusterSweep& sweep_;
    const double* J_;
  };

  static bool up(const std::uint64_t* spins, Label site) {
    return (spins[site / 64] >> (site % 64) & 1U) != 0;
  }
  static std::uint32_t limit(double strength, const ClusterSweep& sweep) {
    return logarithm_limit(2.0 * std::fabs(strength), sweep.temperature);
  }
  const double* couplings_of(std::int64_t sample) const {
    return couplings_.data() + sample * bonds();
  }
  // act(i, exponential variate) of all i < count. False if `poll` asked for a stop.
  template <class Act>
  bool for_numbers(const ClusterSweep& sweep, int sublattice, std::int64_t count, Decomposition& d,
                   const Poll& poll, const Act& act) const {
    for (std::int64_t first = 0; first < count; first += chunk) {
      const std::int64_t here = std::min(chunk, count - first);
      random.logarithms({sweep.keys, sweep.number, sublattice,
                         static_cast<std::uint64_t>(first / 2), (here + 1) / 2},
                        d.logarithms.data());
      for (std::int64_t k = 0; k < here; ++k) {
        act(first + k, half(d.logarithms.data(), static_cast<std::uint64_t>(k)));
      }
      if (count > chunk && poll && poll()) return false;
    }
    return true;
  }
  void list_neighbours() {
    first_.assign(static_cast<std::size_t>(layout.sites) + 1, 0);
    for (const GraphEdge& e : edges_) {
      ++first_[e.first + 1];
      ++first_[e.second + 1];
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    neighbours_.resize(2 * edges_.size());
    std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t e = 0; e < edges_.size(); ++e) {
      neighbours_[next[edges_[e].first]++] = {edges_[e].second, e};
      neighbours_[next[edges_[e].second]++] = {edges_[e].first, e};
    }
  }

  std::vector<GraphEdge> edges_;
  std::vector<double> couplings_, fields_;
  double step_;
  std::vector<std::int64_t> coupling_steps_, field_steps_;
  bool in_field_;
  std::vector<std::size_t> first_;
  std::vector<Neighbour> neighbours_;
};

}  // namespace

std::unique_ptr<ClusterSystem> graph_clusters(ClusterOptions& o,
                                              const kernels::ClusterRandom& random) {
  return std::make_unique<GraphClusters>(o, random);
}

}  // namespace multispin
