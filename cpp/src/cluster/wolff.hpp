// How Wolff's clusters grow, whatever their sites are coupled to.
#pragma once

#include <algorithm>
#include <vector>

#include "cluster/system.hpp"

namespace multispin {

// Random numbers of a sweep, one after the other, made in chunks.
class WolffNumbers {
 public:
  WolffNumbers(const kernels::ClusterRandom& random, const ClusterSweep& sweep, const WolffWay& way)
      : random_(random), sweep_(sweep), next_bond_(way.numbers) {
    if (next_bond_ % bond_chunk != 0) fill_bonds();
    if (way.clusters % site_chunk != 0) fill_sites(way.clusters);
  }
  // As of logarithm_limit.
  std::uint32_t bond() {
    if (next_bond_ % bond_chunk == 0) fill_bonds();
    return half(bonds_, next_bond_++ % bond_chunk);
  }
  // Where a cluster begins.
  std::int64_t site(std::uint64_t cluster, std::int64_t sites) {
    if (cluster % site_chunk == 0) fill_sites(cluster);
    const auto product = static_cast<unsigned __int128>(sites_[cluster % site_chunk]) *
                         static_cast<unsigned __int128>(sites);
    return static_cast<std::int64_t>(product >> 64);
  }
  std::uint64_t bonds_used() const { return next_bond_; }

 private:
  static constexpr std::uint64_t bond_chunk = 256, site_chunk = 16;
  void fill_bonds() {
    const std::uint64_t first = next_bond_ / bond_chunk * (bond_chunk / 2);
    random_.logarithms({sweep_.keys, sweep_.number, of_wolff_bonds, first, bond_chunk / 2}, bonds_);
  }
  void fill_sites(std::uint64_t cluster) {
    const std::uint64_t first = cluster / site_chunk * site_chunk;
    random_.coins({sweep_.keys, sweep_.number, of_wolff_sites, first, site_chunk}, sites_);
  }

  const kernels::ClusterRandom& random_;
  const ClusterSweep& sweep_;
  std::uint64_t next_bond_;
  alignas(64) std::uint64_t bonds_[bond_chunk / 2];
  alignas(64) std::uint64_t sites_[site_chunk];
};

// `neighbours.each(bit, act)` calls act(other, limit, alike) for each bond of a site: its limit as
// of logarithm_limit, and whether it wants the two alike. `neighbours.hold(bit)` is the limit of
// the site's field and whether it wants the spin up.
template <class Neighbours>
class WolffClusters {
 public:
  WolffClusters(const ClusterSystem& system, const Neighbours& neighbours,
                const ClusterSweep& sweep, WolffWay& way, std::uint64_t* spins,
                std::vector<Label>& members, const Poll& poll)
      : layout_(system.layout),
        neighbours_(neighbours),
        way_(way),
        spins_(spins),
        poll_(poll),
        numbers_(system.random, sweep, way),
        members_(members) {}

  bool grow(const WolffEnd& end) {
    while (way_.clusters < end.clusters && way_.visited < end.visited) {
      const std::int64_t site = numbers_.site(way_.clusters, layout_.all_sites());
      if (!grow_from(layout_.bit_of(site))) return false;
      ++way_.clusters;
      way_.visited += static_cast<std::int64_t>(members_.size());
      way_.numbers = numbers_.bonds_used();
    }
    return true;
  }

 private:
  bool up(Label bit) const { return (spins_[bit / 64] >> (bit % 64) & 1U) != 0; }
  void turn(Label bit) { spins_[bit / 64] ^= std::uint64_t{1} << (bit % 64); }

  void add(Label bit) {
    const auto hold = neighbours_.hold(bit);
    if (hold.limit != 0 && up(bit) == hold.up && numbers_.bond() < hold.limit) held_ = true;
    turn(bit);
    members_.push_back(bit);
  }
  // While a cluster grows, its spins are turned already: a bond to one that is not in it was
  // satisfied if it is not now.
  bool grow_from(Label seed) {
    held_ = false;
    members_.clear();
    add(seed);
    for (std::size_t next = 0; next < members_.size() && !held_; ++next) {
      const Label bit = members_[next];
      const bool now_up = up(bit);
      neighbours_.each(bit, [&](Label other, std::uint32_t limit, bool alike) {
        if (held_ || (now_up == up(other)) == alike) return;
        if (numbers_.bond() < limit) add(other);
      });
      if (asked_to_stop()) {
        undo();
        return false;
      }
    }
    if (held_) undo();
    return true;
  }
  void undo() {
    for (const Label bit : members_) turn(bit);
  }
  bool asked_to_stop() {
    constexpr std::int64_t between_looks = 1 << 14;
    if (++worked_ % between_looks != 0) return false;
    return poll_ && poll_();
  }

  const BitRows& layout_;
  const Neighbours& neighbours_;
  WolffWay& way_;
  std::uint64_t* spins_;
  const Poll& poll_;
  WolffNumbers numbers_;
  std::vector<Label>& members_;
  std::int64_t worked_ = 0;
  bool held_ = false;
};

}  // namespace multispin
