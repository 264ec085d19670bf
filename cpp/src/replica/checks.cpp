// What replica engines refuse, whatever device they run on.
#include <algorithm>
#include <cmath>
#include <string>

#include "host/demand.hpp"
#include "multispin/checks.hpp"
#include "multispin/replica/engine.hpp"
#include "multispin/replica/graph.hpp"

namespace multispin {
namespace {

// What there are kernels for.
int most_bonds(const ReplicaOptions& o) {
  const bool any = o.dynamics == Dynamics::metropolis && o.h == 0.0 && !o.shared_random_numbers;
  return any ? model::max_degree : model::most_slots;
}

void check_edges(const ReplicaOptions& o) {
  const int most = most_bonds(o);
  std::vector<int> degree(static_cast<std::size_t>(o.sites));
  for (const GraphEdge& e : o.edges) {
    demand(e.first < o.sites && e.second < o.sites,
           "edges: got an edge of sites " + std::to_string(e.first) + " and " +
               std::to_string(e.second) + ", allowed: 0 to " + std::to_string(o.sites - 1));
    demand(e.first != e.second, "edges: got site " + std::to_string(e.first) +
                                    " as its own neighbour, allowed: two different sites");
    for (const std::uint32_t site : {e.first, e.second}) {
      demand(++degree[site] <= most,
             "edges: got more than " + std::to_string(most) + " of site " + std::to_string(site) +
                 ", allowed: at most " + std::to_string(most) +
                 " for each site (more than 12 with metropolis at h = 0 only, without "
                 "shared_random_numbers)");
    }
  }
}

void check_lanes(const ReplicaOptions& o) {
  demand(o.samples >= 1 && o.replicas >= 1 && o.replicas % o.samples == 0,
         "replicas: got " + std::to_string(o.replicas) + ", allowed: a multiple of the " +
             std::to_string(o.samples) + " disorder samples");
  constexpr std::uint64_t most = std::uint64_t{64} << model::lane_word_bits;
  const auto replicas = static_cast<std::uint64_t>(o.replicas);
  demand(replicas <= most && o.first_stream <= most - replicas,
         "first_stream: got " + std::to_string(o.first_stream) + " for " +
             std::to_string(o.replicas) + " replicas, allowed: streams below 2^26");
  demand(!o.shared_random_numbers || o.samples == o.replicas,
         "shared_random_numbers: got replicas of one disorder sample, allowed: one replica each");
}

}  // namespace

void check_replica_options(const ReplicaOptions& o) {
  demand(o.sites >= 1 && o.sites < std::int64_t{1} << model::position_bits,
         "sites: got " + std::to_string(o.sites) + ", allowed: 1 to 2^28 - 1");
  check_edges(o);
  check_lanes(o);
  demand(
      o.signs.size() == o.edges.size() * static_cast<std::size_t>(o.samples),
      "signs: got " + std::to_string(o.signs.size()) + ", allowed: one for each edge and sample");
  demand(std::ranges::all_of(o.signs, [](int s) { return s == 1 || s == -1; }),
         "signs: got another value, allowed: +1 and -1");
  demand(std::isfinite(o.J) && o.J > 0.0 && std::isfinite(o.h),
         "J, h: must be finite, and J above 0");
}

void check_replica_temperatures(const ReplicaOptions& options,
                                std::span<const double> temperatures) {
  check_temperatures(temperatures, options.replicas);
  demand(!options.shared_random_numbers ||
             std::ranges::all_of(temperatures, [&](double t) { return t == temperatures[0]; }),
         "temperature: got several values, allowed: one, as shared_random_numbers draws one number "
         "for all");
}

}  // namespace multispin
