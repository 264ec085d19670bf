// What an engine of real couplings owns on a GPU, shared by the engine's own source files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "device/queue.hpp"
#include "device/runtime.hpp"
#include "device/upload.hpp"
#include "multispin/cuda/real/engine.hpp"
#include "multispin/known_temperatures.hpp"
#include "multispin/real/rounding.hpp"
#include "real/launch.hpp"
#include "real/schedule.hpp"

namespace multispin::cuda {

// Couplings, on the device, and how a sweep goes through them. Spins are bits outside; what they
// are inside, while they are swept, is each storage's own.
class RealSystem {
 public:
  virtual ~RealSystem() = default;
  RealSystem(const RealSystem&) = delete;
  RealSystem& operator=(const RealSystem&) = delete;

  // Couplings of one disorder sample, into memory that has been cleared; all samples in turn.
  virtual void clear_couplings() = 0;
  virtual void set_couplings(std::int64_t sample, const RoundedSites& sites,
                             const RoundedCouplings& couplings) = 0;
  virtual void couplings_are_set() = 0;

  virtual void enqueue(RealRule rule, std::uint64_t first_sweep, std::uint64_t sweeps) = 0;
  // Kernels that are started for a sweep, or what takes as long.
  virtual std::int64_t launches_of_sweep() const = 0;
  virtual void measure(std::int64_t* totals) = 0;

  // Spins as they are now; those that others write are taken by `take`, of some replicas.
  virtual SpinBits spins() = 0;
  virtual SpinBits room_for_spins() = 0;
  virtual void take(std::int64_t first_replica, std::int64_t count) = 0;
  // sum_i xi_i s_i, (replicas, patterns), if there are patterns.
  virtual void pattern_overlaps(std::int64_t* /*sums*/) {}

 protected:
  RealSystem() = default;
};

struct RealEngine::Detail {
  Detail(const RealOptions& options, const DeviceInfo& info);

  Stream& stream() const { return *queue.stream; }
  void set(std::span<const double> couplings, std::span<const double> fields);
  void set_noise(std::span<const double> temperatures);
  void take_all() { system->take(0, replicas); }
  // Numbers that `compare(pairs, numbers)` adds to, `each` of a pair.
  using Compare = std::function<void(const ReplicaPair* pairs, std::int64_t* numbers)>;
  std::vector<std::int64_t> compared(std::span<const ReplicaPair> pairs, std::int64_t each,
                                     const Compare& compare);

  // For queue.hpp.
  void enqueue(Generator generator, std::uint64_t first_sweep, std::uint64_t sweeps) {
    system->enqueue({generator, metropolis}, first_sweep, sweeps);
  }
  std::uint64_t sweeps_of_piece() const;
  std::size_t totals_of_draw() const { return 2 * static_cast<std::size_t>(replicas); }
  void measure(std::int64_t* totals) { system->measure(totals); }
  void sums_from(const std::int64_t* totals, Sums* sums) const;

  const bool metropolis;
  const int multiprocessors;
  const std::int64_t sites, replicas, samples;
  const CoupledPairs pairs;
  const double unit;
  const double of_patterns;  // what patterns may add to a local field
  double step = 1.0, rounding_error = 0.0;
  std::vector<std::int32_t> lazy;              // of each sample
  KnownTemperatures<rules::NoiseScale> known;  // with this step
  Queue queue;
  Memory noise;                  // by replica
  std::unique_ptr<Memory> held;  // null: no spin is
  std::unique_ptr<RealSystem> system;
};

// What systems are made of.
struct RealSystemParts {
  const RealOptions& options;
  const CoupledPairs& pairs;  // stay where they are
  int multiprocessors;
  Stream& stream;
  RealNumbers numbers;
  const std::unique_ptr<Memory>& held;  // as it is when sweeps are put into the queue
};
std::unique_ptr<RealSystem> dense_system(const RealSystemParts& parts);
// Of states, couplings and flips.
std::size_t dense_bytes(std::int64_t sites, std::int64_t samples, std::int64_t replicas);
std::unique_ptr<RealSystem> sparse_system(const RealSystemParts& parts);
std::unique_ptr<RealSystem> pattern_system(const RealSystemParts& parts);

SpinBits spin_bits(const RealOptions& options, const Memory& memory);
std::unique_ptr<Memory> spin_memory(const RealOptions& options, int device);

}  // namespace multispin::cuda
