// Sums over sites and bonds, and lanes turned over. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"
#include "replica/sites_impl.hpp"

namespace multispin::kernels {
namespace {

// A wide word of the first `count` sites only.
template <int sites>
MULTISPIN_HD Word first_sites(Word word, std::int64_t count) {
  if (count >= sites) return word;
  alignas(64) std::uint64_t element[words] = {};
  if (count > 0) bits::store_masked(element, word, elements(count * (words / sites)));
  return loaded<Word>(element);
}

// Adds up the lanes of `count` items: sites or edges. at(number) gives the wide word of the items
// number(0) to number(sites - 1).
template <int sites, class At>
bits::LaneCounts<Word> counted(std::int64_t count, const At& at) {
  constexpr std::int64_t block = std::int64_t{sites} * bits::LaneCounts<Word>::block;
  bits::LaneCounts<Word> sum;
  std::int64_t i = 0;
  while (i + block <= count) {
    sum.add_block([&] {
      const Word word = at([&](int k) { return i + k; });
      i += sites;
      return word;
    });
  }
  if (i < count) {
    sum.add_block([&] {
      const Word word = at([&](int k) { return i + k < count ? i + k : count - 1; });
      const Word part = first_sites<sites>(word, count - i);
      i += sites;
      return part;
    });
  }
  sum.finish();
  return sum;
}

template <int sites>
void count_bundle(const Bundle& bundle, const model::Edge* edges, std::int64_t edge_count,
                  std::int64_t site_count, std::uint64_t* sums) {
  const Shape<sites> shape(bundle);
  for (int offset = 0; offset < bundle.words; offset += words) {
    const auto up = counted<sites>(
        site_count, [&](const auto& item) { return shape.gather(bundle.spins, offset, item); });
    std::int64_t held = -1;
    Word own = bits::zero<Word>();
    const auto unsatisfied = counted<sites>(edge_count, [&](const auto& item) {
      const auto first = [&](int k) { return std::int64_t{edges[item(k)].first}; };
      const auto second = [&](int k) { return std::int64_t{edges[item(k)].second}; };
      const auto sign = [&](int k) { return std::int64_t{edges[item(k)].sign}; };
      if (sites > 1 || first(0) != held) {
        held = first(0);
        own = shape.gather(bundle.spins, offset, first);
      }
      return bits::xor3(own, shape.gather(bundle.spins, offset, second),
                        shape.gather(bundle.signs, offset, sign));
    });
    // Both counts of a lane side by side in one number.
    Word rows[64];
    for (int p = 0; p < 32; ++p) {
      rows[p] = unsatisfied.plane(p);
      rows[32 + p] = up.plane(p);
    }
    bits::transpose(rows);
    for (int lane = 0; lane < 64; ++lane) {
      std::uint64_t* const to = sums + lane * shape.site_words() + offset;
      if constexpr (sites == 1) {
        bits::store(to, rows[lane]);
      } else {
        constexpr int each = words / sites;
        std::uint64_t element[words];
        bits::store(element, rows[lane]);
        for (int i = 0; i < each; ++i) to[i] = 0;
        for (int i = 0; i < words; ++i) to[i % each] += element[i];
      }
    }
  }
}

void count(const Bundle& bundle, const model::Edge* edges, std::int64_t edge_count,
           std::int64_t site_count, std::uint64_t* sums) {
  by_shape(bundle, [&](auto sites) {
    count_bundle<decltype(sites)::value>(bundle, edges, edge_count, site_count, sums);
  });
}

// `item(i, offset)` gives the words of item i < count; one item a wide word, so that several sites
// in one are not mixed up: narrow bundles read past their end, into words that are not used.
template <class Item>
void turn_over(const Bundle& bundle, int count, std::uint64_t* to, const Item& item) {
  for (int offset = 0; offset < bundle.words; offset += words) {
    Word block[64];
    for (int i = 0; i < 64; ++i) block[i] = i < count ? item(i, offset) : bits::zero<Word>();
    bits::transpose(block);
    const unsigned used = elements(bundle.words - offset < words ? bundle.words - offset : words);
    for (int lane = 0; lane < 64; ++lane) {
      bits::store_masked(to + lane * bundle.words + offset, block[lane], used);
    }
  }
}

void sites_of_lanes(const Bundle& bundle, const std::uint32_t* positions, int count,
                    std::uint64_t* to) {
  turn_over(bundle, count, to, [&](int i, int offset) {
    return loaded<Word>(bundle.spins + std::int64_t{positions[i]} * bundle.words + offset);
  });
}

void unsatisfied_of_lanes(const Bundle& bundle, const model::Edge* edges, int count,
                          std::uint64_t* to) {
  turn_over(bundle, count, to, [&](int i, int offset) {
    const model::Edge& e = edges[i];
    const auto word = [&](const std::uint64_t* from, std::uint32_t at) {
      return loaded<Word>(from + std::int64_t{at} * bundle.words + offset);
    };
    return bits::xor3(word(bundle.spins, e.first), word(bundle.spins, e.second),
                      word(bundle.signs, e.sign));
  });
}

// Row by row, so that all that is read lies close together.
void count_unequal(const std::uint64_t* rows, std::int64_t row_words, std::int64_t count,
                   const WordPair* pairs, std::int64_t pair_count, std::int64_t* unequal) {
  for (std::int64_t i = 0; i < pair_count; ++i) unequal[i] = 0;
  for (std::int64_t r = 0; r < count; ++r, rows += row_words) {
    for (std::int64_t i = 0; i < pair_count; ++i) {
      unequal[i] += __builtin_popcountll(rows[pairs[i].first] ^ rows[pairs[i].second]);
    }
  }
}

void planes_of_numbers(const std::uint64_t (&numbers)[64 * block_words],
                       std::uint64_t (&planes)[64 * block_words]) {
  for (int offset = 0; offset < block_words; offset += words) {
    Word block[64];
    for (int b = 0; b < 64; ++b) block[b] = loaded<Word>(numbers + b * block_words + offset);
    bits::transpose(block);
    for (int k = 0; k < 64; ++k) bits::store(planes + k * block_words + offset, block[k]);
  }
}

}  // namespace
}  // namespace multispin::kernels
