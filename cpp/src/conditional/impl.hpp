// The kernels of losses of conditional probabilities, for the word type MULTISPIN_WORD of the
// including translation unit.
//
// A field is a sum of couplings with signs, and a derivative by a coupling one of slopes with
// signs. Signs are bits; for a group of numbers a table has a row for each state of their signs,
// the sum of all of them, for the targets of a tile. So one row that is loaded and added takes the
// place of four products of each target (Arlazarov, Dinic, Kronrod & Faradzev, Sov. Math. Dokl. 11,
// 1209 (1970)). The tables of a word's groups fit the L1 cache.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "conditional/elementary.hpp"
#include "conditional/kernels.hpp"
#include "multispin/host_device.hpp"

namespace multispin::kernels {
namespace {

static_assert(tile_targets % lanes == 0);
constexpr int parts = tile_targets / lanes;  // vectors of a tile
constexpr int states = 1 << group_signs;

MULTISPIN_HD void add_to(double* sums, const Doubles (&added)[parts]) {
  for (int part = 0; part < parts; ++part) {
    double* const own = sums + part * lanes;
    store_doubles(own, load_doubles(own) + added[part]);
  }
}

// --- sums with signs -----------------------------------------------------------------------------

// Both halves of a row are loaded one after the other, as they stand in different banks of the
// cache: the compiler would load all first halves before the second ones.
MULTISPIN_HD void in_order([[maybe_unused]] Doubles (&sum)[parts],
                           [[maybe_unused]] std::uint64_t& word) {
#if defined(__AVX2__)
  if constexpr (parts == 2) __asm__("" : "+x"(sum[0]), "+x"(sum[1]), "+r"(word));
#endif
}

// All sums of some numbers with signs; bit b of the state is 1 where number b has a +.
template <int count>
MULTISPIN_HD void all_sums(const double* numbers, Doubles (&sums)[1 << count]) {
  sums[0] = -load_doubles(numbers);
  sums[1] = load_doubles(numbers);
  for (int b = 1; b < count; ++b) {
    const Doubles number = load_doubles(numbers + b * tile_targets);
    for (int x = 0; x < 1 << b; ++x) {
      sums[x + (1 << b)] = sums[x] + number;
      sums[x] = sums[x] - number;
    }
  }
}

void make_table(const double* numbers, double* table) {
  constexpr int low_signs = group_signs / 2, high_signs = group_signs - low_signs;
  for (int group = 0; group < word_groups; ++group) {
    for (int part = 0; part < parts; ++part) {
      Doubles low[1 << low_signs], high[1 << high_signs];
      all_sums<low_signs>(numbers + part * lanes, low);
      all_sums<high_signs>(numbers + low_signs * tile_targets + part * lanes, high);
      for (int x = 0; x < states; ++x) {
        store_doubles(table + x * tile_targets + part * lanes,
                      low[x % (1 << low_signs)] + high[x >> low_signs]);
      }
    }
    numbers += group_signs * tile_targets;
    table += states * tile_targets;
  }
}

// Two sums in turn, so that additions need not wait for each other. The state times tile_targets
// stands in the lowest bits of the word, which is rotated.
template <int groups, int group = 0>
MULTISPIN_HD void add_rows(const double* table, std::uint64_t word, Doubles (&sums)[2][parts]) {
  if constexpr (group < groups) {
    const double* const row = table + (word & ((states - 1) * tile_targets));
    Doubles(&sum)[parts] = sums[group % 2];
    for (int part = 0; part < parts; ++part) sum[part] += load_doubles(row + part * lanes);
    word = word >> group_signs | word << (64 - group_signs);
    in_order(sum, word);
    add_rows<groups, group + 1>(table + states * tile_targets, word, sums);
  }
}

template <int most = word_groups>
void add_signed(const double* table, int groups, const std::uint64_t* words, std::int64_t count,
                double* to) {
  if constexpr (most > 1) {
    if (groups < most) return add_signed<most - 1>(table, groups, words, count, to);
  }
  for (std::int64_t i = 0; i < count; ++i) {
    static_assert(tile_targets == 8);
    Doubles sums[2][parts] = {};
    add_rows<most>(table, words[i] << 3 | words[i] >> 61, sums);
    for (int part = 0; part < parts; ++part) sums[0][part] += sums[1][part];
    add_to(to + i * tile_targets, sums[0]);
  }
}

// --- losses --------------------------------------------------------------------------------------

// The sign bit is set for targets of the part whose bit is 1.
MULTISPIN_HD Bits sign_bits(std::uint8_t targets, int part) {
  Bits up;
  for (int lane = 0; lane < lanes; ++lane) up[lane] = static_cast<std::uint64_t>(63 - lane);
  return ((Bits{} + (std::uint64_t{targets} >> (part * lanes))) << up) & (Bits{} + sign_bit);
}
// All bits, likewise.
MULTISPIN_HD Bits all_bits(std::uint8_t targets, int part) {
  const Bits highest = sign_bits(targets, part) >> 63;
  return Bits{} - highest;
}

// 0 where a target leaves a sample out.
MULTISPIN_HD Doubles counted(const SampleBlock& block, int m, int part, Doubles x) {
  if (block.skips == nullptr) return x;
  return (Doubles)((Bits)x & ~all_bits(block.skips[m], part));
}

// act(place of a vector, its sample, its part), for samples from `first` to `end` - 1.
template <class Act>
MULTISPIN_HD void for_each(int first, int end, const Act& act) {
  for (int m = first; m < end; ++m) {
    for (int part = 0; part < parts; ++part) act(m * tile_targets + part * lanes, m, part);
  }
}

// With y = -2 t f, e = exp(-|y|): log(1 + exp(y)) = max(y, 0) + log(1 + e), where
// 1 + e = (1 + s) / (1 - s) for s = e / (2 + e); and sigma(y) is 1 or e over 1 + e. One division
// does for both.
//
// Each step is done for some samples before the next: a whole chain of dependent operations is so
// long that too few of them fit the processor's window side by side.
void logistic(const SampleBlock& block, double* fields, double* losses) {
  constexpr int batch = 16;
  alignas(64) double above[batch * tile_targets], ratio[batch * tile_targets];
  Doubles sums[parts] = {};
  for (int first = 0; first < block.count; first += batch) {
    const int end = first + batch < block.count ? first + batch : block.count;
    const int offset = first * tile_targets;
    for_each(first, end, [&](int place, int m, int part) {
      const Doubles f = load_doubles(fields + place);
      const Doubles y = flip(f + f, sign_bits(block.targets[m], part));
      store_doubles(fields + place, y);
      store_doubles(ratio + (place - offset),
                    exp_negative((Doubles)((Bits)y | (Bits{} + sign_bit))));
    });
    for_each(first, end, [&](int place, int m, int part) {
      const Doubles y = load_doubles(fields + place);
      const Doubles e = load_doubles(ratio + (place - offset));
      const Doubles one = 1.0 + e, two = 2.0 + e, over = 1.0 / (one * two);
      const Doubles sigma = (y > 0.0 ? splat_double(1.0) : e) * two * over;
      const Doubles w = counted(block, m, part, splat_double(block.weights[m]));
      store_doubles(above + (place - offset), larger(y, Doubles{}));
      store_doubles(ratio + (place - offset), e * one * over);
      store_doubles(fields + place, flip((w + w) * sigma, sign_bits(block.targets[m], part)));
    });
    for_each(first, end, [&](int place, int m, int part) {
      const Doubles w = counted(block, m, part, splat_double(block.weights[m]));
      sums[part] += w * (load_doubles(above + (place - offset)) +
                         log_ratio(load_doubles(ratio + (place - offset))));
    });
  }
  add_to(losses, sums);
}

// 4 sigma(y) sigma(-y) = 4 e / (1 + e)^2
void bend_logistic(const SampleBlock& block, const double* fields, double* changes) {
  for_each(0, block.count, [&](int place, int m, int part) {
    const Doubles f = load_doubles(fields + place);
    const Doubles w = counted(block, m, part, splat_double(block.weights[m]));
    const Doubles e = exp_negative((Doubles)((Bits)(f + f) | (Bits{} + sign_bit)));
    const Doubles over = 1.0 / (1.0 + e);
    store_doubles(changes + place, 4.0 * w * e * over * over * load_doubles(changes + place));
  });
}

bool find_highest(const SampleBlock& block, double* fields, double* highest, double* factors) {
  const Doubles none = splat_double(-__builtin_inf());
  Doubles found[parts];
  for (int part = 0; part < parts; ++part) found[part] = load_doubles(highest + part * lanes);
  for_each(0, block.count, [&](int place, int m, int part) {
    Doubles exponent = flip(load_doubles(fields + place), sign_bits(block.targets[m], part));
    if (block.skips != nullptr) {
      const Bits out = all_bits(block.skips[m], part);
      exponent = (Doubles)(((Bits)exponent & ~out) | ((Bits)none & out));
    }
    found[part] = larger(exponent, found[part]);
    store_doubles(fields + place, exponent);
  });
  bool any = false;
  for (int part = 0; part < parts; ++part) {
    const Doubles before = load_doubles(highest + part * lanes);
    store_doubles(factors + part * lanes, exp_negative(before - found[part]));
    store_doubles(highest + part * lanes, found[part]);
    for (int lane = 0; lane < lanes; ++lane) any |= found[part][lane] > before[lane];
  }
  return any;
}

void exponential(const SampleBlock& block, double* exponents, const double* highest, double* sums) {
  Doubles added[parts] = {};
  for_each(0, block.count, [&](int place, int m, int part) {
    const Doubles x = load_doubles(exponents + place) - load_doubles(highest + part * lanes);
    const Doubles w = splat_double(block.weights[m]) * exp_negative(x);
    added[part] += w;
    store_doubles(exponents + place, flip(w, sign_bits(block.targets[m], part)));
  });
  add_to(sums, added);
}

void bend_exponential(int count, const double* slopes, double* changes, double* sums) {
  Doubles added[parts] = {};
  for_each(0, count, [&](int place, int /*m*/, int part) {
    const Doubles slope = load_doubles(slopes + place), change = load_doubles(changes + place);
    added[part] += slope * change;
    store_doubles(changes + place, (Doubles)((Bits)slope & ~(Bits{} + sign_bit)) * change);
  });
  add_to(sums, added);
}

constexpr ConditionalKernels make_conditional_kernels() {
  return {make_table,   add_signed<>, logistic,        bend_logistic,
          find_highest, exponential,  bend_exponential};
}

}  // namespace
}  // namespace multispin::kernels
