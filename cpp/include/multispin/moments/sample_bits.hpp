// Samples of spins as bits, in the layout that moments are computed in.
#pragma once

#include <cstdint>
#include <memory>

#include "multispin/isa.hpp"
#include "multispin/poll.hpp"

namespace multispin {

// Bit b of word w of spin i, data()[w * width() + i], says whether the spin is +1 in sample
// 64 w + b. Spins from spins() on and samples from samples() on are -1 throughout, and there is at
// least one such spin.
class SampleBits {
 public:
  // Numbers >= 1. All spins -1. Throws std::bad_alloc.
  SampleBits(std::int64_t samples, std::int64_t spins);

  // Takes +1 and -1, (samples, spins). Throws std::invalid_argument on other values. False if
  // `poll` asked for a stop.
  bool set_spins(const std::int8_t* spins, int threads, Isa isa, const Poll& poll = {});
  // Takes bits: sample s of spin i is bit (first + s) % 64 of word (first + s) / 64 of its row,
  // which begins at rows[i * row_words].
  void set_bits(const std::uint64_t* rows, std::int64_t row_words, std::int64_t first);

  std::int64_t samples() const { return samples_; }
  std::int64_t spins() const { return spins_; }
  std::int64_t words() const { return words_; }
  std::int64_t width() const { return width_; }
  const std::uint64_t* data() const { return data_.get(); }

 private:
  std::int64_t samples_, spins_, words_, width_;
  std::unique_ptr<std::uint64_t[]> data_;
};

}  // namespace multispin
