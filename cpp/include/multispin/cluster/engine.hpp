// The engine of cluster updates: replicas of spins whose couplings, and fields, can all be
// satisfied at once.
//
//   E(s) = -sum_<ij> J_ij s_i s_j - sum_i h_i s_i,   P(s) ~ exp(-E/T).
//
// A bond that is satisfied is active with probability 1 - exp(-2|J_ij|/T), and a spin along its
// field is bound to the field with probability 1 - exp(-2|h_i|/T); active bonds join sites to
// clusters. A sweep of Swendsen and Wang turns every cluster that no field holds with probability
// 1/2 (Phys. Rev. Lett. 58, 86 (1987)). Wolff grows the cluster of one site, and turns it unless a
// field holds it (Phys. Rev. Lett. 62, 361 (1989)); his sweep is as many clusters as have all sites
// once, on average at the temperature (clusters_per_sweep).
//
// The trajectory of a replica depends on (seed, stream, temperature, model, dynamics, generator)
// and on nothing else.
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
#include "multispin/slabs.hpp"
#include "multispin/sums.hpp"

namespace multispin {

enum class ClusterDynamics { swendsen_wang, wolff };

struct ClusterOptions {
  // A periodic lattice with one coupling and one field. A side of 1 has no bonds along it, one of 2
  // has two between the same sites.
  std::int64_t planes = 1, rows = 1, columns = 0;
  double J = 1.0, h = 0.0;
  // Where there are no columns, a graph.
  std::int64_t sites = 0;
  std::vector<GraphEdge> edges;   // several between the same sites are bonds of their own
  std::vector<double> couplings;  // (samples, edges)
  std::vector<double> fields;     // (sites)
  std::int64_t samples = 1;       // replica r belongs to sample r / (replicas / samples)
  std::int64_t replicas = 1;      // of all samples together
  ClusterDynamics dynamics = ClusterDynamics::swendsen_wang;
  Generator generator = Generator::aes;
  std::uint64_t seed = 0;
  std::uint64_t first_stream = 0;  // replica r draws from stream first_stream + r
  int threads = 1;
  Isa isa = selected_isa();

  bool lattice() const { return columns > 0; }
};

// Whether no state satisfies all couplings (one sample's) and fields.
bool frustrated(std::int64_t sites, std::span<const GraphEdge> edges,
                std::span<const double> couplings, std::span<const double> fields);

// What the engine checks before anything else; throws std::invalid_argument.
void check_cluster_options(const ClusterOptions& options);  // but for threads and isa

// Bytes that an engine of this size holds, by threads too: each needs a label for every site. Edges
// are those of a graph; a lattice has none.
std::size_t cluster_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                          std::int64_t replicas, int threads);
std::size_t cluster_lattice_bytes(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                  std::int64_t replicas, int threads);

// Not for several threads at once: one engine, one caller.
class ClusterEngine {
 public:
  using Sums = multispin::Sums;

  // All spins up, temperature 1. Throws std::invalid_argument, std::bad_alloc.
  explicit ClusterEngine(ClusterOptions options);
  ~ClusterEngine();
  ClusterEngine(const ClusterEngine&) = delete;
  ClusterEngine& operator=(const ClusterEngine&) = delete;

  const ClusterOptions& options() const { return options_; }  // without couplings and fields
  std::int64_t sites() const;
  std::uint64_t sweeps_done() const { return sweeps_done_; }
  std::span<const double> temperatures() const { return temperatures_; }

  // As LatticeEngine::run. A stop inside a sweep leaves spins as they were before it, but for whole
  // clusters of Wolff's.
  bool run(std::uint64_t draws, std::uint64_t interval, Sums* sums, const Poll& poll = {});
  bool sweep(std::uint64_t sweeps, const Poll& poll = {}) { return run(1, sweeps, nullptr, poll); }
  bool finish(const Poll& poll = {});

  // Everything below needs a finished engine.
  void set_temperatures(std::span<const double> temperatures);  // one per replica
  void set_sweeps_done(std::uint64_t sweeps);
  void randomize();
  void fill(bool up);
  void sums(Sums* sums) const;  // of every replica; of a graph `bonds` is -E in steps
  double energy(const Sums& of_one) const;
  void get_spins(std::int64_t replica, std::int8_t* spins) const;
  void set_spins(std::int64_t replica, const std::int8_t* spins);
  // Words (replica, word). A lattice's rows begin with words of their own, bit b of word w is
  // column 64 w + b; unused bits are zero.
  void get_packed(std::uint64_t* words) const;
  void set_packed(const std::uint64_t* words);
  std::vector<std::int64_t> spin_shape() const { return {options_.replicas, sites()}; }
  std::vector<std::int64_t> packed_shape() const;
  void overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  void link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const;
  SlabOverlaps slab_overlaps(const std::vector<std::int64_t>& shape) const;

  // The clusters of Swendsen and Wang that the next sweep would turn, of the state as it is: for
  // each site the first one of its cluster. False if `poll` asked for a stop.
  bool clusters(std::int64_t replica, std::uint32_t* first_sites, const Poll& poll = {});
  // Wolff's clusters that are a sweep of a replica: the number of sites over the mean number that a
  // cluster visits. It is measured once for a temperature, on a chain of its own that begins with
  // all spins up and has the same random numbers whatever the seed: a number that depended on the
  // state would bias averages. False if `poll` asked for a stop.
  bool clusters_per_sweep(std::int64_t* of_replicas, const Poll& poll = {});

 private:
  struct Detail;
  class Run;
  bool execute(std::uint64_t first, std::uint64_t draws, std::uint64_t interval, Sums* sums,
               const Poll& poll);
  bool know_clusters(const Poll& poll);
  ClusterOptions options_;
  std::vector<double> temperatures_;
  std::uint64_t sweeps_done_ = 0;
  std::unique_ptr<Detail> detail_;
};

}  // namespace multispin
