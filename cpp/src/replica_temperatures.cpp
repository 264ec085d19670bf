// The thresholds of lanes, which follow their temperatures.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "multispin/lattice_engine.hpp"
#include "replica_detail.hpp"

namespace multispin {
namespace {

constexpr std::int64_t block_lanes = 64 * kernels::block_words;
constexpr int always_bit = 63;
// Temperatures whose thresholds are remembered: tempering sets the same ones again and again.
constexpr std::size_t most_known = 1 << 12;

int classes_of(int slots, int any_field) {
  return any_field != 0 ? slots + 1 : slots / 2;
}

// The threshold of a probability: bit k is that of plane k; bit 63 is set where all numbers accept.
std::uint64_t threshold_bits(double probability, int coarse_planes) {
  const update::Threshold threshold = update::make_threshold(probability, coarse_planes);
  std::uint64_t bits = threshold.always() ? std::uint64_t{1} << always_bit : 0;
  for (int k = 0; k < coarse_planes + random::tail_planes; ++k) {
    bits |= std::uint64_t{threshold.plane(k)} << k;
  }
  return bits;
}

kernels::SharedThresholds shared_thresholds(const update::BondModel& model, int degree,
                                            double temperature) {
  kernels::SharedThresholds thresholds{};
  for (int c = 0; c <= model::max_degree; ++c) {
    const double q = update::class_probability(model, degree, c, temperature);
    const double limit = std::nearbyint(std::ldexp(q, 64));
    thresholds.always[c] = limit >= std::ldexp(1.0, 64);
    thresholds.limit[c] = thresholds.always[c] ? 0 : static_cast<std::uint64_t>(limit);
  }
  return thresholds;
}

}  // namespace

// Bits of every class of every degree at one temperature.
const std::vector<std::uint64_t>& ReplicaEngine::Detail::bits_at(double temperature) {
  const auto known = known_bits.find(temperature);
  if (known != known_bits.end()) return known->second;
  std::vector<std::uint64_t> bits;
  for (const int degree : degrees) {
    for (int c = 0; c <= model::max_degree; ++c) {
      const double q = update::class_probability(model, degree, c, temperature);
      bits.push_back(threshold_bits(q, run_kernels.coarse_planes));
    }
  }
  return known_bits.emplace(temperature, std::move(bits)).first->second;
}

void ReplicaEngine::Detail::set_bundle_temperatures(BundleMemory& bundle,
                                                    std::span<const double> temperatures) {
  constexpr auto stride = static_cast<std::size_t>(model::max_degree + 1);
  std::array<const std::uint64_t*, block_lanes> bits_of_lane;
  for (std::int64_t lane = 0; lane < block_lanes; ++lane) {
    // A narrow bundle's lanes repeat; unused ones do as the nearest that is used.
    const std::int64_t replica = bundle.first_lane + lane % (64 * bundle.words) - lane_offset;
    const auto last = static_cast<std::int64_t>(temperatures.size()) - 1;
    const double t = temperatures[static_cast<std::size_t>(std::clamp(replica, std::int64_t{0}, last))];
    bits_of_lane[static_cast<std::size_t>(lane)] = bits_at(t).data();
  }
  for (std::size_t number = 0; number < degrees.size(); ++number) {
    const int slots = slots_of(degrees[number]);
    const int classes = classes_of(slots, any_field);
    const int planes = run_kernels.coarse_planes + random::tail_planes;
    DegreeThresholds& out = bundle.thresholds[number];
    out.planes.resize(static_cast<std::size_t>(planes * classes * kernels::block_words));
    out.always.resize(static_cast<std::size_t>(classes * kernels::block_words));
    for (int c = 0; c < classes; ++c) {
      alignas(64) std::uint64_t numbers[block_lanes];
      alignas(64) std::uint64_t turned[block_lanes];
      for (std::size_t lane = 0; lane < block_lanes; ++lane) {
        numbers[lane] = bits_of_lane[lane][number * stride + static_cast<std::size_t>(c)];
      }
      kernels.planes_of_numbers(numbers, turned);
      for (int k = 0; k < planes; ++k) {
        std::copy_n(turned + k * kernels::block_words, kernels::block_words,
                    out.planes.data() + (k * classes + c) * kernels::block_words);
      }
      std::copy_n(turned + always_bit * kernels::block_words, kernels::block_words,
                  out.always.data() + c * kernels::block_words);
    }
  }
}

void ReplicaEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperatures(temperatures, options_.replicas);
  Detail& d = *detail_;
  if (d.shared && std::ranges::any_of(temperatures, [&](double t) { return t != temperatures[0]; })) {
    throw std::invalid_argument(
        "temperature: got several values, allowed: one, as shared_random_numbers draws one number "
        "for all");
  }
  std::copy(temperatures.begin(), temperatures.end(), temperatures_.begin());
  if (d.known_bits.size() > most_known) d.known_bits.clear();
  for (BundleMemory& bundle : d.bundles) {
    if (!d.shared) {
      d.set_bundle_temperatures(bundle, temperatures);
      continue;
    }
    for (std::size_t number = 0; number < d.degrees.size(); ++number) {
      bundle.thresholds[number].shared =
          shared_thresholds(d.model, d.degrees[number], temperatures[0]);
    }
  }
}

}  // namespace multispin
