// Sites group by group, each group from a word of 64 sites of its own on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "multispin/replica/order.hpp"

namespace multispin {

struct SiteGroups {
  // 64 a word; a place without a site has the position behind the last, where all replicas have the
  // same spin.
  std::vector<std::uint32_t> positions;
  std::vector<std::int64_t> first_word;  // of each group, and the end of the last
  std::vector<std::int64_t> sites;       // in each group
};

// Group g of [0, groups) holds the sites i with group_of[i] = g.
SiteGroups group_sites(const GraphOrder& order, std::span<const std::int32_t> group_of,
                       std::int64_t groups);

}  // namespace multispin
