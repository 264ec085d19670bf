#include "conditional/sample_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "conditional/kernels.hpp"
#include "host/demand.hpp"
#include "host/in_turn.hpp"
#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

using kernels::word_signs;

static_assert(word_signs == 64);

std::int64_t words_of(std::int64_t signs) {
  return (signs + word_signs - 1) / word_signs;
}

// 64 inputs of a sample from `first` on, and the one more behind the last of them.
std::uint64_t input_signs(const std::uint8_t* bytes, std::int64_t inputs, std::int64_t first) {
  const std::int64_t begin = first / 8, end = std::min(begin + 8, (inputs + 7) / 8);
  std::uint64_t word = 0;
  if (begin < end) std::memcpy(&word, bytes + begin, static_cast<std::size_t>(end - begin));
  if (inputs - first >= word_signs) return word;
  const auto count = static_cast<int>(inputs - first);
  return (word & bits::lane_mask(count)) | std::uint64_t{1} << count;
}

// Two blocks side by side.
using Block = bits::Word128[64];

}  // namespace

SampleLayout::SampleLayout(const ConditionalSamples& given) : given_(given) {
  demand(given.samples >= 0 && given.inputs >= 0 && given.targets >= 0,
         "samples: allowed: sizes of at least 0");
  double total = 0;
  for (std::int64_t m = 0; m < given.samples; ++m) {
    demand(given.weights[m] >= 0, "weights: allowed: finite numbers >= 0");
    total += given.weights[m];
    if (given.weights[m] == 0) continue;
    kept_.push_back(m);
    weights_.push_back(given.weights[m]);
  }
  demand(std::isfinite(total), "weights: allowed: finite numbers >= 0 of a finite sum");
  samples_ = static_cast<std::int64_t>(kept_.size());
  inputs_ = given.inputs + 1;
  input_words_ = words_of(inputs_);
  sample_words_ = words_of(samples_);
  tiles_ = (given.targets + kernels::tile_targets - 1) / kernels::tile_targets;
  const auto size = [](std::int64_t a, std::int64_t b) { return static_cast<std::size_t>(a * b); };
  rows_.reset(new std::uint64_t[size(input_words_, samples_)]);
  columns_.reset(new std::uint64_t[size(sample_words_, inputs_)]);
  targets_.reset(new std::uint8_t[size(tiles_, samples_)]);
  if (given.skip_bits != nullptr) skips_.reset(new std::uint8_t[size(tiles_, samples_)]);
}

bool SampleLayout::fill(int threads, const Poll& poll) {
  return in_turn(
      threads, sample_words_, poll,
      [&](std::int64_t word, int /*thread*/, const StopWatch& /*watch*/) { fill_word(word); });
}

void SampleLayout::fill_word(std::int64_t word) {
  const std::int64_t first = word * word_signs;
  const auto count = static_cast<int>(std::min<std::int64_t>(word_signs, samples_ - first));
  for (std::int64_t w = 0; w < input_words_; w += 2) {
    Block block = {};
    for (int m = 0; m < count; ++m) {
      const std::uint8_t* const bytes =
          given_.input_bits + kept_[static_cast<std::size_t>(first + m)] * ((inputs_ + 6) / 8);
      for (std::int64_t i = w; i < std::min(w + 2, input_words_); ++i) {
        const std::uint64_t signs = input_signs(bytes, given_.inputs, i * word_signs);
        rows_[static_cast<std::size_t>(i * samples_ + first + m)] = signs;
        block[m].element[i - w] = signs;
      }
    }
    bits::transpose(block);
    for (std::int64_t j = w * word_signs; j < std::min((w + 2) * word_signs, inputs_); ++j) {
      columns_[static_cast<std::size_t>(word * inputs_ + j)] =
          block[j % word_signs].element[j / word_signs - w];
    }
  }
  for (int m = 0; m < count; ++m) {
    const std::int64_t from = kept_[static_cast<std::size_t>(first + m)] * tiles_;
    for (std::int64_t tile = 0; tile < tiles_; ++tile) {
      const auto to = static_cast<std::size_t>(tile * samples_ + first + m);
      targets_[to] = given_.target_bits[from + tile];
      if (skips_ != nullptr) skips_[to] = given_.skip_bits[from + tile];
    }
  }
}

}  // namespace multispin
