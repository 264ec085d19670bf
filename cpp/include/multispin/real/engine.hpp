// The engine of real couplings: replicas of spins that any pairs couple, in fields of their own.
//
//   E(s) = -sum_<ij> J_ij s_i s_j - sum_i h_i s_i,   P(s) ~ exp(-E/T).
//
// Local fields f_i = h_i + sum_j J_ij s_j are maintained: an attempt compares one with a threshold
// that a random number has made (rules/noise.hpp), a flip changes those of its neighbours. Fields
// are integers: J and h are rounded once, to a power of two of which the largest local field that
// there can be has less than 2^30. Sums of integers are exact in any order, so nothing drifts, and
// one trajectory is that of every instruction set, thread count, storage and device.
//
// The trajectory of a replica depends on (seed, stream, temperature, model, dynamics, order,
// generator) and on nothing else.
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
#include "multispin/real/pairs.hpp"
#include "multispin/slabs.hpp"
#include "multispin/sums.hpp"

namespace multispin {

class StopWatch;

// `parallel`: all spins at once, each by the heat bath of the state before (Little, Math. Biosci.
// 19, 101 (1974)). Its stationary law is another one,
// P(s) ~ exp(sum_i h_i s_i / T) prod_i 2 cosh(f_i(s) / T) (Peretto, Biol. Cybern. 50, 51 (1984)).
enum class RealDynamics { metropolis, glauber, parallel };
// In which order a sweep attempts its sites: that of their numbers, or one that is drawn anew for
// each sweep, of all replicas.
enum class SiteOrder { fixed, random };
// Whether couplings of all pairs are kept, or those of the edges, or the patterns that make them:
// J_ij = unit * sum_mu xi_i xi_j (Hopfield, PNAS 79, 2554 (1982)), by which an attempt takes a step
// for each pattern.
enum class Storage { dense, sparse, patterns };

struct RealOptions {
  std::int64_t sites = 0;
  std::vector<GraphEdge> edges;  // several between the same sites add up, loops are not allowed
  bool all_pairs = false;        // the edges are all pairs, (0, 1), (0, 2), ..., and none is listed
  std::vector<double> couplings;  // (samples, edges)
  // Instead of those: others' memory, which is read while the engine is made.
  std::span<const double> borrowed_couplings;
  // Of Storage::patterns, instead of edges and couplings: words (pattern, word), bit j % 64 of word
  // j / 64 is site j and 1 is +1. Others' memory, which is read while the engine is made.
  std::span<const std::uint64_t> patterns;
  std::vector<double> fields;  // (sites)
  // The step is a power of two times it. Where couplings are multiples of a unit, none is rounded.
  double unit = 1.0;
  std::int64_t samples = 1;   // replica r belongs to disorder sample r / (replicas / samples)
  std::int64_t replicas = 1;  // of all samples together
  Storage storage = Storage::sparse;
  RealDynamics dynamics = RealDynamics::metropolis;
  SiteOrder order = SiteOrder::fixed;
  Generator generator = Generator::aes;
  std::uint64_t seed = 0;
  std::uint64_t first_stream = 0;  // replica r draws from stream first_stream + r
  int threads = 1;
  Isa isa = selected_isa();
};

CoupledPairs coupled_pairs(const RealOptions& options);
inline std::int64_t pattern_count(const RealOptions& options) {
  return static_cast<std::int64_t>(options.patterns.size()) / ((options.sites + 63) / 64);
}
inline std::span<const double> couplings_of(const RealOptions& options) {
  if (options.couplings.empty()) return options.borrowed_couplings;
  return options.couplings;
}

// What patterns may add to a local field; and that their couplings are multiples of a step, which
// throws std::invalid_argument.
double field_of_patterns(const RealOptions& options);
void check_pattern_step(double of_patterns, double step, double unit);

// What engines check before anything else; throws std::invalid_argument.
void check_real_options(const RealOptions& options);  // but for threads and isa
void check_real_couplings(const RealOptions& options, std::size_t pairs,
                          std::span<const double> couplings, std::span<const double> fields);

// Bytes that an engine of this size holds; `edges` are those that are listed.
std::size_t real_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                       std::int64_t replicas, Storage storage);
std::size_t pattern_bytes(std::int64_t sites, std::int64_t patterns, std::int64_t replicas);

// Not for several threads at once: one engine, one caller.
class RealEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. Throws std::invalid_argument, std::bad_alloc.
  explicit RealEngine(RealOptions options);
  ~RealEngine();
  RealEngine(const RealEngine&) = delete;
  RealEngine& operator=(const RealEngine&) = delete;

  const RealOptions& options() const { return options_; }  // without couplings and fields
  std::int64_t sites() const { return options_.sites; }
  std::int64_t patterns() const { return patterns_; }
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }
  // What couplings and fields are multiples of, and how far the local field of a site is from that
  // of the given couplings: the root of the sum of squares of what was rounded away, of the worst.
  double step() const;
  double rounding_error() const;

  // As ReplicaEngine::run.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  bool finish(const Poll& poll = {});

  // Everything below needs a finished engine.
  // Others in place of those it has: (samples, edges), (sites). Spins stay.
  void set_couplings(std::span<const double> couplings, std::span<const double> fields);
  void set_temperatures(std::span<const double> temperatures);  // one per replica, >= 0
  void set_sweeps_done(std::uint64_t sweeps) { sweeps_done_ = sweeps; }
  // Spins that are held as they are: packed words as of get_packed, bit 1 holds. Null: none.
  void hold(const std::uint64_t* words);
  void randomize();
  void fill(bool up);
  void sums(Sums* sums) const;  // of every replica; `bonds` is -E in steps
  double energy(const Sums& of_one) const { return energy_of(of_one, step(), 0.0); }
  void get_spins(std::int64_t replica, std::int8_t* spins) const;
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  // Of all replicas, one after the other: their fields are made together.
  void set_all_spins(const std::int8_t* spins);
  // Words (site, word): bit r % 64 of word r / 64 is replica r; unused bits are zero.
  std::int64_t packed_words() const { return (options_.replicas + 63) / 64; }
  void get_packed(std::uint64_t* words) const;
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const { return {options_.replicas, options_.sites}; }
  std::vector<std::int64_t> packed_shape() const { return {options_.sites, packed_words()}; }
  // sum_i s_i^a s_i^b of pairs of replicas; sum over edges of s_i^a s_j^a s_i^b s_j^b.
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  // Of Storage::patterns: sum_i xi_i s_i, (replicas, patterns).
  void pattern_overlaps(std::int64_t* sums) const;
  // As ReplicaEngine::slab_overlaps.
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape) const;

 private:
  struct Detail;
  class Run;
  bool execute(std::uint64_t draws, std::uint64_t interval, Sums* sums, StopWatch& watch);
  RealOptions options_;
  std::vector<double> temperatures_;
  std::int64_t patterns_;
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin
