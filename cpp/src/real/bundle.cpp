#include "real/bundle.hpp"

#include <algorithm>

#include "multispin/real/order.hpp"

namespace multispin {

RealBundle::RealBundle(const RealPlan& plan, const RoundedSites& rounded,
                       std::int64_t first_replica, std::int64_t replicas,
                       std::uint64_t first_stream)
    : plan_(plan),
      rounded_(rounded),
      first_replica_(first_replica),
      replicas_(replicas),
      first_stream_(first_stream),
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

StateBundle::StateBundle(const RealPlan& plan, const RoundedSites& rounded,
                         std::int64_t first_replica, std::int64_t replicas,
                         std::uint64_t first_stream, std::size_t numbers, Strides strides)
    : RealBundle(plan, rounded, first_replica, replicas, first_stream),
      states_((numbers + 1) / 2),
      strides_(strides) {}

SiteBits StateBundle::spins(std::int64_t replica) const {
  SiteBits bits;
  bits.reserve(static_cast<std::size_t>((plan_.sites + 63) / 64));
  for (std::int64_t first = 0; first < plan_.sites; first += 64) {
    const std::int32_t* const from = &state(first, replica);
    const std::int64_t count = std::min<std::int64_t>(64, plan_.sites - first);
    std::uint64_t word = 0;
    for (std::int64_t k = 0; k < count; ++k) {
      word |= static_cast<std::uint64_t>(from[k * strides_.site] & 1) << k;
    }
    bits.push_back(word);
  }
  return bits;
}

void StateBundle::set_spins(std::int64_t first, std::span<const SiteBits> spins) {
  const std::int64_t end = first + static_cast<std::int64_t>(spins.size());
  // Tile by tile, as they lie in memory: where sites of a replica are side by side, these first.
  for (std::int64_t begin = 0; begin < plan_.sites; begin += 64) {
    const std::int64_t last = std::min(begin + 64, plan_.sites);
    const std::int32_t* const up = rounded_.all_up.data() + begin;
    for (std::int64_t r = first; r < end; ++r) {
      std::int32_t* const to = &state(begin, r);
      if (strides_.site == 1) {
        std::copy_n(up, last - begin, to);
      } else {
        for (std::int64_t j = 0; j < last - begin; ++j) to[j * strides_.site] = up[j];
      }
    }
  }
  turn_down(first, spins);
}

// sum_i s_i (f_i + h_i) is twice what the pairs and the fields add up to.
Sums StateBundle::sums(std::int64_t replica) const {
  Sums out;
  for (std::int64_t j = 0; j < plan_.sites; ++j) {
    const std::int32_t value = state(j, replica);
    const std::int64_t field = (value >> 1) + rounded_.fields[static_cast<std::size_t>(j)];
    const std::int64_t spin = 2 * (value & 1) - 1;
    out.bonds += spin * field;
    out.spins += spin;
  }
  out.bonds /= 2;
  return out;
}

}  // namespace multispin
