// Couplings of some pairs on a GPU: spins are bits, and fields are made where they are needed.
#include <utility>

#include "multispin/real/order.hpp"
#include "real/on_device.hpp"

namespace multispin::cuda {
namespace {

class SparseOnDevice : public RealSystem {
 public:
  explicit SparseOnDevice(const RealSystemParts& p)
      : stream_{p.stream},
        pairs_{p.pairs},
        held_{p.held},
        at_once_{p.options.dynamics == RealDynamics::parallel},
        random_order_{p.options.order == SiteOrder::random && !at_once_},
        samples_{static_cast<std::size_t>(p.options.samples)},
        order_key_{site_order_key(p.options.seed)},
        order_(random_order_ ? static_cast<std::size_t>(p.options.sites) : 0),
        lists_{neighbour_lists(p.options.sites, p.pairs)},
        spins_{spin_memory(p.options, p.stream.device())},
        spins_after_{at_once_ ? spin_memory(p.options, p.stream.device()) : nullptr},
        first_{uploaded(p.stream, lists_.first, "couplings")},
        neighbours_{uploaded(p.stream, lists_.neighbours, "couplings")},
        couplings_{p.stream.device(), sizeof(std::int32_t) * lists_.neighbours.size() * samples_,
                   "couplings"},
        fields_{p.stream.device(), sizeof(std::int32_t) * static_cast<std::size_t>(p.options.sites),
                "fields"},
        system_{{first_->data<std::int64_t>(), neighbours_->data<std::uint32_t>(),
                 couplings_.data<std::int32_t>(), fields_.data<std::int32_t>(),
                 static_cast<std::uint32_t>(p.options.samples),
                 static_cast<std::uint32_t>(p.options.replicas / p.options.samples)},
                {spin_bits(p.options, *spins_),
                 spin_bits(p.options, at_once_ ? *spins_after_ : *spins_)},
                p.numbers,
                nullptr,
                p.multiprocessors} {
    // Words that no replica has stay zeros.
    if (at_once_) stream_.clear(spins_after_->data<void>(), spins_after_->bytes());
    set_schedule(at_once_ ? in_one_level(p.options.sites) : by_levels(lists_, {}));
    stream_.synchronize();  // the lists may go
    if (!random_order_) lists_.neighbours = {};
  }

  void clear_couplings() override { values_.assign(couplings_.bytes() / sizeof(values_[0]), 0); }
  void set_couplings(std::int64_t sample, const RoundedSites& sites,
                     const RoundedCouplings& couplings) override {
    const auto place = [&](std::int64_t slot) {
      return static_cast<std::size_t>(slot) * samples_ + static_cast<std::size_t>(sample);
    };
    for_each_place(lists_.first, pairs_, [&](std::size_t e, std::int64_t a, std::int64_t b) {
      values_[place(a)] = values_[place(b)] = couplings[e];
    });
    stream_.copy(fields_.data<void>(), sites.fields.data(), fields_.bytes());  // of all samples
    stream_.synchronize();
  }
  void couplings_are_set() override {
    if (!values_.empty()) stream_.copy(couplings_.data<void>(), values_.data(), couplings_.bytes());
    stream_.synchronize();
    values_ = {};
  }

  void enqueue(RealRule rule, std::uint64_t first_sweep, std::uint64_t sweeps) override {
    system_.held = held_ ? held_->data<std::uint32_t>() : nullptr;
    if (!random_order_) {
      enqueue_sparse_sweeps(stream_, rule, system_, on_device(), first_sweep, sweeps);
      if (at_once_ && sweeps % 2 != 0) std::swap(system_.bits[0], system_.bits[1]);
      return;
    }
    for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
      draw_site_order(order_key_, sweep, order_);
      set_schedule(by_levels(lists_, order_));
      enqueue_sparse_sweeps(stream_, rule, system_, on_device(), sweep, 1);
    }
  }
  // Levels that one block takes are over sooner than launches.
  std::int64_t launches_of_sweep() const override {
    const std::int64_t levels = schedule_.levels();
    return swept_by_block(system_, on_device()) ? (levels + 3) / 4 : levels;
  }
  void measure(std::int64_t* totals) override {
    enqueue_measure_sparse(stream_, system_.replicas, system_.bits[0], system_.multiprocessors,
                           totals);
  }

  SpinBits spins() override { return system_.bits[0]; }
  SpinBits room_for_spins() override { return system_.bits[0]; }
  void take(std::int64_t /*first_replica*/, std::int64_t /*count*/) override {}

 private:
  // A copy takes the host's numbers as they are when it is put into the queue.
  void set_schedule(Schedule schedule) {
    schedule_ = std::move(schedule);
    upload(attempts_, schedule_.attempts);
    upload(levels_, schedule_.first);
  }
  template <class T>
  void upload(std::unique_ptr<Memory>& to, const std::vector<T>& items) {
    const std::size_t bytes = items.size() * sizeof(T);
    if (!to || to->bytes() < bytes) to = std::make_unique<Memory>(stream_.device(), bytes, "sites");
    stream_.copy(to->template data<void>(), items.data(), bytes);
  }
  DeviceSchedule on_device() const {
    return {attempts_->data<Attempt>(), levels_->data<std::uint32_t>(), schedule_.first.data(),
            schedule_.levels()};
  }

  Stream& stream_;
  const CoupledPairs& pairs_;
  const std::unique_ptr<Memory>& held_;
  const bool at_once_, random_order_;
  const std::size_t samples_;
  const random::PhiloxBlock order_key_;
  std::vector<std::uint32_t> order_;
  NeighbourLists lists_;
  std::unique_ptr<Memory> spins_, spins_after_;
  std::unique_ptr<Memory> first_, neighbours_, attempts_, levels_;
  Memory couplings_, fields_;
  SparseSystem system_;
  Schedule schedule_;
  std::vector<std::int32_t> values_;  // of couplings, while they are set
};

}  // namespace

std::unique_ptr<RealSystem> sparse_system(const RealSystemParts& parts) {
  return std::make_unique<SparseOnDevice>(parts);
}

}  // namespace multispin::cuda
