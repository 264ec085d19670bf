// Small graphs, and helpers around ReplicaEngine that its tests share.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "multispin/replica/engine.hpp"
#include "support/engines.hpp"

namespace multispin::test {

struct Graph {
  std::int64_t sites;
  std::vector<GraphEdge> edges;
};

// The periodic lattice with these sides; a side of 2 has double bonds, one of 1 none.
inline Graph torus(const std::vector<std::int64_t>& sides) {
  Graph g{1, {}};
  for (const std::int64_t side : sides) g.sites *= side;
  std::int64_t stride = 1;
  for (const std::int64_t side : sides) {
    for (std::int64_t site = 0; side > 1 && site < g.sites; ++site) {
      const std::int64_t x = site / stride % side;
      const std::int64_t other = site + ((x + 1) % side - x) * stride;
      g.edges.push_back({static_cast<std::uint32_t>(site), static_cast<std::uint32_t>(other)});
    }
    stride *= side;
  }
  return g;
}

// Degrees of all kinds, from none to the most there may be.
inline Graph mixed_graph(std::uint32_t sites, std::uint64_t seed = 1) {
  std::mt19937_64 generator{seed};
  Graph g{sites, {}};
  std::vector<int> degree(sites), most(sites);
  for (int& m : most) m = static_cast<int>(generator() % 13);
  for (std::uint32_t tries = 0; tries < 40 * sites; ++tries) {
    const auto a = static_cast<std::uint32_t>(generator() % sites);
    const auto b = static_cast<std::uint32_t>(generator() % sites);
    if (a == b || degree[a] >= most[a] || degree[b] >= most[b]) continue;
    ++degree[a];
    ++degree[b];
    g.edges.push_back({a, b});
  }
  return g;
}

// Every site has bonds to all others.
inline Graph all_pairs(std::uint32_t sites) {
  Graph g{sites, {}};
  for (std::uint32_t i = 0; i < sites; ++i) {
    for (std::uint32_t j = 0; j < i; ++j) g.edges.push_back({i, j});
  }
  return g;
}

// Sites of these degrees, each with leaves of its own.
inline Graph hubs(const std::vector<std::uint32_t>& degrees) {
  Graph g{static_cast<std::int64_t>(degrees.size()), {}};
  for (std::uint32_t centre = 0; centre < degrees.size(); ++centre) {
    for (std::uint32_t i = 0; i < degrees[centre]; ++i) {
      g.edges.push_back({centre, static_cast<std::uint32_t>(g.sites++)});
    }
  }
  return g;
}

// A random graph; sites have `mean` bonds on average, some of them double.
inline Graph dense_graph(std::uint32_t sites, std::uint32_t mean) {
  std::mt19937_64 generator{4};
  Graph g{sites, {}};
  for (std::uint32_t i = 0; i < sites * mean / 2; ++i) {
    const auto a = static_cast<std::uint32_t>(generator() % sites);
    const auto b = static_cast<std::uint32_t>(generator() % (sites - 1));
    g.edges.push_back({a, b < a ? b : b + 1});
  }
  return g;
}

inline std::vector<std::int8_t> random_signs(std::size_t count, std::uint64_t seed = 2) {
  std::mt19937_64 generator{seed};
  std::vector<std::int8_t> signs(count);
  for (std::int8_t& s : signs) s = generator() % 2 == 0 ? 1 : -1;
  return signs;
}

// One set of signs for all replicas.
inline ReplicaOptions make_replicas(const Graph& graph, std::int64_t replicas,
                                    Generator generator = Generator::aes) {
  ReplicaOptions o;
  o.sites = graph.sites;
  o.edges = graph.edges;
  o.signs = random_signs(graph.edges.size());
  o.replicas = replicas;
  o.generator = generator;
  o.seed = 0x0123456789abcdefU;
  return o;
}

// A set of signs for each replica.
inline ReplicaOptions with_own_signs(ReplicaOptions o) {
  o.samples = o.replicas;
  o.signs = random_signs(o.edges.size() * static_cast<std::size_t>(o.samples));
  return o;
}

// From cold to hot, or one for all if they share their random numbers. Those of a replica do not
// depend on how many there are.
inline std::vector<double> temperatures_of(const ReplicaOptions& o) {
  std::vector<double> t;
  for (std::int64_t r = 0; r < o.replicas; ++r) {
    const auto stream = o.first_stream + static_cast<std::uint64_t>(r);
    t.push_back(o.shared_random_numbers ? 1.7 : 0.3 + 0.05 * static_cast<double>(stream % 100));
  }
  return t;
}

// Random spins, each replica at its temperature.
inline void prepare(ReplicaEngine& engine) {
  engine.set_temperatures(temperatures_of(engine.options()));
  engine.randomize();
}

inline Spins spins_of(const ReplicaEngine& engine, std::int64_t replica) {
  Spins spins(static_cast<std::size_t>(engine.options().sites));
  engine.get_spins(replica, spins.data());
  return spins;
}

inline std::vector<Spins> all_spins(const ReplicaEngine& engine) {
  std::vector<Spins> all;
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) all.push_back(spins_of(engine, r));
  return all;
}

inline std::vector<std::uint64_t> packed_of(const ReplicaEngine& engine) {
  std::vector<std::uint64_t> words(
      static_cast<std::size_t>(engine.options().sites * engine.packed_words()));
  engine.get_packed(words.data());
  return words;
}

inline std::vector<Sums> sums_of(const ReplicaEngine& engine) {
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  engine.sums(sums.data());
  return sums;
}

inline std::string describe(const ReplicaOptions& o) {
  return std::to_string(o.sites) + " sites, replicas " + std::to_string(o.replicas) + ", samples " +
         std::to_string(o.samples) + ", first stream " + std::to_string(o.first_stream) +
         ", threads " + std::to_string(o.threads) + ", h " + std::to_string(o.h) +
         (o.shared_random_numbers ? ", shared, " : ", ") + std::string(name(o.isa)) + ", " +
         ::testing::PrintToString(o.generator) + ", " + ::testing::PrintToString(o.dynamics);
}

}  // namespace multispin::test
