// Eight words at once, AVX-512. Included by AVX-512 translation units only.
#pragma once

#include <immintrin.h>

#include <array>

#include "multispin/bits/word.hpp"

namespace multispin::bits {

struct Word512 {
  static constexpr int words = 8;
  __m512i value;
};

MULTISPIN_HD Word512 operator&(Word512 a, Word512 b) {
  return {_mm512_and_si512(a.value, b.value)};
}
MULTISPIN_HD Word512 operator|(Word512 a, Word512 b) {
  return {_mm512_or_si512(a.value, b.value)};
}
MULTISPIN_HD Word512 operator^(Word512 a, Word512 b) {
  return {_mm512_xor_si512(a.value, b.value)};
}
MULTISPIN_HD Word512 operator~(Word512 a) {
  return {_mm512_ternarylogic_epi64(a.value, a.value, a.value, 0x55)};
}

MULTISPIN_HD void broadcast(Word512& out, std::uint64_t low, std::uint64_t high) {
  const auto l = static_cast<long long>(low);
  const auto h = static_cast<long long>(high);
  out.value = _mm512_set_epi64(h, l, h, l, h, l, h, l);
}
MULTISPIN_HD void load(Word512& out, const std::uint64_t* from) {
  out.value = _mm512_loadu_si512(from);
}
MULTISPIN_HD void load(Word512& out, const std::int8_t* from) {
  out.value = _mm512_loadu_si512(from);
}
MULTISPIN_HD void store(std::uint64_t* to, Word512 a) {
  _mm512_storeu_si512(to, a.value);
}
MULTISPIN_HD void load_first(Word512& out, const std::uint64_t* from, int count) {
  out.value = _mm512_maskz_loadu_epi64(static_cast<__mmask8>((1U << count) - 1U), from);
}
MULTISPIN_HD void store_masked(std::uint64_t* to, Word512 a, unsigned mask) {
  _mm512_mask_storeu_epi64(to, static_cast<__mmask8>(mask), a.value);
}
// Keeps a word in a register, where the compiler would rather load it for each use.
MULTISPIN_HD void keep(Word512& a) {
  asm("" : "+v"(a.value));
}
MULTISPIN_HD Word512 insert(Word512 a, int index, std::uint64_t word) {
  return {_mm512_mask_set1_epi64(a.value, static_cast<__mmask8>(1U << index),
                                 static_cast<long long>(word))};
}
MULTISPIN_HD Word512 insert_even(Word512 a, std::uint64_t word) {
  return {_mm512_mask_set1_epi64(a.value, 0x55, static_cast<long long>(word))};
}
MULTISPIN_HD bool any(Word512 a) {
  return _mm512_test_epi64_mask(a.value, a.value) != 0;
}
MULTISPIN_HD Word512 add64(Word512 a, Word512 b) {
  return {_mm512_add_epi64(a.value, b.value)};
}
MULTISPIN_HD void in_order(Word512& sum) {
  asm("" : "+v"(sum.value));
}
MULTISPIN_HD Word512 multiply32(Word512 a, Word512 b) {
  return {_mm512_mul_epu32(a.value, b.value)};
}
MULTISPIN_HD Word512 high32(Word512 a) {
  return {_mm512_srli_epi64(a.value, 32)};
}
MULTISPIN_HD Word512 join32(Word512 low, Word512 high) {
  return {_mm512_mask_shuffle_epi32(low.value, 0xaaaa, high.value, _MM_PERM_CCAA)};
}
MULTISPIN_HD Word512 floats32(Word512 a) {
  return {_mm512_castps_si512(_mm512_cvtepi32_ps(a.value))};
}
MULTISPIN_HD Word512 truncated32(Word512 a) {
  return {_mm512_cvttps_epi32(_mm512_castsi512_ps(a.value))};
}
MULTISPIN_HD void doubles32(Word512 a, Word512& low, Word512& high) {
  low.value = _mm512_castpd_si512(_mm512_cvtepi32_pd(_mm512_castsi512_si256(a.value)));
  high.value = _mm512_castpd_si512(_mm512_cvtepi32_pd(_mm512_extracti64x4_epi64(a.value, 1)));
}
MULTISPIN_HD Word512 floats64(Word512 low, Word512 high) {
  const __m256 of_low = _mm512_cvtpd_ps(_mm512_castsi512_pd(low.value));
  const __m256 of_high = _mm512_cvtpd_ps(_mm512_castsi512_pd(high.value));
  return {_mm512_inserti64x4(_mm512_castsi256_si512(_mm256_castps_si256(of_low)),
                             _mm256_castps_si256(of_high), 1)};
}
MULTISPIN_HD unsigned signs32(Word512 a) {
  return _mm512_movepi32_mask(a.value);
}
MULTISPIN_HD Word512 pair_products16(Word512 a, Word512 b) {
  return {_mm512_madd_epi16(a.value, b.value)};
}
template <int log_limit>
MULTISPIN_HD bool any_field_below(const Word512* a, int count) {
  __m512i least = a[0].value;
  for (int i = 1; i < count; ++i) least = _mm512_min_epu16(least, a[i].value);
  return _mm512_cmplt_epu16_mask(least, _mm512_set1_epi16(1 << log_limit)) != 0;
}
MULTISPIN_HD Word512 shuffle_shift(Word512 a, const std::uint64_t* source, const std::uint64_t* up,
                                   const std::uint64_t* down) {
  const __m512i x = _mm512_permutexvar_epi64(_mm512_loadu_si512(source), a.value);
  return {_mm512_or_si512(_mm512_sllv_epi64(x, _mm512_loadu_si512(up)),
                          _mm512_srlv_epi64(x, _mm512_loadu_si512(down)))};
}
MULTISPIN_HD std::uint64_t total(Word512 a) {
  return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(a.value));
}
MULTISPIN_HD Word512 population(Word512 a) {
  return {_mm512_popcnt_epi64(a.value)};
}

MULTISPIN_HD Word512 xor3(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0x96)};
}
MULTISPIN_HD Word512 or3(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0xfe)};
}
MULTISPIN_HD Word512 or_and(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0xf8)};
}
MULTISPIN_HD Word512 xor_and(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0x78)};
}
MULTISPIN_HD Word512 xor_or(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0x1e)};
}
MULTISPIN_HD Word512 majority(Word512 a, Word512 b, Word512 c) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, c.value, 0xe8)};
}
MULTISPIN_HD Word512 less_than_step(Word512 t, Word512 r, Word512 less) {
  return {_mm512_ternarylogic_epi64(less.value, r.value, t.value, 0xb2)};
}
MULTISPIN_HD Word512 less_than_step_not(Word512 t, Word512 r, Word512 less) {
  return {_mm512_ternarylogic_epi64(less.value, r.value, t.value, 0x71)};
}
MULTISPIN_HD Word512 or_not(Word512 a, Word512 b) {
  return {_mm512_ternarylogic_epi64(a.value, b.value, b.value, 0xf3)};
}
MULTISPIN_HD Word512 choose(Word512 mask, Word512 a, Word512 b) {
  return {_mm512_ternarylogic_epi64(mask.value, a.value, b.value, 0xca)};
}
template <int count>
MULTISPIN_HD Word512 shift_up(Word512 a) {
  return {_mm512_slli_epi64(a.value, count)};
}
template <int count>
MULTISPIN_HD Word512 shift_down(Word512 a) {
  return {_mm512_srli_epi64(a.value, count)};
}
// Bytes go where they belong in one instruction; what is smaller is shifted and chosen.
template <int size>
MULTISPIN_HD void swap_squares(Word512& a, Word512& b) {
  if constexpr (size >= 8) {
    constexpr int bytes = size / 8;
    alignas(64) constexpr auto source = [] {
      std::array<char, 64> index{};
      for (int i = 0; i < 64; ++i)
        index[static_cast<std::size_t>(i)] = static_cast<char>(i % 16 ^ bytes);
      return index;
    }();
    const __m512i at = _mm512_load_si512(source.data());
    const __m512i upper_of_a = a.value;
    constexpr std::uint64_t lower = ~std::uint64_t{0} / ((std::uint64_t{1} << bytes) + 1);
    a.value = _mm512_mask_shuffle_epi8(a.value, ~lower, b.value, at);
    b.value = _mm512_mask_shuffle_epi8(b.value, lower, upper_of_a, at);
  } else {
    const Word512 lower{_mm512_set1_epi64(
        static_cast<long long>(~std::uint64_t{0} / ((std::uint64_t{1} << size) + 1)))};
    const Word512 up = shift_up<size>(b);
    b = choose(lower, shift_down<size>(a), b);
    a = choose(lower, a, up);
  }
}
MULTISPIN_HD __m128i loaded_pair(const std::uint64_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
MULTISPIN_HD void load_pairs(Word512& out, const std::uint64_t* const (&from)[4]) {
  const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(loaded_pair(from[0])),
                                              loaded_pair(from[1]), 1);
  const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(loaded_pair(from[2])),
                                               loaded_pair(from[3]), 1);
  out.value = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}
MULTISPIN_HD Word512 and_not(Word512 a, Word512 b) {
  return {_mm512_andnot_si512(b.value, a.value)};
}
// Four AES blocks, `rounds` rounds each with its round key.
template <int rounds>
MULTISPIN_HD Word512 aes_rounds(Word512 state, Word512 key) {
  for (int i = 0; i < rounds; ++i) state.value = _mm512_aesenc_epi128(state.value, key.value);
  return state;
}

}  // namespace multispin::bits
