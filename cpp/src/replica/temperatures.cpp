// The thresholds of lanes, which follow their temperatures.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "host/threads.hpp"
#include "replica/detail.hpp"

namespace multispin {

// Bits of every class of every kind of site at one temperature.
std::vector<std::uint64_t> ReplicaEngine::Detail::bits_at(double temperature) const {
  std::vector<std::uint64_t> bits;
  for (const rules::SiteKind& kind : order.kinds) {
    const rules::ClassBits of_kind =
        rules::class_bits(model, kind, temperature, run_kernels.coarse_planes);
    bits.insert(bits.end(), std::begin(of_kind.of), std::end(of_kind.of));
  }
  return bits;
}

void ReplicaEngine::Detail::set_bundle_bits(BundleMemory& bundle) const {
  constexpr auto stride = std::size_t{model::most_classes};
  // Those of bit b of word w: [b * block_words + w].
  std::array<const std::uint64_t*, block_lanes> bits_of_lane;
  const auto last = static_cast<std::int64_t>(bits_of_replica.size()) - 1;
  for (std::int64_t w = 0; w < kernels::block_words; ++w) {
    // A narrow bundle's lanes repeat; unused ones do as the nearest that is used.
    const std::int64_t first = bundle.first_lane + 64 * (w % bundle.words) - lane_offset;
    for (std::int64_t b = 0; b < 64; ++b) {
      bits_of_lane[static_cast<std::size_t>(b * kernels::block_words + w)] =
          bits_of_replica[static_cast<std::size_t>(std::clamp(first + b, std::int64_t{0}, last))];
    }
  }
  for (std::size_t number = 0; number < order.kinds.size(); ++number) {
    const rules::SiteKind& kind = order.kinds[number];
    const int classes = classes_of(model, kind);
    const int planes = run_kernels.coarse_planes + random::tail_planes;
    KindThresholds& out = bundle.thresholds[number];
    const bool is_new = out.planes.empty();
    out.planes.resize(static_cast<std::size_t>(planes * classes * kernels::block_words));
    out.always.resize(static_cast<std::size_t>(classes * kernels::block_words));
    for (int c = 0; c < classes; ++c) {
      // Lazy sites' own class has the same probability at all temperatures.
      if (kind.lazy && 2 * c == kind.degree && !is_new) continue;
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
      std::copy_n(turned + rules::always_bit * kernels::block_words, kernels::block_words,
                  out.always.data() + c * kernels::block_words);
    }
  }
}

void ReplicaEngine::Detail::set_shared_temperature(double temperature) {
  for (BundleMemory& bundle : bundles) {
    for (std::size_t number = 0; number < order.kinds.size(); ++number) {
      bundle.thresholds[number].shared =
          rules::make_shared_thresholds(model, order.kinds[number], temperature);
    }
  }
}

void ReplicaEngine::set_temperatures(std::span<const double> temperatures) {
  Detail& d = *detail_;
  if (d.shared) {
    check_replica_temperatures(options_, temperatures);
    std::ranges::copy(temperatures, temperatures_.begin());
    d.set_shared_temperature(temperatures[0]);
    return;
  }
  check_temperature_count(temperatures.size(), options_.replicas);
  if (d.known_bits.crowded(options_.replicas)) {
    d.known_bits.clear();
    d.bits_of_replica.clear();
  }
  const auto bits = [&](double t) { return d.bits_at(t); };
  std::vector<const std::uint64_t*> next(temperatures.size());
  // Without looking whether a replica keeps its temperature: such a branch is taken at random.
  std::ranges::transform(temperatures, next.begin(), [&](double t) {
    return d.known_bits[d.known_bits.number(t, bits)].data();
  });
  std::ranges::copy(temperatures, temperatures_.begin());
  if (next == d.bits_of_replica) return;
  d.bits_of_replica = std::move(next);
  for_each_index(worth(d.words_per_site() * d.sites, options_.threads),
                 static_cast<std::int64_t>(d.bundles.size()), [&](std::int64_t b) {
                   d.set_bundle_bits(d.bundles[static_cast<std::size_t>(b)]);
                 });
}

void ReplicaEngine::set_part_temperatures(std::size_t part, std::span<const double> temperatures) {
  Detail& d = *detail_;
  const auto first = static_cast<std::size_t>(d.first_replica(part));
  const auto known = [](double) -> std::vector<std::uint64_t> {
    throw std::logic_error("set_part_temperatures: got one that no replica has had");
  };
  for (std::size_t i = 0; i < temperatures.size(); ++i) {
    d.bits_of_replica[first + i] = d.known_bits[d.known_bits.number(temperatures[i], known)].data();
  }
  std::ranges::copy(temperatures, temperatures_.begin() + static_cast<std::ptrdiff_t>(first));
  d.set_bundle_bits(d.bundles[part]);
}

}  // namespace multispin
