// Words of sites, and what is counted over their bonds. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "replica/kernels.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using bits::loaded;

constexpr int words = Word::words;

constexpr unsigned elements(std::int64_t count) {
  return (1U << count) - 1U;
}

// Where the elements of a wide word come from: a part of one site's words, or all words of `sites`
// sites. `whole`: a site has as many words as there may be.
template <int sites, bool whole = false>
class Shape {
 public:
  explicit Shape(const Bundle& bundle) : words_(bundle.words) {}

  MULTISPIN_HD std::int64_t site_words() const {
    if constexpr (whole) return block_words;
    if constexpr (sites > 1 || words == block_words) return words / sites;
    return words_;
  }
  // Words of the sites index(i), i = 0 .. sites - 1, from `offset` on (0 if there are several).
  template <class Index>
  MULTISPIN_HD Word gather(const std::uint64_t* from, int offset, const Index& index) const {
    if constexpr (sites == 1) {
      return loaded<Word>(from + index(0) * site_words() + offset);
    } else {
      constexpr int each = words / sites;
      const std::uint64_t* pair[words / 2];
      for (int i = 0; i < words / 2; ++i)
        pair[i] = from + index(2 * i / each) * each + 2 * i % each;
      Word out;
      bits::load_pairs(out, pair);
      return out;
    }
  }

 private:
  std::int64_t words_;
};

// Calls act(bits::Number<sites of a wide word>).
template <int sites = words / 2, class Act>
void by_shape(const Bundle& bundle, const Act& act) {
  if constexpr (sites > 1) {
    if (bundle.words * sites > words) return by_shape<sites / 2>(bundle, act);
  }
  act(bits::Number<sites>{});
}

// Sites of a run that are updated together in one wide word.
template <int sites>
struct Spot {
  std::int64_t position;     // of the first site
  std::int64_t count;        // of sites; the others of the wide word repeat the last of the run
  std::int64_t site[sites];  // their positions from the run's beginning
};

template <int sites, bool whole = false>
class Sites {
 public:
  Sites(const Bundle& bundle, const model::Run& run) : bundle_(bundle), run_(run), shape_(bundle) {}

  MULTISPIN_HD Spot<sites> at(std::int64_t position) const {
    Spot<sites> spot;
    const std::int64_t left = run_.end - position;
    spot.position = position;
    spot.count = left < sites ? (left > 0 ? left : 0) : sites;
    for (int i = 0; i < sites; ++i) {
      spot.site[i] = (i < left ? position + i : run_.end - 1) - run_.begin;
    }
    return spot;
  }
  MULTISPIN_HD Word spins(const Spot<sites>& spot, int offset) const {
    return shape_.gather(bundle_.spins, offset, [&](int i) { return run_.begin + spot.site[i]; });
  }
  // Bond j of sites whose bonds begin at `bonds`.
  MULTISPIN_HD Word neighbour(const model::Bond* const (&bonds)[sites], int offset, int j) const {
    return shape_.gather(bundle_.spins, offset,
                         [&](int i) { return std::int64_t{bonds[i][j].position}; });
  }
  MULTISPIN_HD Word sign(const model::Bond* const (&bonds)[sites], int offset, int j) const {
    return shape_.gather(bundle_.signs, offset,
                         [&](int i) { return std::int64_t{bonds[i][j].sign}; });
  }
  // What a rule counts over the bonds.
  template <class Rule>
  MULTISPIN_HD void count(const Spot<sites>& spot, int offset, Word spin,
                          Word (&planes)[Rule::planes]) const {
    const model::Bond* bonds[sites];
    for (int i = 0; i < sites; ++i) bonds[i] = run_.bonds + spot.site[i] * Rule::slots;
    Word counted[Rule::slots];
#pragma GCC unroll 12
    for (int j = 0; j < Rule::slots; ++j) {
      counted[j] = Rule::counted(spin, neighbour(bonds, offset, j), sign(bonds, offset, j));
    }
    bits::count_bits(counted, planes);
  }
  MULTISPIN_HD void write(const Spot<sites>& spot, int offset, Word spins) const {
    std::uint64_t* const to = bundle_.spins + spot.position * shape_.site_words() + offset;
    if (spot.count == sites) [[likely]] {
      bits::store(to, spins);
    } else if (sites > 1) {
      bits::store_masked(to, spins, elements(spot.count * shape_.site_words()));
    }
  }

 private:
  Bundle bundle_;
  model::Run run_;
  Shape<sites, whole> shape_;
};

}  // namespace
}  // namespace multispin::kernels
