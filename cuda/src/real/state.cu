// Setting, reading and measuring spins with real couplings: how many threads do it.
#include <algorithm>

#include "device/launch.hpp"
#include "real/dense_threads.hpp"
#include "real/launch.hpp"
#include "real/pattern_threads.hpp"
#include "real/sparse_threads.hpp"
#include "real/spin_threads.hpp"

namespace multispin::cuda {
namespace {

// Threads of a slot that go through so many items.
std::uint32_t threads_for(std::int64_t items) {
  return static_cast<std::uint32_t>(std::min<std::int64_t>(items, 1024));
}

}  // namespace

void enqueue_fill_spins(Stream& stream, const SpinBits& bits, bool up) {
  by_rows(bits.sites, bits.row, [&](std::int64_t first, std::uint32_t threads) {
    launch(stream, "fill_spins", threads, 1, FillSpins{bits, first * bits.row, up});
  });
}

void enqueue_clear_unused(Stream& stream, const SpinBits& bits) {
  by_rows(bits.sites, bits.row, [&](std::int64_t first, std::uint32_t threads) {
    launch(stream, "clear_unused", threads, 1, ClearUnusedBits{bits, first * bits.row});
  });
}

void enqueue_randomize_spins(Stream& stream, const SpinBits& bits, std::uint64_t seed,
                             std::uint64_t first_stream) {
  const auto key = random::derive(seed, 0, random::Purpose::real_initial_spins, 0);
  const std::uint32_t groups = (bits.sites + 63) / 64;
  launch_warps(stream, "randomize_spins", groups * bits.used_words(), 1,
               RandomizeSpins{bits, key, first_stream});
}

void enqueue_unpack_replica(Stream& stream, const SpinBits& bits, std::int64_t replica,
                            std::int8_t* out) {
  launch(stream, "unpack_replica", bits.sites, 1,
         UnpackReplica{bits, static_cast<std::uint32_t>(replica), out});
}

void enqueue_pack_replica(Stream& stream, const SpinBits& bits, std::int64_t replica,
                          const std::int8_t* in) {
  launch(stream, "pack_replica", bits.sites, 1,
         PackReplica{bits, static_cast<std::uint32_t>(replica), in});
}

void enqueue_unpack_replicas(Stream& stream, const SpinBits& bits, std::int8_t* out) {
  launch(stream, "unpack_replicas", bits.sites, bits.used_words(), UnpackReplicas{bits, out});
}

void enqueue_pack_replicas(Stream& stream, const SpinBits& bits, const std::int8_t* in,
                           std::int64_t step) {
  launch(stream, "pack_replicas", bits.sites, bits.used_words(), PackReplicas{bits, in, step});
}

void enqueue_measure_dense(Stream& stream, const DenseReplicas& replicas,
                           const std::int32_t* fields, std::int64_t* totals) {
  const std::uint32_t threads = threads_for(replicas.sites);
  launch_sum(stream, "measure_dense", threads, replicas.replicas,
             MeasureDense{replicas, fields, threads}, totals);
}

void enqueue_measure_sparse(Stream& stream, const SparseReplicas& replicas, const SpinBits& bits,
                            int multiprocessors, std::int64_t* totals) {
  const std::int64_t wanted = multiprocessors * std::int64_t{1024} / bits.replicas;
  const auto strips =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, 1, (bits.sites + 7) / 8));
  launch(stream, "measure_sparse", strips * bits.replicas, 1,
         MeasureSparse{replicas, bits, strips, totals});
}

void enqueue_compare_sites(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                           std::uint32_t pair_count, std::int64_t* unequal) {
  const std::uint32_t threads = threads_for(bits.sites);
  launch_sum(stream, "compare_sites", threads, pair_count, CompareSites{bits, pairs, threads},
             unequal);
}

void enqueue_compare_edges(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                           std::uint32_t pair_count, const GraphEdge* edges,
                           std::int64_t edge_count, std::int64_t* unequal) {
  const std::uint32_t threads = threads_for(edge_count);
  launch_sum(stream, "compare_edges", threads, pair_count,
             CompareEdges{bits, pairs, edges, edge_count, threads}, unequal);
}

void enqueue_compare_groups(Stream& stream, const SpinBits& bits, const ReplicaPair* pairs,
                            std::uint32_t pair_count, const std::int32_t* group_of,
                            std::int64_t groups, std::int64_t* sums) {
  launch(stream, "compare_groups", bits.sites, pair_count,
         CompareGroups{bits, pairs, group_of, groups, sums});
}

void enqueue_spins_from_states(Stream& stream, const DenseReplicas& replicas,
                               const SpinBits& bits) {
  launch(stream, "spins_from_states", replicas.sites, bits.used_words(),
         SpinsFromStates{bits, replicas});
}

void enqueue_couple_itself(Stream& stream, std::int32_t* couplings, std::uint32_t sites,
                           std::uint32_t row) {
  launch(stream, "couple_itself", sites, 1, CoupleItself{couplings, row});
}

void enqueue_couple_sites(Stream& stream, std::int32_t* couplings, std::uint32_t row,
                          const CoupledSites* edges, std::uint32_t count) {
  launch(stream, "couple_sites", count, 1, CoupleSites{couplings, row, edges});
}

void enqueue_measure_patterns(Stream& stream, const PatternReplicas& r, std::int64_t* totals) {
  const std::uint32_t threads = threads_for(r.sites);
  launch_sum(stream, "measure_patterns", threads, r.replicas, MeasurePatterns{r, threads}, totals);
}

void enqueue_spins_of_patterns(Stream& stream, const PatternReplicas& r, const SpinBits& bits) {
  launch(stream, "spins_of_patterns", r.sites, bits.used_words(), SpinsOfPatterns{bits, r});
}

void enqueue_overlaps_from_spins(Stream& stream, const PatternReplicas& r, const SpinBits& bits,
                                 std::int64_t first_replica, std::int64_t count) {
  const auto first = static_cast<std::uint32_t>(first_replica);
  const auto replicas = static_cast<std::uint32_t>(count);
  launch(stream, "pattern_spins_from_bits", r.words(), replicas,
         PatternSpinsFromBits{bits, r, first});
  stream.clear(r.sums + first_replica, sizeof(std::int64_t) * static_cast<std::size_t>(count));
  launch_warps(stream, "overlaps_from_spins", replicas * r.blocks, 1,
               OverlapsFromSpins{r, first, replicas});
}

}  // namespace multispin::cuda
