// Bad input to the engine of clusters: a typed error that names the argument, says what was given
// and what is allowed.
#include <gtest/gtest.h>

#include <limits>

#include "support/cluster.hpp"
#include "support/expect_message.hpp"

namespace multispin::test {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void expect_refused(const ClusterOptions& options, const std::vector<std::string>& parts) {
  expect_message([&] { ClusterEngine{options}; }, parts);
}

TEST(ClusterErrors, Lattices) {
  expect_refused(cluster_lattice(1, 0, 4), {"shape", "at least 1"});
  expect_refused(cluster_lattice(1, 1 << 20, 1 << 12), {"shape", "2^32"});
  expect_refused(cluster_lattice(1, 4, 4, nan), {"J", "finite"});
  expect_refused(cluster_lattice(1, 4, 5, -1.0), {"J", "frustration"});
  expect_refused(cluster_lattice(1, 4, 4, -1.0, 0.1), {"J", "frustration"});
}

TEST(ClusterErrors, Graphs) {
  const ClusterOptions good = cluster_graph(torus({3, 4}));
  ClusterOptions o = good;
  o.edges[3] = {7, 7};
  expect_refused(o, {"edges", "0 to 11"});
  o = good;
  o.couplings.pop_back();
  expect_refused(o, {"couplings", "each edge"});
  o = good;
  o.couplings[2] = nan;
  expect_refused(o, {"couplings", "finite"});
  o = good;
  o.fields.pop_back();
  expect_refused(o, {"fields", "each site"});
  o = good;
  o.couplings.assign(o.couplings.size(), -1.0);
  expect_refused(o, {"couplings", "frustrated"});
  o = good;
  o.sites = 0;
  expect_refused(o, {"sites"});
}

TEST(ClusterErrors, ReplicasAndTemperatures) {
  ClusterOptions o = cluster_lattice(1, 4, 4);
  o.replicas = 0;
  expect_refused(o, {"replicas", "0"});
  o.replicas = 2;
  ClusterEngine engine{o};
  const std::vector<double> one = {1.0}, cold = {1.0, 0.0};
  expect_message([&] { engine.set_temperatures(one); }, {"temperature", "2 replicas"});
  expect_message([&] { engine.set_temperatures(cold); }, {"temperature", "above 0"});
}

}  // namespace
}  // namespace multispin::test
