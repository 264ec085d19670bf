// The lattice kernels, for the word type MULTISPIN_WORD of the including translation unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "lattice_kernels.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/update/five_classes.hpp"
#include "multispin/update/heat_bath.hpp"
#include "multispin/update/metropolis.hpp"
#include "multispin/update/threshold.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using bits::loaded;
using Site = update::Neighbours<Word>;

constexpr unsigned elements(int count) {
  return (1U << count) - 1U;
}

MULTISPIN_HD Word load_count(const std::uint64_t* from, int count) {
  Word out;
  if (count == Word::words) [[likely]] {
    bits::load(out, from);
  } else {
    bits::load_first(out, from, count);
  }
  return out;
}

// Other-colour neighbours to the right (side = 1) or left (-1) of words w .. w + count - 1.
MULTISPIN_HD Word side_words(const model::Lattice& l, const std::uint64_t* row, std::int64_t w,
                             int count, std::int64_t side) {
  if (side > 0 && w + count == l.words) [[unlikely]] {
    Word inside;
    bits::load_first(inside, row + w + 1, count - 1);
    return bits::insert(inside, count - 1, bits::rotate_down(row[0], 1, l.lanes));
  }
  const Word beside = load_count(row + w + side, count);
  if (side > 0 || w > 0) [[likely]]
    return beside;
  return bits::insert(beside, 0, bits::rotate_down(row[l.words - 1], l.lanes - 1, l.lanes));
}

MULTISPIN_HD int words_left(std::int64_t at, std::int64_t end) {
  return static_cast<int>(end - at < Word::words ? end - at : Word::words);
}

// The words of one row from word w on.
MULTISPIN_HD Site row_site(const RowRange& range, std::int64_t row, std::int64_t w, int count) {
  const model::Lattice& l = range.lattice;
  const std::uint64_t* const centre = range.other + row * l.stride;
  const std::int64_t side = model::looks_right(row, range.colour) ? 1 : -1;
  return {load_count(range.own + row * l.stride + w, count),
          load_count(centre + w - l.stride, count), load_count(centre + w + l.stride, count),
          load_count(centre + w, count), side_words(l, centre, w, count, side)};
}

// Several rows shorter than a wide word. Element 0 is always in a row of even number.
MULTISPIN_HD Site packed_site(const RowRange& range, std::int64_t flat, int count) {
  const PackedRows& packed = *range.packed;
  const std::int64_t stride = range.lattice.stride;
  const std::uint64_t* const centre = range.other + flat;
  const Word spins = load_count(centre, count);
  return {load_count(range.own + flat, count), load_count(centre - stride, count),
          load_count(centre + stride, count), spins,
          bits::shuffle_shift(spins & bits::splat<Word>(packed.lanes), packed.source, packed.up,
                              packed.down)};
}

// The visitors below are given visitor.group(flat word, sites) for `group` full wide words that
// follow each other, and visitor.one(flat word, site, elements in use) for what is left over.

// Rows that are whole wide words: row after row without a break.
template <class Visitor>
MULTISPIN_HD void visit_even_rows(const RowRange& range, Visitor& visitor) {
  constexpr int group = Visitor::group_size;
  const model::Lattice& l = range.lattice;
  std::int64_t side = model::looks_right(range.begin, range.colour) ? 1 : -1;
  std::int64_t w = 0;
  const auto next_site = [&](std::int64_t f) {
    const std::uint64_t* const centre = range.other + f;
    const Site site{loaded<Word>(range.own + f), loaded<Word>(centre - l.stride),
                    loaded<Word>(centre + l.stride), loaded<Word>(centre),
                    side_words(l, centre - w, w, Word::words, side)};
    w += Word::words;
    if (w == l.words) {
      w = 0;
      side = -side;
    }
    return site;
  };
  std::int64_t f = range.begin * l.stride;
  const std::int64_t end = range.end * l.stride;
  for (; f + group * Word::words <= end; f += group * Word::words) {
    Site sites[group];
    for (int i = 0; i < group; ++i) sites[i] = next_site(f + i * Word::words);
    visitor.group(f, sites);
  }
  for (; f < end; f += Word::words) visitor.one(f, next_site(f), elements(Word::words));
}

// Any other rows of at least a wide word.
template <class Visitor>
MULTISPIN_HD void visit_ragged_rows(const RowRange& range, Visitor& visitor) {
  const model::Lattice& l = range.lattice;
  for (std::int64_t row = range.begin; row < range.end; ++row) {
    for (std::int64_t w = 0; w < l.words; w += Word::words) {
      const int count = words_left(w, l.words);
      visitor.one(row * l.stride + w, row_site(range, row, w, count), elements(count));
    }
  }
}

template <class Visitor>
MULTISPIN_HD void visit_packed_rows(const RowRange& range, Visitor& visitor) {
  constexpr int group = Visitor::group_size;
  const unsigned in_use = range.packed->store;
  const std::int64_t end = range.end * range.lattice.stride;
  std::int64_t f = range.begin * range.lattice.stride;
  for (; in_use == elements(Word::words) && f + group * Word::words <= end;
       f += group * Word::words) {
    Site sites[group];
    for (int i = 0; i < group; ++i) sites[i] = packed_site(range, f + i * Word::words, Word::words);
    visitor.group(f, sites);
  }
  for (; f < end; f += Word::words) {
    const int count = words_left(f, end);
    visitor.one(f, packed_site(range, f, count), in_use & elements(count));
  }
}

template <class Visitor>
MULTISPIN_HD void visit_rows(const RowRange& range, Visitor& visitor) {
  if (range.packed != nullptr) {
    visit_packed_rows(range, visitor);
  } else if (range.lattice.words % Word::words == 0) {
    visit_even_rows(range, visitor);
  } else {
    visit_ragged_rows(range, visitor);
  }
}

// Updates words in groups, so that several chains of random bits advance side by side: one alone
// would wait for the latency of its own rounds. Single words wait until there is a group of them.
template <class Planes, class UpdateRule>
class Updater {
 public:
  static constexpr int group_size = Planes::chained ? MULTISPIN_GROUP : MULTISPIN_SHORT_GROUP;
  static constexpr int most_waiting = 4 * group_size;

  Updater(const RowRange& range, const HalfSweep& half)
      : planes_(*half.keys, half.sweep, range.colour),
        acceptance_(*half.acceptance),
        range_(range) {}

  MULTISPIN_HD void group(std::int64_t flat, const Site (&sites)[group_size]) {
    Entry entry[group_size];
    for (int i = 0; i < group_size; ++i) {
      UpdateRule::prepare(acceptance_, sites[i], entry[i].prospect);
      entry[i].flat = flat + i * Word::words;
      entry[i].in_use = elements(Word::words);
    }
    draw(entry);
  }
  MULTISPIN_HD void one(std::int64_t flat, const Site& site, unsigned in_use) {
    Entry& entry = waiting_[count_];
    UpdateRule::prepare(acceptance_, site, entry.prospect);
    entry.flat = flat;
    entry.in_use = in_use;
    if (++count_ == most_waiting) finish();
  }
  __attribute__((noinline)) void finish() {
    // A last, incomplete group is filled up with copies that write nothing.
    for (; count_ % group_size != 0; ++count_) {
      waiting_[count_] = waiting_[count_ - 1];
      waiting_[count_].in_use = 0;
    }
    for (int i = 0; i < count_; i += group_size) draw(waiting_ + i);
    count_ = 0;
  }

 private:
  struct Entry {
    typename UpdateRule::Prospect prospect;
    std::int64_t flat;
    unsigned in_use;
  };
  MULTISPIN_HD void draw(const Entry* entry) {
    constexpr int coarse = Planes::coarse_planes;
    typename Planes::State state[group_size];
    Word less[group_size];
    for (int i = 0; i < group_size; ++i) {
      state[i] = planes_.start(static_cast<std::uint64_t>(entry[i].flat));
      less[i] = entry[i].prospect.always(acceptance_);
    }
    Word plane[group_size];
    const auto next = [&](int k) __attribute__((always_inline)) {
      for (int i = 0; i < group_size; ++i) plane[i] = planes_.next(state[i], k);
    };
    const auto compare = [&](int k) __attribute__((always_inline)) {
      next(k);
      UpdateRule::compare(acceptance_, k, entry, plane, less);
    };
    // By pairs: the compiler then knows which planes are even.
#pragma GCC unroll 1
    for (int k = 0; k + 1 < coarse; k += 2) {
      compare(k);
      compare(k + 1);
    }
    if constexpr (coarse % 2 != 0) compare(coarse - 1);
    next(coarse);
    if (bits::any_field_below<update::redraw_bits<coarse>>(plane, group_size)) [[unlikely]] {
      for (int i = 0; i < group_size; ++i) {
        if (bits::any_field_below<update::redraw_bits<coarse>>(plane + i, 1)) {
          less[i] = draw_again(entry[i].flat, plane[i], less[i]);
        }
      }
    }
    for (int i = 0; i < group_size; ++i) {
      write(entry[i], entry[i].prospect.result(own_spins(entry[i]), less[i]));
    }
  }
  // Settles the lanes that `plane` chooses to draw again. It is rare, so everything is worked out
  // anew rather than kept at hand; the word has not been written yet.
  __attribute__((noinline)) Word draw_again(std::int64_t flat, Word plane, Word less) {
    const model::Lattice& l = range_.lattice;
    const std::int64_t row = flat / l.stride;
    const std::int64_t w = flat % l.stride;
    typename UpdateRule::Prospect prospect;
    const Site site = range_.packed != nullptr
                          ? packed_site(range_, flat, words_left(flat, l.colour_words()))
                          : row_site(range_, row, w, words_left(w, l.words));
    UpdateRule::prepare(acceptance_, site, prospect);
    typename Planes::State state = planes_.start(static_cast<std::uint64_t>(flat));
    for (int k = 0; k <= Planes::coarse_planes; ++k) planes_.next(state, k);
    return update::with_redrawn_lanes(planes_, state, prospect, acceptance_, plane, less);
  }
  // Read again rather than kept in a register, of which there are too few.
  MULTISPIN_HD Word own_spins(const Entry& entry) const {
    const std::uint64_t* const own = range_.own + entry.flat;
    if (entry.in_use == elements(Word::words)) [[likely]]
      return loaded<Word>(own);
    Word spins;
    bits::load_first(spins, own, 32 - __builtin_clz(entry.in_use | 1U));
    return spins;
  }
  MULTISPIN_HD void write(const Entry& entry, Word spins) {
    if (entry.in_use == elements(Word::words)) [[likely]] {
      bits::store(range_.own + entry.flat, spins);
    } else {
      bits::store_masked(range_.own + entry.flat, spins, entry.in_use);
    }
  }

  const Planes planes_;
  const update::Acceptance& acceptance_;
  const RowRange& range_;
  int count_ = 0;
  Entry waiting_[most_waiting];
};

template <template <class> class Planes, class UpdateRule>
void update_rows(const RowRange& range, const HalfSweep& half) {
  Updater<Planes<Word>, UpdateRule> updater(range, half);
  visit_rows(range, updater);
  updater.finish();
}

class Counter {
 public:
  static constexpr int group_size = 1;

  explicit Counter(int lanes) : lanes_(bits::lane_mask(lanes)) {}

  MULTISPIN_HD void group(std::int64_t /*flat*/, const Site (&sites)[group_size]) {
    add(sites[0], bits::splat<Word>(lanes_));
  }
  MULTISPIN_HD void one(std::int64_t /*flat*/, const Site& site, unsigned in_use) {
    std::uint64_t mask[Word::words];
    for (int i = 0; i < Word::words; ++i) mask[i] = ((in_use >> i) & 1U) != 0 ? lanes_ : 0;
    add(site, loaded<Word>(mask));
  }
  Counts counts() const {
    return {static_cast<std::int64_t>(bits::total(unequal_)),
            static_cast<std::int64_t>(bits::total(up_))};
  }

 private:
  MULTISPIN_HD void add(const Site& site, Word valid) {
    // Unequal neighbours: odd + 2 two + fourth, as in a full adder.
    const Word odd = bits::xor3(site.up, site.down, site.centre) ^ site.spin;
    const Word two = bits::majority(site.up, site.down, site.centre) ^ site.spin;
    const Word pairs = bits::population(two & valid);
    unequal_ = bits::add64(unequal_, bits::population(odd & valid));
    unequal_ = bits::add64(unequal_, bits::add64(pairs, pairs));
    unequal_ = bits::add64(unequal_, bits::population((site.side ^ site.spin) & valid));
    up_ = bits::add64(up_, bits::population(site.spin & valid));
    up_ = bits::add64(up_, bits::population(site.centre & valid));
  }

  std::uint64_t lanes_;
  Word unequal_ = bits::zero<Word>();
  Word up_ = bits::zero<Word>();
};

Counts count_rows(const RowRange& range) {
  Counter counter(range.lattice.lanes);
  visit_rows(range, counter);
  return counter.counts();
}

template <template <class> class Planes>
constexpr GeneratorKernels make_generator() {
  GeneratorKernels kernels{};
  kernels.coarse_planes = Planes<Word>::coarse_planes;
  UpdateRows* const update = kernels.update;
  update[static_cast<int>(update::Rule::zero_field_metropolis)] =
      update_rows<Planes, update::ZeroFieldMetropolis<Word>>;
  update[static_cast<int>(update::Rule::zero_field_glauber)] =
      update_rows<Planes, update::ZeroFieldGlauber<Word>>;
  update[static_cast<int>(update::Rule::metropolis)] =
      update_rows<Planes, update::FiveClasses<Word, update::Dynamics::metropolis>>;
  update[static_cast<int>(update::Rule::glauber)] =
      update_rows<Planes, update::FiveClasses<Word, update::Dynamics::glauber>>;
  return kernels;
}

constexpr LatticeKernels make_kernels() {
  return {Word::words, make_generator<random::AesPlanes>(), make_generator<random::PhiloxPlanes>(),
          count_rows};
}

}  // namespace
}  // namespace multispin::kernels
