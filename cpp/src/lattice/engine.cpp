#include "multispin/lattice/engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "host/processor.hpp"
#include "host/threads.hpp"
#include "lattice/detail.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

constexpr std::int64_t line_words = 8;  // a cache line, and the widest word

std::int64_t up_to_line(std::int64_t words) {
  return (words + line_words - 1) / line_words * line_words;
}

std::int64_t front_words(const model::Lattice& lattice) {
  return up_to_line(lattice.stride);
}

// One row before row 0, one after the last, and a line that wide loads may touch.
std::int64_t colour_words(const model::Lattice& lattice) {
  return front_words(lattice) + up_to_line(lattice.colour_words() + lattice.stride + line_words);
}

const kernels::LatticeKernels& kernels_for(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::lattice_avx512;
  if (isa == Isa::avx2) return kernels::lattice_avx2;
#endif
  static_cast<void>(isa);
  return kernels::lattice_portable;
}

const LatticeOptions& checked(const LatticeOptions& options) {
  check_lattice(options);
  check_processor(options.threads, options.isa);
  return options;
}

// Where the horizontal neighbours of each element are when a wide word holds whole rows.
kernels::PackedRows pack_rows(const model::Lattice& l, int colour, int words) {
  kernels::PackedRows packed{};
  packed.lanes = bits::lane_mask(l.lanes);
  for (int i = 0; i < words; ++i) {
    const std::int64_t row = i / l.stride;
    const std::int64_t w = i % l.stride;
    packed.source[i] = static_cast<std::uint64_t>(i);
    packed.down[i] = 64;
    if (w >= l.words) continue;  // padding
    packed.store |= 1U << i;
    const bool right = model::looks_right(0, row, colour);
    const bool edge = right ? w == l.words - 1 : w == 0;
    if (edge) {
      packed.source[i] = static_cast<std::uint64_t>(row * l.stride + (right ? 0 : l.words - 1));
      const int last_lane = l.lanes - 1;
      packed.up[i] = static_cast<std::uint64_t>(right ? last_lane : 1);
      packed.down[i] = static_cast<std::uint64_t>(right ? 1 : last_lane);
      if (l.lanes == 1) packed.up[i] = packed.down[i] = 0;
    } else {
      packed.source[i] = static_cast<std::uint64_t>(right ? i + 1 : i - 1);
    }
  }
  return packed;
}

// A band costs as much as 2^14 to 2^15 spins. Four a thread may be of 2^18, more are twice as
// large.
std::int64_t worthwhile_bands(std::int64_t spins, std::int64_t threads) {
  const std::int64_t few = std::min(spins >> band_digits, 4 * threads);
  const std::int64_t many = std::min(spins >> (band_digits + 1), 32 * threads);
  return std::max({std::int64_t{1}, few, many});
}

}  // namespace

std::size_t lattice_bytes(std::int64_t rows, std::int64_t columns, std::int64_t replicas,
                          std::int64_t planes) {
  const std::int64_t words = colour_words(model::make_lattice(rows, columns, planes));
  return sizeof(std::uint64_t) * static_cast<std::size_t>(2 * replicas * words);
}

std::vector<std::int64_t> lattice_spin_shape(const model::Lattice& l, std::int64_t replicas) {
  if (!l.cubic()) return {replicas, l.rows, l.columns};
  return {replicas, l.planes, l.rows, l.columns};
}

std::vector<std::int64_t> lattice_packed_shape(const model::Lattice& l, std::int64_t replicas) {
  if (!l.cubic()) return {replicas, 2, l.rows, l.words};
  return {replicas, 2, l.planes, l.rows, l.words};
}

LatticeEngine::Detail::Detail(const LatticeOptions& options)
    : lattice(model::make_lattice(options.rows, options.columns, options.planes)),
      threads(options.threads),
      kernels(kernels_for(options.isa)),
      packed(lattice.stride < kernels.words && kernels.words % lattice.stride == 0),
      front(front_words(lattice)),
      colour_stride(colour_words(lattice)),
      packed_rows{pack_rows(lattice, 0, kernels.words), pack_rows(lattice, 1, kernels.words)},
      memory(static_cast<std::size_t>(2 * options.replicas * colour_stride)),
      acceptance(static_cast<std::size_t>(options.replicas)),
      update(acceptance.size()) {
  // Replicas are shared out to the threads; only when there are too few is a lattice cut up, into
  // more bands than threads: while a thread has lost its processor, others can go on for about a
  // quarter as many sweeps as there are bands.
  const bool cut = options.replicas < options.threads;
  const std::int64_t bands = cut ? worthwhile_bands(lattice.spins(), options.threads) : 1;
  const std::int64_t line = packed ? kernels.words / lattice.stride : 1;
  plan = plan_sweep(lattice, line, static_cast<int>(bands));
  whole = plan_sweep(lattice, line, 1);
  cursor = std::vector<Cursor>(static_cast<std::size_t>(options.replicas) * plan.size());
  for (std::int64_t r = 0; r < options.replicas; ++r) {
    keys.push_back(
        random::stream_keys(options.seed, options.first_stream + static_cast<std::uint64_t>(r)));
  }
}

void LatticeEngine::Detail::wrap_rows(std::int64_t replica, int c, std::int64_t begin,
                                      std::int64_t end) const {
  if (lattice.cubic()) return;  // where each plane would need copies of its own
  std::uint64_t* const first = colour(replica, c);
  const std::int64_t stride = lattice.stride;
  const auto bytes = sizeof(std::uint64_t) * static_cast<std::size_t>(stride);
  if (begin == 0) std::memcpy(first + lattice.colour_words(), first, bytes);
  if (end == lattice.rows) {
    std::memcpy(first - stride, first + lattice.colour_words() - stride, bytes);
  }
}

void LatticeEngine::Detail::step(const SweepStep& step, std::int64_t replica,
                                 std::uint64_t sweep) const {
  const auto r = static_cast<std::size_t>(replica);
  const kernels::HalfSweep half{&keys[r], &acceptance[r], sweep};
  update[r](rows(replica, step.colour, step.begin, step.end), half);
  wrap_rows(replica, step.colour, step.begin, step.end);
}

Sums LatticeEngine::Detail::sums(std::int64_t replica, std::int64_t begin, std::int64_t end) const {
  const auto count = lattice.cubic() ? kernels.count_cubic : kernels.count_square;
  const kernels::Counts counts = count(rows(replica, 0, begin, end));
  const std::int64_t sites = (end - begin) * lattice.columns;
  const std::int64_t bonds = lattice.neighbours() / 2 * sites;
  return {bonds - 2 * counts.unequal_bonds, 2 * counts.spins_up - sites};
}

std::vector<Sums> LatticeEngine::Detail::band_sums(std::int64_t replica) const {
  std::vector<Sums> result(plan.size());
  for_each_index(usable(threads), static_cast<std::int64_t>(plan.size()), [&](std::int64_t b) {
    const auto i = static_cast<std::size_t>(b);
    result[i] = sums(replica, plan[i].begin, plan[i].end);
  });
  return result;
}

LatticeEngine::LatticeEngine(const LatticeOptions& options)
    : options_(checked(options)),
      lattice_(model::make_lattice(options.rows, options.columns, options.planes)),
      temperatures_(static_cast<std::size_t>(options.replicas), 1.0),
      detail_(std::make_unique<Detail>(options)) {
  set_temperatures(std::vector<double>(temperatures_));
  fill(true);
}

LatticeEngine::~LatticeEngine() = default;

void LatticeEngine::set_temperatures(std::span<const double> temperatures) {
  check_temperature_count(temperatures.size(), options_.replicas);
  Detail& d = *detail_;
  const LatticeOptions& o = options_;
  const kernels::GeneratorKernels& g =
      o.generator == Generator::aes ? d.kernels.aes : d.kernels.philox;
  const int neighbours = lattice_.neighbours();
  const auto rates = [&](double t) -> Detail::Rates {
    const rules::Rule rule = rules::rule_for(o.dynamics, neighbours, o.J, o.h, t, g.coarse_planes);
    return {rules::make_acceptance(o.dynamics, neighbours, o.J, o.h, t, g.coarse_planes),
            (lattice_.cubic() ? g.cubic : g.square)[static_cast<int>(rule)]};
  };
  if (d.known.crowded(o.replicas)) d.known.clear();
  std::vector<std::uint32_t> numbers;
  for (const double t : temperatures) numbers.push_back(d.known.number(t, rates));
  for (std::size_t r = 0; r < numbers.size(); ++r) {
    temperatures_[r] = temperatures[r];
    d.acceptance[r] = d.known[numbers[r]].acceptance;
    d.update[r] = d.known[numbers[r]].update;
  }
}

void LatticeEngine::randomize() {
  Detail& d = *detail_;
  const std::uint64_t lanes = bits::lane_mask(lattice_.lanes);
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    const auto stream = options_.first_stream + static_cast<std::uint64_t>(r);
    const auto key = random::derive(options_.seed, stream, random::Purpose::initial_spins, 0);
    d.for_rows(r, [&](int c, std::int64_t row, bool /*right*/) {
      for (std::int64_t w = 0; w < lattice_.words; ++w) {
        const auto flat = static_cast<std::uint64_t>(row * lattice_.stride + w);
        d.colour(r, c)[flat] = random::initial_word(key, flat, c) & lanes;
      }
    });
  }
}

void LatticeEngine::fill(bool up) {
  const std::uint64_t word = up ? bits::lane_mask(lattice_.lanes) : 0;
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    detail_->for_rows(r, [&](int c, std::int64_t row, bool /*right*/) {
      std::fill_n(detail_->colour(r, c) + row * lattice_.stride, lattice_.words, word);
    });
  }
}

void LatticeEngine::sums(Sums* sums) const {
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    sums[r] = {};
    for (const Sums& band : detail_->band_sums(r)) {
      sums[r].bonds += band.bonds;
      sums[r].spins += band.spins;
    }
  }
}

void LatticeEngine::get_spins(std::int64_t replica, std::int8_t* spins) const {
  const model::Lattice& l = lattice_;
  detail_->for_rows(replica, [&](int c, std::int64_t row, bool right) {
    const std::uint64_t* const words = detail_->colour(replica, c) + row * l.stride;
    std::int8_t* out = spins + row * l.columns + (right ? 1 : 0);
    for (int b = 0; b < l.lanes; ++b) {
      for (std::int64_t w = 0; w < l.words; ++w, out += 2) {
        *out = ((words[w] >> b) & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
      }
    }
  });
}

void LatticeEngine::set_spins(std::int64_t replica, const std::int8_t* spins) {
  const model::Lattice& l = lattice_;
  check_spins({spins, static_cast<std::size_t>(l.spins())});
  detail_->for_rows(replica, [&](int c, std::int64_t row, bool right) {
    std::uint64_t* const words = detail_->colour(replica, c) + row * l.stride;
    std::fill_n(words, l.words, std::uint64_t{0});
    const std::int8_t* in = spins + row * l.columns + (right ? 1 : 0);
    for (int b = 0; b < l.lanes; ++b) {
      for (std::int64_t w = 0; w < l.words; ++w, in += 2) {
        words[w] |= static_cast<std::uint64_t>(*in > 0 ? 1 : 0) << b;
      }
    }
  });
}

void LatticeEngine::get_packed(std::uint64_t* words) const {
  const model::Lattice& l = lattice_;
  const std::uint64_t lanes = bits::lane_mask(l.lanes);
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    detail_->for_rows(r, [&](int c, std::int64_t row, bool /*right*/) {
      const std::uint64_t* const from = detail_->colour(r, c) + row * l.stride;
      std::uint64_t* const to = words + ((2 * r + c) * l.all_rows() + row) * l.words;
      for (std::int64_t w = 0; w < l.words; ++w) to[w] = from[w] & lanes;
    });
  }
}

void LatticeEngine::set_packed(const std::uint64_t* words) {
  const model::Lattice& l = lattice_;
  const std::uint64_t lanes = bits::lane_mask(l.lanes);
  for (std::int64_t r = 0; r < options_.replicas; ++r) {
    detail_->for_rows(r, [&](int c, std::int64_t row, bool /*right*/) {
      const std::uint64_t* const from = words + ((2 * r + c) * l.all_rows() + row) * l.words;
      std::uint64_t* const to = detail_->colour(r, c) + row * l.stride;
      for (std::int64_t w = 0; w < l.words; ++w) to[w] = from[w] & lanes;
    });
  }
}

}  // namespace multispin
