#include "multispin/replica/groups.hpp"

namespace multispin {

SiteGroups group_sites(const GraphOrder& order, std::span<const std::int32_t> group_of,
                       std::int64_t groups) {
  std::vector<std::vector<std::uint32_t>> members(static_cast<std::size_t>(groups));
  for (std::size_t site = 0; site < group_of.size(); ++site) {
    members[static_cast<std::size_t>(group_of[site])].push_back(order.position_of[site]);
  }
  const auto nowhere = static_cast<std::uint32_t>(order.site_at.size());
  SiteGroups out;
  for (const auto& group : members) {
    out.first_word.push_back(static_cast<std::int64_t>(out.positions.size() / 64));
    out.sites.push_back(static_cast<std::int64_t>(group.size()));
    out.positions.insert(out.positions.end(), group.begin(), group.end());
    out.positions.resize((out.positions.size() + 63) / 64 * 64, nowhere);
  }
  out.first_word.push_back(static_cast<std::int64_t>(out.positions.size() / 64));
  return out;
}

}  // namespace multispin
