// What every engine is, on whatever device: replicas of one model that are swept, measured, kept
// and put back. What only some can do beside it stands in their own headers.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "multispin/poll.hpp"

namespace multispin {

template <class E>
concept Engine = requires(E& engine, const E& same, const Poll& poll, std::uint64_t n,
                          std::int64_t replica, std::span<const double> temperatures,
                          typename E::Sums* sums, const typename E::Sums& of_one,
                          std::int8_t* spins, const std::int8_t* new_spins, std::uint64_t* words,
                          const std::uint64_t* new_words) {
  { same.options().replicas } -> std::convertible_to<std::int64_t>;
  { same.sites() } -> std::same_as<std::int64_t>;  // of a replica
  { same.sweeps_done() } -> std::same_as<std::uint64_t>;
  { same.temperatures() } -> std::same_as<std::span<const double>>;

  // `draws` times `interval` sweeps; after draw d the sums of replica r go to
  // sums[d * replicas + r] unless `sums` is null. False if `poll` asked for a stop.
  { engine.run(n, n, sums, poll) } -> std::same_as<bool>;
  { engine.sweep(n, poll) } -> std::same_as<bool>;
  // Completes what a stopped run has begun. Everything below needs a finished engine.
  { engine.finish(poll) } -> std::same_as<bool>;

  engine.set_temperatures(temperatures);  // one per replica; those that stay cost next to nothing
  engine.set_sweeps_done(n);
  engine.randomize();
  engine.fill(true);
  engine.sums(sums);  // of every replica
  // Of what `sums` gives for one replica: total, in units of the couplings.
  { same.energy(of_one) } -> std::same_as<double>;

  // +1 and -1 of one replica, and words of all of them; shapes are those of all replicas.
  engine.get_spins(replica, spins);
  engine.set_spins(replica, new_spins);
  engine.get_packed(words);
  engine.set_packed(new_words);
  { same.spin_shape() } -> std::same_as<std::vector<std::int64_t>>;
  { same.packed_shape() } -> std::same_as<std::vector<std::int64_t>>;
};

}  // namespace multispin
