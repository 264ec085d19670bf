// Four words at once, AVX2 with AES-NI. Included by AVX2 translation units only.
#pragma once

#include <immintrin.h>

#include "multispin/bits/word.hpp"

namespace multispin::bits {

struct Word256 {
  static constexpr int words = 4;
  __m256i value;
};

MULTISPIN_HD Word256 operator&(Word256 a, Word256 b) {
  return {_mm256_and_si256(a.value, b.value)};
}
MULTISPIN_HD Word256 operator|(Word256 a, Word256 b) {
  return {_mm256_or_si256(a.value, b.value)};
}
MULTISPIN_HD Word256 operator^(Word256 a, Word256 b) {
  return {_mm256_xor_si256(a.value, b.value)};
}
MULTISPIN_HD Word256 operator~(Word256 a) {
  return {_mm256_xor_si256(a.value, _mm256_set1_epi64x(-1))};
}

MULTISPIN_HD void broadcast(Word256& out, std::uint64_t low, std::uint64_t high) {
  const auto l = static_cast<long long>(low);
  const auto h = static_cast<long long>(high);
  out.value = _mm256_set_epi64x(h, l, h, l);
}
MULTISPIN_HD void load(Word256& out, const std::uint64_t* from) {
  out.value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
MULTISPIN_HD void load(Word256& out, const std::int8_t* from) {
  out.value = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
MULTISPIN_HD void store(std::uint64_t* to, Word256 a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), a.value);
}
// All bits set in the elements whose bit is set in `mask`.
MULTISPIN_HD __m256i element_mask(unsigned mask) {
  const __m256i bit = _mm256_set_epi64x(8, 4, 2, 1);
  return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(mask), bit), bit);
}
MULTISPIN_HD void load_first(Word256& out, const std::uint64_t* from, int count) {
  out.value = _mm256_maskload_epi64(reinterpret_cast<const long long*>(from),
                                    element_mask((1U << count) - 1U));
}
MULTISPIN_HD void store_masked(std::uint64_t* to, Word256 a, unsigned mask) {
  _mm256_maskstore_epi64(reinterpret_cast<long long*>(to), element_mask(mask), a.value);
}
MULTISPIN_HD Word256 insert(Word256 a, int index, std::uint64_t word) {
  return {_mm256_blendv_epi8(a.value, _mm256_set1_epi64x(static_cast<long long>(word)),
                             element_mask(1U << index))};
}
MULTISPIN_HD Word256 insert_even(Word256 a, std::uint64_t word) {
  const __m256i all = _mm256_set1_epi64x(static_cast<long long>(word));
  return {_mm256_blend_epi32(a.value, all, 0x33)};
}
MULTISPIN_HD bool any(Word256 a) {
  return _mm256_testz_si256(a.value, a.value) == 0;
}
MULTISPIN_HD Word256 add64(Word256 a, Word256 b) {
  return {_mm256_add_epi64(a.value, b.value)};
}
MULTISPIN_HD void in_order(Word256& sum) {
  asm("" : "+x"(sum.value));
}
MULTISPIN_HD Word256 multiply32(Word256 a, Word256 b) {
  return {_mm256_mul_epu32(a.value, b.value)};
}
MULTISPIN_HD Word256 high32(Word256 a) {
  return {_mm256_srli_epi64(a.value, 32)};
}
MULTISPIN_HD Word256 join32(Word256 low, Word256 high) {
  return {_mm256_blend_epi32(low.value, _mm256_slli_epi64(high.value, 32), 0xaa)};
}
MULTISPIN_HD Word256 floats32(Word256 a) {
  return {_mm256_castps_si256(_mm256_cvtepi32_ps(a.value))};
}
MULTISPIN_HD Word256 truncated32(Word256 a) {
  return {_mm256_cvttps_epi32(_mm256_castsi256_ps(a.value))};
}
MULTISPIN_HD void doubles32(Word256 a, Word256& low, Word256& high) {
  low.value = _mm256_castpd_si256(_mm256_cvtepi32_pd(_mm256_castsi256_si128(a.value)));
  high.value = _mm256_castpd_si256(_mm256_cvtepi32_pd(_mm256_extracti128_si256(a.value, 1)));
}
MULTISPIN_HD Word256 floats64(Word256 low, Word256 high) {
  const __m128 of_low = _mm256_cvtpd_ps(_mm256_castsi256_pd(low.value));
  const __m128 of_high = _mm256_cvtpd_ps(_mm256_castsi256_pd(high.value));
  return {_mm256_castps_si256(_mm256_set_m128(of_high, of_low))};
}
MULTISPIN_HD unsigned signs32(Word256 a) {
  return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(a.value)));
}
MULTISPIN_HD Word256 pair_products16(Word256 a, Word256 b) {
  return {_mm256_madd_epi16(a.value, b.value)};
}
template <int log_limit>
MULTISPIN_HD bool any_field_below(const Word256* a, int count) {
  __m256i least = a[0].value;
  for (int i = 1; i < count; ++i) least = _mm256_min_epu16(least, a[i].value);
  const __m256i high = _mm256_srli_epi16(least, log_limit);
  return _mm256_movemask_epi8(_mm256_cmpeq_epi16(high, _mm256_setzero_si256())) != 0;
}
MULTISPIN_HD Word256 shuffle_shift(Word256 a, const std::uint64_t* source, const std::uint64_t* up,
                                   const std::uint64_t* down) {
  alignas(32) std::uint64_t element[4];
  store(element, a);
  const __m256i x = _mm256_set_epi64x(
      static_cast<long long>(element[source[3]]), static_cast<long long>(element[source[2]]),
      static_cast<long long>(element[source[1]]), static_cast<long long>(element[source[0]]));
  const __m256i left = _mm256_sllv_epi64(x, loaded<Word256>(up).value);
  const __m256i right = _mm256_srlv_epi64(x, loaded<Word256>(down).value);
  return {_mm256_or_si256(left, right)};
}
MULTISPIN_HD std::uint64_t total(Word256 a) {
  const __m128i half =
      _mm_add_epi64(_mm256_castsi256_si128(a.value), _mm256_extracti128_si256(a.value, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(half)) +
         static_cast<std::uint64_t>(_mm_extract_epi64(half, 1));
}
// Nibble look-up (Mula, Kurz & Lemire, Comput. J. 61, 111 (2018)).
MULTISPIN_HD Word256 population(Word256 a) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(a.value, nibble));
  const __m256i high =
      _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi32(a.value, 4), nibble));
  return {_mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256())};
}

MULTISPIN_HD Word256 xor3(Word256 a, Word256 b, Word256 c) {
  return a ^ b ^ c;
}
MULTISPIN_HD Word256 or3(Word256 a, Word256 b, Word256 c) {
  return a | b | c;
}
MULTISPIN_HD Word256 or_and(Word256 a, Word256 b, Word256 c) {
  return a | (b & c);
}
MULTISPIN_HD Word256 xor_and(Word256 a, Word256 b, Word256 c) {
  return a ^ (b & c);
}
MULTISPIN_HD Word256 xor_or(Word256 a, Word256 b, Word256 c) {
  return a ^ (b | c);
}
MULTISPIN_HD Word256 majority(Word256 a, Word256 b, Word256 c) {
  return (a & b) | (c & (a | b));
}
MULTISPIN_HD Word256 less_than_step(Word256 t, Word256 r, Word256 less) {
  return {_mm256_or_si256(_mm256_andnot_si256(r.value, (t | less).value), (t & less).value)};
}
MULTISPIN_HD Word256 less_than_step_not(Word256 t, Word256 r, Word256 less) {
  return less_than_step(~t, r, less);
}
MULTISPIN_HD Word256 or_not(Word256 a, Word256 b) {
  return a | ~b;
}
MULTISPIN_HD Word256 choose(Word256 mask, Word256 a, Word256 b) {
  return {_mm256_or_si256((mask & a).value, _mm256_andnot_si256(mask.value, b.value))};
}
template <int count>
MULTISPIN_HD Word256 shift_up(Word256 a) {
  return {_mm256_slli_epi64(a.value, count)};
}
template <int count>
MULTISPIN_HD Word256 shift_down(Word256 a) {
  return {_mm256_srli_epi64(a.value, count)};
}
MULTISPIN_HD __m128i loaded_pair(const std::uint64_t* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
MULTISPIN_HD void load_pairs(Word256& out, const std::uint64_t* const (&from)[2]) {
  out.value = _mm256_inserti128_si256(_mm256_castsi128_si256(loaded_pair(from[0])),
                                      loaded_pair(from[1]), 1);
}
MULTISPIN_HD Word256 and_not(Word256 a, Word256 b) {
  return a & ~b;
}
// Two AES blocks. They stay apart from one round to the next: taking a wide word apart and putting
// it together again lasts longer than the round.
struct Blocks256 {
  __m128i low, high;
};
template <>
struct AesBlocks<Word256> {
  using Type = Blocks256;
  MULTISPIN_HD static Blocks256 split(Word256 word) {
    return {_mm256_castsi256_si128(word.value), _mm256_extracti128_si256(word.value, 1)};
  }
  MULTISPIN_HD static Word256 join(Blocks256 blocks) {
    return {_mm256_inserti128_si256(_mm256_castsi128_si256(blocks.low), blocks.high, 1)};
  }
};
template <int rounds>
MULTISPIN_HD Blocks256 aes_rounds(Blocks256 state, Blocks256 key) {
  for (int i = 0; i < rounds; ++i) {
    state.low = _mm_aesenc_si128(state.low, key.low);
    state.high = _mm_aesenc_si128(state.high, key.high);
  }
  return state;
}

}  // namespace multispin::bits
