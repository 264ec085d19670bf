// One trajectory of clusters: whatever the instruction set, the threads, the slabs that a lattice
// is cut into and the calls that sweeps are split into. (What it is, the twin in Python says.)
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cluster/system.hpp"
#include "support/cluster.hpp"
#include "support/engines.hpp"

namespace multispin::test {
namespace {

// Slabs of two rows while it lives.
class ThinSlabs {
 public:
  ThinSlabs() { cluster_slab_words = 1; }
  ~ThinSlabs() { cluster_slab_words = usual_; }

 private:
  std::int64_t usual_ = cluster_slab_words;
};

std::vector<ClusterOptions> systems() {
  std::vector<ClusterOptions> all = {cluster_lattice(1, 1, 100),
                                     cluster_lattice(1, 7, 5),
                                     cluster_lattice(1, 2, 2),
                                     cluster_lattice(1, 33, 64),
                                     cluster_lattice(1, 12, 130, 0.5),
                                     cluster_lattice(1, 6, 300, -1.0),
                                     cluster_lattice(1, 9, 70, 1.0, 0.1),
                                     cluster_lattice(4, 6, 10),
                                     cluster_lattice(2, 2, 65),
                                     cluster_lattice(3, 5, 7, 1.0, -0.05),
                                     cluster_graph(torus({5, 6})),
                                     cluster_graph(any_pairs(300, 5000), 2)};
  std::vector<ClusterOptions> out;
  for (const ClusterDynamics dynamics : all_cluster_dynamics) {
    for (const Generator generator : {Generator::aes, Generator::philox}) {
      for (ClusterOptions o : all) {
        o.dynamics = dynamics;
        o.generator = generator;
        out.push_back(o);
      }
    }
  }
  return out;
}

std::vector<std::uint64_t> spins_after(const ClusterOptions& o, const std::vector<int>& sweeps) {
  ClusterEngine engine{o};
  prepare(engine);
  for (const int n : sweeps) engine.sweep(static_cast<std::uint64_t>(n));
  return packed_of(engine);
}

TEST(ClusterEngine, InstructionSetsThreadsSlabsAndCallsChangeNothing) {
  for (ClusterOptions o : systems()) {
    o.isa = Isa::portable;
    const auto expected = spins_after(o, {5});
    EXPECT_TRUE(spins_after(o, {0, 1, 4}) == expected) << describe(o);
    for (const Isa isa : available_isas()) {
      for (const int threads : {1, 4}) {
        o.isa = isa;
        o.threads = threads;
        EXPECT_TRUE(spins_after(o, {5}) == expected) << describe(o);
        const ThinSlabs thin;
        EXPECT_TRUE(spins_after(o, {5}) == expected) << describe(o);
      }
    }
  }
}

// Of a state whose clusters are few and large, and of one without any.
TEST(ClusterEngine, ClustersAreThoseOfTheNextSweep) {
  for (ClusterOptions o : systems()) {
    if (o.dynamics == ClusterDynamics::wolff) continue;
    ClusterEngine engine{o};
    prepare(engine);
    engine.sweep(3);
    const auto n = static_cast<std::size_t>(engine.sites());
    std::vector<std::uint32_t> first(n), again(n);
    ASSERT_TRUE(engine.clusters(1, first.data()));
    {
      const ThinSlabs thin;
      ASSERT_TRUE(engine.clusters(1, again.data()));
    }
    EXPECT_TRUE(first == again) << describe(o);
    std::vector<std::int8_t> before(n), after(n);
    engine.get_spins(1, before.data());
    engine.sweep(1);
    engine.get_spins(1, after.data());
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t root = first[i];
      ASSERT_LE(root, i);
      ASSERT_EQ(first[root], root);
      ASSERT_EQ(before[i] == after[i], before[root] == after[root]) << describe(o);
    }
  }
}

// Wolff's, whoever measures how many they are, whoever else is measured, and in whatever order.
TEST(ClusterEngine, ClustersPerSweepAreOfTheTemperatureAndTheSample) {
  for (ClusterOptions o : {cluster_lattice(1, 20, 70), cluster_graph(any_pairs(100, 400), 2)}) {
    o.dynamics = ClusterDynamics::wolff;
    o.replicas = 12;
    const auto measured = [&](ClusterEngine& engine, double first) {
      std::vector<double> temperatures(12);
      for (int r = 0; r < 12; ++r) {
        temperatures[static_cast<std::size_t>(r)] = first + 0.4 * (r % 5);  // some of them twice
      }
      engine.set_temperatures(temperatures);
      std::vector<std::int64_t> clusters(12);
      EXPECT_TRUE(engine.clusters_per_sweep(clusters.data()));
      return clusters;
    };
    ClusterEngine engine{o};
    const auto expected = measured(engine, 1.5), others = measured(engine, 1.6);
    EXPECT_NE(expected, others);
    EXPECT_GT(*std::ranges::max_element(expected), *std::ranges::min_element(expected));
    o.threads = 4;
    ClusterEngine shared{o};
    EXPECT_EQ(measured(shared, 1.6), others) << describe(o);
    EXPECT_EQ(measured(shared, 1.5), expected) << describe(o);
    EXPECT_EQ(measured(shared, 1.6), others) << describe(o);
  }
}

TEST(ClusterEngine, MeasuresWhatItSweeps) {
  for (const ClusterOptions& o : systems()) {
    ClusterEngine recorded{o}, stepped{o};
    prepare(recorded);
    prepare(stepped);
    const auto replicas = static_cast<std::size_t>(o.replicas);
    std::vector<Sums> sums(3 * replicas), expected(replicas);
    recorded.run(3, 2, sums.data());
    for (std::size_t draw = 0; draw < 3; ++draw) {
      stepped.sweep(2);
      stepped.sums(expected.data());
      for (std::size_t r = 0; r < replicas; ++r) {
        EXPECT_EQ(sums[draw * replicas + r], expected[r]) << describe(o);
      }
    }
  }
}

// A field so strong that no cluster turns away from it, and none without it.
TEST(ClusterEngine, FieldsHoldClusters) {
  for (const ClusterDynamics dynamics : all_cluster_dynamics) {
    for (const double h : {-1e3, 1e3}) {
      ClusterOptions o = cluster_lattice(1, 20, 70, 1.0, h);
      o.dynamics = dynamics;
      ClusterEngine engine{o};
      prepare(engine);
      engine.sweep(60);
      std::vector<Sums> sums(3);
      engine.sums(sums.data());
      for (const Sums& of_one : sums) EXPECT_EQ(of_one.spins, h > 0 ? 1400 : -1400);
    }
  }
}

TEST(ClusterEngine, FrustrationIsFound) {
  const std::vector<GraphEdge> square = {{0, 1}, {1, 2}, {2, 3}, {3, 0}};
  const std::vector<double> free(4, 0.0), up = {1, 0, 1, 0}, mixed = {1, 0, -1, 0};
  const auto of = [&](std::vector<double> couplings, const std::vector<double>& fields) {
    return frustrated(4, square, couplings, fields);
  };
  EXPECT_FALSE(of({1, 1, 1, 1}, up));
  EXPECT_FALSE(of({1, -1, 2, -2}, free));
  EXPECT_TRUE(of({1, 1, 1, -1}, free));
  EXPECT_FALSE(of({1, 0, 1, -1}, free));
  EXPECT_TRUE(of({1, 1, 1, 1}, mixed));
  EXPECT_FALSE(of({1, -1, -1, 1}, mixed));
  EXPECT_TRUE(of({1, -1, -1, 1}, up));
  EXPECT_FALSE(of({1, -1, 1, -1}, mixed));
  EXPECT_TRUE(of({1, -1, 1, -1}, up));
}

}  // namespace
}  // namespace multispin::test
