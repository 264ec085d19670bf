#include "multispin/spin_pairs.hpp"

#include <bit>
#include <cstddef>
#include <vector>

namespace multispin {
namespace {

// Items (sites, bonds) as bits, 64 a word: rows of (replica, word).
class Bits {
 public:
  // is_up(spins of a replica, item)
  template <class IsUp>
  Bits(const SpinRows& rows, std::int64_t items, const IsUp& is_up)
      : words_((items + 63) / 64), bits_(static_cast<std::size_t>(rows.replicas * words_)) {
    for (std::int64_t r = 0; r < rows.replicas; ++r) {
      std::uint64_t* const to = bits_.data() + r * words_;
      for (std::int64_t i = 0; i < items; ++i) {
        to[i / 64] |= std::uint64_t{is_up(rows.spins + r * rows.sites, i)} << (i % 64);
      }
    }
  }
  std::int64_t unequal(const ReplicaPair& pair) const {
    const std::uint64_t* const a = bits_.data() + pair.first * words_;
    const std::uint64_t* const b = bits_.data() + pair.second * words_;
    std::int64_t count = 0;
    for (std::int64_t w = 0; w < words_; ++w) count += std::popcount(a[w] ^ b[w]);
    return count;
  }

 private:
  std::int64_t words_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace

void spin_overlaps(const SpinRows& rows, std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  const Bits bits{rows, rows.sites,
                  [](const std::int8_t* spins, std::int64_t i) { return spins[i] > 0; }};
  for (const ReplicaPair& pair : pairs) *sums++ = rows.sites - 2 * bits.unequal(pair);
}

void spin_link_overlaps(const SpinRows& rows, std::span<const GraphEdge> edges,
                        std::span<const ReplicaPair> pairs, std::int64_t* sums) {
  const auto count = static_cast<std::int64_t>(edges.size());
  const Bits bits{rows, count, [&](const std::int8_t* spins, std::int64_t e) {
                    const GraphEdge& edge = edges[static_cast<std::size_t>(e)];
                    return spins[edge.first] == spins[edge.second];
                  }};
  for (const ReplicaPair& pair : pairs) *sums++ = count - 2 * bits.unequal(pair);
}

void spin_group_overlaps(const SpinRows& rows, std::span<const std::int32_t> group_of,
                         std::int64_t groups, std::span<const ReplicaPair> pairs,
                         std::int64_t* sums) {
  std::vector<std::vector<std::int64_t>> members(static_cast<std::size_t>(groups));
  for (std::size_t i = 0; i < group_of.size(); ++i) {
    members[static_cast<std::size_t>(group_of[i])].push_back(static_cast<std::int64_t>(i));
  }
  for (std::size_t g = 0; g < members.size(); ++g) {
    const std::vector<std::int64_t>& sites = members[g];
    const auto count = static_cast<std::int64_t>(sites.size());
    const Bits bits{rows, count, [&](const std::int8_t* spins, std::int64_t i) {
                      return spins[sites[static_cast<std::size_t>(i)]] > 0;
                    }};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      sums[i * members.size() + g] = count - 2 * bits.unequal(pairs[i]);
    }
  }
}

}  // namespace multispin
