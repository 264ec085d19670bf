#include "multispin/moments/sample_bits.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "moments/kernels_of.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

constexpr std::int64_t side = 64;  // of a block that kernels pack: samples, and spins

// A slab of 64 samples that the cache has room for beside the one that is packed.
constexpr std::int64_t most_prefetched = 1 << 18;

struct Spins {
  const std::int8_t* at;
  std::int64_t samples, spins;

  bool has(std::int64_t sample, std::int64_t spin) const {
    return sample + side <= samples && spin + side <= spins;
  }
  // A block of which some is not there, with -1 in its place.
  void copy(std::int64_t sample, std::int64_t spin, std::int8_t* to) const {
    std::fill_n(to, side * side, std::int8_t{-1});
    const std::int64_t columns = std::min(side, spins - spin);
    for (std::int64_t s = 0; s < std::min(side, samples - sample); ++s) {
      std::copy_n(at + (sample + s) * spins + spin, columns, to + s * side);
    }
  }
  // Lines of a slab lie too far apart for the processor to see what comes next.
  void prefetch(std::int64_t sample, std::int64_t spin) const {
    if (sample + side > samples || side * spins > most_prefetched) return;
    for (std::int64_t s = 0; s < side; ++s) {
      __builtin_prefetch(at + (sample + s) * spins + spin);
    }
  }
};

[[noreturn]] void refuse(const std::int8_t* spins, std::int64_t count) {
  const auto* const bad =
      std::find_if(spins, spins + count, [](int s) { return s != 1 && s != -1; });
  throw std::invalid_argument("samples: got the value " + std::to_string(*bad) +
                              ", allowed: +1 and -1");
}

}  // namespace

SampleBits::SampleBits(std::int64_t samples, std::int64_t spins)
    : samples_(samples),
      spins_(spins),
      words_((samples + 63) / 64),
      width_((spins / kernels::counted_spins + 1) * kernels::counted_spins) {
  demand(samples >= 1, "samples: got none, allowed: at least one");
  demand(spins >= 1, "samples: got no spins, allowed: at least one");
  data_ = std::make_unique<std::uint64_t[]>(static_cast<std::size_t>(words_ * width_));
}

bool SampleBits::set_spins(const std::int8_t* spins, int threads, Isa isa, const Poll& poll) {
  const kernels::MomentKernels& kernels = moment_kernels(isa);
  const Spins from{spins, samples_, spins_};
  std::atomic<bool> good = true;
  const auto pack_word = [&](std::int64_t w, int /*thread*/, const StopWatch& /*watch*/) {
    std::int8_t edge[side * side];
    for (std::int64_t i = 0; i < spins_; i += side) {
      from.prefetch(side * (w + 1), i);
      std::uint64_t* const to = data_.get() + w * width_ + i;
      bool right = false;
      if (from.has(side * w, i)) {
        right = kernels.pack(spins + side * w * spins_ + i, spins_, to);
      } else {
        from.copy(side * w, i, edge);
        right = kernels.pack(edge, side, to);
      }
      if (!right) good.store(false, std::memory_order_relaxed);
    }
  };
  const bool finished = in_turn(worth(words_ * spins_, threads), words_, poll, pack_word);
  if (!good) refuse(spins, samples_ * spins_);
  return finished;
}

void SampleBits::set_bits(const std::uint64_t* rows, std::int64_t row_words, std::int64_t first) {
  const int shift = static_cast<int>(first % 64);
  for (std::int64_t w = 0; w < words_; ++w) {
    const int used = static_cast<int>(std::min<std::int64_t>(64, samples_ - 64 * w));
    const bool of_two = shift + used > 64;
    for (std::int64_t i = 0; i < spins_; ++i) {
      const std::uint64_t* const from = rows + i * row_words + first / 64 + w;
      std::uint64_t word = from[0] >> shift;
      if (of_two) word |= from[1] << (64 - shift);
      data_[static_cast<std::size_t>(w * width_ + i)] = word & bits::lane_mask(used);
    }
  }
}

}  // namespace multispin
