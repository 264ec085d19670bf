// Sums and overlaps of replicas with real couplings.
#include <algorithm>

#include "real/on_device.hpp"

namespace multispin::cuda {

std::vector<std::int64_t> RealEngine::Detail::compared(std::span<const ReplicaPair> pairs,
                                                       std::int64_t each, const Compare& compare) {
  std::vector<std::int64_t> numbers(pairs.size() * static_cast<std::size_t>(each));
  if (numbers.empty()) return numbers;
  const auto device_pairs =
      uploaded(stream(), std::vector<ReplicaPair>(pairs.begin(), pairs.end()), "pairs");
  const auto totals = uploaded(stream(), numbers, "pairs");
  compare(device_pairs->data<ReplicaPair>(), totals->data<std::int64_t>());
  stream().copy(numbers.data(), totals->data<void>(), totals->bytes());
  stream().synchronize();
  return numbers;
}

void RealEngine::sums(Sums* sums) {
  const DeviceGuard guard{device_};
  measure_now(sound(), static_cast<std::size_t>(options_.replicas), sums);
}

void RealEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const auto unequal = d.compared(pairs, 1, [&](const ReplicaPair* p, std::int64_t* numbers) {
    enqueue_compare_sites(d.stream(), d.system->spins(), p,
                          static_cast<std::uint32_t>(pairs.size()), numbers);
  });
  std::ranges::transform(unequal, sums, [&](std::int64_t n) { return d.sites - 2 * n; });
}

void RealEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  if (sound().pairs.are_all() || patterns_ > 0) {
    overlaps(pairs, sums);
    std::transform(sums, sums + pairs.size(), sums,
                   [this](std::int64_t q) { return link_overlap_of_all(q, options_.sites); });
    return;
  }
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::span<const GraphEdge> listed = d.pairs.edges();
  const auto count = static_cast<std::int64_t>(listed.size());
  const auto edges =
      uploaded(d.stream(), std::vector<GraphEdge>(listed.begin(), listed.end()), "pairs");
  const auto unequal = d.compared(pairs, 1, [&](const ReplicaPair* p, std::int64_t* numbers) {
    if (count == 0) return;
    enqueue_compare_edges(d.stream(), d.system->spins(), p,
                          static_cast<std::uint32_t>(pairs.size()), edges->data<GraphEdge>(), count,
                          numbers);
  });
  std::ranges::transform(unequal, sums, [&](std::int64_t n) { return count - 2 * n; });
}

SlabOverlaps RealEngine::slab_overlaps(const std::vector<std::int64_t>& shape) {
  check_shape(shape, options_.sites);
  return [this, shape](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums) {
    const DeviceGuard guard{device_};
    Detail& d = sound();
    const std::vector<std::int32_t> slab_of = coordinates(shape, axis);
    const auto slabs = uploaded(d.stream(), slab_of, "groups");
    const auto of_pairs =
        d.compared(pairs, shape[axis], [&](const ReplicaPair* p, std::int64_t* numbers) {
          enqueue_compare_groups(d.stream(), d.system->spins(), p,
                                 static_cast<std::uint32_t>(pairs.size()),
                                 slabs->data<std::int32_t>(), shape[axis], numbers);
        });
    std::ranges::copy(of_pairs, sums);
  };
}

}  // namespace multispin::cuda
