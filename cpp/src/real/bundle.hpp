// Some replicas of one disorder sample: what a thread sweeps by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "host/spin_memory.hpp"
#include "multispin/real/engine.hpp"
#include "multispin/real/rounding.hpp"
#include "real/kernels.hpp"
#include "real/site_bits.hpp"

namespace multispin {

// What all bundles have in common.
struct RealPlan {
  const kernels::RealKernels& kernels;
  const kernels::RealRuleKernels& rule;
  random::StreamKeys keys;
  random::PhiloxBlock order_key;
  std::int64_t sites;
  bool random_order, parallel, heat_bath;
};

class RealBundle {
 public:
  virtual ~RealBundle() = default;
  RealBundle(const RealBundle&) = delete;
  RealBundle& operator=(const RealBundle&) = delete;

  std::int64_t first_replica() const { return first_replica_; }
  std::int64_t end_replica() const { return first_replica_ + replicas_; }
  std::int64_t replicas() const { return replicas_; }

  virtual std::int64_t steps() const = 0;  // of a sweep, which can stop between any two
  // Takes one step. Those of a sweep come in order.
  void take(std::int64_t step, std::uint64_t sweep);
  std::int64_t attempts_of_step() const;

  // Replicas are numbered from 0 here.
  virtual void set_scale(std::int64_t replica, const rules::NoiseScale& scale) {
    scales_[static_cast<std::size_t>(replica)] = scale;
  }
  virtual SiteBits spins(std::int64_t replica) const = 0;
  // Spins of the replicas from `first` on.
  virtual void set_spins(std::int64_t first, std::span<const SiteBits> spins) = 0;
  virtual Sums sums(std::int64_t replica) const = 0;
  // sum_i xi_i s_i of each pattern, if there are patterns.
  virtual void pattern_overlaps(std::int64_t /*replica*/, std::int64_t* /*sums*/) const {}
  virtual void hold(std::span<const SiteBits> held) = 0;  // of all replicas; none: no spin is held

 protected:
  RealBundle(const RealPlan& plan, const RoundedSites& rounded, std::int64_t first_replica,
             std::int64_t replicas, std::uint64_t first_stream);

  virtual void update(std::int64_t step, std::uint64_t sweep) = 0;

  kernels::RealNoise noise(std::uint64_t sweep) const {
    return {&plan_.keys, sweep, first_stream_, scales_.data(),
            static_cast<std::int32_t>(rounded_.largest >> 10)};
  }
  bool cold(std::int64_t replica) const {
    return scales_[static_cast<std::size_t>(replica)].cap == 0;
  }
  const std::uint32_t* order() const { return plan_.random_order ? order_.data() : nullptr; }

  const RealPlan& plan_;
  const RoundedSites& rounded_;

 private:
  std::int64_t first_replica_, replicas_;
  std::uint64_t first_stream_;
  std::vector<rules::NoiseScale> scales_;
  std::vector<std::uint32_t> order_;  // of the sweep under way
};

// Those that keep a state for each spin, its local field in it.
class StateBundle : public RealBundle {
 public:
  SiteBits spins(std::int64_t replica) const override;
  void set_spins(std::int64_t first, std::span<const SiteBits> spins) override;
  Sums sums(std::int64_t replica) const override;

 protected:
  // States of site j of replica r are at (j / 64) * tile + (j % 64) * site + r * replica.
  struct Strides {
    std::int64_t tile, site, replica;
  };
  StateBundle(const RealPlan& plan, const RoundedSites& rounded, std::int64_t first_replica,
              std::int64_t replicas, std::uint64_t first_stream, std::size_t numbers,
              Strides strides);

  // Turns spins of the replicas from `first` on down, out of a state in which all are up.
  virtual void turn_down(std::int64_t first, std::span<const SiteBits> up) = 0;

  std::int32_t* states() const { return reinterpret_cast<std::int32_t*>(states_.data()); }
  std::int32_t& state(std::int64_t j, std::int64_t r) const {
    return states()[j / 64 * strides_.tile + j % 64 * strides_.site + r * strides_.replica];
  }

 private:
  SpinMemory states_;
  Strides strides_;
};

// Couplings of one disorder sample as the kernels want them, and bundles that share them.
class RealCouplings {
 public:
  virtual ~RealCouplings() = default;
  RealCouplings(const RealCouplings&) = delete;
  RealCouplings& operator=(const RealCouplings&) = delete;

  // Others of the same pairs.
  void set(RoundedSites sites, const RoundedCouplings& couplings, const CoupledPairs& pairs) {
    rounded_ = std::move(sites);
    fill(couplings, pairs);
  }
  virtual std::unique_ptr<RealBundle> bundle(const RealPlan& plan, std::int64_t first_replica,
                                             std::int64_t replicas,
                                             std::uint64_t first_stream) const = 0;

 protected:
  RealCouplings() = default;
  virtual void fill(const RoundedCouplings& couplings, const CoupledPairs& pairs) = 0;

  RoundedSites rounded_;
};

std::unique_ptr<RealCouplings> dense_couplings(std::int64_t sites);
std::unique_ptr<RealCouplings> sparse_couplings(std::int64_t sites, const CoupledPairs& pairs);
// Couplings are `unit` times what patterns make.
std::unique_ptr<RealCouplings> pattern_couplings(std::int64_t sites,
                                                 std::span<const std::uint64_t> patterns,
                                                 double unit);

}  // namespace multispin
