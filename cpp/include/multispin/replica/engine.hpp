// The replica engine: many replicas of one graph with couplings +J and -J, one bit a spin.
//
//   E(s) = -sum_<ij> J_ij s_i s_j - h sum_i s_i,   J_ij = +J or -J,   P(s) ~ exp(-E/T).
//
// Bit b of a word belongs to replica b (asynchronous multispin coding), so 64 to 512 replicas are
// updated at once, each at a temperature of its own and, if asked, with signs of its own (a
// disorder sample). A sweep attempts every site once, colour after colour (docs/trajectory.md).
//
// The trajectory of a replica depends on (seed, stream, temperature, model, dynamics, generator)
// and on nothing else: not on threads, instruction set, how calls are split, or the other replicas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "multispin/checks.hpp"
#include "multispin/isa.hpp"
#include "multispin/pairs.hpp"
#include "multispin/poll.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/rules/acceptance.hpp"
#include "multispin/slabs.hpp"
#include "multispin/sums.hpp"

namespace multispin {

class StopWatch;
using rules::Dynamics;

struct ReplicaOptions {
  std::int64_t sites = 0;
  std::vector<GraphEdge> edges;    // several between the same sites are allowed, loops are not
  std::vector<std::int8_t> signs;  // +1 and -1, (samples, edges)
  std::int64_t samples = 1;        // replica r belongs to disorder sample r / (replicas / samples)
  std::int64_t replicas = 1;       // of all samples together
  double J = 1.0;                  // > 0
  double h = 0.0;
  Dynamics dynamics = Dynamics::metropolis;
  Generator generator = Generator::aes;
  std::uint64_t seed = 0;
  std::uint64_t first_stream = 0;  // replica r draws from stream first_stream + r
  // One random number a site for all replicas of 512 neighbouring streams, which are then not
  // independent. All temperatures have to be equal.
  bool shared_random_numbers = false;
  int threads = 1;
  Isa isa = selected_isa();
};

// What engines check before anything else; throws std::invalid_argument.
void check_replica_options(const ReplicaOptions& options);  // but for threads and isa
void check_replica_temperatures(const ReplicaOptions& options,
                                std::span<const double> temperatures);

// Bytes that an engine of this size holds.
std::size_t replica_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                          std::int64_t replicas, std::uint64_t first_stream, bool shared);

// Not for several threads at once: one engine, one caller.
class ReplicaEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. Throws std::invalid_argument, std::bad_alloc.
  explicit ReplicaEngine(ReplicaOptions options);
  ~ReplicaEngine();
  ReplicaEngine(const ReplicaEngine&) = delete;
  ReplicaEngine& operator=(const ReplicaEngine&) = delete;

  const ReplicaOptions& options() const { return options_; }  // without edges and signs
  std::int64_t sites() const { return options_.sites; }
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }
  int colours() const;

  // As LatticeEngine::run: `draws` times `interval` sweeps; the sums of replica r after draw d go
  // to sums[d * replicas + r] unless `sums` is null. False if `poll` asked for a stop; `finish` (or
  // the next run) completes the sweep it fell into.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  bool finish(const Poll& poll = {});

  // Everything below needs a finished engine, as with LatticeEngine.
  void set_temperatures(std::span<const double> temperatures);  // one per replica, > 0
  void set_sweeps_done(std::uint64_t sweeps) { sweeps_done_ = sweeps; }
  void randomize();
  void fill(bool up);
  void sums(Sums* sums) const;  // of every replica
  double energy(const Sums& of_one) const { return energy_of(of_one, options_.J, options_.h); }
  // +1/-1 by site; get and set one replica. set throws std::invalid_argument on other values.
  void get_spins(std::int64_t replica, std::int8_t* spins) const;
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  // Words (site, word): bit r % 64 of word r / 64 is replica r; unused bits are zero.
  std::int64_t packed_words() const { return (options_.replicas + 63) / 64; }
  void get_packed(std::uint64_t* words) const;
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const { return {options_.replicas, options_.sites}; }
  std::vector<std::int64_t> packed_shape() const { return {options_.sites, packed_words()}; }
  // sum_i s_i^a s_i^b of pairs of replicas.
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  // sum over bonds of s_i^a s_j^a s_i^b s_j^b of pairs of replicas.
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  // The same by groups of sites: group g of [0, groups) holds the sites i with group_of[i] = g;
  // sums[pair * groups + g].
  void group_overlaps(std::span<const ReplicaPair> pairs, std::span<const std::int32_t> group_of,
                      std::int64_t groups, std::int64_t* sums) const;
  // The same by coordinate, where the sites are those of a lattice of this shape. As long as the
  // engine lives.
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape) const;
  // Picks one of the sites where two replicas differ and swaps their spins on its cluster: the
  // sites that differ and that bonds between such sites connect to it. E_a + E_b stays the same.
  void move_cluster(std::int64_t a, std::int64_t b, std::uint64_t number);

  // Whether threads find a sweep of all replicas worth coming for.
  bool sweep_is_shared() const;
  // Parts: replicas that can go on without the others, where each part ends. What follows may be
  // called for several parts at a time, from as many threads. In the end all parts have to have
  // done the same, and set_sweeps_done counts it.
  std::vector<std::int64_t> part_ends() const;
  void sweep_part(std::size_t part, std::uint64_t first_sweep, std::uint64_t sweeps);
  // One for each replica of the part, among those of set_temperatures' latest call.
  void set_part_temperatures(std::size_t part, std::span<const double> temperatures);
  void part_sums(std::size_t part, Sums* sums) const;  // sums[r] of each replica r of the part

 private:
  struct Detail;
  class Run;
  bool execute(std::uint64_t draws, std::uint64_t interval, Sums* sums, StopWatch& watch);
  bool advance(std::uint64_t sweeps, StopWatch& watch);
  ReplicaOptions options_;
  std::vector<double> temperatures_;
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin
