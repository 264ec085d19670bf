// Couplings of all pairs on a GPU: states, with local fields that are maintained.
#include <algorithm>

#include "multispin/real/order.hpp"
#include "real/on_device.hpp"

namespace multispin::cuda {
namespace {

constexpr std::uint32_t blocks_of(std::int64_t sites) {
  return static_cast<std::uint32_t>((sites + model::block_sites - 1) / model::block_sites);
}
constexpr std::size_t row_of(std::int64_t sites) {
  return std::size_t{blocks_of(sites)} * model::block_sites;
}
constexpr std::size_t number = sizeof(std::int32_t);

// After those of the last sample come as many as whole blocks have (MultiplyDense).
constexpr std::size_t coupling_rows(std::int64_t sites, std::int64_t samples) {
  return static_cast<std::size_t>(sites * (samples - 1)) + row_of(sites);
}

class DenseOnDevice : public RealSystem {
 public:
  explicit DenseOnDevice(const RealSystemParts& p)
      : stream_{p.stream},
        pairs_{p.pairs},
        held_{p.held},
        dynamics_{p.options.dynamics},
        random_order_{p.options.order == SiteOrder::random && !at_once()},
        order_key_{site_order_key(p.options.seed)},
        order_(random_order_ ? static_cast<std::size_t>(p.options.sites) : 0),
        row_{row_of(p.options.sites)},
        spins_{spin_memory(p.options, p.stream.device())},
        states_{p.stream.device(), number * row_ * count(p.options.replicas), "local fields"},
        couplings_{p.stream.device(),
                   number * row_ * coupling_rows(p.options.sites, p.options.samples), "couplings"},
        flips_{p.stream.device(),
               sizeof(Flips) * blocks_of(p.options.sites) * count(p.options.replicas), "flips"},
        all_up_{p.stream.device(), number * row_ * count(p.options.samples), "local fields"},
        fields_{p.stream.device(), number * count(p.options.sites), "fields"},
        device_order_{p.stream.device(), order_.size() * sizeof(std::uint32_t), "sites"},
        bits_{spin_bits(p.options, *spins_)},
        system_{{states_.data<Four>(), couplings_.data<Four>(), flips_.data<Flips>(),
                 static_cast<std::uint32_t>(p.options.sites), static_cast<std::uint32_t>(row_),
                 static_cast<std::uint32_t>(p.options.replicas),
                 static_cast<std::uint32_t>(p.options.replicas / p.options.samples)},
                p.numbers,
                nullptr,
                bits_.row,
                p.multiprocessors} {}

  void clear_couplings() override { stream_.clear(couplings_.data<void>(), couplings_.bytes()); }

  void set_couplings(std::int64_t sample, const RoundedSites& sites,
                     const RoundedCouplings& couplings) override {
    auto* const rows =
        couplings_.data<std::int32_t>() + count(sample) * system_.replicas.sites * row_;
    enqueue_couple_itself(stream_, rows, system_.replicas.sites, system_.replicas.row);
    couple_sites(rows, couplings);
    std::vector<std::int32_t> all_up = sites.all_up;
    all_up.resize(row_);
    stream_.copy(all_up_.data<std::int32_t>() + count(sample) * row_, all_up.data(), number * row_);
    stream_.copy(fields_.data<void>(), sites.fields.data(), fields_.bytes());  // of all samples
    stream_.synchronize();                                                     // `all_up` goes
  }
  void couplings_are_set() override {}

  void enqueue(RealRule rule, std::uint64_t first_sweep, std::uint64_t sweeps) override {
    system_.held = held_ ? held_->data<std::uint32_t>() : nullptr;
    if (!at_once() && !random_order_) {
      return enqueue_dense_sweeps(stream_, rule, system_, first_sweep, sweeps);
    }
    for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
      if (at_once()) {
        enqueue_dense_sweep_at_once(stream_, rule, system_, sweep);
        continue;
      }
      // A copy takes the host's numbers as they are when it is put into the queue.
      draw_site_order(order_key_, sweep, order_);
      stream_.copy(device_order_.data<void>(), order_.data(), device_order_.bytes());
      enqueue_dense_sweep_in(stream_, rule, system_, device_order_.data<std::uint32_t>(), sweep);
    }
  }
  std::int64_t launches_of_sweep() const override {
    const std::int64_t blocks = system_.replicas.blocks();
    if (at_once()) return 2;
    if (random_order_) return 2 * blocks + 1;
    return blocks > 1 ? 2 * blocks : 1;
  }
  void measure(std::int64_t* totals) override {
    enqueue_measure_dense(stream_, system_.replicas, fields_.data<std::int32_t>(), totals);
  }

  SpinBits spins() override {
    enqueue_spins_from_states(stream_, system_.replicas, bits_);
    return bits_;
  }
  SpinBits room_for_spins() override { return bits_; }
  void take(std::int64_t first_replica, std::int64_t count) override {
    enqueue_states_from_spins(stream_, system_, bits_, all_up_.data<Four>(), first_replica, count);
  }

 private:
  static std::size_t count(std::int64_t items) { return static_cast<std::size_t>(items); }
  bool at_once() const { return dynamics_ == RealDynamics::parallel; }

  // Part by part: there are about as many pairs as couplings.
  void couple_sites(std::int32_t* rows, const RoundedCouplings& couplings) {
    constexpr std::size_t most = std::size_t{1} << 18;
    std::vector<CoupledSites> part;
    part.reserve(std::min(pairs_.size(), most));
    const Memory on_device{stream_.device(), part.capacity() * sizeof(part[0]), "couplings"};
    const auto couple = [&] {
      stream_.copy(on_device.data<void>(), part.data(), part.size() * sizeof(part[0]));
      enqueue_couple_sites(stream_, rows, system_.replicas.row, on_device.data<CoupledSites>(),
                           static_cast<std::uint32_t>(part.size()));
      stream_.synchronize();  // the next part takes its place
      part.clear();
    };
    pairs_.for_each([&](std::size_t e, std::uint32_t first, std::uint32_t second) {
      part.push_back({first, second, couplings[e]});
      if (part.size() == most) couple();
    });
    if (!part.empty()) couple();
  }

  Stream& stream_;
  const CoupledPairs& pairs_;
  const std::unique_ptr<Memory>& held_;
  const RealDynamics dynamics_;
  const bool random_order_;
  const random::PhiloxBlock order_key_;
  std::vector<std::uint32_t> order_;
  const std::size_t row_;
  std::unique_ptr<Memory> spins_;
  Memory states_, couplings_, flips_, all_up_, fields_, device_order_;
  const SpinBits bits_;
  DenseSystem system_;
};

}  // namespace

std::unique_ptr<RealSystem> dense_system(const RealSystemParts& parts) {
  return std::make_unique<DenseOnDevice>(parts);
}

std::size_t dense_bytes(std::int64_t sites, std::int64_t samples, std::int64_t replicas) {
  const std::size_t states = number * row_of(sites) * static_cast<std::size_t>(replicas);
  const std::size_t flips = sizeof(Flips) * blocks_of(sites) * static_cast<std::size_t>(replicas);
  return number * row_of(sites) * coupling_rows(sites, samples) + states + flips;
}

}  // namespace multispin::cuda
