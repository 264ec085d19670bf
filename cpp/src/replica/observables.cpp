// Sums and overlaps of replicas, without unpacking their spins.
#include <algorithm>
#include <limits>

#include "host/threads.hpp"
#include "multispin/replica/groups.hpp"
#include "replica/detail.hpp"

namespace multispin {

void ReplicaEngine::Detail::bundle_sums(const BundleMemory& bundle, std::int64_t replicas,
                                        Sums* sums) const {
  std::uint64_t counts[64 * kernels::block_words];
  const auto edges = static_cast<std::int64_t>(order.edges.size());
  kernels.count(bundle.view(), order.edges.data(), edges, sites, counts);
  for (int lane = 0; lane < 64 * bundle.words; ++lane) {
    const std::int64_t replica = bundle.first_lane + lane - lane_offset;
    if (replica < 0 || replica >= replicas) continue;
    const std::uint64_t both = counts[lane % 64 * bundle.words + lane / 64];
    sums[replica] = {edges - 2 * static_cast<std::int64_t>(both & 0xffffffffU),
                     2 * static_cast<std::int64_t>(both >> 32) - sites};
  }
}

void ReplicaEngine::sums(Sums* sums) const {
  const Detail& d = *detail_;
  const int threads = worth(d.words_per_site() * d.sites, options_.threads);
  for_each_index(threads, static_cast<std::int64_t>(d.bundles.size()), [&](std::int64_t b) {
    d.bundle_sums(d.bundles[static_cast<std::size_t>(b)], options_.replicas, sums);
  });
}

void ReplicaEngine::part_sums(std::size_t part, Sums* sums) const {
  detail_->bundle_sums(detail_->bundles[part], options_.replicas, sums);
}

std::int64_t ReplicaEngine::Detail::row_word(std::int64_t replica) const {
  const std::int64_t lane = lane_of(replica);
  const BundleMemory& bundle = bundles[static_cast<std::size_t>(lane / bundle_lanes)];
  const std::int64_t own = lane - bundle.first_lane;
  return bundle.first_lane + own % 64 * bundle.words + own / 64;
}

std::span<const BundleMemory> ReplicaEngine::Detail::bundles_of(
    std::span<const ReplicaPair> pairs) const {
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
  for (const ReplicaPair& pair : pairs) {
    first = std::min({first, lane_of(pair.first), lane_of(pair.second)});
    last = std::max({last, lane_of(pair.first), lane_of(pair.second)});
  }
  const auto begin = static_cast<std::size_t>(first / bundle_lanes);
  const auto end = static_cast<std::size_t>(last / bundle_lanes) + 1;
  return pairs.empty() ? std::span<const BundleMemory>{}
                       : std::span{bundles}.subspan(begin, end - begin);
}

template <class Turn>
ReplicaEngine::Detail::Rows ReplicaEngine::Detail::rows(std::span<const BundleMemory> of,
                                                        std::int64_t items, int threads,
                                                        const Turn& turn) const {
  if (of.empty()) return {{}, 0, 0};
  const std::int64_t row_count = (items + 63) / 64;
  const std::int64_t first = of.front().first_lane;
  const std::int64_t width = of.back().first_lane + 64 * of.back().words - first;
  Rows rows{std::vector<std::uint64_t>(static_cast<std::size_t>(row_count * width)), first, width};
  for_each_index(threads, row_count, [&](std::int64_t r) {
    for (const BundleMemory& bundle : of) {
      const int in_word = static_cast<int>(std::min<std::int64_t>(64, items - 64 * r));
      turn(bundle.view(), 64 * r, in_word,
           rows.words.data() + r * width + bundle.first_lane - first);
    }
  });
  return rows;
}

ReplicaEngine::Detail::Rows ReplicaEngine::Detail::site_rows(
    std::span<const BundleMemory> of, std::span<const std::uint32_t> positions, int threads) const {
  return rows(of, static_cast<std::int64_t>(positions.size()), threads,
              [&](const kernels::Bundle& bundle, std::int64_t first, int count, std::uint64_t* to) {
                kernels.sites_of_lanes(bundle, positions.data() + first, count, to);
              });
}

void ReplicaEngine::Detail::compare(const Rows& rows, std::span<const ReplicaPair> pairs,
                                    std::span<const std::int64_t> first_row,
                                    std::span<const std::int64_t> items, int threads,
                                    std::int64_t* sums) const {
  constexpr std::int64_t piece = 512;  // of pairs: what belongs to them stays in the cache
  const auto count = static_cast<std::int64_t>(pairs.size());
  const std::size_t groups = items.size();
  for_each_index(threads, (count + piece - 1) / piece, [&](std::int64_t number) {
    const std::int64_t begin = number * piece;
    const std::int64_t size = std::min(piece, count - begin);
    kernels::WordPair words[piece];
    for (std::int64_t i = 0; i < size; ++i) {
      const ReplicaPair& pair = pairs[static_cast<std::size_t>(begin + i)];
      words[i] = {static_cast<std::uint32_t>(row_word(pair.first) - rows.first),
                  static_cast<std::uint32_t>(row_word(pair.second) - rows.first)};
    }
    std::int64_t unequal[piece];
    for (std::size_t g = 0; g < groups; ++g) {
      kernels.count_unequal(rows.words.data() + first_row[g] * rows.width, rows.width,
                            first_row[g + 1] - first_row[g], words, size, unequal);
      std::int64_t* const to = sums + begin * static_cast<std::int64_t>(groups);
      for (std::int64_t i = 0; i < size; ++i) {
        to[static_cast<std::size_t>(i) * groups + g] = items[g] - 2 * unequal[i];
      }
    }
  });
}

void ReplicaEngine::Detail::group_overlaps(std::span<const ReplicaPair> pairs,
                                           const SiteGroups& groups, int threads,
                                           std::int64_t* sums) const {
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int worth_starting =
      worth(words_per_site() * sites + count * groups.first_word.back(), threads);
  compare(site_rows(bundles_of(pairs), groups.positions, worth_starting), pairs, groups.first_word,
          groups.sites, worth_starting, sums);
}

void ReplicaEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const Detail& d = *detail_;
  const std::int64_t words[] = {0, (d.sites + 63) / 64};
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int threads = worth(d.words_per_site() * d.sites + count * words[1], options_.threads);
  d.compare(d.site_rows(d.bundles_of(pairs), d.order.position_of, threads), pairs, words,
            {&d.sites, 1}, threads, sums);
}

void ReplicaEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const Detail& d = *detail_;
  const auto edges = static_cast<std::int64_t>(d.order.edges.size());
  const std::int64_t words[] = {0, (edges + 63) / 64};
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int threads = worth(d.words_per_site() * edges + count * words[1], options_.threads);
  // Whether a bond is satisfied differs from s_i s_j by the sign that both replicas have.
  const Detail::Rows rows =
      d.rows(d.bundles_of(pairs), edges, threads,
             [&](const kernels::Bundle& bundle, std::int64_t first, int count, std::uint64_t* to) {
               d.kernels.unsatisfied_of_lanes(bundle, d.order.edges.data() + first, count, to);
             });
  d.compare(rows, pairs, words, {&edges, 1}, threads, sums);
}

void ReplicaEngine::group_overlaps(std::span<const ReplicaPair> pairs,
                                   std::span<const std::int32_t> group_of, std::int64_t groups,
                                   std::int64_t* sums) const {
  const Detail& d = *detail_;
  d.group_overlaps(pairs, group_sites(d.order, group_of, groups), options_.threads, sums);
}

SlabOverlaps ReplicaEngine::slab_overlaps(const std::vector<std::int64_t>& shape) const {
  check_shape(shape, options_.sites);
  std::vector<SiteGroups> slabs;  // by axis
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    slabs.push_back(group_sites(detail_->order, coordinates(shape, axis), shape[axis]));
  }
  return [this, slabs = std::move(slabs)](std::span<const ReplicaPair> pairs, std::size_t axis,
                                          std::int64_t* sums) {
    detail_->group_overlaps(pairs, slabs[axis], options_.threads, sums);
  };
}

}  // namespace multispin
