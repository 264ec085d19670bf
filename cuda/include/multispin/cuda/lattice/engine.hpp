// The lattice engine on a GPU: what multispin::LatticeEngine does, and with Generator::philox the
// same spins, bit for bit (docs/trajectory.md).
//
// Sweeps are put into the engine's own queue and run there: `run` returns before they are done
// unless it has sums to bring. Everything that looks at spins waits for them first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "multispin/cuda/device.hpp"
#include "multispin/cuda/device_array.hpp"
#include "multispin/lattice/engine.hpp"
#include "multispin/lattice/pairs.hpp"

namespace multispin::cuda {

// Bytes of a device's memory that an engine of this size takes.
std::size_t lattice_bytes(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                          std::int64_t planes = 1);

// Not for several threads at once: one engine, one caller. Functions throw DeviceError when a GPU
// call fails, and OutOfMemory. If that happens in the middle of sweeps, the spins are those of no
// whole sweep, and every later call throws DeviceError too.
class LatticeEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. `threads` and `isa` of the options do not matter here. Throws
  // std::invalid_argument too.
  LatticeEngine(const LatticeOptions& options, int device);
  ~LatticeEngine();
  LatticeEngine(const LatticeEngine&) = delete;
  LatticeEngine& operator=(const LatticeEngine&) = delete;

  const LatticeOptions& options() const { return options_; }
  const model::Lattice& lattice() const { return lattice_; }
  std::int64_t sites() const { return lattice_.spins(); }
  int device() const { return device_; }
  // Sweeps that have been put into the queue: whole ones, always.
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }

  // As multispin::LatticeEngine::run. If `poll` asks for a stop, what is in the queue by then still
  // runs: two pieces of 2^33 spin updates, or two sweeps of a larger lattice; sweeps_done() counts
  // it.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  // Waits for the queue; false if `poll` asked for a stop before.
  bool finish(const Poll& poll = {});

  void set_temperatures(std::span<const double> temperatures);  // one per replica, > 0
  void set_sweeps_done(std::uint64_t sweeps) { sweeps_done_ = sweeps; }
  void randomize();
  void fill(bool up);
  void sums(Sums* of_each_replica);
  double energy(const Sums& of_one) const { return energy_of(of_one, options_.J, options_.h); }
  // As in multispin::LatticeEngine, on the host: spins of one replica, words of all.
  void get_spins(std::int64_t replica, std::int8_t* spins);
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  void get_packed(std::uint64_t* words);
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const {
    return lattice_spin_shape(lattice_, options_.replicas);
  }
  std::vector<std::int64_t> packed_shape() const {
    return lattice_packed_shape(lattice_, options_.replicas);
  }
  // These bring the words of all replicas to the host and count there.
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums);
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums);
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape);
  void correlation(std::int64_t replica, int axis, std::int64_t* sums);
  void block_average(std::int64_t replica, std::int64_t height, std::int64_t width, float* means);

  // On the device; cubic lattices have planes before their rows. spins: int8 (replicas, rows,
  // columns), new memory.
  DeviceArray spins();
  // uint64 (replicas, 2, rows, words): a copy, or the engine's own words, which later sweeps
  // change.
  DeviceArray packed(bool copy);
  // +1/-1 of shape (rows, columns), for all replicas, or (replicas, rows, columns). Throws
  // std::invalid_argument for another shape or value, and for memory that is not on this device.
  void set_spins(const ForeignArray& spins);

 private:
  struct Detail;  // memory, queue, keys, thresholds
  LatticeOptions options_;
  model::Lattice lattice_;
  int device_;
  std::vector<double> temperatures_;
  WordsOfReplica words_on_host();  // a copy
  Detail& sound() const;           // throws DeviceError if a sweep has failed
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin::cuda
