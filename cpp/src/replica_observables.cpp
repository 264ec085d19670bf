// Sums and overlaps of replicas, without unpacking their spins.
#include <algorithm>

#include "multispin/site_groups.hpp"
#include "replica_detail.hpp"
#include "threads.hpp"

namespace multispin {
namespace {

// Threads that are worth starting for this many words: a team costs as much as ten thousands of
// them.
int worth(std::int64_t words, int threads) {
  constexpr std::int64_t team_words = 1 << 16;
  return words < team_words ? 1 : usable(threads);
}

}  // namespace

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
  const auto count = static_cast<int>(d.bundles.size());
  const int threads = worth(d.words_per_site() * d.sites, options_.threads);
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (threads > 1 && count > 1)
  for (int b = 0; b < count; ++b) {
    d.bundle_sums(d.bundles[static_cast<std::size_t>(b)], options_.replicas, sums);
  }
}

// Rows of 64 sites (edges) a word, one for each lane: row of replica r is that of its lane.
template <class Turn>
std::vector<std::uint64_t> ReplicaEngine::Detail::rows(std::int64_t items, std::int64_t row_words,
                                                       int threads, const Turn& turn) const {
  std::int64_t lanes = 0;
  for (const BundleMemory& bundle : bundles) {
    lanes = std::max(lanes, bundle.first_lane + 64 * bundle.words);
  }
  std::vector<std::uint64_t> rows(static_cast<std::size_t>(lanes * row_words));
  const auto count = static_cast<int>(bundles.size());
#pragma omp parallel for num_threads(threads) collapse(2) if (threads > 1)
  for (int b = 0; b < count; ++b) {
    for (std::int64_t g = 0; g < row_words; ++g) {
      const BundleMemory& bundle = bundles[static_cast<std::size_t>(b)];
      const int in_word = static_cast<int>(std::min<std::int64_t>(64, items - 64 * g));
      turn(bundle, 64 * g, in_word, rows.data() + bundle.first_lane * row_words + g, row_words);
    }
  }
  return rows;
}

std::vector<std::uint64_t> ReplicaEngine::Detail::site_rows(
    std::span<const std::uint32_t> positions, int threads) const {
  const auto items = static_cast<std::int64_t>(positions.size());
  return rows(items, (items + 63) / 64, threads,
              [&](const BundleMemory& bundle, std::int64_t first, int count, std::uint64_t* to,
                  std::int64_t row_words) {
                kernels.sites_of_lanes(bundle.view(), positions.data() + first, count, to,
                                       row_words);
              });
}

void ReplicaEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const Detail& d = *detail_;
  const std::int64_t words = (d.sites + 63) / 64;
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int threads = worth(d.words_per_site() * d.sites + count * words, options_.threads);
  const std::vector<std::uint64_t> rows = d.site_rows(d.order.position_of, threads);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (std::int64_t i = 0; i < count; ++i) {
    const ReplicaPair& pair = pairs[static_cast<std::size_t>(i)];
    sums[i] = d.sites - 2 * d.kernels.unequal(rows.data() + d.lane_of(pair.first) * words,
                                              rows.data() + d.lane_of(pair.second) * words, words);
  }
}

void ReplicaEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const Detail& d = *detail_;
  const auto edges = static_cast<std::int64_t>(d.order.edges.size());
  const std::int64_t words = (edges + 63) / 64;
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int threads = worth(d.words_per_site() * edges + count * words, options_.threads);
  // Whether a bond is satisfied differs from s_i s_j by the sign that both replicas have.
  const std::vector<std::uint64_t> rows =
      d.rows(edges, words, threads,
             [&](const BundleMemory& bundle, std::int64_t first, int count, std::uint64_t* to,
                 std::int64_t row_words) {
               d.kernels.unsatisfied_of_lanes(bundle.view(), d.order.edges.data() + first, count,
                                              to, row_words);
             });
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (std::int64_t i = 0; i < count; ++i) {
    const ReplicaPair& pair = pairs[static_cast<std::size_t>(i)];
    sums[i] = edges - 2 * d.kernels.unequal(rows.data() + d.lane_of(pair.first) * words,
                                            rows.data() + d.lane_of(pair.second) * words, words);
  }
}

void ReplicaEngine::group_overlaps(std::span<const ReplicaPair> pairs,
                                   std::span<const std::int32_t> group_of, std::int64_t groups,
                                   std::int64_t* sums) const {
  const Detail& d = *detail_;
  const SiteGroups grouped = group_sites(d.order, group_of, groups);
  const std::int64_t words = grouped.first_word.back();
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int threads = worth(d.words_per_site() * d.sites + count * words, options_.threads);
  const std::vector<std::uint64_t> rows = d.site_rows(grouped.positions, threads);
#pragma omp parallel for num_threads(threads) if (threads > 1)
  for (std::int64_t i = 0; i < count; ++i) {
    const ReplicaPair& pair = pairs[static_cast<std::size_t>(i)];
    const std::uint64_t* const a = rows.data() + d.lane_of(pair.first) * words;
    const std::uint64_t* const b = rows.data() + d.lane_of(pair.second) * words;
    for (std::int64_t g = 0; g < groups; ++g) {
      const auto at = static_cast<std::size_t>(g);
      const std::int64_t begin = grouped.first_word[at];
      sums[i * groups + g] =
          grouped.sites[at] -
          2 * d.kernels.unequal(a + begin, b + begin, grouped.first_word[at + 1] - begin);
    }
  }
}

}  // namespace multispin
