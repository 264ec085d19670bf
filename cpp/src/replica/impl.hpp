// The replica kernels, for the word type MULTISPIN_WORD of the including translation unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/bits/transpose.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "multispin/replica/rules/many_bonds.hpp"
#include "multispin/rules/threshold.hpp"
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

// Every lane draws for itself. Wide words are updated in groups, so that several chains of random
// bits advance side by side and a threshold that has been fetched serves all of them.
//
// Nothing here may be known by its address to code that is not inlined: the compiler would have to
// read it again after each store of spins.
template <class Planes, class Rule, int sites>
class Updater {
 public:
  // A word needs a register for each class, three for its random bits, and all share four.
  static constexpr int room = (MULTISPIN_REGISTERS - 4) / (Rule::classes + 3);
  static constexpr int most = Planes::chained ? MULTISPIN_GROUP : MULTISPIN_SHORT_GROUP;
  static constexpr int group = room > most ? most : (room > 1 ? room : 1);

  explicit Updater(const RunUpdate& update)
      : update_(update),
        sites_(update.bundle, update.run),
        planes_(*update.keys, update.sweep, 0,
                {sites > 1 ? words / sites : words, std::uint64_t{1} << model::lane_word_bits}) {}

  void all() const {
    for (int offset = 0; offset < update_.bundle.words; offset += words) {
      for (std::int64_t p = update_.run.begin; p < update_.run.end; p += group * sites) {
        draw(p, offset);
      }
    }
  }

 private:
  static constexpr int coarse = Planes::coarse_planes;

  // What is known of each word of a group after the coarse planes.
  struct Drawn {
    typename Planes::State state[group];
    Word plane[group];  // number `coarse`
    Word less[group][Rule::classes];
  };

  MULTISPIN_HD typename Planes::State start(std::int64_t position, int offset) const {
    return planes_.start((static_cast<std::uint64_t>(position) << model::lane_word_bits) +
                         update_.bundle.first_word + static_cast<std::uint64_t>(offset));
  }
  MULTISPIN_HD void draw(std::int64_t position, int offset) const {
    Drawn drawn;
#pragma GCC unroll 8
    for (int i = 0; i < group; ++i) drawn.state[i] = start(position + i * sites, offset);
    const std::uint64_t* threshold = update_.thresholds.always + offset;
#pragma GCC unroll 16
    for (int c = 0; c < Rule::classes; ++c) {
      const Word always = loaded<Word>(threshold + c * block_words);
#pragma GCC unroll 8
      for (int i = 0; i < group; ++i) drawn.less[i][c] = always;
    }
    threshold = update_.thresholds.planes + offset;
    const auto next = [&](int k) __attribute__((always_inline)) {
#pragma GCC unroll 8
      for (int i = 0; i < group; ++i) drawn.plane[i] = planes_.next(drawn.state[i], k);
    };
    const auto compare = [&](int k) __attribute__((always_inline)) {
      next(k);
#pragma GCC unroll 16
      for (int c = 0; c < Rule::classes; ++c, threshold += block_words) {
        Word t = loaded<Word>(threshold);
        bits::keep(t);
#pragma GCC unroll 8
        for (int i = 0; i < group; ++i) {
          drawn.less[i][c] = bits::less_than_step(t, drawn.plane[i], drawn.less[i][c]);
        }
      }
    };
    // By pairs: the compiler then knows which planes are even.
#pragma GCC unroll 1
    for (int k = 0; k + 1 < coarse; k += 2) {
      compare(k);
      compare(k + 1);
    }
    if constexpr (coarse % 2 != 0) compare(coarse - 1);
    next(coarse);
    if (bits::any_field_below<rules::redraw_bits<coarse>>(drawn.plane, group)) [[unlikely]] {
      Updater(*this).settle(position, offset, drawn);
      return;
    }
#pragma GCC unroll 8
    for (int i = 0; i < group; ++i) {
      const Spot<sites> spot = sites_.at(position + i * sites);
      const Word spin = sites_.spins(spot, offset);
      Word planes[Rule::planes];
      sites_.template count<Rule>(spot, offset, spin, planes);
      finish(spot, offset, spin, planes, Rule::select(planes, drawn.less[i]));
    }
  }
  MULTISPIN_HD void finish(const Spot<sites>& spot, int offset, Word spin, const Word* planes,
                           Word accepted) const {
    sites_.write(spot, offset, Rule::result(spin, planes, accepted, update_.field));
  }
  // The same, where some lanes draw again.
  __attribute__((noinline)) void settle(std::int64_t position, int offset, Drawn drawn) const {
    rules::BondProspect<Word, Rule> prospect;
    prospect.threshold = update_.thresholds.planes + offset;
    prospect.always_accept = update_.thresholds.always + offset;
    prospect.words = block_words;
    for (int i = 0; i < group; ++i) {
      const Spot<sites> spot = sites_.at(position + i * sites);
      const Word spin = sites_.spins(spot, offset);
      sites_.template count<Rule>(spot, offset, spin, prospect.planes);
      Word accepted = Rule::select(prospect.planes, drawn.less[i]);
      if (bits::any_field_below<rules::redraw_bits<coarse>>(drawn.plane + i, 1)) {
        accepted = rules::with_redrawn_lanes(planes_, drawn.state[i], prospect, update_.thresholds,
                                             drawn.plane[i], accepted);
      }
      finish(spot, offset, spin, prospect.planes, accepted);
    }
  }

  const RunUpdate update_;
  const Sites<sites> sites_;
  const Planes planes_;
};

template <template <class> class Planes, class Rule>
void update_run(const RunUpdate& update) {
  by_shape(update.bundle, [&](auto sites) {
    const Updater<Planes<Word>, Rule, decltype(sites)::value> updater(update);
    updater.all();
  });
}

// Sites with many bonds, `group` wide words of one at a time, whose chains of random bits advance
// side by side.
template <class Planes, class Rule, int sites, int group>
class ManyBondsUpdater {
 public:
  explicit ManyBondsUpdater(const RunUpdate& update)
      : update_(update), rule_(update.run.degree), sites_(update.bundle, update.run) {
    for (int p = 0; p < rule_.planes(); ++p) {
      start_[p] = rule_.start(p);
      start_change_[p] = rule_.start_change(p);
    }
  }

  void all() {
    for (std::int64_t p = update_.run.begin; p < update_.run.end; p += sites) {
      for (int offset = 0; offset < update_.bundle.words; offset += group * words) {
        site(p, offset);
      }
    }
  }

 private:
  static constexpr int coarse = Planes::coarse_planes;
  static constexpr bool whole = sites == 1 && group * words == block_words;
  static constexpr int at_once = 2;  // draws: a chain of random bits waits for itself

  MULTISPIN_HD void site(std::int64_t position, int offset) {
    const auto spot = sites_.at(position);
    Word spin[group], count[group][Rule::most_planes], flips[group];
    for (int i = 0; i < group; ++i) {
      spin[i] = sites_.spins(spot, offset + i * words);
      this->count(spot, offset + i * words, spin[i], count[i]);
    }
    rule_.template flips<at_once>(
        count, [&](int number, auto& drawn) { draw(position, offset, number, drawn); }, flips);
    for (int i = 0; i < group; ++i) sites_.write(spot, offset + i * words, spin[i] ^ flips[i]);
  }

  // The planes of u - ceil(d/2), u bonds of d being unsatisfied. One wide word after the other:
  // bonds that were looked up for several of them had to go through memory.
  MULTISPIN_HD void count(const Spot<sites>& spot, int offset, Word spin,
                          Word (&planes)[Rule::most_planes]) const {
    const model::Bond* bonds[sites];
    for (int i = 0; i < sites; ++i) bonds[i] = update_.run.bonds + spot.site[i] * update_.run.slots;
    int first = 0;
    const auto favours_up = [&](int j) {
      return sites_.neighbour(bonds, offset, first + j) ^ sites_.sign(bonds, offset, first + j);
    };
    bits::WideCounts<Word, Rule::most_planes> counts;
    counts.begin(rule_.planes(), [&](int p) {
      return bits::xor_and(bits::splat<Word>(start_[p]), spin, bits::splat<Word>(start_change_[p]));
    });
    for (; first + 2 * model::slot_block <= update_.run.slots; first += 2 * model::slot_block) {
      counts.template add<4>(favours_up);
    }
    if (first < update_.run.slots) counts.template add<3>(favours_up);
    counts.get(spin, planes);
  }

  // The lanes where the draws from this number on succeed.
  void draw(std::int64_t position, int offset, int number, Word (&less)[at_once][group]) {
    planes_made(number + at_once);
    typename Planes::State state[at_once][group];
    const std::uint64_t* threshold[at_once];
    const std::int64_t step = rule_.classes() * block_words;
#pragma GCC unroll 2
    for (int d = 0; d < at_once; ++d) {
      const int c = number + d < rule_.digits() ? number + d : rule_.digits();
      threshold[d] = update_.thresholds.planes + c * block_words + offset;
#pragma GCC unroll 2
      for (int i = 0; i < group; ++i) {
        state[d][i] = start(position, offset + i * words, number + d);
        less[d][i] = loaded<Word>(always_of(threshold[d]) + i * words);
      }
    }
#pragma GCC unroll 16
    for (int k = 0; k < coarse; ++k) {
#pragma GCC unroll 2
      for (int d = 0; d < at_once; ++d) {
#pragma GCC unroll 2
        for (int i = 0; i < group; ++i) {
          const Word t = loaded<Word>(threshold[d] + k * step + i * words);
          less[d][i] =
              bits::less_than_step(t, planes_[number + d].next(state[d][i], k), less[d][i]);
        }
      }
    }
    for (int d = 0; d < at_once; ++d) redraw(planes_[number + d], state[d], threshold[d], less[d]);
  }
  MULTISPIN_HD typename Planes::State start(std::int64_t position, int offset, int number) const {
    return planes_[number].start((static_cast<std::uint64_t>(position) << model::lane_word_bits) +
                                 update_.bundle.first_word + static_cast<std::uint64_t>(offset));
  }
  // From the place of a class and of lanes among the planes' thresholds.
  MULTISPIN_HD const std::uint64_t* always_of(const std::uint64_t* threshold) const {
    return update_.thresholds.always + (threshold - update_.thresholds.planes);
  }
  // Makes the lanes good that draw again.
  MULTISPIN_HD void redraw(const Planes& planes, typename Planes::State (&state)[group],
                           const std::uint64_t* threshold, Word (&less)[group]) const {
    Word plane[group];
    for (int i = 0; i < group; ++i) plane[i] = planes.next(state[i], coarse);
    if (!bits::any_field_below<rules::redraw_bits<coarse>>(plane, group)) [[likely]]
      return;
    const std::int64_t step = rule_.classes() * block_words;
    for (int i = 0; i < group; ++i) {
      const rules::ClassProspect<Word> prospect{threshold + i * words,
                                                always_of(threshold) + i * words, step};
      less[i] = rules::with_redrawn_lanes(planes, state[i], prospect, update_.thresholds, plane[i],
                                          less[i]);
    }
  }
  // Planes of draws are made when they are first asked for.
  MULTISPIN_HD void planes_made(int count) {
    for (; made_ < count; ++made_) {
      planes_[made_] =
          Planes(*update_.keys, update_.sweep, made_,
                 {sites > 1 ? words / sites : words, std::uint64_t{1} << model::lane_word_bits});
    }
  }

  const RunUpdate update_;
  const Rule rule_;
  const Sites<sites, whole> sites_;
  std::uint64_t start_[Rule::most_planes], start_change_[Rule::most_planes];
  Planes planes_[Rule::most_draws];
  int made_ = 0;
};

template <class Planes, class Rule>
void update_run_many(const RunUpdate& update) {
  by_shape(update.bundle, [&](auto sites) {
    constexpr int count = decltype(sites)::value;
    if constexpr (count == 1 && 2 * words <= block_words) {
      if (update.bundle.words >= 2 * words) {
        ManyBondsUpdater<Planes, Rule, 1, 2>(update).all();
        return;
      }
    }
    ManyBondsUpdater<Planes, Rule, count, 1>(update).all();
  });
}
// Up to 127 bonds are common, and have a kernel for the number of their digits.
template <template <class> class Planes>
void update_run_many(const RunUpdate& update) {
  constexpr int few = 2;
  if (rules::drawn_digits(update.run.degree) == few) {
    update_run_many<Planes<Word>, rules::ManyBonds<few>>(update);
  } else {
    update_run_many<Planes<Word>, rules::ManyBonds<0>>(update);
  }
}

// One number for all lanes of a site.
template <class Planes, class Rule>
class SharedUpdater {
 public:
  explicit SharedUpdater(const SharedRunUpdate& update)
      : update_(update),
        sites_(update.bundle, update.run),
        planes_(*update.keys, update.sweep, 0) {}

  void all() {
    constexpr std::int64_t piece = 64;
    for (std::int64_t p = update_.run.begin & ~(piece - 1); p < update_.run.end; p += piece) {
      draw(p);
      const std::int64_t begin = p < update_.run.begin ? update_.run.begin : p;
      const std::int64_t end = p + piece < update_.run.end ? p + piece : update_.run.end;
      for (std::int64_t q = begin; q < end; ++q) {
        for (int offset = 0; offset < block_words; offset += words) site(q, offset, q - p);
      }
    }
  }

 private:
  // What the 64 sites from position p on accept, by class: all bits or none.
  MULTISPIN_HD void draw(std::int64_t p) {
    alignas(64) std::uint64_t number[64];
    const std::uint64_t first = (update_.bundle.first_word / block_words << model::position_bits) +
                                static_cast<std::uint64_t>(p);
    for (int i = 0; i < 64; i += words) {
      auto state = planes_.start(first + static_cast<std::uint64_t>(i));
      bits::store(number + i, planes_.next(state, 0));
    }
    for (int c = 0; c < Rule::classes; ++c) {
      const std::uint64_t limit = update_.thresholds.limit[c];
      const bool always = update_.thresholds.always[c];
      for (int i = 0; i < 64; ++i) {
        accept_[c][i] = always || number[i] < limit ? ~std::uint64_t{0} : 0;
      }
    }
  }
  MULTISPIN_HD void site(std::int64_t position, int offset, std::int64_t index) const {
    const Spot<1> spot = sites_.at(position);
    const Word spin = sites_.spins(spot, offset);
    Word planes[Rule::planes];
    sites_.template count<Rule>(spot, offset, spin, planes);
    Word accept[Rule::classes];
    for (int c = 0; c < Rule::classes; ++c) accept[c] = bits::splat<Word>(accept_[c][index]);
    sites_.write(spot, offset,
                 Rule::result(spin, planes, Rule::select(planes, accept), update_.field));
  }

  const SharedRunUpdate update_;
  const Sites<1> sites_;
  const Planes planes_;
  alignas(64) std::uint64_t accept_[Rule::classes][64];
};

template <template <class> class Planes, class Rule>
void update_run_shared(const SharedRunUpdate& update) {
  SharedUpdater<Planes<Word>, Rule>(update).all();
}

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

template <template <class> class Planes, int index>
constexpr void add_kernels(RunKernels& kernels) {
  constexpr int slots = slot_sizes[index];
  using Flip = rules::ZeroFieldFlip<slots>;
  using Field = rules::AnyField<slots>;
  kernels.update[index][0] = update_run<Planes, Flip>;
  kernels.update[index][1] = update_run<Planes, Field>;
  kernels.update_shared[index][0] = update_run_shared<Planes, Flip>;
  kernels.update_shared[index][1] = update_run_shared<Planes, Field>;
  if constexpr (index + 1 < slot_size_count) add_kernels<Planes, index + 1>(kernels);
}

template <template <class> class Planes>
constexpr RunKernels make_run_kernels() {
  RunKernels kernels{};
  kernels.coarse_planes = Planes<Word>::coarse_planes;
  kernels.update_many = update_run_many<Planes>;
  add_kernels<Planes, 0>(kernels);
  return kernels;
}

constexpr ReplicaKernels make_replica_kernels() {
  return {make_run_kernels<random::AesPlanes>(),
          make_run_kernels<random::PhiloxPlanes>(),
          count,
          sites_of_lanes,
          unsatisfied_of_lanes,
          count_unequal,
          planes_of_numbers};
}

}  // namespace
}  // namespace multispin::kernels
