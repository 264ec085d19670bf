// Sums and overlaps of replicas, without unpacking their spins.
#include <algorithm>
#include <functional>

#include "multispin/replica/groups.hpp"
#include "replica/on_device.hpp"

namespace multispin::cuda {
namespace {

constexpr std::uint32_t segment_words = 16;

// Segments of groups whose words, of 64 items, begin at first_word[group], within words begin to
// end
// - 1; counted from `begin`.
std::vector<Segment> segments_between(std::span<const std::int64_t> first_word, std::int64_t begin,
                                      std::int64_t end) {
  std::vector<Segment> segments;
  for (std::size_t g = 0; g + 1 < first_word.size(); ++g) {
    const std::int64_t last = std::min(first_word[g + 1], end);
    for (std::int64_t w = std::max(first_word[g], begin); w < last; w += segment_words) {
      segments.push_back({static_cast<std::uint32_t>(w - begin),
                          static_cast<std::uint32_t>(std::min(w + segment_words, last) - begin),
                          static_cast<std::int64_t>(g)});
    }
  }
  return segments;
}

// Unequal items of pairs, by group: `make_rows` puts rows into the queue, a part of them at a time.
std::vector<std::int64_t> unequal_items(Stream& stream, const AllLanes& all,
                                        std::span<const ReplicaPair> pairs, std::int64_t items,
                                        std::span<const std::int64_t> first_word,
                                        const std::function<void(const Rows&)>& make_rows) {
  constexpr std::int64_t most_words = std::int64_t{1} << 22;
  const auto groups = static_cast<std::int64_t>(first_word.size()) - 1;
  const std::int64_t lanes = std::int64_t{64} * all.lanes.words;
  const std::int64_t row_words = (items + 63) / 64;
  std::vector<std::int64_t> unequal(pairs.size() * static_cast<std::size_t>(groups));
  if (unequal.empty() || row_words == 0) return unequal;
  const std::int64_t at_once = std::clamp<std::int64_t>(most_words / lanes, 1, row_words);
  const auto device_pairs =
      uploaded(stream, std::vector<ReplicaPair>(pairs.begin(), pairs.end()), "pairs");
  const auto totals = uploaded(stream, unequal, "pairs");
  const Memory memory{stream.device(), 8 * static_cast<std::size_t>(lanes * at_once), "overlaps"};
  for (std::int64_t begin = 0; begin < row_words; begin += at_once) {
    const std::int64_t end = std::min(begin + at_once, row_words);
    const Rows rows{memory.data<std::uint64_t>(), static_cast<std::uint32_t>(end - begin),
                    64 * begin, items};
    make_rows(rows);
    const std::vector<Segment> segments = segments_between(first_word, begin, end);
    const auto device_segments = uploaded(stream, segments, "groups");
    enqueue_compare_rows(stream, all, rows, device_pairs->data<ReplicaPair>(),
                         static_cast<std::int64_t>(pairs.size()), device_segments->data<Segment>(),
                         static_cast<std::int64_t>(segments.size()), groups,
                         totals->data<std::int64_t>());
    stream.synchronize();  // the segments go
  }
  stream.copy(unequal.data(), totals->data<void>(), totals->bytes());
  stream.synchronize();
  return unequal;
}

}  // namespace

void ReplicaEngine::sums(Sums* sums) {
  const DeviceGuard guard{device_};
  measure_now(sound(), detail_->used.replicas, sums);
}

void ReplicaEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t first_word[] = {0, (d.sites + 63) / 64};
  const std::vector<std::int64_t> unequal =
      unequal_items(d.stream(), d.all(), pairs, d.sites, first_word, [&](const Rows& rows) {
        enqueue_site_rows(d.stream(), d.all(), d.position_of->data<std::uint32_t>(), rows);
      });
  std::ranges::transform(unequal, sums, [&](std::int64_t n) { return d.sites - 2 * n; });
}

void ReplicaEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  const std::int64_t first_word[] = {0, (d.edge_count + 63) / 64};
  // As on the CPU: the sign of a bond is the same for both replicas.
  const std::vector<std::int64_t> unequal =
      unequal_items(d.stream(), d.all(), pairs, d.edge_count, first_word, [&](const Rows& rows) {
        enqueue_bond_rows(d.stream(), d.all(), d.edges->data<model::Edge>(), rows);
      });
  std::ranges::transform(unequal, sums, [&](std::int64_t n) { return d.edge_count - 2 * n; });
}

std::vector<std::int64_t> ReplicaEngine::Detail::group_sums(std::span<const ReplicaPair> pairs,
                                                            const SiteGroups& groups) {
  const auto positions = uploaded(stream(), groups.positions, "groups");
  const auto items = static_cast<std::int64_t>(groups.positions.size());
  std::vector<std::int64_t> sums =
      unequal_items(stream(), all(), pairs, items, groups.first_word, [&](const Rows& rows) {
        enqueue_site_rows(stream(), all(), positions->data<std::uint32_t>(), rows);
      });
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] = groups.sites[i % groups.sites.size()] - 2 * sums[i];
  }
  return sums;
}

void ReplicaEngine::group_overlaps(std::span<const ReplicaPair> pairs,
                                   std::span<const std::int32_t> group_of, std::int64_t groups,
                                   std::int64_t* sums) {
  const DeviceGuard guard{device_};
  Detail& d = sound();
  std::ranges::copy(d.group_sums(pairs, group_sites(d.order, group_of, groups)), sums);
}

SlabOverlaps ReplicaEngine::slab_overlaps(const std::vector<std::int64_t>& shape) {
  check_shape(shape, options_.sites);
  std::vector<SiteGroups> slabs;  // by axis
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    slabs.push_back(group_sites(detail_->order, coordinates(shape, axis), shape[axis]));
  }
  return [this, slabs = std::move(slabs)](std::span<const ReplicaPair> pairs, std::size_t axis,
                                          std::int64_t* sums) {
    const DeviceGuard guard{device_};
    std::ranges::copy(sound().group_sums(pairs, slabs[axis]), sums);
  };
}

}  // namespace multispin::cuda
