// The planes of both generators for words and sweeps that no lattice of a test can reach, against
// the twin. Only the portable width can be named here; the engine's tests do the others.
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>

#include "multispin/bits/word.hpp"
#include "multispin/random/aes_one_word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/random/streams.hpp"
#include "support/engines.hpp"
#include "support/twin.hpp"

namespace multispin::test {
namespace {

using bits::Word128;
using bits::Word64;

constexpr std::uint64_t largest = (std::uint64_t{1} << 48) - 1;  // of words and of sweeps
constexpr std::uint64_t words[] = {0,          2, 1000, 0xfffffffe, 0x100000000, 0x123456789abc,
                                   largest - 1};
constexpr std::uint64_t sweeps[] = {0, 1, 0xffffffff, 0x100000000, 0x23456789abcd, largest};

template <class Planes>
void expect_planes(Generator generator) {
  LatticeOptions options = make_options(2, 2, generator);
  options.seed = 0xfedcba9876543210U;
  const std::uint64_t stream = 0x0f1e2d3c4b5a6978U;
  const random::StreamKeys keys = random::stream_keys(options.seed, stream);
  for (const std::uint64_t sweep : sweeps) {
    for (const int colour : {0, 1}) {
      const Planes planes{keys, sweep, colour};
      for (const std::uint64_t word : words) {
        auto state = planes.start(word);
        for (int k = 0; k < Planes::coarse_planes + 1 + random::tail_planes; ++k) {
          const auto got = planes.next(state, k);
          std::uint64_t element[sizeof got / sizeof(std::uint64_t)];
          bits::store(element, got);
          for (std::uint64_t i = 0; i < std::size(element); ++i) {
            ASSERT_EQ(element[i], twin::plane(options, stream, word + i, colour, sweep, k))
                << "word " << word + i << ", sweep " << sweep << ", plane " << k;
          }
        }
      }
    }
  }
}

TEST(Planes, Aes) {
  expect_planes<random::AesPlanes<Word128>>(Generator::aes);
  expect_planes<random::AesPlanes<Word64>>(Generator::aes);
}

TEST(Planes, Philox) {
  expect_planes<random::PhiloxPlanes<Word128>>(Generator::philox);
  expect_planes<random::PhiloxPlanes<Word64>>(Generator::philox);
}

TEST(Planes, InitialSpins) {
  const LatticeOptions options = make_options(2, 2);
  const std::uint64_t stream = 0x0f1e2d3c4b5a6978U;
  const auto key = random::derive(options.seed, stream, random::Purpose::initial_spins, 0);
  for (const std::uint64_t word : words) {
    for (const int colour : {0, 1}) {
      EXPECT_EQ(random::initial_word(key, word, colour),
                twin::initial_word(options, stream, word, colour));
    }
  }
}

}  // namespace
}  // namespace multispin::test
