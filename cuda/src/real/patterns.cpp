// Couplings that patterns make, on a GPU: overlaps are maintained, a warp for each replica.
#include "multispin/real/patterns.hpp"

#include <cmath>
#include <vector>

#include "multispin/real/order.hpp"
#include "real/on_device.hpp"

namespace multispin::cuda {
namespace {

constexpr std::uint32_t blocks_of(std::int64_t patterns) {
  return static_cast<std::uint32_t>(pattern_row(patterns) / model::pattern_lanes);
}
std::size_t overlap_bytes(std::int64_t patterns, std::int64_t replicas) {
  return sizeof(std::int32_t) * model::block_patterns * blocks_of(patterns) *
         static_cast<std::size_t>(replicas);
}
std::size_t own_spin_bytes(std::int64_t sites, std::int64_t replicas) {
  return sizeof(std::uint32_t) * static_cast<std::size_t>((sites + 31) / 32 * replicas);
}

class PatternsOnDevice : public RealSystem {
 public:
  explicit PatternsOnDevice(const RealSystemParts& p)
      : stream_{p.stream},
        held_{p.held},
        unit_{p.options.unit},
        dynamics_{p.options.dynamics},
        random_order_{p.options.order == SiteOrder::random && !at_once()},
        order_key_{site_order_key(p.options.seed)},
        order_(random_order_ ? static_cast<std::size_t>(p.options.sites) : 0),
        count_{pattern_count(p.options)},
        spins_{spin_memory(p.options, p.stream.device())},
        rows_{p.stream.device(),
              static_cast<std::size_t>(2 * p.options.sites * pattern_row(count_)), "patterns"},
        overlaps_{p.stream.device(), overlap_bytes(count_, p.options.replicas), "overlaps"},
        sums_{p.stream.device(),
              sizeof(std::int64_t) * static_cast<std::size_t>(p.options.replicas), "overlaps"},
        own_spins_{p.stream.device(), own_spin_bytes(p.options.sites, p.options.replicas), "spins"},
        turns_{p.stream.device(),
               at_once() ? own_spin_bytes(p.options.sites, p.options.replicas) : 0, "spins"},
        fields_{p.stream.device(), sizeof(std::int32_t) * static_cast<std::size_t>(p.options.sites),
                "fields"},
        device_order_{p.stream.device(), order_.size() * sizeof(std::uint32_t), "sites"},
        bits_{spin_bits(p.options, *spins_)},
        system_{{rows_.data<std::uint16_t>(), overlaps_.data<std::int32_t>(),
                 sums_.data<std::int64_t>(), own_spins_.data<std::uint32_t>(),
                 turns_.data<std::uint32_t>(), fields_.data<std::int32_t>(),
                 static_cast<std::uint32_t>(p.options.sites), static_cast<std::uint32_t>(count_),
                 blocks_of(count_), static_cast<std::uint32_t>(p.options.replicas), 0},
                p.numbers,
                nullptr,
                bits_.row} {
    std::vector<std::uint64_t> rows(rows_.bytes() / sizeof(std::uint64_t));
    write_pattern_rows(p.options.sites, p.options.patterns, rows.data());
    stream_.copy(rows_.data<void>(), rows.data(), rows_.bytes());
    stream_.synchronize();  // the rows may go
  }

  void clear_couplings() override {}
  void set_couplings(std::int64_t /*sample*/, const RoundedSites& sites,
                     const RoundedCouplings& couplings) override {
    system_.replicas.shift = std::ilogb(unit_ / couplings.step());
    stream_.copy(fields_.data<void>(), sites.fields.data(), fields_.bytes());
    stream_.synchronize();
  }
  void couplings_are_set() override {}

  void enqueue(RealRule rule, std::uint64_t first_sweep, std::uint64_t sweeps) override {
    system_.held = held_ ? held_->data<std::uint32_t>() : nullptr;
    if (!at_once() && !random_order_) {
      return enqueue_pattern_sweeps(stream_, rule, system_, nullptr, first_sweep, sweeps);
    }
    for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
      if (at_once()) {
        enqueue_pattern_sweep_at_once(stream_, rule, system_, sweep);
        continue;
      }
      // A copy takes the host's numbers as they are when it is put into the queue.
      draw_site_order(order_key_, sweep, order_);
      stream_.copy(device_order_.data<void>(), order_.data(), device_order_.bytes());
      enqueue_pattern_sweeps(stream_, rule, system_, device_order_.data<std::uint32_t>(), sweep, 1);
    }
  }
  // An attempt takes about as long as a twentieth of a launch, and replicas run side by side.
  std::int64_t launches_of_sweep() const override {
    return at_once() ? 3 : 1 + std::int64_t{system_.replicas.sites} / 20;
  }
  void measure(std::int64_t* totals) override {
    enqueue_measure_patterns(stream_, system_.replicas, totals);
  }

  SpinBits spins() override {
    enqueue_spins_of_patterns(stream_, system_.replicas, bits_);
    return bits_;
  }
  SpinBits room_for_spins() override { return bits_; }
  void take(std::int64_t first_replica, std::int64_t count) override {
    enqueue_overlaps_from_spins(stream_, system_.replicas, bits_, first_replica, count);
  }
  void pattern_overlaps(std::int64_t* sums) override {
    std::vector<std::int32_t> all(overlaps_.bytes() / sizeof(std::int32_t));
    stream_.copy(all.data(), overlaps_.data<void>(), overlaps_.bytes());
    stream_.synchronize();
    const std::int64_t row = std::int64_t{blocks_of(count_)} * model::block_patterns;
    for (std::int64_t r = 0; r < system_.replicas.replicas; ++r) {
      for (std::int64_t p = 0; p < count_; ++p) {
        sums[r * count_ + p] = all[static_cast<std::size_t>(r * row + model::overlap_place(p))];
      }
    }
  }

 private:
  bool at_once() const { return dynamics_ == RealDynamics::parallel; }

  Stream& stream_;
  const std::unique_ptr<Memory>& held_;
  const double unit_;
  const RealDynamics dynamics_;
  const bool random_order_;
  const random::PhiloxBlock order_key_;
  std::vector<std::uint32_t> order_;
  const std::int64_t count_;
  std::unique_ptr<Memory> spins_;
  Memory rows_, overlaps_, sums_, own_spins_, turns_, fields_, device_order_;
  const SpinBits bits_;
  PatternSystem system_;
};

}  // namespace

std::unique_ptr<RealSystem> pattern_system(const RealSystemParts& parts) {
  return std::make_unique<PatternsOnDevice>(parts);
}

std::size_t pattern_bytes(std::int64_t sites, std::int64_t patterns, std::int64_t replicas) {
  const auto of_sites = static_cast<std::size_t>(sites * (2 * pattern_row(patterns) + 4));
  const std::size_t bits = sizeof(std::uint64_t) * static_cast<std::size_t>((replicas + 63) / 64);
  return of_sites + bits * static_cast<std::size_t>(sites) + overlap_bytes(patterns, replicas) +
         own_spin_bytes(sites, replicas) + 8 * static_cast<std::size_t>(replicas);
}

}  // namespace multispin::cuda
