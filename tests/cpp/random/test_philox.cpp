// Philox4x32: published known answers, and the vector form against the scalar one.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "multispin/bits/word.hpp"
#include "multispin/random/philox.hpp"
#include "support/twin.hpp"

namespace multispin::random {
namespace {

struct KnownAnswer {
  int rounds;
  std::uint32_t counter[4];
  std::uint32_t key[2];
  std::uint32_t answer[4];
};

// tests/kat_vectors of Random123 1.14.0 (Salmon et al., SC'11).
constexpr KnownAnswer known_answers[] = {
    {7, {0, 0, 0, 0}, {0, 0}, {0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48}},
    {7,
     {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662}},
    {7,
     {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a}},
    {10, {0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {10,
     {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {10,
     {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

PhiloxBlock scalar(int rounds, const std::uint32_t (&counter)[4], const std::uint32_t (&key)[2]) {
  const PhiloxBlock block{{counter[0], counter[1], counter[2], counter[3]}};
  return rounds == 7 ? philox4x32<7>(block, key[0], key[1]) : philox4x32<10>(block, key[0], key[1]);
}

TEST(Philox, KnownAnswers) {
  for (const KnownAnswer& known : known_answers) {
    const PhiloxBlock got = scalar(known.rounds, known.counter, known.key);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(got.x[i], known.answer[i]);
  }
}

TEST(Philox, KnownAnswersOfTheTwin) {
  for (const KnownAnswer& known : known_answers) {
    const auto& c = known.counter;
    const twin::Block got =
        twin::philox4x32(known.rounds, {c[0], c[1], c[2], c[3]}, {known.key[0], known.key[1]});
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(got[i], known.answer[i]);
  }
}

// A different block in each element, and rubbish in the half that the vector form shall ignore.
TEST(Philox, VectorFormIsTheScalarFormInEveryElement) {
  using bits::Word128;
  std::mt19937_64 generator{1};
  for (int trial = 0; trial < 1000; ++trial) {
    const std::uint32_t key[2] = {static_cast<std::uint32_t>(generator()),
                                  static_cast<std::uint32_t>(generator())};
    Word128 x[4];
    std::uint32_t counter[Word128::words][4];
    for (int i = 0; i < 4; ++i) {
      for (int e = 0; e < Word128::words; ++e) {
        x[i].element[e] = generator();
        counter[e][i] = static_cast<std::uint32_t>(x[i].element[e]);
      }
    }
    philox4x32_rounds<0>(x, philox_keys<7>(key[0], key[1]));
    for (int e = 0; e < Word128::words; ++e) {
      const PhiloxBlock expected = scalar(7, counter[e], key);
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(static_cast<std::uint32_t>(x[i].element[e]), expected.x[i]);
      }
    }
  }
}

}  // namespace
}  // namespace multispin::random
