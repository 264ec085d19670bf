#include "multispin/real/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "host/demand.hpp"

namespace multispin {
namespace {

constexpr double smallest_field = 1e-292;

// Of every site, what its local field could add up to.
std::vector<double> largest_fields(const CoupledPairs& pairs, std::span<const double> couplings,
                                   std::span<const double> fields) {
  std::vector<double> sum(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) sum[i] = std::abs(fields[i]);
  pairs.for_each([&](std::size_t e, std::uint32_t first, std::uint32_t second) {
    sum[first] += std::abs(couplings[e]);
    sum[second] += std::abs(couplings[e]);
  });
  return sum;
}

double largest_size(std::span<const double> values) {
  double most = 0.0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

std::int64_t largest_degree(const CoupledPairs& pairs, std::size_t sites) {
  if (pairs.are_all()) return static_cast<std::int64_t>(sites) - 1;
  std::vector<std::int64_t> degree(sites);
  for (const GraphEdge& edge : pairs.edges()) {
    ++degree[edge.first];
    ++degree[edge.second];
  }
  return std::ranges::max(degree);
}

}  // namespace

double step_for(const CoupledPairs& pairs, std::span<const double> couplings,
                std::span<const double> fields, std::int64_t samples, double unit, double beside) {
  double most = 0.0;
  for (std::int64_t k = 0; k < samples; ++k) {
    const auto of_one = couplings.subspan(static_cast<std::size_t>(k) * pairs.size(), pairs.size());
    most = std::max(most, std::ranges::max(largest_fields(pairs, of_one, fields)));
  }
  most += beside;
  if (most == 0.0) return unit;
  demand(std::isfinite(most),
         "couplings: got some that add up, with the field of a site, to more than a double holds, "
         "allowed: finite sums");
  // Below it steps, and what is divided by them, would not be numbers that a double holds.
  if (most < smallest_field) {
    const bool by_fields = largest_size(fields) > largest_size(couplings);
    const std::string what = by_fields ? "h: got fields that add up, with the couplings"
                                       : "couplings: got some that add up, with the field";
    throw std::invalid_argument(
        what +
        " of a site, to less than 1e-292 at every site, allowed: none but 0, or larger ones");
  }
  // Rounding may add half a step for every coupling and for the field, and sums are rounded too.
  const std::int64_t rounded_of_site = largest_degree(pairs, fields.size()) + 1;
  const double room = static_cast<double>(rules::field_limit - 1 - rounded_of_site / 2 - 64);
  int exponent = 0;
  std::frexp(most / unit / room, &exponent);
  return std::ldexp(unit, exponent);
}

RoundedSites rounded_sites(const CoupledPairs& pairs, std::span<const double> couplings,
                           std::span<const double> fields, double step) {
  RoundedSites out;
  std::vector<double> lost(fields.size());
  std::vector<std::int64_t> largest(fields.size());
  // In steps: squares of what is very large or very small would not be numbers.
  const auto squared_loss = [step](double value, std::int32_t rounded) {
    const double d = value / step - rounded;
    return d * d;
  };
  const RoundedCouplings rounded_fields(fields, step);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::int32_t field = rounded_fields[i];
    out.fields.push_back(field);
    out.all_up.push_back(2 * field + 1);
    lost[i] = squared_loss(fields[i], field);
    largest[i] = std::abs(std::int64_t{field});
  }
  const RoundedCouplings rounded(couplings, step);
  pairs.for_each([&](std::size_t e, std::uint32_t first, std::uint32_t second) {
    const std::int32_t coupling = rounded[e];
    const double loss = squared_loss(couplings[e], coupling);
    for (const std::uint32_t site : {first, second}) {
      out.all_up[site] += 2 * coupling;
      lost[site] += loss;
      // Couplings of the same sites may cancel, and then the largest is smaller than this.
      largest[site] += std::abs(std::int64_t{coupling});
    }
  });
  out.error = std::sqrt(std::ranges::max(lost)) * step;
  out.largest = std::ranges::max(largest);
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
  const double cap = steps > 0.0 ? std::ceil(0x1p30 / steps) + 1.0 : 0.0;
  return {static_cast<std::uint32_t>(std::min(cap, 0x1p32 - 1)), static_cast<std::uint32_t>(factor),
          shift};
}

}  // namespace multispin
