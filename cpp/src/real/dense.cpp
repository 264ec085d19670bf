// Couplings of all pairs, in tiles.
#include <algorithm>
#include <vector>

#include "real/bundle.hpp"

namespace multispin {
namespace {

constexpr std::int64_t tile = model::tile_sites;
constexpr std::int64_t block = model::block_sites;

std::int64_t tiles_of(std::int64_t sites) {
  return (sites + tile - 1) / tile;
}

class DenseBundle : public RealBundle {
 public:
  DenseBundle(const RealPlan& plan, const RoundedCouplings& rounded,
              std::span<const std::int32_t> all_up, const std::int32_t* couplings,
              std::int64_t first_replica, std::int64_t replicas, std::uint64_t first_stream)
      : RealBundle(plan, rounded, all_up, first_replica, replicas, first_stream,
                   static_cast<std::size_t>(tiles_of(plan.sites) * tile * replicas),
                   {tile * replicas, 1, tile}),
        couplings_(couplings),
        block_couplings_(static_cast<std::size_t>(block * block)),
        flips_(static_cast<std::size_t>(plan.parallel ? blocks() : 1)) {
    for (Flips& flips : flips_) {
      flips.rows.resize(static_cast<std::size_t>(block * replicas));
      flips.counts.resize(static_cast<std::size_t>(2 * replicas));
    }
  }

  std::int64_t steps() const override { return plan_.parallel ? 2 * blocks() : blocks(); }

  void hold(std::span<const SiteBits> held) override {
    free_.clear();
    for (const SiteBits& bits : held) {
      for (const std::uint64_t word : bits) free_.push_back(~word);
    }
  }

 protected:
  void update(std::int64_t step, std::uint64_t sweep) override {
    const std::int64_t b = step % blocks();
    const std::int64_t first = b * block;
    const std::int64_t end = std::min(first + block, plan_.sites);
    kernels::DenseFlips flips = view(flips_[plan_.parallel ? static_cast<std::size_t>(b) : 0]);
    if (step < blocks()) {
      plan_.rule.dense({replicas_view(),
                        noise(sweep),
                        {order(), first, end},
                        block_couplings_.data(),
                        &flips,
                        plan_.parallel});
      if (plan_.parallel) return;
    } else {
      find_sites(flips, first, end);
    }
    // A block of neighbouring sites has brought its flips into its own states.
    const bool own = !plan_.parallel && !plan_.random_order;
    const std::int64_t skip = own ? first / tile : 0;
    plan_.kernels.apply_dense(replicas_view(), flips, skip,
                              own ? skip + (end - first + tile - 1) / tile : 0);
  }

  void turn_down(std::int64_t first, std::span<const SiteBits> up) override {
    kernels::DenseFlips flips = view(flips_[0]);
    for (std::int64_t begin = 0; begin < plan_.sites; begin += block) {
      const std::int64_t end = std::min(begin + block, plan_.sites);
      for (std::int64_t k = begin; k < end; ++k) {
        flips.site[k - begin] = static_cast<std::uint32_t>(k);
      }
      std::fill_n(&flips.counts[0][0], 2 * replicas(), std::uint8_t{0});
      for (std::size_t i = 0; i < up.size(); ++i) {
        const std::size_t r = static_cast<std::size_t>(first) + i;
        for (std::int64_t k = begin; k < end; ++k) {
          if (bit_of(up[i], k)) continue;
          flips.rows[r][block - ++flips.counts[r][1]] = static_cast<std::uint8_t>(k - begin);
        }
      }
      plan_.kernels.apply_dense(replicas_view(), flips, 0, 0);
    }
  }

 private:
  struct Flips {
    std::vector<std::uint8_t> rows, counts;
  };

  std::int64_t blocks() const { return (plan_.sites + block - 1) / block; }
  kernels::DenseReplicas replicas_view() const {
    return {couplings_, plan_.sites, states(), replicas(), free_.empty() ? nullptr : free_.data()};
  }
  static kernels::DenseFlips view(Flips& flips) {
    return {reinterpret_cast<std::uint8_t (*)[block]>(flips.rows.data()),
            reinterpret_cast<std::uint8_t (*)[2]>(flips.counts.data()),
            {}};
  }
  void find_sites(kernels::DenseFlips& flips, std::int64_t first, std::int64_t end) const {
    for (std::int64_t p = first; p < end; ++p) {
      flips.site[p - first] = order() == nullptr ? static_cast<std::uint32_t>(p) : order()[p];
    }
  }

  const std::int32_t* couplings_;
  std::vector<std::int32_t> block_couplings_;
  std::vector<Flips> flips_;  // of a block; of all blocks, where none sees those of another
  std::vector<std::uint64_t> free_;
};

class DenseCouplings : public RealCouplings {
 public:
  explicit DenseCouplings(std::int64_t sites)
      : RealCouplings(sites),
        sites_(sites),
        couplings_(static_cast<std::size_t>(sites * tiles_of(sites) * tile / 2)) {}

  std::unique_ptr<RealBundle> bundle(const RealPlan& plan, std::int64_t first_replica,
                                     std::int64_t replicas,
                                     std::uint64_t first_stream) const override {
    return std::make_unique<DenseBundle>(plan, rounded_, all_up_, numbers(), first_replica,
                                         replicas, first_stream);
  }

 protected:
  void fill(std::span<const GraphEdge> edges) override {
    std::fill_n(numbers(), sites_ * tiles_of(sites_) * tile, 0);
    for (std::int64_t i = 0; i < sites_; ++i) at(i, i) = 1;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      add(edges[e].first, edges[e].second, rounded_.couplings[e]);
      add(edges[e].second, edges[e].first, rounded_.couplings[e]);
    }
    rounded_.couplings = {};
  }

 private:
  std::int32_t* numbers() const { return reinterpret_cast<std::int32_t*>(couplings_.data()); }
  std::int32_t& at(std::int64_t i, std::int64_t j) const {
    return numbers()[(j / tile * sites_ + i) * tile + j % tile];
  }
  // Modulo 2^32.
  void add(std::int64_t i, std::int64_t j, std::int32_t coupling) const {
    const auto four_times = static_cast<std::uint32_t>(coupling) << 2;
    at(i, j) = static_cast<std::int32_t>(static_cast<std::uint32_t>(at(i, j)) + four_times);
  }

  std::int64_t sites_;
  SpinMemory couplings_;
};

}  // namespace

std::unique_ptr<RealCouplings> dense_couplings(std::int64_t sites) {
  return std::make_unique<DenseCouplings>(sites);
}

}  // namespace multispin
