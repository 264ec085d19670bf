// Stopping the engine of clusters: wherever a run is interrupted, finishing it and going on gives
// the spins of a run that was not. The engine asks its poll by the clock, so nothing here may
// depend on where it stops.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "support/cluster.hpp"
#include "support/engines.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

bool at_once() {
  return true;
}

// Sweeps until it is stopped. (The count is only a limit to the harm should it never be.)
void sweep_until_stopped(ClusterEngine& engine) {
  const auto spins = static_cast<std::uint64_t>(engine.sites() * engine.options().replicas);
  ASSERT_FALSE(engine.sweep((std::uint64_t{1} << 33) / spins, at_once)) << "the poll was not asked";
}

void expect_unharmed(const ClusterOptions& options) {
  ClusterEngine interrupted{options};
  prepare(interrupted);
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  while (!interrupted.finish(at_once)) {
  }
  ASSERT_NO_FATAL_FAILURE(sweep_until_stopped(interrupted));
  ASSERT_TRUE(interrupted.finish());
  interrupted.sweep(1);

  ClusterEngine whole{options};
  prepare(whole);
  whole.sweep(interrupted.sweeps_done());
  EXPECT_TRUE(packed_of(interrupted) == packed_of(whole)) << describe(options);
}

TEST(ClusterStop, InsideASweepOfALargeLattice) {
  for (const ClusterDynamics dynamics : all_cluster_dynamics) {
    for (const int threads : {1, 3}) {
      ClusterOptions options = cluster_lattice(1, 2000 / slowness, 3000, 1.0, 1e-6);
      options.replicas = 2;
      options.dynamics = dynamics;
      options.threads = threads;
      expect_unharmed(options);
    }
  }
}

TEST(ClusterStop, BetweenSweepsOfASmallOne) {
  for (const ClusterDynamics dynamics : all_cluster_dynamics) {
    ClusterOptions options = cluster_lattice(1, 6, 6);
    options.dynamics = dynamics;
    options.threads = 2;
    expect_unharmed(options);
  }
}

TEST(ClusterStop, OnAGraph) {
  for (const ClusterDynamics dynamics : all_cluster_dynamics) {
    ClusterOptions options = cluster_graph(any_pairs(200'000 / slowness, 1'000'000 / slowness));
    options.dynamics = dynamics;
    expect_unharmed(options);
  }
}

}  // namespace
}  // namespace multispin::test
