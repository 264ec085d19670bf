// The kernels of moments, for the word type MULTISPIN_WORD of the including translation unit.
//
// In four samples a spin has one of 16 states. For a block of spins and four samples, a table has a
// row for each state: how often a spin in this state differs from each spin of the block. So one
// row that is loaded and added compares four samples of a spin with the whole block, where XOR and
// popcount would take an operation or more for each pair of words (Arlazarov, Dinic, Kronrod &
// Faradzev, Sov. Math. Dokl. 11, 1209 (1970)). The tables of a word's 16 fours fit the L1 cache.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "moments/kernels.hpp"
#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using bits::add64;
using bits::loaded;
using bits::splat;

constexpr int words = Word::words;
constexpr int row_words = 8;
constexpr int parts = row_words / words;  // wide words of a row
constexpr int fours = 16;                 // of a word
constexpr int states = 16;                // bit b: up in the four's sample b

struct alignas(64) Table {
  std::uint64_t rows[fours * states * row_words];

  std::uint64_t* four(int number) { return rows + number * states * row_words; }
};

constexpr std::uint64_t each_byte = 0x0101010101010101;
constexpr std::uint64_t each_half = 0x1111111111111111;  // of each byte

// The rows of one four: what a spin that is down, or up, in one of its samples adds.
MULTISPIN_HD void make_rows(const Word (&down)[4], const Word (&up)[4], std::uint64_t* rows) {
  Word low[4], high[4];
  for (int x = 0; x < 4; ++x) {
    low[x] = add64(x % 2 != 0 ? up[0] : down[0], x / 2 != 0 ? up[1] : down[1]);
    high[x] = add64(x % 2 != 0 ? up[2] : down[2], x / 2 != 0 ? up[3] : down[3]);
  }
  for (int x = 0; x < states; ++x)
    bits::store(rows + x * row_words, add64(low[x % 4], high[x / 4]));
}

// The row of a word's state in one of its fours.
template <int four>
MULTISPIN_HD const std::uint64_t* row_of(const Table& table, std::uint64_t word) {
  static_assert(states * row_words == 128);
  // The state times row_words, by one shift.
  const std::uint64_t offset =
      (four == 0 ? word << 3 : word >> (four == 0 ? 0 : 4 * four - 3)) & 120;
  return table.rows + four * states * row_words + offset;
}

// --- counts --------------------------------------------------------------------------------------

// Byte b of 64 words goes to bytes[b], in the order in which turning over leaves them.
MULTISPIN_HD void split_bytes(const std::uint64_t* from, Word (&bytes)[8][parts]) {
  for (int part = 0; part < parts; ++part) {
    Word rows[8];
    for (int i = 0; i < 8; ++i) rows[i] = loaded<Word>(from + (8 * part + i) * words);
    bits::turn_eight<8, 1>(rows);
    for (int b = 0; b < 8; ++b) bytes[b][part] = rows[b];
  }
}

// The word of which this is the byte, of a part's 8 * words.
constexpr int split_word(int element, int byte) {
  return byte * words + element;
}

// Counts of 4 bits: those of the block's first 64 spins in the lower halves of bytes, as
// split_bytes leaves them, those of the others in the upper halves.
MULTISPIN_HD void make_counts(const std::uint64_t* block, Table& table) {
  Word first[8][parts], second[8][parts];
  split_bytes(block, first);
  split_bytes(block + 64, second);
  for (int b = 0; b < 8; ++b) {
    for (int part = 0; part < parts; ++part) {
      // Four samples of both halves of the block, and the next four.
      bits::swap_squares<4>(first[b][part], second[b][part]);
      Word samples[2] = {first[b][part], second[b][part]};
      for (int k = 0; k < 2; ++k) {
        Word down[4], up[4];
        for (int s = 0; s < 4; ++s) {
          down[s] = samples[k] & splat<Word>(each_half);
          up[s] = down[s] ^ splat<Word>(each_half);
          samples[k] = bits::shift_down<1>(samples[k]);
        }
        make_rows(down, up, table.four(2 * b + k) + part * words);
      }
    }
  }
}

// Counts of a spin in bytes, against the first 64 spins of the block and the others.
struct ByteCounts {
  Word lower[parts], upper[parts];
};

// Counts of 4 bits hold three fours.
template <int four = 0>
MULTISPIN_HD void add_rows(const Table& table, std::uint64_t word, ByteCounts& counts) {
  if constexpr (four < fours) {
    constexpr int size = fours - four < 3 ? fours - four : 3;
    const std::uint64_t* const a = row_of<four>(table, word);
    const std::uint64_t* const b = row_of<four + (size > 1 ? 1 : 0)>(table, word);
    const std::uint64_t* const c = row_of<four + (size > 2 ? 2 : 0)>(table, word);
    const Word half = splat<Word>(15 * each_byte);
    for (int part = 0; part < parts; ++part) {
      const auto of = [&](const std::uint64_t* row) { return loaded<Word>(row + part * words); };
      Word sum = of(a);
      if constexpr (size > 1) sum = add64(sum, of(b));
      if constexpr (size > 2) sum = add64(sum, of(c));
      Word& lower = counts.lower[part];
      Word& upper = counts.upper[part];
      lower = add64(lower, sum & half);
      upper = add64(upper, bits::shift_down<4>(sum) & half);
      // Sums in the order they stand in need fewest registers.
      bits::in_order(lower);
      bits::in_order(upper);
    }
    add_rows<four + size>(table, word, counts);
  }
}

// Counts of 8 bits, of each spin of a strip.
void add_counts(const Table& table, const std::uint64_t* spins, std::int64_t count,
                std::uint64_t* bytes) {
  for (std::int64_t i = 0; i < count; ++i, bytes += 2 * row_words) {
    ByteCounts counts;
    for (int part = 0; part < parts; ++part) {
      counts.lower[part] = loaded<Word>(bytes + part * words);
      counts.upper[part] = loaded<Word>(bytes + row_words + part * words);
    }
    add_rows(table, spins[i], counts);
    for (int part = 0; part < parts; ++part) {
      bits::store(bytes + part * words, counts.lower[part]);
      bits::store(bytes + row_words + part * words, counts.upper[part]);
    }
  }
}

// Adds counts of 8 bits, each four times as long as a wide word, to those of 16, and clears them.
// Of 2 * words words of 16 bits the first half has those of even bytes.
void widen(std::uint64_t* bytes, std::uint64_t* pairs, std::int64_t size) {
  const Word low = splat<Word>(0x00ff00ff00ff00ff);
  for (std::int64_t i = 0; i < size; i += words, pairs += 2 * words) {
    const Word both = loaded<Word>(bytes + i);
    bits::store(bytes + i, bits::zero<Word>());
    bits::store(pairs, add64(loaded<Word>(pairs), both & low));
    bits::store(pairs + words, add64(loaded<Word>(pairs + words), bits::shift_down<8>(both) & low));
  }
}

// Adds a spin's counts of 16 bits to its sums, which are in the order of the block's spins.
void add_pairs(const std::uint64_t* pairs, std::int64_t* sums) {
  for (int part = 0; part < 2 * parts; ++part, pairs += 2 * words, sums += 8 * words) {
    for (int byte = 0; byte < 8; ++byte) {
      for (int e = 0; e < words; ++e) {
        const std::uint64_t both = pairs[byte % 2 * words + e] >> (byte / 2 * 16);
        sums[split_word(e, byte)] += static_cast<std::int64_t>(both & 0xffff);
      }
    }
  }
}

void count(const Strip& strip, std::uint64_t* scratch, std::int64_t* sums) {
  const std::int64_t spins = strip.end - strip.begin;
  const std::int64_t size = 2 * row_words * spins;
  std::uint64_t* const bytes = scratch;
  std::uint64_t* const pairs = scratch + size;
  for (std::int64_t i = 0; i < 3 * size; ++i) scratch[i] = 0;
  Table table;
  for (std::int64_t w = 0; w < strip.word_count; ++w) {
    const std::uint64_t* const at = strip.words + w * strip.width;
    make_counts(at + strip.block, table);
    add_counts(table, at + strip.begin, spins, bytes);
    // Bytes hold the 64 samples of three words.
    if (w % 3 == 2 || w + 1 == strip.word_count) widen(bytes, pairs, size);
  }
  for (std::int64_t i = 0; i < spins; ++i) {
    add_pairs(pairs + i * 4 * row_words, sums + i * counted_spins);
  }
}

// --- weights -------------------------------------------------------------------------------------

MULTISPIN_HD void make_weights(const std::uint64_t* block, const std::int64_t* weights,
                               Table& table) {
  for (int part = 0; part < parts; ++part) {
    Word samples = loaded<Word>(block + part * words);
    for (int four = 0; four < fours; ++four) {
      Word down[4], up[4];
      for (int s = 0; s < 4; ++s) {
        // 0 where the block's spin is up, all ones where it is down.
        const Word is_down = add64(samples & splat<Word>(1), bits::ones<Word>());
        const Word weight = splat<Word>(static_cast<std::uint64_t>(weights[4 * four + s]));
        down[s] = bits::and_not(weight, is_down);
        up[s] = weight & is_down;
        samples = bits::shift_down<1>(samples);
      }
      make_rows(down, up, table.four(four) + part * words);
    }
  }
}

template <int four = 0>
MULTISPIN_HD void add_weights(const Table& table, std::uint64_t word, Word (&sums)[parts]) {
  if constexpr (four < fours) {
    const std::uint64_t* const row = row_of<four>(table, word);
    for (int part = 0; part < parts; ++part) {
      sums[part] = add64(sums[part], loaded<Word>(row + part * words));
      bits::in_order(sums[part]);
    }
    add_weights<four + 1>(table, word, sums);
  }
}

void weigh(const Strip& strip, const std::int64_t* weights, std::int64_t* sums) {
  static_assert(weighed_spins == row_words);
  Table table;
  for (std::int64_t w = 0; w < strip.word_count; ++w) {
    const std::uint64_t* const at = strip.words + w * strip.width;
    make_weights(at + strip.block, weights + 64 * w, table);
    for (std::int64_t i = strip.begin; i < strip.end; ++i) {
      // Signed and unsigned integers of a width may be read as each other.
      auto* const own = reinterpret_cast<std::uint64_t*>(sums + (i - strip.begin) * row_words);
      Word sum[parts];
      for (int part = 0; part < parts; ++part) sum[part] = loaded<Word>(own + part * words);
      add_weights(table, at[i], sum);
      for (int part = 0; part < parts; ++part) bits::store(own + part * words, sum[part]);
    }
  }
}

// --- spins into bits -----------------------------------------------------------------------------

bool pack(const std::int8_t* spins, std::int64_t stride, std::uint64_t* to) {
  const Word lowest = splat<Word>(each_byte), highest = splat<Word>(each_byte << 7);
  Word wrong = bits::zero<Word>();
  for (int part = 0; part < parts; ++part) {
    Word bytes[8];  // eight samples of a spin in each byte
    for (int b = 0; b < 8; ++b) {
      bytes[b] = bits::zero<Word>();
      for (int s = 0; s < 8; ++s) {
        const Word x = loaded<Word>(spins + (8 * b + s) * stride + 8 * part * words);
        // Of +1 and -1 bit 0 is set, and all others are alike.
        const Word change = (x ^ bits::shift_down<1>(x)) & splat<Word>(0x7e * each_byte);
        wrong = bits::or3(wrong, change, bits::and_not(lowest, x));
        bytes[b] = bits::shift_down<1>(bytes[b]) | bits::and_not(highest, x);
      }
    }
    bits::turn_eight<8, 1>(bytes);
    for (int i = 0; i < 8; ++i) {
      std::uint64_t element[words];
      bits::store(element, bytes[i]);
      for (int e = 0; e < words; ++e) to[8 * (part * words + e) + i] = element[e];
    }
  }
  return !bits::any(wrong);
}

constexpr MomentKernels make_moment_kernels() {
  return {pack, count, weigh};
}

}  // namespace
}  // namespace multispin::kernels
