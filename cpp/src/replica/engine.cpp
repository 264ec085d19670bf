#include "multispin/replica/engine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "host/processor.hpp"
#include "host/threads.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/replica/signs.hpp"
#include "replica/detail.hpp"

namespace multispin {
namespace {

constexpr std::int64_t word_lanes = 64;
constexpr std::int64_t pair_lanes = 128;  // a block of random bits serves two words

const kernels::ReplicaKernels& kernels_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::replica_avx512;
  if (isa == Isa::avx2) return kernels::replica_avx2;
#endif
  static_cast<void>(isa);
  return kernels::replica_portable;
}

const ReplicaOptions& checked(const ReplicaOptions& o) {
  check_replica_options(o);
  check_processor(o.threads, o.isa);
  return o;
}

std::int64_t aligned_down(std::uint64_t stream, bool shared) {
  const auto lanes = static_cast<std::uint64_t>(shared ? block_lanes : pair_lanes);
  return static_cast<std::int64_t>(stream / lanes * lanes);
}

// Lanes of a bundle: 512, but where half as many fill the widest word and there are threads to
// share them out to, 256.
std::int64_t lanes_of_bundles(const ReplicaOptions& o) {
  const bool halves = o.threads > 1 && o.isa != Isa::avx512 && !o.shared_random_numbers;
  return halves ? block_lanes / 2 : block_lanes;
}

// Words of a site in each bundle of so many lanes at most.
std::vector<int> bundle_words(std::int64_t lanes, std::int64_t bundle_lanes, bool shared) {
  std::vector<int> words;
  for (; lanes > 0; lanes -= bundle_lanes) {
    const std::int64_t own = std::min(lanes, bundle_lanes);
    const bool whole = shared || own > block_lanes / 2;
    words.push_back(whole ? 8 : (own > pair_lanes ? 4 : 2));
  }
  return words;
}

}  // namespace

std::size_t replica_bytes(std::int64_t sites, std::int64_t edges, std::int64_t samples,
                          std::int64_t replicas, std::uint64_t first_stream, bool shared) {
  const auto offset = static_cast<std::int64_t>(first_stream) - aligned_down(first_stream, shared);
  std::int64_t words = 0;
  for (const int w : bundle_words(replicas + offset, block_lanes, shared)) words += w;
  const std::int64_t sign_words = samples > 1 ? words * edges : 0;
  // A bond is kept at both ends and once by itself.
  const std::int64_t graph = sites * 8 + edges * (2 * 8 + 12 + 4);
  return static_cast<std::size_t>(8 * (words * sites + sign_words) + graph);
}

ReplicaEngine::Detail::Detail(const ReplicaOptions& o)
    : kernels(kernels_for(o.isa)),
      run_kernels(o.generator == Generator::aes ? kernels.aes : kernels.philox),
      model{o.dynamics, o.J, o.h},
      shared(o.shared_random_numbers),
      any_field(model.zero_field_flip() ? 0 : 1),
      sites(o.sites),
      lane_offset(static_cast<std::int64_t>(o.first_stream) - aligned_down(o.first_stream, shared)),
      bundle_lanes(lanes_of_bundles(o)),
      order(order_graph(o.sites, o.edges, model.zero_field_flip())),
      keys(random::lane_keys(o.seed, shared)) {
  for (const rules::SiteKind& kind : order.kinds) {
    field.push_back(rules::make_field_signs(model, kind.degree));
  }
  if (o.samples == 1) name_signs(order, o.signs);
  std::int64_t lane = 0;
  for (const int words : bundle_words(o.replicas + lane_offset, bundle_lanes, shared)) {
    const auto first_word =
        static_cast<std::uint64_t>((aligned_down(o.first_stream, shared) + lane) / word_lanes);
    bundles.push_back({words, lane, first_word, nullptr, nullptr, {}});
    BundleMemory& bundle = bundles.back();
    // A site that is always down behind the last, and a line that wide loads may touch.
    bundle.spins = std::make_unique<SpinMemory>(
        static_cast<std::size_t>((sites + 1) * words + kernels::block_words));
    make_signs(o, bundle);
    bundle.thresholds.resize(order.kinds.size());
    lane += bundle_lanes;
  }
  // Bundles are shared out to the threads; only when there are too few are they cut up.
  constexpr std::int64_t least_words = 1 << 13;
  constexpr std::int64_t strips_per_thread = 8;
  const auto count = static_cast<std::int64_t>(bundles.size());
  const int words = bundles.front().words;
  const bool cut = count < o.threads && words * sites >= least_words;
  plan = plan_replicas(order, words, cut ? strips_per_thread * o.threads / count : 1);
  cursor = std::vector<Cursor>(bundles.size() * plan.size());
}

void ReplicaEngine::Detail::make_signs(const ReplicaOptions& o, BundleMemory& bundle) const {
  const std::size_t entries = o.samples == 1 ? 2 : o.edges.size() + 1;
  const auto words = static_cast<std::size_t>(bundle.words);
  bundle.signs = std::make_unique<SpinMemory>(entries * words + kernels::block_words);
  std::uint64_t* const signs = bundle.signs->data();
  if (o.samples == 1) {
    std::fill_n(signs + words, words, ~std::uint64_t{0});
  } else {
    pack_signs(o, order, bundle.first_lane - lane_offset, bundle.words, signs);
  }
}

ReplicaEngine::Detail::Place ReplicaEngine::Detail::place(std::int64_t replica) const {
  const std::int64_t lane = lane_of(replica);
  const BundleMemory& bundle = bundles[static_cast<std::size_t>(lane / bundle_lanes)];
  const std::int64_t inside = lane % bundle_lanes;
  return {bundle.spins->data() + inside / word_lanes, bundle.words,
          static_cast<int>(inside % word_lanes)};
}

ReplicaEngine::Detail::LaneWord ReplicaEngine::Detail::lane_word(std::int64_t number) const {
  const std::int64_t most = bundle_lanes / word_lanes;
  const auto b = static_cast<std::size_t>(number / most);
  if (b >= bundles.size()) return {nullptr, 0};
  const BundleMemory& bundle = bundles[b];
  const std::int64_t w = number % most;
  if (w >= bundle.words) return {nullptr, 0};
  return {bundle.spins->data() + w, bundle.words};
}

std::int64_t ReplicaEngine::Detail::words_per_site() const {
  std::int64_t words = 0;
  for (const BundleMemory& bundle : bundles) words += bundle.words;
  return words;
}

std::int64_t ReplicaEngine::Detail::sweep_words() const {
  std::int64_t effort = 0;
  for (const OrderedRun& run : order.runs) effort += (run.end - run.begin) * run.effort();
  return words_per_site() * effort;
}

ReplicaEngine::ReplicaEngine(ReplicaOptions options)
    : options_(std::move(options)),
      temperatures_(static_cast<std::size_t>(checked(options_).replicas), 1.0),
      detail_(std::make_unique<Detail>(options_)) {
  // Kept as bonds and as bits from here on.
  options_.edges = {};
  options_.signs = {};
  set_temperatures(std::vector<double>(temperatures_));
  fill(true);
}

ReplicaEngine::~ReplicaEngine() = default;

int ReplicaEngine::colours() const {
  return detail_->order.colours;
}

void ReplicaEngine::randomize() {
  Detail& d = *detail_;
  const auto key = random::derive(options_.seed, 0, random::Purpose::lanes_initial_spins, 0);
  for (const BundleMemory& bundle : d.bundles) {
    std::uint64_t* to = bundle.spins->data();
    for (std::int64_t p = 0; p < d.sites; ++p) {
      const std::uint64_t number =
          (static_cast<std::uint64_t>(p) << model::lane_word_bits) + bundle.first_word;
      for (int w = 0; w < bundle.words; ++w) {
        *to++ = random::initial_word(key, number + static_cast<std::uint64_t>(w), 0);
      }
    }
  }
}

void ReplicaEngine::fill(bool up) {
  const std::uint64_t word = up ? ~std::uint64_t{0} : 0;
  for (const BundleMemory& bundle : detail_->bundles) {
    std::fill_n(bundle.spins->data(), detail_->sites * bundle.words, word);
  }
}

void ReplicaEngine::get_spins(std::int64_t replica, std::int8_t* spins) const {
  const Detail& d = *detail_;
  const Detail::Place place = d.place(replica);
  for (std::int64_t p = 0; p < d.sites; ++p) {
    const bool up = (place.words[p * place.step] >> place.bit & 1U) != 0;
    spins[d.order.site_at[static_cast<std::size_t>(p)]] = up ? std::int8_t{1} : std::int8_t{-1};
  }
}

void ReplicaEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  const Detail& d = *detail_;
  check_spins({spins, static_cast<std::size_t>(d.sites)});
  const Detail::Place place = d.place(replica);
  const std::uint64_t bit = std::uint64_t{1} << place.bit;
  for (std::int64_t p = 0; p < d.sites; ++p) {
    std::uint64_t& word = place.words[p * place.step];
    word = spins[d.order.site_at[static_cast<std::size_t>(p)]] > 0 ? word | bit : word & ~bit;
  }
}

// Packed words begin with the first replica, lane words perhaps before it.
void ReplicaEngine::get_packed(std::uint64_t* words) const {
  const Detail& d = *detail_;
  const std::int64_t row = packed_words();
  const std::int64_t first = d.lane_offset / word_lanes;
  const auto shift = static_cast<int>(d.lane_offset % word_lanes);
  const auto used = static_cast<int>((options_.replicas - 1) % word_lanes + 1);
  for (std::int64_t w = 0; w < row; ++w) {
    const Detail::LaneWord low = d.lane_word(first + w);
    const Detail::LaneWord high = d.lane_word(first + w + 1);
    const std::uint64_t mask = w + 1 < row ? ~std::uint64_t{0} : bits::lane_mask(used);
    for (std::int64_t p = 0; p < d.sites; ++p) {
      std::uint64_t word = low.words[p * low.step] >> shift;
      if (shift > 0 && high.words != nullptr) {
        word |= high.words[p * high.step] << (word_lanes - shift);
      }
      words[d.order.site_at[static_cast<std::size_t>(p)] * row + w] = word & mask;
    }
  }
}

void ReplicaEngine::set_packed(const std::uint64_t* words) {
  const Detail& d = *detail_;
  const std::int64_t row = packed_words();
  const std::int64_t first = d.lane_offset / word_lanes;
  const auto shift = static_cast<int>(d.lane_offset % word_lanes);
  const std::int64_t last_lane = d.lane_offset + options_.replicas - 1;
  for (std::int64_t w = first; w <= last_lane / word_lanes; ++w) {
    const Detail::LaneWord lanes = d.lane_word(w);
    const std::int64_t in = w - first;  // packed word whose low part goes to this one's high part
    for (std::int64_t p = 0; p < d.sites; ++p) {
      const std::uint64_t* const from = words + d.order.site_at[static_cast<std::size_t>(p)] * row;
      std::uint64_t word = in < row ? from[in] << shift : 0;
      if (shift > 0 && in > 0) word |= from[in - 1] >> (word_lanes - shift);
      lanes.words[p * lanes.step] = word;  // lanes of no replica may hold anything
    }
  }
}

}  // namespace multispin
