// What engines of real couplings refuse, whatever device they run on.
#include <algorithm>
#include <cmath>
#include <string>

#include "host/demand.hpp"
#include "multispin/real/engine.hpp"
#include "multispin/real/layout.hpp"

namespace multispin {
namespace {

void demand_finite(const char* name, std::span<const double> values) {
  const auto bad = std::ranges::find_if(values, [](double x) { return !std::isfinite(x); });
  if (bad == values.end()) return;
  throw std::invalid_argument(std::string(name) + ": got " + std::to_string(*bad) + " at " +
                              std::to_string(bad - values.begin()) + ", allowed: finite numbers");
}

void check_edges(const RealOptions& o) {
  demand(!o.all_pairs || o.edges.empty(),
         "edges: got " + std::to_string(o.edges.size()) + " beside all pairs, allowed: none");
  const auto bad = std::ranges::find_if(o.edges, [&](const GraphEdge& e) {
    return e.first >= o.sites || e.second >= o.sites || e.first == e.second;
  });
  if (bad == o.edges.end()) return;
  throw std::invalid_argument(
      "edges: got sites " + std::to_string(bad->first) + " and " + std::to_string(bad->second) +
      ", allowed: two different ones from 0 to " + std::to_string(o.sites - 1));
}

void check_patterns(const RealOptions& o) {
  const auto words = static_cast<std::size_t>((o.sites + 63) / 64);
  if (o.storage != Storage::patterns) {
    demand(o.patterns.empty(), "patterns: got some, allowed: none with couplings of pairs");
    return;
  }
  demand(o.edges.empty() && !o.all_pairs && o.samples == 1,
         "edges: got some, or samples, allowed: none beside patterns");
  demand(!o.patterns.empty() && o.patterns.size() % words == 0,
         "patterns: got " + std::to_string(o.patterns.size()) +
             " words, allowed: " + std::to_string(words) + " for each pattern");
  // So that local fields of any spins are below 2^30.
  demand(pattern_count(o) < (std::int64_t{1} << 30) / o.sites - 1,
         "patterns: got " + std::to_string(pattern_count(o)) + " of " + std::to_string(o.sites) +
             " sites, allowed: fewer than 2^30 / sites - 1");
}

}  // namespace

double field_of_patterns(const RealOptions& o) {
  return o.unit * static_cast<double>(pattern_count(o) * (o.sites - 1));
}

void check_pattern_step(double of_patterns, double step, double unit) {
  demand(of_patterns == 0.0 || step <= unit,
         "fields: got some in which couplings would have to be rounded, allowed: at most 2^29 "
         "times the unit of couplings that patterns make");
}

CoupledPairs coupled_pairs(const RealOptions& o) {
  return o.all_pairs ? CoupledPairs::all(o.sites) : CoupledPairs::listed(o.edges);
}

void check_real_couplings(const RealOptions& o, std::size_t pairs,
                          std::span<const double> couplings, std::span<const double> fields) {
  const std::size_t expected = pairs * static_cast<std::size_t>(o.samples);
  demand(couplings.size() == expected, "couplings: got " + std::to_string(couplings.size()) +
                                           ", allowed: " + std::to_string(expected) +
                                           ", one for each edge and sample");
  demand(fields.size() == static_cast<std::size_t>(o.sites),
         "fields: got " + std::to_string(fields.size()) + ", allowed: " + std::to_string(o.sites) +
             ", one for each site");
  demand_finite("couplings", couplings);
  demand_finite("fields", fields);
}

void check_real_options(const RealOptions& o) {
  demand(o.sites >= 1 && o.sites < model::most_real_sites,
         "sites: got " + std::to_string(o.sites) + ", allowed: 1 to 2^28 - 1");
  demand(o.samples >= 1 && o.replicas >= 1 && o.replicas % o.samples == 0,
         "replicas: got " + std::to_string(o.replicas) + ", allowed: a multiple of the " +
             std::to_string(o.samples) + " disorder samples");
  demand(o.replicas <= model::most_real_streams &&
             o.first_stream <= static_cast<std::uint64_t>(model::most_real_streams - o.replicas),
         "first_stream: got " + std::to_string(o.first_stream) + " for " +
             std::to_string(o.replicas) + " replicas, allowed: streams below 2^22");
  demand(o.unit > 0.0 && std::isfinite(o.unit),
         "unit: got " + std::to_string(o.unit) + ", allowed: a finite number > 0");
  check_edges(o);
  check_patterns(o);
  const auto sites = static_cast<std::size_t>(o.sites);
  const std::size_t pairs = o.all_pairs ? sites * (sites - 1) / 2 : o.edges.size();
  check_real_couplings(o, pairs, couplings_of(o), o.fields);
}

}  // namespace multispin
