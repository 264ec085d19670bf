#include "multispin/real/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "host/processor.hpp"
#include "host/threads.hpp"
#include "multispin/real/order.hpp"
#include "multispin/real/patterns.hpp"
#include "real/detail.hpp"

namespace multispin {
namespace {

// Replicas of a bundle: so many that rows of J that are at hand serve all of them, and not so many
// that threads are without one.
constexpr std::int64_t most_dense = 256;
constexpr std::int64_t most_sparse = 32;
constexpr std::int64_t most_of_patterns = 64;

const kernels::RealKernels& kernels_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::real_avx512;
  if (isa == Isa::avx2) return kernels::real_avx2;
#endif
  static_cast<void>(isa);
  return kernels::real_portable;
}

RealPlan plan_for(const RealOptions& o) {
  const kernels::RealKernels& kernels = kernels_for(o.isa);
  const auto& rules = o.generator == Generator::aes ? kernels.aes : kernels.philox;
  return {kernels,
          rules[o.dynamics == RealDynamics::metropolis ? 0 : 1],
          random::stream_keys(o.seed, 0, random::Purpose::real_aes, random::Purpose::real_philox),
          site_order_key(o.seed),
          o.sites,
          o.order == SiteOrder::random && o.dynamics != RealDynamics::parallel,
          o.dynamics == RealDynamics::parallel,
          o.dynamics != RealDynamics::metropolis};
}

const RealOptions& checked(const RealOptions& o) {
  check_real_options(o);
  check_processor(o.threads, o.isa);
  return o;
}

std::int64_t bundles_of_sample(const RealOptions& o) {
  const std::int64_t replicas = o.replicas / o.samples;
  const std::int64_t most = o.storage == Storage::dense    ? most_dense
                            : o.storage == Storage::sparse ? most_sparse
                                                           : most_of_patterns;
  // As many bundles as threads, if there are replicas for it.
  const std::int64_t for_threads = (o.threads + o.samples - 1) / o.samples;
  return std::min(replicas, std::max((replicas + most - 1) / most, for_threads));
}

PackedReplicas packed_replicas(std::int64_t sites, std::int64_t row, const RealBundle& bundle) {
  return {sites, row, bundle.first_replica(), bundle.end_replica()};
}

}  // namespace

std::size_t real_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                       std::int64_t replicas, Storage storage) {
  constexpr std::int64_t number = 4;
  const std::int64_t tiles = (sites + model::tile_sites - 1) / model::tile_sites;
  const std::int64_t dense = sites * tiles * model::tile_sites * number;
  const std::int64_t couplings = storage == Storage::dense ? dense : 2 * edges * 2 * number;
  const std::int64_t wide = 16;  // numbers that replicas of a sample are rounded up to, at most
  const std::int64_t of_sample = replicas / samples;
  const std::int64_t rows =
      storage == Storage::dense ? of_sample : (of_sample + wide - 1) / wide * wide;
  return static_cast<std::size_t>(samples * (couplings + rows * sites * number) + edges * 8);
}

std::size_t pattern_bytes(std::int64_t sites, std::int64_t patterns, std::int64_t replicas) {
  const std::int64_t row = pattern_row(patterns);
  const std::int64_t of_site = 2 * row + 4 + 4;
  const std::int64_t of_replica =
      2 * row * model::pattern_bits + patterns * 16 + (sites + 63) / 64 * 8;
  return static_cast<std::size_t>(sites * of_site + replicas * of_replica);
}

RealEngine::Detail::Detail(const RealOptions& o)
    : plan(plan_for(o)), pairs(coupled_pairs(o)), unit(o.unit), of_patterns(field_of_patterns(o)) {
  for (std::int64_t k = 0; k < o.samples; ++k) {
    couplings.push_back(o.storage == Storage::dense ? dense_couplings(o.sites)
                        : o.storage == Storage::sparse
                            ? sparse_couplings(o.sites, pairs)
                            : pattern_couplings(o.sites, o.patterns, unit));
  }
  set(couplings_of(o), o.fields);
  make_bundles(o);
  cursor = std::vector<Cursor>(bundles.size());
}

void RealEngine::Detail::set(std::span<const double> given, std::span<const double> fields) {
  step = step_for(pairs, given, fields, static_cast<std::int64_t>(couplings.size()), unit,
                  of_patterns);
  check_pattern_step(of_patterns, step, unit);
  rounding_error = 0.0;
  for (std::size_t k = 0; k < couplings.size(); ++k) {
    const auto of_one = given.subspan(k * pairs.size(), pairs.size());
    RoundedSites sites = rounded_sites(pairs, of_one, fields, step);
    sites.largest += std::llround(of_patterns / step);
    rounding_error = std::max(rounding_error, sites.error);
    couplings[k]->set(std::move(sites), {of_one, step}, pairs);
  }
}

void RealEngine::Detail::make_bundles(const RealOptions& o) {
  const std::int64_t of_sample = o.replicas / o.samples;
  const std::int64_t count = bundles_of_sample(o);
  for (std::int64_t k = 0; k < o.samples; ++k) {
    for (std::int64_t b = 0; b < count; ++b) {
      const std::int64_t first = of_sample * k + of_sample * b / count;
      const std::int64_t end = of_sample * k + of_sample * (b + 1) / count;
      bundles.push_back(couplings[static_cast<std::size_t>(k)]->bundle(
          plan, first, end - first, o.first_stream + static_cast<std::uint64_t>(first)));
    }
  }
}

RealBundle& RealEngine::Detail::bundle_of(std::int64_t replica) const {
  const auto next = std::ranges::upper_bound(
      bundles, replica, {}, [](const auto& bundle) { return bundle->first_replica(); });
  return **std::prev(next);
}

void RealEngine::Detail::set_scales(std::span<const double> temperatures) {
  for (const auto& bundle : bundles) {
    for (std::int64_t r = 0; r < bundle->replicas(); ++r) {
      const auto replica = static_cast<std::size_t>(bundle->first_replica() + r);
      bundle->set_scale(r, noise_scale(temperatures[replica], step));
    }
  }
}

template <class Act>
void RealEngine::Detail::for_each_bundle(int threads, const Act& act) const {
  const std::int64_t spins = bundles.back()->end_replica() * plan.sites;
  for_each_index(worth(spins, threads), static_cast<std::int64_t>(bundles.size()),
                 [&](std::int64_t b) { act(*bundles[static_cast<std::size_t>(b)]); });
}

RealEngine::RealEngine(RealOptions options)
    : options_(std::move(options)),
      temperatures_(static_cast<std::size_t>(checked(options_).replicas), 1.0),
      patterns_(pattern_count(options_)),
      detail_(std::make_unique<Detail>(options_)) {
  options_.edges = {};
  options_.couplings = {};
  options_.borrowed_couplings = {};
  options_.patterns = {};
  options_.fields = {};
  detail_->set_scales(temperatures_);
  fill(true);
}

RealEngine::~RealEngine() = default;

double RealEngine::step() const {
  return detail_->step;
}

double RealEngine::rounding_error() const {
  return detail_->rounding_error;
}

void RealEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperature_count(temperatures.size(), options_.replicas);
  for (const double t : temperatures) {
    if (t != 0.0) check_temperature(t);
  }
  temperatures_.assign(temperatures.begin(), temperatures.end());
  detail_->set_scales(temperatures_);
}

void RealEngine::set_couplings(std::span<const double> couplings, std::span<const double> fields) {
  Detail& d = *detail_;
  check_real_couplings(options_, d.pairs.size(), couplings, fields);
  d.set(couplings, fields);
  d.set_scales(temperatures_);
  d.for_each_bundle(options_.threads, [](RealBundle& bundle) {
    std::vector<SiteBits> spins;
    for (std::int64_t r = 0; r < bundle.replicas(); ++r) spins.push_back(bundle.spins(r));
    bundle.set_spins(0, spins);
  });
}

void RealEngine::pattern_overlaps(std::int64_t* sums) const {
  detail_->for_each_bundle(options_.threads, [&](const RealBundle& bundle) {
    for (std::int64_t r = 0; r < bundle.replicas(); ++r) {
      bundle.pattern_overlaps(r, sums + (bundle.first_replica() + r) * patterns_);
    }
  });
}

void RealEngine::hold(const std::uint64_t* words) {
  detail_->for_each_bundle(1, [&](RealBundle& bundle) {
    if (words == nullptr) return bundle.hold({});
    bundle.hold(unpacked(words, packed_replicas(options_.sites, packed_words(), bundle)));
  });
}

void RealEngine::set_packed(const std::uint64_t* words) {
  detail_->for_each_bundle(options_.threads, [&](RealBundle& bundle) {
    bundle.set_spins(0, unpacked(words, packed_replicas(options_.sites, packed_words(), bundle)));
  });
}

void RealEngine::get_packed(std::uint64_t* words) const {
  const std::int64_t row = packed_words();
  std::fill_n(words, options_.sites * row, std::uint64_t{0});
  for (const auto& bundle : detail_->bundles) {
    std::vector<SiteBits> spins;
    for (std::int64_t r = 0; r < bundle->replicas(); ++r) spins.push_back(bundle->spins(r));
    add_packed(spins, packed_replicas(options_.sites, row, *bundle), words);
  }
}

void RealEngine::randomize() {
  const auto key = random::derive(options_.seed, 0, random::Purpose::real_initial_spins, 0);
  detail_->for_each_bundle(options_.threads, [&](RealBundle& bundle) {
    std::vector<SiteBits> spins;
    for (std::int64_t r = bundle.first_replica(); r < bundle.end_replica(); ++r) {
      const std::uint64_t stream = options_.first_stream + static_cast<std::uint64_t>(r);
      SiteBits bits;
      for (std::int64_t w = 0; w < (options_.sites + 63) / 64; ++w) {
        bits.push_back(random::initial_word(
            key, (stream << model::stream_shift) + static_cast<std::uint64_t>(w), 0));
      }
      spins.push_back(std::move(bits));
    }
    bundle.set_spins(0, spins);
  });
}

void RealEngine::fill(bool up) {
  const SiteBits bits(static_cast<std::size_t>((options_.sites + 63) / 64),
                      up ? ~std::uint64_t{0} : 0);
  detail_->for_each_bundle(options_.threads, [&](RealBundle& bundle) {
    bundle.set_spins(0, std::vector<SiteBits>(static_cast<std::size_t>(bundle.replicas()), bits));
  });
}

void RealEngine::get_spins(std::int64_t replica, std::int8_t* spins) const {
  const RealBundle& bundle = detail_->bundle_of(replica);
  write_spins(bundle.spins(replica - bundle.first_replica()), options_.sites, spins);
}

void RealEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  check_spins({spins, static_cast<std::size_t>(options_.sites)});
  RealBundle& bundle = detail_->bundle_of(replica);
  const SiteBits bits = bits_of(spins, options_.sites);
  bundle.set_spins(replica - bundle.first_replica(), {&bits, 1});
}

void RealEngine::set_all_spins(const std::int8_t* spins) {
  check_spins({spins, static_cast<std::size_t>(options_.replicas * options_.sites)});
  detail_->for_each_bundle(options_.threads, [&](RealBundle& bundle) {
    std::vector<SiteBits> up;
    for (std::int64_t r = bundle.first_replica(); r < bundle.end_replica(); ++r) {
      up.push_back(bits_of(spins + r * options_.sites, options_.sites));
    }
    bundle.set_spins(0, up);
  });
}

void RealEngine::sums(Sums* sums) const {
  detail_->for_each_bundle(options_.threads, [&](const RealBundle& bundle) {
    for (std::int64_t r = 0; r < bundle.replicas(); ++r) {
      sums[bundle.first_replica() + r] = bundle.sums(r);
    }
  });
}

}  // namespace multispin
