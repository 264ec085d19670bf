#include "real/bundle.hpp"

#include <utility>

#include "multispin/real/order.hpp"

namespace multispin {

RealBundle::RealBundle(const RealPlan& plan, const RoundedCouplings& couplings,
                       std::span<const std::int32_t> all_up, std::int64_t first_replica,
                       std::int64_t replicas, std::uint64_t first_stream, std::size_t numbers,
                       Strides strides)
    : plan_(plan),
      couplings_(couplings),
      all_up_(all_up),
      first_replica_(first_replica),
      replicas_(replicas),
      first_stream_(first_stream),
      states_((numbers + 1) / 2),
      strides_(strides),
      scales_(static_cast<std::size_t>(replicas)) {
  if (plan.random_order) order_.resize(static_cast<std::size_t>(plan.sites));
}

void RealBundle::take(std::int64_t step, std::uint64_t sweep) {
  if (step == 0 && plan_.random_order) draw_site_order(plan_.order_key, sweep, order_);
  update(step, sweep);
}

std::int64_t RealBundle::attempts_of_step() const {
  return replicas_ * plan_.sites / steps() + 1;
}

SiteBits RealBundle::spins(std::int64_t replica) const {
  SiteBits bits(static_cast<std::size_t>((plan_.sites + 63) / 64));
  for (std::int64_t j = 0; j < plan_.sites; ++j) {
    bits[static_cast<std::size_t>(j / 64)] |= std::uint64_t{up(j, replica)} << (j % 64);
  }
  return bits;
}

void RealBundle::set_spins(std::int64_t first, std::span<const SiteBits> spins) {
  const std::int64_t end = first + static_cast<std::int64_t>(spins.size());
  for (std::int64_t j = 0; j < plan_.sites; ++j) {
    for (std::int64_t r = first; r < end; ++r) {
      state(j, r) = all_up_[static_cast<std::size_t>(j)];
    }
  }
  turn_down(first, spins);
}

// sum_i s_i (f_i + h_i) is twice what the pairs and the fields add up to.
Sums RealBundle::sums(std::int64_t replica) const {
  Sums out;
  for (std::int64_t j = 0; j < plan_.sites; ++j) {
    const std::int32_t value = state(j, replica);
    const std::int64_t field = (value >> 1) + couplings_.fields[static_cast<std::size_t>(j)];
    const std::int64_t spin = 2 * (value & 1) - 1;
    out.bonds += spin * field;
    out.spins += spin;
  }
  out.bonds /= 2;
  return out;
}

void RealCouplings::set(RoundedCouplings couplings, std::span<const GraphEdge> edges) {
  rounded_ = std::move(couplings);
  for (std::size_t i = 0; i < all_up_.size(); ++i) all_up_[i] = 2 * rounded_.fields[i] + 1;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    all_up_[edges[e].first] += 2 * rounded_.couplings[e];
    all_up_[edges[e].second] += 2 * rounded_.couplings[e];
  }
  fill(edges);
}

}  // namespace multispin
