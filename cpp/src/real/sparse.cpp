// Couplings of some pairs: of each site a list of its neighbours.
#include <algorithm>
#include <vector>

#include "real/bundle.hpp"

namespace multispin {
namespace {

// Lanes that never flip: up in a field that no threshold reaches.
constexpr std::int32_t far_up = INT32_MAX;
// Positions of one step: a few groups of random numbers.
constexpr std::int64_t step_positions = 8 * model::group_attempts;

struct NeighbourLists {
  std::vector<std::int64_t> first;
  std::vector<kernels::Neighbour> neighbours;
};

class SparseBundle : public StateBundle {
 public:
  SparseBundle(const RealPlan& plan, const RoundedSites& rounded, const NeighbourLists& lists,
               std::int64_t first_replica, std::int64_t replicas, std::int64_t lanes,
               std::uint64_t first_stream)
      : StateBundle(plan, rounded, first_replica, replicas, first_stream,
                    static_cast<std::size_t>(plan.sites * lanes),
                    {model::tile_sites * lanes, lanes, 1}),
        lists_(lists),
        lanes_(lanes),
        draws_(static_cast<std::size_t>((model::group_attempts + 1) * lanes +
                                        model::group_attempts * plan.kernels.lanes)) {
    std::fill_n(states(), plan.sites * lanes, far_up);
    if (plan.parallel) turns_.resize(static_cast<std::size_t>(plan.sites * lanes));
  }

  std::int64_t steps() const override { return plan_.parallel ? 2 * pieces() : pieces(); }

  void hold(std::span<const SiteBits> held) override {
    free_.assign(held.empty() ? 0 : static_cast<std::size_t>(plan_.sites * lanes_), -1);
    for (std::size_t r = 0; r < held.size(); ++r) {
      for (std::int64_t j = 0; j < plan_.sites; ++j) {
        if (bit_of(held[r], j)) free_[static_cast<std::size_t>(j * lanes_) + r] = 0;
      }
    }
  }

 protected:
  void update(std::int64_t step, std::uint64_t sweep) override {
    const std::int64_t first = step % pieces() * step_positions;
    const std::int64_t end = std::min(first + step_positions, plan_.sites);
    if (step >= pieces()) {
      plan_.kernels.apply_sparse(view(), turns_.data() + first * lanes_, first, end);
      return;
    }
    plan_.rule.sparse({view(),
                       noise(sweep),
                       {order(), first, end},
                       draws_.data(),
                       plan_.parallel ? turns_.data() : nullptr});
  }

  void turn_down(std::int64_t first, std::span<const SiteBits> up) override {
    std::vector<std::int32_t> turns(static_cast<std::size_t>(lanes_));
    for (std::int64_t j = 0; j < plan_.sites; ++j) {
      for (std::size_t i = 0; i < up.size(); ++i) {
        turns[static_cast<std::size_t>(first) + i] = bit_of(up[i], j) ? 0 : -1;
      }
      plan_.kernels.apply_sparse(view(), turns.data(), j, j + 1);
    }
  }

 private:
  std::int64_t pieces() const { return (plan_.sites + step_positions - 1) / step_positions; }
  kernels::SparseReplicas view() const {
    return {lists_.first.data(),
            lists_.neighbours.data(),
            states(),
            lanes_,
            replicas(),
            free_.empty() ? nullptr : free_.data()};
  }

  const NeighbourLists& lists_;
  std::int64_t lanes_;
  std::vector<std::int32_t> draws_, turns_, free_;
};

class SparseCouplings : public RealCouplings {
 public:
  SparseCouplings(std::int64_t sites, const CoupledPairs& pairs) {
    lists_.first.resize(static_cast<std::size_t>(sites) + 1);
    pairs.for_each([&](std::size_t /*number*/, std::uint32_t first, std::uint32_t second) {
      ++lists_.first[first + 1];
      ++lists_.first[second + 1];
    });
    for (std::size_t i = 1; i < lists_.first.size(); ++i) lists_.first[i] += lists_.first[i - 1];
    lists_.neighbours.resize(2 * pairs.size());
  }

  std::unique_ptr<RealBundle> bundle(const RealPlan& plan, std::int64_t first_replica,
                                     std::int64_t replicas,
                                     std::uint64_t first_stream) const override {
    const std::int64_t wide = plan.kernels.lanes;
    return std::make_unique<SparseBundle>(plan, rounded_, lists_, first_replica, replicas,
                                          (replicas + wide - 1) / wide * wide, first_stream);
  }

 protected:
  void fill(const RoundedCouplings& couplings, const CoupledPairs& pairs) override {
    std::vector<std::int64_t> next(lists_.first.begin(), lists_.first.end() - 1);
    const auto put = [&](std::uint32_t from, std::uint32_t to, std::int32_t coupling) {
      const auto four_times = static_cast<std::uint32_t>(coupling) << 2;  // modulo 2^32
      lists_.neighbours[static_cast<std::size_t>(next[from]++)] = {
          to, static_cast<std::int32_t>(four_times)};
    };
    pairs.for_each([&](std::size_t e, std::uint32_t first, std::uint32_t second) {
      const std::int32_t coupling = couplings[e];
      put(first, second, coupling);
      put(second, first, coupling);
    });
  }

 private:
  NeighbourLists lists_;
};

}  // namespace

std::unique_ptr<RealCouplings> sparse_couplings(std::int64_t sites, const CoupledPairs& pairs) {
  return std::make_unique<SparseCouplings>(sites, pairs);
}

}  // namespace multispin
