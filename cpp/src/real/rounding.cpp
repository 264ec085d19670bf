#include "multispin/real/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "host/demand.hpp"

namespace multispin {
namespace {

// Of every site, what it could add up to.
template <class Value>
std::vector<Value> largest_fields(std::span<const GraphEdge> edges,
                                  std::span<const Value> couplings, std::span<const Value> fields) {
  std::vector<Value> sum(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) sum[i] = std::abs(fields[i]);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    sum[edges[e].first] += std::abs(couplings[e]);
    sum[edges[e].second] += std::abs(couplings[e]);
  }
  return sum;
}

}  // namespace

double step_for(std::span<const GraphEdge> edges, std::span<const double> couplings,
                std::span<const double> fields, std::int64_t samples) {
  double most = 0.0;
  for (std::int64_t k = 0; k < samples; ++k) {
    const auto of_one = couplings.subspan(static_cast<std::size_t>(k) * edges.size(), edges.size());
    most = std::max(most, std::ranges::max(largest_fields(edges, of_one, fields)));
  }
  if (most == 0.0) return 1.0;
  demand(std::isfinite(most),
         "couplings: got some that add up, with the field of a site, to more than a double holds, "
         "allowed: finite sums");
  // Rounding may add half a step for every coupling and for the field, and sums are rounded too.
  std::vector<std::int64_t> degree(fields.size(), 1);
  for (const GraphEdge& edge : edges) {
    ++degree[edge.first];
    ++degree[edge.second];
  }
  const double room =
      static_cast<double>(rules::field_limit - 1 - std::ranges::max(degree) / 2 - 64);
  int exponent = 0;
  std::frexp(most / room, &exponent);
  return std::ldexp(1.0, std::max(exponent, -1000));
}

RoundedCouplings rounded(std::span<const GraphEdge> edges, std::span<const double> couplings,
                         std::span<const double> fields, double step, double& error) {
  RoundedCouplings out;
  std::vector<double> lost(fields.size());
  // In steps: squares of what is very large or very small would not be numbers.
  const auto round = [step](double value, double& lost_of_one) {
    const double steps = value / step;
    const double nearest = std::nearbyint(steps);
    lost_of_one = steps - nearest;
    return static_cast<std::int32_t>(nearest);
  };
  double d = 0.0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out.fields.push_back(round(fields[i], d));
    lost[i] = d * d;
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {
    out.couplings.push_back(round(couplings[e], d));
    lost[edges[e].first] += d * d;
    lost[edges[e].second] += d * d;
  }
  error = std::max(error, std::sqrt(std::ranges::max(lost)) * step);
  // Couplings of the same sites may cancel, and then the largest is smaller than this.
  const std::vector<std::int64_t> wide(out.couplings.begin(), out.couplings.end());
  const std::vector<std::int64_t> wide_fields(out.fields.begin(), out.fields.end());
  out.largest = std::ranges::max(largest_fields<std::int64_t>(edges, wide, wide_fields));
  return out;
}

rules::NoiseScale noise_scale(double temperature, double step) {
  // A logarithm is in steps of 2^-26; below 2^-28 of the temperature no field makes a difference.
  constexpr double ln2 = 0x1.62e42fefa39efp-1;
  const double steps = std::min(temperature / step * (ln2 * 0x1p-27), 0x1p28);
  int shift = 0;
  while (steps > std::ldexp(1.0, shift)) ++shift;
  const double factor = std::min(std::nearbyint(std::ldexp(steps, 32 - shift)), 0x1p32 - 1);
  // From here on a threshold is above all fields, and may not become too large.
  const double cap = steps > 0.0 ? std::ceil(0x1p30 / steps) + 1.0 : 0x1p32 - 1;
  return {static_cast<std::uint32_t>(std::min(cap, 0x1p32 - 1)), static_cast<std::uint32_t>(factor),
          shift};
}

}  // namespace multispin
