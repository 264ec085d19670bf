// Overlaps of pairs of replicas.
#include <algorithm>
#include <vector>

#include "multispin/spin_pairs.hpp"
#include "real/detail.hpp"

namespace multispin {
namespace {

// Spins of the replicas of some pairs, and the pairs by their place among them.
struct ComparedSpins {
  std::vector<std::int8_t> spins;
  std::vector<ReplicaPair> pairs;
  SpinRows rows;

  ComparedSpins(const RealEngine& engine, std::span<const ReplicaPair> compared) {
    std::vector<std::int64_t> place(static_cast<std::size_t>(engine.options().replicas), -1);
    const std::int64_t sites = engine.sites();
    std::int64_t count = 0;
    const auto place_of = [&](std::uint32_t replica) {
      if (place[replica] < 0) {
        spins.resize(static_cast<std::size_t>((count + 1) * sites));
        engine.get_spins(replica, spins.data() + count * sites);
        place[replica] = count++;
      }
      return static_cast<std::uint32_t>(place[replica]);
    };
    for (const ReplicaPair& pair : compared) {
      const std::uint32_t first = place_of(pair.first);
      pairs.push_back({first, place_of(pair.second)});
    }
    rows = {spins.data(), count, sites};
  }
};

}  // namespace

void RealEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const ComparedSpins compared(*this, pairs);
  spin_overlaps(compared.rows, compared.pairs, sums);
}

void RealEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  if (detail_->pairs.are_all() || patterns_ > 0) {
    overlaps(pairs, sums);
    std::transform(sums, sums + pairs.size(), sums,
                   [this](std::int64_t q) { return link_overlap_of_all(q, options_.sites); });
    return;
  }
  const ComparedSpins compared(*this, pairs);
  spin_link_overlaps(compared.rows, detail_->pairs.edges(), compared.pairs, sums);
}

SlabOverlaps RealEngine::slab_overlaps(const std::vector<std::int64_t>& shape) const {
  check_shape(shape, options_.sites);
  return [this, shape](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums) {
    const ComparedSpins compared(*this, pairs);
    spin_group_overlaps(compared.rows, coordinates(shape, axis), shape[axis], compared.pairs, sums);
  };
}

}  // namespace multispin
