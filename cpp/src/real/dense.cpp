// Couplings of all pairs, in tiles.
#include <algorithm>
#include <bit>
#include <vector>

#include "multispin/line_vector.hpp"
#include "real/bundle.hpp"

namespace multispin {
namespace {

constexpr std::int64_t tile = model::tile_sites;
constexpr std::int64_t block = model::block_sites;

std::int64_t tiles_of(std::int64_t sites) {
  return (sites + tile - 1) / tile;
}

// Sites of a block. Of few it is one tile, whose couplings stay in the innermost cache while all
// replicas are scanned; of many the states of all replicas, which come and go once for each block,
// take longer.
constexpr std::int64_t few_sites = 384;
std::int64_t block_length(std::int64_t sites) {
  return sites <= few_sites ? tile : block;
}

// Blocks whose flips are brought into all other tiles together: the states of all replicas, which
// do not fit the inner caches, come and go once for them.
constexpr std::int64_t blocks_together = 4;

class DenseBundle : public StateBundle {
 public:
  DenseBundle(const RealPlan& plan, const RoundedSites& rounded, const std::int32_t* couplings,
              std::int64_t first_replica, std::int64_t replicas, std::uint64_t first_stream)
      : StateBundle(plan, rounded, first_replica, replicas, first_stream,
                    static_cast<std::size_t>(tiles_of(plan.sites) * tile * replicas),
                    {tile * replicas, 1, tile}),
        couplings_(couplings),
        length_(block_length(plan.sites)),
        block_couplings_(static_cast<std::size_t>(plan.random_order ? block * block : 0)) {
    const std::int64_t kept = plan.parallel ? blocks() : std::min(blocks(), blocks_together);
    rows_.resize(static_cast<std::size_t>(kept * block * replicas));
    counts_.resize(static_cast<std::size_t>(kept * 2 * replicas));
    for (std::int64_t k = 0; k < kept; ++k) {
      flips_.push_back({reinterpret_cast<std::uint8_t (*)[block]>(rows_.data()) + k * replicas,
                        reinterpret_cast<std::uint8_t (*)[2]>(counts_.data()) + k * replicas,
                        {}});
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
    if (plan_.parallel) {
      const auto b = static_cast<std::size_t>(step % blocks());
      if (step < blocks()) return scan(step, sweep, flips_[b]);
      return apply(&flips_[b], 1, all(), {0, 0});
    }
    if (plan_.random_order) {
      scan(step, sweep, flips_[0]);
      return apply(flips_.data(), 1, all(), {0, 0});
    }
    // The first block of those that are brought in together, and all of them.
    const std::int64_t first = step - step % blocks_together;
    const kernels::Tiles together = tiles(first, std::min(first + blocks_together, blocks()));
    kernels::DenseFlips& flips = flips_[static_cast<std::size_t>(step - first)];
    scan(step, sweep, flips);
    apply(&flips, 1, together, completes() ? tiles(step, step + 1) : kernels::Tiles{0, 0});
    if (step + 1 == std::min(first + blocks_together, blocks())) {
      apply(flips_.data(), static_cast<int>(step + 1 - first), all(), together);
    }
  }

  void turn_down(std::int64_t first, std::span<const SiteBits> up) override {
    kernels::DenseFlips& flips = flips_[0];
    for (std::int64_t begin = 0; begin < plan_.sites; begin += block) {
      const std::int64_t end = std::min(begin + block, plan_.sites);
      for (std::int64_t k = begin; k < end; ++k) {
        flips.site[k - begin] = static_cast<std::uint32_t>(k);
      }
      std::fill_n(&flips.counts[0][0], 2 * replicas(), std::uint8_t{0});
      for (std::size_t i = 0; i < up.size(); ++i) {
        const std::size_t r = static_cast<std::size_t>(first) + i;
        std::uint8_t* const row = flips.rows[r];
        std::int64_t downs = 0;
        for (std::int64_t word = begin; word < end; word += 64) {
          std::uint64_t down = ~up[i][static_cast<std::size_t>(word / 64)];
          if (end - word < 64) down &= (std::uint64_t{1} << (end - word)) - 1;
          for (; down != 0; down &= down - 1) {
            row[block - ++downs] = static_cast<std::uint8_t>(word - begin + std::countr_zero(down));
          }
        }
        flips.counts[r][1] = static_cast<std::uint8_t>(downs);
      }
      apply(&flips, 1, all(), {0, 0});
    }
  }

 private:
  std::int64_t blocks() const { return (plan_.sites + length_ - 1) / length_; }
  bool completes() const { return length_ == tile && !plan_.parallel && !plan_.random_order; }
  kernels::Tiles all() const { return {0, tiles_of(plan_.sites)}; }
  kernels::Tiles tiles(std::int64_t first_block, std::int64_t end_block) const {
    return {first_block * length_ / tile, std::min(end_block * length_ / tile, all().end)};
  }
  kernels::DenseReplicas view() const {
    return {couplings_, plan_.sites, states(), replicas(), free_.empty() ? nullptr : free_.data()};
  }
  void scan(std::int64_t b, std::uint64_t sweep, kernels::DenseFlips& flips) {
    plan_.rule.dense({view(),
                      noise(sweep),
                      {order(), b * length_, std::min((b + 1) * length_, plan_.sites)},
                      block_couplings_.data(),
                      &flips,
                      plan_.parallel,
                      completes()});
  }
  void apply(const kernels::DenseFlips* flips, int count, kernels::Tiles into,
             kernels::Tiles but) const {
    plan_.kernels.apply_dense(view(), flips, count, into, but);
  }

  const std::int32_t* couplings_;
  std::int64_t length_;                       // of a block
  LineVector<std::int32_t> block_couplings_;  // with a random order alone
  std::vector<std::uint8_t> rows_, counts_;
  std::vector<kernels::DenseFlips> flips_;  // of blocks together; of all, if none sees another's
  std::vector<std::uint64_t> free_;
};

class DenseCouplings : public RealCouplings {
 public:
  explicit DenseCouplings(std::int64_t sites)
      : sites_(sites), couplings_(static_cast<std::size_t>(sites * tiles_of(sites) * tile / 2)) {}

  std::unique_ptr<RealBundle> bundle(const RealPlan& plan, std::int64_t first_replica,
                                     std::int64_t replicas,
                                     std::uint64_t first_stream) const override {
    return std::make_unique<DenseBundle>(plan, rounded_, numbers(), first_replica, replicas,
                                         first_stream);
  }

 protected:
  void fill(const RoundedCouplings& couplings, const CoupledPairs& pairs) override {
    std::fill_n(numbers(), sites_ * tiles_of(sites_) * tile, 0);
    for (std::int64_t i = 0; i < sites_; ++i) at(i, i) = 1;
    pairs.for_each([&](std::size_t e, std::uint32_t first, std::uint32_t second) {
      const std::int32_t coupling = couplings[e];
      add(first, second, coupling);
      add(second, first, coupling);
    });
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
