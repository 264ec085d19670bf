// Helpers around ClusterEngine that its tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "multispin/cluster/engine.hpp"
#include "support/real.hpp"
#include "support/replicas.hpp"

namespace multispin {

inline void PrintTo(ClusterDynamics dynamics, std::ostream* out) {
  *out << (dynamics == ClusterDynamics::wolff ? "wolff" : "swendsen-wang");
}

}  // namespace multispin

namespace multispin::test {

inline constexpr ClusterDynamics all_cluster_dynamics[] = {ClusterDynamics::swendsen_wang,
                                                           ClusterDynamics::wolff};

inline ClusterOptions cluster_lattice(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                      double J = 1.0, double h = 0.0) {
  ClusterOptions o;
  o.planes = planes;
  o.rows = rows;
  o.columns = columns;
  o.J = J;
  o.h = h;
  o.replicas = 3;
  o.seed = 0x0123456789abcdefU;
  return o;
}

// A diluted ferromagnet in fields of one sign.
inline ClusterOptions cluster_graph(const Graph& graph, std::int64_t samples = 1) {
  ClusterOptions o;
  o.sites = graph.sites;
  o.edges = graph.edges;
  o.samples = samples;
  o.replicas = 3 * samples;
  o.seed = 0x0123456789abcdefU;
  for (const double x : real_numbers(o.edges.size() * static_cast<std::size_t>(samples), 1)) {
    o.couplings.push_back(std::max(0.0, x + 0.5));
  }
  for (const double x : real_numbers(static_cast<std::size_t>(o.sites), 2)) {
    o.fields.push_back(std::max(0.0, x));
  }
  return o;
}

inline double critical(const ClusterOptions& o) {
  if (!o.lattice()) return 2.0;
  return (o.planes > 1 ? 4.51 : 2.27) * std::fabs(o.J);
}

inline void prepare(ClusterEngine& engine) {
  const std::vector<double> temperatures(static_cast<std::size_t>(engine.options().replicas),
                                         critical(engine.options()));
  engine.set_temperatures(temperatures);
  engine.randomize();
}

inline std::vector<std::uint64_t> packed_of(const ClusterEngine& engine) {
  const auto shape = engine.packed_shape();
  std::vector<std::uint64_t> words(static_cast<std::size_t>(shape[0] * shape[1]));
  engine.get_packed(words.data());
  return words;
}

inline std::string describe(const ClusterOptions& o) {
  return std::to_string(o.planes) + " x " + std::to_string(o.rows) + " x " +
         std::to_string(o.columns) + ", " + std::string(name(o.isa)) + ", " +
         std::to_string(o.threads) + " threads, h = " + std::to_string(o.h);
}

}  // namespace multispin::test
