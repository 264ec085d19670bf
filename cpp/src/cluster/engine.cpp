#include "multispin/cluster/engine.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "cluster/detail.hpp"
#include "cluster/kernels_of.hpp"
#include "host/processor.hpp"
#include "multispin/spin_pairs.hpp"

namespace multispin {
namespace {

ClusterOptions& checked(ClusterOptions& o) {
  check_cluster_options(o);
  check_processor(o.threads, o.isa);
  return o;
}

std::unique_ptr<ClusterSystem> system_of(ClusterOptions& o) {
  const kernels::ClusterRandom& random = cluster_random(o.isa, o.generator);
  return o.lattice() ? lattice_clusters(o, random) : graph_clusters(o, random);
}

// A label, and bits of bonds, of the field and of coins, of each bit of spins.
std::size_t bytes_of_labels(std::int64_t words) {
  return static_cast<std::size_t>(words) * (64 * sizeof(Label) + 5 * sizeof(std::uint64_t));
}

}  // namespace

std::size_t cluster_lattice_bytes(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                  std::int64_t replicas, int threads) {
  const std::int64_t words = BitRows{planes * rows, columns}.words();
  const auto busy = static_cast<std::size_t>(std::min<std::int64_t>(threads, replicas));
  return static_cast<std::size_t>(replicas * words) * 8 + busy * bytes_of_labels(words);
}

std::size_t cluster_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                          std::int64_t replicas, int threads) {
  constexpr std::int64_t of_edge = sizeof(GraphEdge) + 4 * sizeof(std::uint32_t);
  constexpr std::int64_t of_coupling = 16, of_site = 24;
  return cluster_lattice_bytes(1, 1, sites, replicas, threads) +
         static_cast<std::size_t>(edges * (of_edge + samples * of_coupling) + sites * of_site);
}

ClusterEngine::Detail::Detail(ClusterOptions& o)
    : system(system_of(o)),
      memory(static_cast<std::size_t>(o.replicas * system->layout.words())),
      done(static_cast<std::size_t>(o.replicas), 0),
      way(static_cast<std::size_t>(o.replicas)),
      decompositions(static_cast<std::size_t>(std::min<std::int64_t>(o.threads, o.replicas))) {
  for (std::int64_t r = 0; r < o.replicas; ++r) {
    const std::uint64_t stream = o.first_stream + static_cast<std::uint64_t>(r);
    keys.push_back(random::stream_keys(o.seed, stream, random::Purpose::cluster_aes,
                                       random::Purpose::cluster_philox));
  }
  for (Decomposition& d : decompositions) {
    if (o.dynamics == ClusterDynamics::swendsen_wang) {
      system->reserve(d);
    } else {
      d.parents.reserve(static_cast<std::size_t>(system->layout.all_sites()));
    }
  }
}

ClusterEngine::ClusterEngine(ClusterOptions options)
    : options_(std::move(options)),
      temperatures_(static_cast<std::size_t>(checked(options_).replicas), 1.0),
      detail_(std::make_unique<Detail>(options_)) {
  fill(true);
}

ClusterEngine::~ClusterEngine() = default;

std::int64_t ClusterEngine::sites() const {
  return detail_->system->layout.all_sites();
}

void ClusterEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperatures(temperatures, options_.replicas);
  temperatures_.assign(temperatures.begin(), temperatures.end());
}

void ClusterEngine::set_sweeps_done(std::uint64_t sweeps) {
  sweeps_done_ = sweeps;
  std::ranges::fill(detail_->done, sweeps);
}

void ClusterEngine::fill(bool up) {
  const BitRows& layout = detail_->system->layout;
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    for (std::int64_t w = 0; w < layout.words(); ++w) {
      detail_->spins(r)[w] = up ? layout.mask(w % layout.row_words()) : 0;
    }
  }
}

void ClusterEngine::randomize() {
  const BitRows& layout = detail_->system->layout;
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    const random::PhiloxBlock key =
        random::derive(options_.seed, options_.first_stream + static_cast<std::uint64_t>(r),
                       random::Purpose::cluster_initial_spins, 0);
    for (std::int64_t w = 0; w < layout.words(); ++w) {
      const std::uint64_t word = random::initial_word(key, static_cast<std::uint64_t>(w), 0);
      detail_->spins(r)[w] = word & layout.mask(w % layout.row_words());
    }
  }
  set_sweeps_done(0);
}

void ClusterEngine::sums(Sums* sums) const {
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    sums[r] = detail_->system->sums(detail_->spins(r), detail_->sample_of(options_, r));
  }
}

double ClusterEngine::energy(const Sums& of_one) const {
  return detail_->system->energy(of_one);
}

void ClusterEngine::get_spins(std::int64_t replica, std::int8_t* spins) const {
  const BitRows& layout = detail_->system->layout;
  const std::uint64_t* const words = detail_->spins(replica);
  for (std::int64_t i = 0; i < layout.all_sites(); ++i) {
    const Label bit = layout.bit_of(i);
    spins[i] = (words[bit / 64] >> (bit % 64) & 1U) != 0 ? 1 : -1;
  }
}

void ClusterEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  const BitRows& layout = detail_->system->layout;
  check_spins({spins, static_cast<std::size_t>(layout.all_sites())});
  std::uint64_t* const words = detail_->spins(replica);
  std::fill_n(words, layout.words(), std::uint64_t{0});
  for (std::int64_t i = 0; i < layout.all_sites(); ++i) {
    const Label bit = layout.bit_of(i);
    words[bit / 64] |= std::uint64_t{spins[i] > 0} << (bit % 64);
  }
}

std::vector<std::int64_t> ClusterEngine::packed_shape() const {
  return {options_.replicas, detail_->system->layout.words()};
}

void ClusterEngine::get_packed(std::uint64_t* words) const {
  std::copy_n(detail_->spins(0), options_.replicas * detail_->system->layout.words(), words);
}

void ClusterEngine::set_packed(const std::uint64_t* words) {
  const BitRows& layout = detail_->system->layout;
  for (std::int64_t w = 0; w < options_.replicas * layout.words(); ++w) {
    detail_->spins(0)[w] = words[w] & layout.mask(w % layout.row_words());
  }
}

void ClusterEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  for (const ReplicaPair& pair : pairs) {
    const std::uint64_t* const a = detail_->spins(pair.first);
    const std::uint64_t* const b = detail_->spins(pair.second);
    std::int64_t unequal = 0;
    for (std::int64_t w = 0; w < detail_->system->layout.words(); ++w) {
      unequal += std::popcount(a[w] ^ b[w]);
    }
    *sums++ = sites() - 2 * unequal;
  }
}

void ClusterEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const ClusterSystem& system = *detail_->system;
  for (const ReplicaPair& pair : pairs) {
    *sums++ = system.bonds() -
              2 * system.unequal_links(detail_->spins(pair.first), detail_->spins(pair.second));
  }
}

SlabOverlaps ClusterEngine::slab_overlaps(const std::vector<std::int64_t>& shape) const {
  check_shape(shape, sites());
  return [this, shape](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums) {
    std::vector<std::int8_t> spins(static_cast<std::size_t>(options_.replicas * sites()));
    for (std::int64_t r = 0; r < options_.replicas; ++r) get_spins(r, spins.data() + r * sites());
    spin_group_overlaps({spins.data(), options_.replicas, sites()}, coordinates(shape, axis),
                        shape[axis], pairs, sums);
  };
}

}  // namespace multispin
