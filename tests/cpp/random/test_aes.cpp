// The portable AES round against FIPS-197, against the twin, and against the processor's own.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"
#include "support/twin.hpp"

#if defined(__x86_64__)
#  include <immintrin.h>
#endif

namespace multispin::random {
namespace {

using bits::Word128;

Word128 to_word(const twin::Bytes& bytes) {
  Word128 word{};
  for (std::size_t i = 0; i < 16; ++i) {
    word.element[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
  }
  return word;
}

twin::Bytes to_bytes(const Word128& word) {
  twin::Bytes bytes{};
  for (std::size_t i = 0; i < 16; ++i) {
    bytes[i] = static_cast<std::uint8_t>(word.element[i / 8] >> (8 * (i % 8)));
  }
  return bytes;
}

Word128 random_word(std::mt19937_64& generator) {
  Word128 word{};
  for (std::uint64_t& element : word.element) element = generator();
  return word;
}

void expect_equal(const Word128& a, const Word128& b) {
  EXPECT_EQ(a.element[0], b.element[0]);
  EXPECT_EQ(a.element[1], b.element[1]);
}

// FIPS-197, appendix B: start of rounds 1, 2 and 3 with the round keys between them.
constexpr twin::Bytes round_start[] = {
    {0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6, 0x8d, 0x2a, 0xe9, 0xf8, 0x48,
     0x08},
    {0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b, 0x6b, 0x5b, 0xea, 0x43, 0x02, 0x6a, 0x50,
     0x49},
    {0xaa, 0x8f, 0x5f, 0x03, 0x61, 0xdd, 0xe3, 0xef, 0x82, 0xd2, 0x4a, 0xd2, 0x68, 0x32, 0x46,
     0x9a},
};
constexpr twin::Bytes round_key[] = {
    {0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23, 0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76,
     0x05},
    {0xf2, 0xc2, 0x95, 0xf2, 0x7a, 0x96, 0xb9, 0x43, 0x59, 0x35, 0x80, 0x7a, 0x73, 0x59, 0xf6,
     0x7f},
};

TEST(Aes, RoundsOfTheStandard) {
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(to_bytes(bits::aes_rounds<1>(to_word(round_start[i]), to_word(round_key[i]))),
              round_start[i + 1]);
    EXPECT_EQ(twin::aes_round(round_start[i], round_key[i]), round_start[i + 1]);
  }
}

TEST(Aes, EveryByteValueInEveryPlace) {
  const Word128 key{};
  for (std::size_t place = 0; place < 16; ++place) {
    for (unsigned value = 0; value < 256; ++value) {
      twin::Bytes bytes{};
      bytes[place] = static_cast<std::uint8_t>(value);
      EXPECT_EQ(to_bytes(bits::aes_rounds<1>(to_word(bytes), key)),
                twin::aes_round(bytes, to_bytes(key)));
    }
  }
}

TEST(Aes, RoundsFollowEachOther) {
  std::mt19937_64 generator{2};
  for (int trial = 0; trial < 100; ++trial) {
    const Word128 state = random_word(generator);
    const Word128 key = random_word(generator);
    Word128 expected = state;
    for (int round = 0; round < 3; ++round) expected = bits::aes_rounds<1>(expected, key);
    expect_equal(bits::aes_rounds<3>(state, key), expected);
  }
}

#if defined(__x86_64__)
__attribute__((target("aes"))) void hardware_round(const Word128& state, const Word128& key,
                                                   Word128& out) {
  const auto load = [](const Word128& word) __attribute__((target("aes"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(word.element));
  };
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.element),
                   _mm_aesenc_si128(load(state), load(key)));
}

TEST(Aes, PortableRoundIsTheInstruction) {
  if (__builtin_cpu_supports("aes") == 0) GTEST_SKIP() << "this processor has no AES-NI";
  std::mt19937_64 generator{3};
  for (int trial = 0; trial < 10000; ++trial) {
    const Word128 state = random_word(generator);
    const Word128 key = random_word(generator);
    Word128 expected{};
    hardware_round(state, key, expected);
    expect_equal(bits::aes_rounds<1>(state, key), expected);
  }
}
#endif

}  // namespace
}  // namespace multispin::random
