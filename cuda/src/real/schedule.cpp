#include "real/schedule.hpp"

#include <algorithm>

namespace multispin::cuda {

NeighbourLists neighbour_lists(std::int64_t sites, const CoupledPairs& pairs) {
  NeighbourLists out;
  out.first.resize(static_cast<std::size_t>(sites) + 1);
  pairs.for_each([&](std::size_t /*number*/, std::uint32_t a, std::uint32_t b) {
    ++out.first[a + 1];
    ++out.first[b + 1];
  });
  for (std::size_t i = 1; i < out.first.size(); ++i) out.first[i] += out.first[i - 1];
  out.neighbours.resize(2 * pairs.size());
  std::vector<std::int64_t> next(out.first.begin(), out.first.end() - 1);
  pairs.for_each([&](std::size_t /*number*/, std::uint32_t a, std::uint32_t b) {
    out.neighbours[static_cast<std::size_t>(next[a]++)] = b;
    out.neighbours[static_cast<std::size_t>(next[b]++)] = a;
  });
  return out;
}

Schedule by_levels(const NeighbourLists& lists, std::span<const std::uint32_t> order) {
  const std::size_t sites = lists.first.size() - 1;
  constexpr std::uint32_t none = ~0U;  // and one more is the lowest level
  std::vector<std::uint32_t> level(sites, none);
  const auto site_at = [&](std::uint32_t p) { return order.empty() ? p : order[p]; };
  Schedule out;
  out.first.push_back(0);
  for (std::uint32_t p = 0; p < sites; ++p) {
    const std::uint32_t site = site_at(p);
    std::uint32_t above = 0;
    for (auto n = lists.first[site]; n < lists.first[site + 1]; ++n) {
      above = std::max(above, level[lists.neighbours[static_cast<std::size_t>(n)]] + 1);
    }
    level[site] = above;
    if (above + 2 > out.first.size()) out.first.resize(above + 2);
    ++out.first[above + 1];
  }
  for (std::size_t l = 1; l < out.first.size(); ++l) out.first[l] += out.first[l - 1];
  std::vector<std::uint32_t> next(out.first.begin(), out.first.end() - 1);
  out.attempts.resize(sites);
  for (std::uint32_t p = 0; p < sites; ++p) {
    const std::uint32_t site = site_at(p);
    out.attempts[next[level[site]]++] = {site, p};
  }
  return out;
}

Schedule in_one_level(std::int64_t sites) {
  Schedule out;
  for (std::uint32_t p = 0; p < sites; ++p) out.attempts.push_back({p, p});
  out.first = {0, static_cast<std::uint32_t>(sites)};
  return out;
}

}  // namespace multispin::cuda
