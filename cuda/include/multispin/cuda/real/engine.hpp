// The engine of real couplings on a GPU: what multispin::RealEngine does, and the same spins, bit
// for bit (docs/trajectory.md).
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
#include "multispin/real/engine.hpp"

namespace multispin::cuda {

// Bytes of a device's memory that an engine of this size takes, about.
std::size_t real_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                       std::int64_t replicas, Storage storage);
std::size_t pattern_bytes(std::int64_t sites, std::int64_t patterns, std::int64_t replicas);

// Not for several threads at once: one engine, one caller. Functions throw DeviceError when a GPU
// call fails, and OutOfMemory. If that happens in the middle of sweeps, the spins are those of no
// whole sweep, and every later call throws DeviceError too.
class RealEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. `threads` and `isa` of the options do not matter here. Throws
  // std::invalid_argument too.
  RealEngine(RealOptions options, int device);
  ~RealEngine();
  RealEngine(const RealEngine&) = delete;
  RealEngine& operator=(const RealEngine&) = delete;

  const RealOptions& options() const { return options_; }  // without edges, couplings and fields
  std::int64_t sites() const { return options_.sites; }
  std::int64_t patterns() const { return patterns_; }
  int device() const { return device_; }
  // Sweeps that have been put into the queue: whole ones, always.
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }
  double step() const;
  double rounding_error() const;

  // As multispin::RealEngine::run. If `poll` asks for a stop, what is in the queue by then still
  // runs: two pieces of 2^28 attempts, or two sweeps; sweeps_done() counts it.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  // Waits for the queue; false if `poll` asked for a stop before.
  bool finish(const Poll& poll = {});

  // As in multispin::RealEngine.
  void set_couplings(std::span<const double> couplings, std::span<const double> fields);
  void set_temperatures(std::span<const double> temperatures);
  void set_sweeps_done(std::uint64_t sweeps) { sweeps_done_ = sweeps; }
  void hold(const std::uint64_t* words);
  void randomize();
  void fill(bool up);
  void sums(Sums* sums);
  double energy(const Sums& of_one) const { return energy_of(of_one, step(), 0.0); }
  void get_spins(std::int64_t replica, std::int8_t* spins);
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  std::int64_t packed_words() const { return (options_.replicas + 63) / 64; }
  void get_packed(std::uint64_t* words);
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const { return {options_.replicas, options_.sites}; }
  std::vector<std::int64_t> packed_shape() const { return {options_.sites, packed_words()}; }
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums);
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums);
  void pattern_overlaps(std::int64_t* sums);
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape);

  // On the device, in new memory. spins: int8 (replicas, sites); packed: uint64 (sites, words), as
  // get_packed.
  DeviceArray spins();
  DeviceArray packed();
  // +1/-1 of shape (sites), for all replicas, or (replicas, sites). Throws std::invalid_argument
  // for another shape or value, and for memory that is not on this device.
  void set_spins(const ForeignArray& spins);

 private:
  struct Detail;          // memory, queue, couplings
  Detail& sound() const;  // throws DeviceError if a sweep has failed
  RealOptions options_;
  int device_;
  std::int64_t patterns_;
  std::vector<double> temperatures_;
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin::cuda
