// What clusters are made on: bits of spins in rows, and bonds between them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cluster/kernels.hpp"
#include "cluster/labels.hpp"
#include "multispin/cluster/engine.hpp"
#include "multispin/pairs.hpp"
#include "multispin/poll.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/sums.hpp"

namespace multispin {

// What a sublattice of the random numbers is here.
enum ClusterNumbers : int {
  of_bonds = 0,  // along columns, or of a graph's edges; then along rows, and planes
  of_fields = 3,
  of_coins = 4,
  of_wolff_sites = 5,
  of_wolff_bonds = 6
};

// Words of the rows of a lattice that a thread labels by itself: their labels stay in its L2 cache.
// Tests set it to 1, so that small lattices are cut too.
inline std::int64_t cluster_slab_words = 1 << 13;

// Rows of sites whose words begin at words of their own. Unused bits are zero.
struct BitRows {
  std::int64_t rows, sites;  // of each row

  std::int64_t row_words() const { return (sites + 63) / 64; }
  std::int64_t words() const { return rows * row_words(); }
  std::int64_t all_sites() const { return rows * sites; }
  // The bits in use of a row's word.
  std::uint64_t mask(std::int64_t word) const {
    const std::int64_t left = sites - 64 * word;
    return left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
  }
  Label bit_of(std::int64_t site) const {
    return static_cast<Label>(site / sites * row_words() * 64 + site % sites);
  }
  Label site_of(Label bit) const {
    const auto row_bits = static_cast<std::uint64_t>(row_words()) * 64;
    return static_cast<Label>(bit / row_bits * static_cast<std::uint64_t>(sites) + bit % row_bits);
  }
};

// A sweep of a replica.
struct ClusterSweep {
  const random::StreamKeys* keys;
  std::uint64_t number;
  double temperature;
  std::int64_t sample;
};

// Who works on a sweep, and when to leave it.
struct ClusterMeans {
  int threads;
  const Poll& poll;
};

// The clusters of Swendsen and Wang, by bit; the memory is used again.
struct Decomposition {
  std::vector<Label> parents;           // or the sites of a cluster of Wolff's
  std::vector<std::uint64_t> bonds[3];  // those along columns become starts of runs
  std::vector<std::uint64_t> field;
  std::vector<std::uint64_t> coins;  // bit of a root: its cluster turns
  std::vector<std::uint64_t> logarithms;
};

// How far a sweep of Wolff's has come, and how far it is to go: to one of the two.
struct WolffWay {
  std::uint64_t clusters = 0;
  std::int64_t visited = 0;   // sites of all clusters together
  std::uint64_t numbers = 0;  // used of the bonds'
};
struct WolffEnd {
  std::uint64_t clusters;
  std::int64_t visited;
};

// P(-log2 u < x) = 1 - exp(-strength / T), where x in steps of 2^-26 is this.
inline std::uint32_t logarithm_limit(double strength, double temperature) {
  const double limit = strength / temperature * 0x1.71547652b82fep+0 * 0x1p26;  // 1 / ln 2
  return limit < 0x1p32 - 1.0 ? static_cast<std::uint32_t>(limit) : 0xffffffffU;
}

// Number i of those that are two a word.
inline std::uint32_t half(const std::uint64_t* words, std::uint64_t i) {
  return static_cast<std::uint32_t>(words[i / 2] >> (32 * (i % 2)));
}

class ClusterSystem {
 public:
  ClusterSystem(BitRows layout, const kernels::ClusterRandom& random)
      : layout(layout), random(random) {}
  virtual ~ClusterSystem() = default;
  ClusterSystem(const ClusterSystem&) = delete;
  ClusterSystem& operator=(const ClusterSystem&) = delete;

  // Memory that decompose needs, beforehand: threads that share work must not throw.
  virtual void reserve(Decomposition& clusters) const = 0;
  // False if `means.poll` asked for a stop.
  virtual bool decompose(const ClusterSweep& sweep, const std::uint64_t* spins, Decomposition& to,
                         const ClusterMeans& means) const = 0;
  // Turns the clusters whose coin says so.
  virtual void turn(Decomposition& clusters, std::uint64_t* spins, int threads) const = 0;
  // Grows Wolff's clusters and turns those that no field holds. A stop leaves spins and way as they
  // were after a whole number of clusters. `memory` has room for all sites in `parents`.
  virtual bool grow(const ClusterSweep& sweep, const WolffEnd& end, WolffWay& way,
                    std::uint64_t* spins, Decomposition& memory, const Poll& poll) const = 0;
  virtual void first_sites(const Decomposition& clusters, std::uint32_t* to) const = 0;

  virtual Sums sums(const std::uint64_t* spins, std::int64_t sample) const = 0;
  virtual double energy(const Sums& sums) const = 0;
  virtual std::int64_t bonds() const = 0;
  // Bonds that one of two states satisfies and the other does not.
  virtual std::int64_t unequal_links(const std::uint64_t* a, const std::uint64_t* b) const = 0;

  const BitRows layout;
  const kernels::ClusterRandom& random;
};

std::unique_ptr<ClusterSystem> lattice_clusters(const ClusterOptions& options,
                                                const kernels::ClusterRandom& random);
std::unique_ptr<ClusterSystem> graph_clusters(ClusterOptions& options,  // takes what it keeps
                                              const kernels::ClusterRandom& random);

}  // namespace multispin
