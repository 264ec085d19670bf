// The kernels of the engine of real couplings, as its host code puts them into a queue. No CUDA
// types; all pointers are to the device's memory.
#pragma once

#include <cstdint>

#include "device/runtime.hpp"
#include "multispin/pairs.hpp"
#include "multispin/real/engine.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// --- sweeps -------------------------------------------------------------------------------------

struct RealRule {
  Generator generator;
  bool metropolis;  // or heat bath
};

// What does not change from one sweep to the next.
struct DenseSystem {
  DenseReplicas replicas;
  RealNumbers numbers;
  const std::uint32_t* held;  // null: no spin is
  std::uint32_t held_row;
  int multiprocessors;
};

// Sweeps in the order of the sites' numbers, whole when the last of these kernels is done.
void enqueue_dense_sweeps(Stream& stream, RealRule rule, const DenseSystem& system,
                          std::uint64_t first_sweep, std::uint64_t sweeps);
// One sweep in another order, or of all spins at once.
void enqueue_dense_sweep_in(Stream& stream, RealRule rule, const DenseSystem& system,
                            const std::uint32_t* order, std::uint64_t sweep);
void enqueue_dense_sweep_at_once(Stream& stream, RealRule rule, const DenseSystem& system,
                                 std::uint64_t sweep);

struct SparseSystem {
  SparseReplicas replicas;
  SpinBits bits[2];  // SparseAttempts
  RealNumbers numbers;
  const std::uint32_t* held;
  int multiprocessors;
};

// A schedule on the device, and where its levels begin on the host too.
struct DeviceSchedule {
  const Attempt* attempts;
  const std::uint32_t* first;
  const std::uint32_t* host_first;
  std::uint32_t levels;
};

// Whether one block takes all sweeps of a word of replicas, or a launch a level of all words.
bool swept_by_block(const SparseSystem& system, const DeviceSchedule& schedule);
void enqueue_sparse_sweeps(Stream& stream, RealRule rule, const SparseSystem& system,
                           const DeviceSchedule& schedule, std::uint64_t first_sweep,
                           std::uint64_t sweeps);

struct PatternSystem {
  PatternReplicas replicas;
  RealNumbers numbers;
  const std::uint32_t* held;
  std::uint32_t held_row;
};

// Positions of a sweep that a launch takes.
inline constexpr std::uint32_t pattern_positions = 1U << 15;

// `order`: sites by position, of one sweep; null: that of their numbers.
void enqueue_pattern_sweeps(Stream& stream, RealRule rule, const PatternSystem& system,
                            const std::uint32_t* order, std::uint64_t first_sweep,
                            std::uint64_t sweeps);
void enqueue_pattern_sweep_at_once(Stream& stream, RealRule rule, const PatternSystem& system,
                                   std::uint64_t sweep);

// --- spins --------------------------------------------------------------------------------------

void enqueue_fill_spins(Stream& stream, const SpinBits& bits, bool up);
void enqueue_clear_unused(Stream& stream, const SpinBits& bits);
void enqueue_randomize_spins(Stream& stream, const SpinBits& bits, std::uint64_t seed,
                             std::uint64_t first_stream);
// One replica as int8, by site.
void enqueue_unpack_replica(Stream& stream, const SpinBits& bits, std::int64_t replica,
                            std::int8_t* out);
void enqueue_pack_replica(Stream& stream, const SpinBits& bits, std::int64_t replica,
                          const std::int8_t* in);
// All replicas, (replica, site). `in` has `step` items from one replica to the next: 0 if all get
// the same.
void enqueue_unpack_replicas(Stream& stream, const SpinBits& bits, std::int8_t* out);
void enqueue_pack_replicas(Stream& stream, const SpinBits& bits, const std::int8_t* in,
                           std::int64_t step);

// Adds sum_i s_i (f_i + h_i) and sum_i s_i of every replica to totals[2 * replica] and the next.
void enqueue_measure_dense(Stream& stream, const DenseReplicas& replicas,
                           const std::int32_t* fields, std::int64_t* totals);
void enqueue_measure_sparse(Stream& stream, const SparseReplicas& replicas, const SpinBits& bits,
                            int multiprocessors, std::int64_t* totals);

void enqueue_measure_patterns(Stream& stream, const PatternReplicas& replicas,
                              std::int64_t* totals);

// Adds, for each pair, the number of sites, or edges, that differ.
void enqueue_compare_sites(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                           std::uint32_t pair_count, std::int64_t* unequal);
void enqueue_compare_edges(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                           std::uint32_t pair_count, const GraphEdge* edges,
                           std::int64_t edge_count, std::int64_t* unequal);
// Adds sum_i s_i^a s_i^b of each group to sums[pair * groups + group].
void enqueue_compare_groups(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                            std::uint32_t pair_count, const std::int32_t* group_of,
                            std::int64_t groups, std::int64_t* sums);

// --- patterns -----------------------------------------------------------------------------------

void enqueue_spins_of_patterns(Stream& stream, const PatternReplicas& replicas,
                               const SpinBits& bits);
// Spins and overlaps of some replicas, out of bits.
void enqueue_overlaps_from_spins(Stream& stream, const PatternReplicas& replicas,
                                 const SpinBits& bits, std::int64_t first_replica,
                                 std::int64_t count);

// --- states and couplings of all pairs ----------------------------------------------------------

void enqueue_spins_from_states(Stream& stream, const DenseReplicas& replicas, const SpinBits& bits);
// States of some replicas out of their spins and the states with all spins up, (sample, site).
void enqueue_states_from_spins(Stream& stream, const DenseSystem& system, const SpinBits& bits,
                               const Four* all_up, std::int64_t first_replica, std::int64_t count);
// Rows of a sample, that are zeros: each site couples to itself; then couplings of pairs are added.
void enqueue_couple_itself(Stream& stream, std::int32_t* couplings, std::uint32_t sites,
                           std::uint32_t row);
struct CoupledSites {
  std::uint32_t first, second;
  std::int32_t coupling;
};
void enqueue_couple_sites(Stream& stream, std::int32_t* couplings, std::uint32_t row,
                          const CoupledSites* edges, std::uint32_t count);

}  // namespace multispin::cuda
