// Helpers around RealEngine that its tests share.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "multispin/real/engine.hpp"
#include "support/replicas.hpp"

namespace multispin {

inline void PrintTo(RealDynamics dynamics, std::ostream* out) {
  *out << (dynamics == RealDynamics::parallel  ? "parallel"
           : dynamics == RealDynamics::glauber ? "glauber"
                                               : "metropolis");
}

}  // namespace multispin

namespace multispin::test {

inline constexpr RealDynamics all_real_dynamics[] = {RealDynamics::metropolis,
                                                     RealDynamics::glauber, RealDynamics::parallel};
inline constexpr Storage storages[] = {Storage::dense, Storage::sparse};
inline constexpr SiteOrder orders[] = {SiteOrder::fixed, SiteOrder::random};

// Multiples of 2^-32 on [-1, 1): the same ones whatever library draws them.
inline std::vector<double> real_numbers(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 generator{seed};
  std::vector<double> numbers(count);
  for (double& x : numbers) x = static_cast<double>(generator() >> 31) * 0x1p-32 - 1.0;
  return numbers;
}

// Couplings and fields of all sizes.
inline RealOptions make_real(const Graph& graph, std::int64_t replicas, Storage storage,
                             Generator generator = Generator::aes, std::int64_t samples = 1) {
  RealOptions o;
  o.sites = graph.sites;
  o.edges = graph.edges;
  o.samples = samples;
  o.couplings = real_numbers(o.edges.size() * static_cast<std::size_t>(samples), 1);
  o.fields = real_numbers(static_cast<std::size_t>(o.sites), 2);
  o.replicas = replicas;
  o.storage = storage;
  o.generator = generator;
  o.seed = 0x0123456789abcdefU;
  return o;
}

// The same model without the list of its edges, which are all pairs; couplings stay with `o`.
inline RealOptions unlisted(const RealOptions& o) {
  RealOptions all = o;
  all.edges.clear();
  all.all_pairs = true;
  all.couplings.clear();
  all.borrowed_couplings = o.couplings;
  return all;
}
// In the order that is theirs if they are not listed.
inline Graph all_pairs_in_order(std::uint32_t sites) {
  Graph g{sites, {}};
  for (std::uint32_t i = 0; i < sites; ++i) {
    for (std::uint32_t j = i + 1; j < sites; ++j) g.edges.push_back({i, j});
  }
  return g;
}
// So many edges between any two sites.
inline Graph any_pairs(std::uint32_t sites, std::size_t edges, std::uint64_t seed = 3) {
  std::mt19937_64 generator{seed};
  Graph g{sites, {}};
  while (g.edges.size() < edges) {
    const auto a = static_cast<std::uint32_t>(generator() % sites);
    const auto b = static_cast<std::uint32_t>(generator() % sites);
    if (a != b) g.edges.push_back({a, b});
  }
  return g;
}

// From cold to hot, random spins.
inline void prepare(RealEngine& engine) {
  std::vector<double> temperatures;
  for (std::int64_t r = 0; r < engine.options().replicas; ++r) {
    const auto stream = engine.options().first_stream + static_cast<std::uint64_t>(r);
    temperatures.push_back(0.25 * static_cast<double>(stream % 17));  // one in 17 is 0
  }
  engine.set_temperatures(temperatures);
  engine.randomize();
}

inline Spins spins_of(const RealEngine& engine, std::int64_t replica) {
  Spins spins(static_cast<std::size_t>(engine.sites()));
  engine.get_spins(replica, spins.data());
  return spins;
}

inline std::vector<std::uint64_t> packed_of(const RealEngine& engine) {
  std::vector<std::uint64_t> words(
      static_cast<std::size_t>(engine.sites() * engine.packed_words()));
  engine.get_packed(words.data());
  return words;
}

inline std::vector<Sums> sums_of(const RealEngine& engine) {
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  engine.sums(sums.data());
  return sums;
}

inline std::string describe(const RealOptions& o) {
  return std::to_string(o.sites) + " sites, replicas " + std::to_string(o.replicas) + ", samples " +
         std::to_string(o.samples) + ", threads " + std::to_string(o.threads) +
         (o.storage == Storage::dense ? ", dense" : ", sparse") +
         (o.order == SiteOrder::random ? ", random order, " : ", fixed order, ") +
         std::string(name(o.isa)) + ", " + ::testing::PrintToString(o.generator) + ", " +
         ::testing::PrintToString(o.dynamics);
}

}  // namespace multispin::test
