// The lattice engine: replicas of one Ising model on the square or the cubic lattice, one bit a
// spin.
//
//   E(s) = -J sum_<ij> s_i s_j - h sum_i s_i,   P(s) ~ exp(-E/T),   periodic in all directions.
//
// Checkerboard order: a sweep attempts every site of colour 0, then every site of colour 1. The
// trajectory of a replica depends on (seed, stream, temperatures, model, dynamics, generator) and
// on nothing else: not on threads, instruction set, or how calls are split (docs/trajectory.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "multispin/checks.hpp"
#include "multispin/isa.hpp"
#include "multispin/lattice/layout.hpp"
#include "multispin/pairs.hpp"
#include "multispin/poll.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/rules/acceptance.hpp"
#include "multispin/slabs.hpp"
#include "multispin/sums.hpp"

namespace multispin {

class StopWatch;
struct BandPlan;
using rules::Dynamics;

struct LatticeOptions {
  std::int64_t planes = 1;   // 1: a square lattice; even: a cubic one
  std::int64_t rows = 0;     // even, at least 2; of a plane
  std::int64_t columns = 0;  // even, at least 2
  std::int64_t replicas = 1;
  double J = 1.0;
  double h = 0.0;
  Dynamics dynamics = Dynamics::metropolis;
  Generator generator = Generator::aes;
  std::uint64_t seed = 0;
  std::uint64_t first_stream = 0;  // replica r draws from stream first_stream + r
  int threads = 1;
  Isa isa = selected_isa();
};

// Bytes of spins that an engine of this size holds.
std::size_t lattice_bytes(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                          std::int64_t planes = 1);

// Shapes of the spins and the words of all replicas; of planes only where there are several.
std::vector<std::int64_t> lattice_spin_shape(const model::Lattice& lattice, std::int64_t replicas);
std::vector<std::int64_t> lattice_packed_shape(const model::Lattice& lattice,
                                               std::int64_t replicas);

// What no lattice engine takes, on any device: std::invalid_argument. A shape is one of
// LatticeEngine::slab_overlaps, a block one of LatticeEngine::block_average.
void check_lattice(const LatticeOptions& options);  // but `threads` and `isa`
void check_lattice_shape(const model::Lattice& lattice, std::span<const std::int64_t> shape);
void check_block(const model::Lattice& lattice, std::int64_t height, std::int64_t width);

// Not for several threads at once: one engine, one caller.
class LatticeEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. Throws std::invalid_argument, std::bad_alloc.
  explicit LatticeEngine(const LatticeOptions& options);
  ~LatticeEngine();
  LatticeEngine(const LatticeEngine&) = delete;
  LatticeEngine& operator=(const LatticeEngine&) = delete;

  const LatticeOptions& options() const { return options_; }
  const model::Lattice& lattice() const { return lattice_; }
  std::int64_t sites() const { return lattice_.spins(); }
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }

  // Sweeps replicas `draws` times `interval` sweeps; after each draw writes the sums of replica r
  // to sums[draw * replicas + r] unless `sums` is null. Returns false if `poll` asked for a stop,
  // within about 50 ms. The stop may fall inside a sweep; `finish` (or the next run) completes it.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  bool finish(const Poll& poll = {});

  // Everything below needs a finished engine: one whose last run returned true, or that `finish`
  // has completed since. Until then sweeps_done() does not count what is under way.
  void set_temperatures(std::span<const double> temperatures);  // one per replica, > 0
  void set_sweeps_done(std::uint64_t sweeps) { sweeps_done_ = sweeps; }
  void randomize();
  void fill(bool up);
  void sums(Sums* sums) const;  // of every replica
  double energy(const Sums& of_one) const { return energy_of(of_one, options_.J, options_.h); }
  // +1/-1, row-major, plane after plane; get and set one replica. set throws std::invalid_argument
  // on other values.
  void get_spins(std::int64_t replica, std::int8_t* spins) const;
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  // Words (replica, colour, plane, row, word), layout of lattice/layout.hpp without the padding
  // words; unused lanes are zero.
  void get_packed(std::uint64_t* words) const;
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const {
    return lattice_spin_shape(lattice_, options_.replicas);
  }
  std::vector<std::int64_t> packed_shape() const {
    return lattice_packed_shape(lattice_, options_.replicas);
  }
  // sum_i s_i^a s_i^b of pairs of replicas.
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  // sum over bonds of s_i^a s_j^a s_i^b s_j^b of pairs of replicas.
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  // Overlaps by coordinate. `shape` is the lattice's own, or empty; std::invalid_argument for
  // others. As long as the engine lives.
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape) const;
  // sum_i s_i s_{i+d} for distances d = 0 .. side / 2 along an axis, numbered as in Lattice::side.
  void correlation(std::int64_t replica, int axis, std::int64_t* sums) const;
  // Mean spin of blocks of `height` x `width` sites, plane after plane; both divide a plane's
  // sides, width is even.
  void block_average(std::int64_t replica, std::int64_t height, std::int64_t width,
                     float* means) const;

 private:
  struct Detail;  // memory, kernels, keys, thresholds, the plan of a sweep
  class Run;
  bool finish(StopWatch& watch);
  bool execute(const std::vector<BandPlan>& plan, std::uint64_t draws, std::uint64_t interval,
               Sums* sums, StopWatch& watch);
  LatticeOptions options_;
  model::Lattice lattice_;
  std::vector<double> temperatures_;
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin
