// Golden trajectories: a change of one of these numbers is a change of every user's results. It
// has to be meant, and belongs in docs/trajectory.md and in the change log.
#include <gtest/gtest.h>

#include <cstdint>

#include "support/engines.hpp"
#include "support/hash.hpp"
#include "support/replicas.hpp"

namespace multispin::test {
namespace {

struct Golden {
  Generator generator;
  Dynamics dynamics;
  std::int64_t rows, columns;
  double J, h, temperature;
  const char *start, *after_ten_sweeps;  // hashes of the packed words
  std::int64_t planes = 1;
};

constexpr Golden golden[] = {
    {Generator::aes, Dynamics::metropolis, 64, 256, 1, 0, 2.25, "a894830261ea398d",
     "3558c2c9c42609d8"},
    {Generator::aes, Dynamics::metropolis, 10, 130, -1, 0.5, 3, "05ff16e60b7fdd47",
     "af521c118d147a17"},
    {Generator::aes, Dynamics::glauber, 32, 1152, 1, 0.25, 2.5, "c1aa9867d14f4ba8",
     "da623ed6d2d6598a"},
    {Generator::aes, Dynamics::glauber, 6, 386, -1, 0, 2, "d8be74d7d7648585", "3d960f7495e948c4"},
    {Generator::philox, Dynamics::metropolis, 64, 256, 1, 0, 2.25, "a894830261ea398d",
     "557a8ee554b0d794"},
    {Generator::philox, Dynamics::metropolis, 10, 130, -1, 0.5, 3, "05ff16e60b7fdd47",
     "abaf15208a70ec3d"},
    {Generator::philox, Dynamics::glauber, 32, 1152, 1, 0.25, 2.5, "c1aa9867d14f4ba8",
     "1f822d798d914ea9"},
    {Generator::philox, Dynamics::glauber, 6, 386, -1, 0, 2, "d8be74d7d7648585",
     "a162d57d31245824"},
    {Generator::aes, Dynamics::metropolis, 16, 256, 1, 0, 4.5, "fc9b352eab24fe5b",
     "d36e4d6af176d868", 8},
    {Generator::aes, Dynamics::metropolis, 10, 130, -1, 0.5, 5, "aa62013b3885d130",
     "9aee8e68ab4788df", 4},
    {Generator::aes, Dynamics::glauber, 6, 1152, 1, 0.25, 4.5, "e523100c60c14b23",
     "9e5c0266ee2510f6", 2},
    {Generator::aes, Dynamics::glauber, 6, 386, -1, 0, 4, "ddb98a2bbfa3aaa5", "2066f53f47029fc4",
     4},
    {Generator::philox, Dynamics::metropolis, 16, 256, 1, 0, 4.5, "fc9b352eab24fe5b",
     "05a4089ed6b91ccd", 8},
    {Generator::philox, Dynamics::metropolis, 10, 130, -1, 0.5, 5, "aa62013b3885d130",
     "04f9aedb6d06b2d0", 4},
    {Generator::philox, Dynamics::glauber, 6, 1152, 1, 0.25, 4.5, "e523100c60c14b23",
     "2faf82ad81a0fb9d", 2},
    {Generator::philox, Dynamics::glauber, 6, 386, -1, 0, 4, "ddb98a2bbfa3aaa5", "9bac034cd44efa64",
     4},
};

TEST(Golden, Trajectories) {
  for (const Golden& g : golden) {
    for (const Isa isa : available_isas()) {
      LatticeOptions options = make_cubic(g.planes, g.rows, g.columns, g.generator);
      options.seed = 2025;
      options.first_stream = 3;
      options.dynamics = g.dynamics;
      options.J = g.J;
      options.h = g.h;
      options.isa = isa;
      LatticeEngine engine{options};
      set_temperature(engine, g.temperature);
      engine.randomize();
      EXPECT_EQ(hash(packed_of(engine)), g.start) << describe(options);
      engine.sweep(10);
      EXPECT_EQ(hash(packed_of(engine)), g.after_ten_sweeps) << describe(options);
    }
  }
}

enum class Kind { plain, own_signs, shared };

struct GoldenReplicas {
  Generator generator;
  Dynamics dynamics;
  Kind kind;
  double J, h;
  const char *start, *after_ten_sweeps;  // hashes of the packed words
};

constexpr GoldenReplicas golden_replicas[] = {
    {Generator::aes, Dynamics::metropolis, Kind::plain, 1, 0, "5cf19218f6472606",
     "0febbcb0dd772633"},
    {Generator::aes, Dynamics::metropolis, Kind::own_signs, 0.8, -0.5, "5cf19218f6472606",
     "92f989548a0c9bb6"},
    {Generator::aes, Dynamics::metropolis, Kind::shared, 1, 0, "5cf19218f6472606",
     "061fdecbcd986776"},
    {Generator::aes, Dynamics::glauber, Kind::plain, 1, 0, "5cf19218f6472606", "aae7a418d92d7366"},
    {Generator::aes, Dynamics::glauber, Kind::own_signs, 0.8, -0.5, "5cf19218f6472606",
     "d0f3e7d5cd229646"},
    {Generator::aes, Dynamics::glauber, Kind::shared, 1, 0, "5cf19218f6472606", "5d1236e8b8216d72"},
    {Generator::philox, Dynamics::metropolis, Kind::plain, 1, 0, "5cf19218f6472606",
     "434c754d3e8a47ca"},
    {Generator::philox, Dynamics::metropolis, Kind::own_signs, 0.8, -0.5, "5cf19218f6472606",
     "ce73e66a01b52cdc"},
    {Generator::philox, Dynamics::metropolis, Kind::shared, 1, 0, "5cf19218f6472606",
     "737d2514e7a32df7"},
    {Generator::philox, Dynamics::glauber, Kind::plain, 1, 0, "5cf19218f6472606",
     "33b80623f945fecd"},
    {Generator::philox, Dynamics::glauber, Kind::own_signs, 0.8, -0.5, "5cf19218f6472606",
     "62438075d106b024"},
    {Generator::philox, Dynamics::glauber, Kind::shared, 1, 0, "5cf19218f6472606",
     "33ce520fa9873b21"},
};

// A graph of even and odd degrees, from 2 to 10.
Graph golden_graph() {
  Graph graph{64, {}};
  for (std::uint32_t step = 1; step <= 6; ++step) {
    for (std::uint32_t site = 0; site + step < 64; site += step) {
      graph.edges.push_back({site, site + step});
    }
  }
  return graph;
}

ReplicaOptions golden_options(const GoldenReplicas& g) {
  ReplicaOptions o = make_replicas(golden_graph(), 600, g.generator);
  if (g.kind != Kind::plain) o.samples = o.replicas;
  o.signs.resize(o.edges.size() * static_cast<std::size_t>(o.samples));
  for (std::size_t i = 0; i < o.signs.size(); ++i) o.signs[i] = i * i % 7 < 3 ? 1 : -1;
  o.shared_random_numbers = g.kind == Kind::shared;
  o.seed = 2025;
  o.first_stream = 3;
  o.dynamics = g.dynamics;
  o.J = g.J;
  o.h = g.h;
  return o;
}

TEST(Golden, TrajectoriesOfReplicas) {
  for (const GoldenReplicas& g : golden_replicas) {
    for (const Isa isa : available_isas()) {
      ReplicaOptions options = golden_options(g);
      options.isa = isa;
      ReplicaEngine engine{options};
      prepare(engine);
      EXPECT_EQ(hash(packed_of(engine)), g.start) << describe(options);
      engine.sweep(10);
      EXPECT_EQ(hash(packed_of(engine)), g.after_ten_sweeps) << describe(options);
    }
  }
}

}  // namespace
}  // namespace multispin::test
