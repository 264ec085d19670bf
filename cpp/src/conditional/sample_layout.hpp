// Samples in the order in which losses go through them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "multispin/conditional/losses.hpp"
#include "multispin/poll.hpp"

namespace multispin {

// Samples of weight 0 are left out. Beside the inputs there is one more, which is always +1: the
// field that a target has by itself is its coupling to that.
class SampleLayout {
 public:
  // Throws std::invalid_argument, std::bad_alloc.
  explicit SampleLayout(const ConditionalSamples& given);
  // False if `poll` asked for a stop.
  bool fill(int threads, const Poll& poll);

  std::int64_t samples() const { return samples_; }
  std::int64_t inputs() const { return inputs_; }
  std::int64_t input_words() const { return input_words_; }
  std::int64_t sample_words() const { return sample_words_; }
  std::int64_t targets() const { return given_.targets; }
  std::int64_t tiles() const { return tiles_; }

  // Of each sample, the inputs from 64 * word on.
  const std::uint64_t* rows(std::int64_t word) const { return rows_.get() + word * samples_; }
  // Of each input, the samples from 64 * word on.
  const std::uint64_t* columns(std::int64_t word) const { return columns_.get() + word * inputs_; }
  const double* weights() const { return weights_.data(); }
  // Of each sample, the targets of a tile.
  const std::uint8_t* targets(std::int64_t tile) const { return targets_.get() + tile * samples_; }
  // Or nullptr.
  const std::uint8_t* skips(std::int64_t tile) const {
    return skips_ == nullptr ? nullptr : skips_.get() + tile * samples_;
  }

 private:
  void fill_word(std::int64_t word);

  const ConditionalSamples& given_;
  std::vector<std::int64_t> kept_;
  std::vector<double> weights_;
  std::int64_t samples_, inputs_, input_words_, sample_words_, tiles_;
  std::unique_ptr<std::uint64_t[]> rows_, columns_;
  std::unique_ptr<std::uint8_t[]> targets_, skips_;
};

}  // namespace multispin
