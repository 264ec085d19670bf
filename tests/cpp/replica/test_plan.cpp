// Bundles cut into parts: every site once, and neighbours know of each other; and whoever sweeps
// them, the spins are the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "replica/plan.hpp"
#include "support/replicas.hpp"
#include "support/slowness.hpp"

namespace multispin::test {
namespace {

std::vector<Graph> graphs() {
  return {torus({20, 21, 22}), torus({9001}), mixed_graph(6000), mixed_graph(7001, 3)};
}

TEST(ReplicaPlan, EverySiteOnceAndNeighboursKnownFromBothSides) {
  for (const Graph& graph : graphs()) {
    const GraphOrder order = order_graph(graph.sites, graph.edges, false);
    for (const std::int64_t parts : {1, 2, 7, 30, 1000}) {
      const std::vector<ReplicaPart> plan = plan_replicas(order, 4, parts);
      std::vector<std::size_t> part_at(static_cast<std::size_t>(graph.sites), plan.size());
      std::int64_t next = 0;
      for (std::size_t p = 0; p < plan.size(); ++p) {
        ASSERT_FALSE(plan[p].steps.empty());
        for (const ReplicaStep& step : plan[p].steps) {
          EXPECT_EQ(step.begin, next);
          EXPECT_LT(step.begin, step.end);
          EXPECT_GE(step.begin, order.runs[step.run].begin);
          EXPECT_LE(step.end, order.runs[step.run].end);
          next = step.end;
          std::fill(part_at.begin() + step.begin, part_at.begin() + step.end, p);
        }
      }
      EXPECT_EQ(next, graph.sites);
      if (plan.size() == 1) continue;
      for (const model::Edge& edge : order.edges) {
        const auto [first, second] = std::minmax(part_at[edge.first], part_at[edge.second]);
        ASSERT_LT(first, second) << "two sites of a part have a bond";
        EXPECT_TRUE(std::ranges::binary_search(plan[first].after, second));
        EXPECT_TRUE(std::ranges::binary_search(plan[second].before, first));
      }
    }
  }
}

// As many runs as sites, each of which has bonds to all others: no parts, as their number squared
// would have to be looked at.
TEST(ReplicaPlan, ManyShortRunsAreOnePart) {
  const Graph graph = all_pairs(600);
  const GraphOrder order = order_graph(graph.sites, graph.edges, true);
  EXPECT_EQ(order.colours, 600);
  EXPECT_EQ(order.runs.size(), 600U);
  EXPECT_EQ(order.kinds.size(), 1U);
  EXPECT_EQ(order.bonds.size(), 600U * 600U);  // 599, and one that leads nowhere
  EXPECT_EQ(plan_replicas(order, 8, 16).size(), 1U);
}

// One narrow bundle, so that it is cut for any number of threads; two and three; own signs.
TEST(ReplicaPlan, ThreadsChangeNothing) {
  for (const Graph& graph : graphs()) {
    for (const std::int64_t replicas : {100, 300, 600}) {
      ReplicaOptions options = make_replicas(graph, replicas);
      if (replicas == 300) options = with_own_signs(options);
      std::vector<std::uint64_t> words;
      std::vector<Sums> expected;
      for (const int threads : few({1, 2, 3, 5, 8})) {
        options.threads = threads;
        ReplicaEngine engine{options};
        prepare(engine);
        std::vector<Sums> sums(2 * static_cast<std::size_t>(replicas));
        engine.run(2, 3, sums.data());
        if (threads == 1) {
          words = packed_of(engine);
          expected = sums;
        }
        EXPECT_TRUE(packed_of(engine) == words) << describe(options);
        EXPECT_TRUE(sums == expected) << describe(options);
      }
    }
  }
}

}  // namespace
}  // namespace multispin::test
