// The lattice kernels, for the word type MULTISPIN_WORD of the including translation unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "lattice/kernels.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/lattice/rules/any_field.hpp"
#include "multispin/lattice/rules/heat_bath.hpp"
#include "multispin/lattice/rules/metropolis.hpp"
#include "multispin/lattice/rules/neighbours.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/rules/threshold.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using bits::loaded;
template <int neighbours>
using Site = rules::Neighbours<Word, neighbours>;

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

// The rows of a range that lie in one plane of the lattice. On the square lattice: all of them.
struct PlaneRows {
  std::int64_t number = 0;
  std::int64_t first = 0;              // the plane's row 0
  std::int64_t begin, end;             // rows
  std::int64_t before = 0, after = 0;  // words from here to the planes before and after
};

template <int neighbours>
MULTISPIN_HD PlaneRows rows_from(const RowRange& range, std::int64_t row) {
  if constexpr (neighbours == 4) {
    return {.begin = row, .end = range.end};
  } else {
    const model::Lattice& l = range.lattice;
    const std::int64_t z = row / l.rows;
    const std::int64_t words = l.rows * l.stride;
    const std::int64_t last = (z + 1) * l.rows;
    return {z,
            z * l.rows,
            row,
            range.end < last ? range.end : last,
            z == 0 ? (l.planes - 1) * words : -words,
            z + 1 == l.planes ? -(l.planes - 1) * words : words};
  }
}

// Words from a row to those above and below it.
struct Vertical {
  std::int64_t up, down;
};

template <int neighbours>
MULTISPIN_HD Vertical vertical(const model::Lattice& l, const PlaneRows& plane, std::int64_t row) {
  if constexpr (neighbours == 4) {
    return {-l.stride, l.stride};
  } else {
    const std::int64_t across = (l.rows - 1) * l.stride;
    return {row == plane.first ? across : -l.stride,
            row + 1 == plane.first + l.rows ? -across : l.stride};
  }
}

// `centre`: where in the other colour the site's word is. Loads as many words.
template <int neighbours>
MULTISPIN_HD Site<neighbours> make_site(Word spin, Word up, Word down, Word beside,
                                        const std::uint64_t* centre, const PlaneRows& plane,
                                        int count) {
  if constexpr (neighbours == 4) {
    return {spin, up, down, load_count(centre, count), beside};
  } else {
    return {spin,
            up,
            down,
            load_count(centre, count),
            beside,
            load_count(centre + plane.before, count),
            load_count(centre + plane.after, count)};
  }
}

// The words of one row from word w on.
template <int neighbours>
MULTISPIN_HD Site<neighbours> row_site(const RowRange& range, const PlaneRows& plane,
                                       std::int64_t row, std::int64_t w, int count) {
  const model::Lattice& l = range.lattice;
  const std::uint64_t* const centre = range.other + row * l.stride;
  const auto [up, down] = vertical<neighbours>(l, plane, row);
  const std::int64_t side = model::looks_right(plane.number, row, range.colour) ? 1 : -1;
  return make_site<neighbours>(load_count(range.own + row * l.stride + w, count),
                               load_count(centre + w + up, count),
                               load_count(centre + w + down, count),
                               side_words(l, centre, w, count, side), centre + w, plane, count);
}

// `rows` with the words from element `at` on replaced by a whole row.
__attribute__((noinline, cold)) Word with_row(Word rows, std::int64_t at, const std::uint64_t* row,
                                              std::int64_t stride) {
  for (std::int64_t i = 0; i < stride; ++i) {
    rows = bits::insert(rows, static_cast<int>(at + i), row[i]);
  }
  return rows;
}

// Several rows shorter than a wide word. Element 0 is always in a row of even number.
template <int neighbours>
MULTISPIN_HD Site<neighbours> packed_site(const RowRange& range, const PlaneRows& plane,
                                          std::int64_t flat, int count) {
  const PackedRows& packed = range.packed[(range.colour + plane.number) & 1];
  const std::int64_t stride = range.lattice.stride;
  const std::uint64_t* const centre = range.other + flat;
  const Word spins = load_count(centre, count);
  Word up = load_count(centre - stride, count);
  Word down = load_count(centre + stride, count);
  if constexpr (neighbours == 6) {
    const std::int64_t first = plane.first * stride;
    const std::int64_t last = first + (range.lattice.rows - 1) * stride;
    if (flat == first) [[unlikely]]
      up = with_row(up, 0, range.other + last, stride);
    if (last - flat < Word::words) [[unlikely]]
      down = with_row(down, last - flat, range.other + first, stride);
  }
  const Word beside = bits::shuffle_shift(spins & bits::splat<Word>(packed.lanes), packed.source,
                                          packed.up, packed.down);
  return make_site<neighbours>(load_count(range.own + flat, count), up, down, beside, centre, plane,
                               count);
}

// The visitors below are given visitor.group(flat word, sites) for `group` full wide words that
// follow each other, and visitor.one(flat word, site, elements in use) for what is left over.
// Visitor::neighbours says what a site is.

// Rows that are whole wide words: row after row without a break.
template <class Visitor>
MULTISPIN_HD void visit_even_rows(const RowRange& range, const PlaneRows& plane, Visitor& visitor) {
  constexpr int group = Visitor::group_size;
  constexpr int neighbours = Visitor::neighbours;
  const model::Lattice& l = range.lattice;
  std::int64_t row = plane.begin;
  std::int64_t side = model::looks_right(plane.number, row, range.colour) ? 1 : -1;
  Vertical offset = vertical<neighbours>(l, plane, row);
  std::int64_t w = 0;
  const auto next_site = [&](std::int64_t f) {
    const std::uint64_t* const centre = range.other + f;
    const Site<neighbours> site = make_site<neighbours>(
        loaded<Word>(range.own + f), loaded<Word>(centre + offset.up),
        loaded<Word>(centre + offset.down), side_words(l, centre - w, w, Word::words, side), centre,
        plane, Word::words);
    w += Word::words;
    if (w == l.words) {
      w = 0;
      side = -side;
      if constexpr (neighbours == 6) offset = vertical<6>(l, plane, ++row);
    }
    return site;
  };
  std::int64_t f = plane.begin * l.stride;
  const std::int64_t end = plane.end * l.stride;
  for (; f + group * Word::words <= end; f += group * Word::words) {
    visitor.group(f, next_site);
  }
  for (; f < end; f += Word::words) visitor.one(f, next_site(f), elements(Word::words));
}

// Any other rows of at least a wide word.
template <class Visitor>
MULTISPIN_HD void visit_ragged_rows(const RowRange& range, const PlaneRows& plane,
                                    Visitor& visitor) {
  const model::Lattice& l = range.lattice;
  for (std::int64_t row = plane.begin; row < plane.end; ++row) {
    for (std::int64_t w = 0; w < l.words; w += Word::words) {
      const int count = words_left(w, l.words);
      visitor.one(row * l.stride + w, row_site<Visitor::neighbours>(range, plane, row, w, count),
                  elements(count));
    }
  }
}

template <class Visitor>
MULTISPIN_HD void visit_packed_rows(const RowRange& range, const PlaneRows& plane,
                                    Visitor& visitor) {
  constexpr int group = Visitor::group_size;
  constexpr int neighbours = Visitor::neighbours;
  const unsigned in_use = range.packed->store;
  const std::int64_t end = plane.end * range.lattice.stride;
  std::int64_t f = plane.begin * range.lattice.stride;
  for (; in_use == elements(Word::words) && f + group * Word::words <= end;
       f += group * Word::words) {
    visitor.group(f, [&](std::int64_t flat) __attribute__((always_inline)) {
      return packed_site<neighbours>(range, plane, flat, Word::words);
    });
  }
  for (; f < end; f += Word::words) {
    const int count = words_left(f, end);
    visitor.one(f, packed_site<neighbours>(range, plane, f, count), in_use & elements(count));
  }
}

template <class Visitor>
MULTISPIN_HD void visit_plane(const RowRange& range, const PlaneRows& plane, Visitor& visitor) {
  if (range.packed != nullptr) {
    visit_packed_rows(range, plane, visitor);
  } else if (range.lattice.words % Word::words == 0) {
    visit_even_rows(range, plane, visitor);
  } else {
    visit_ragged_rows(range, plane, visitor);
  }
}

template <class Visitor>
MULTISPIN_HD void visit_rows(const RowRange& range, Visitor& visitor) {
  constexpr int neighbours = Visitor::neighbours;
  if constexpr (neighbours == 4) {
    visit_plane(range, rows_from<neighbours>(range, range.begin), visitor);
  } else {
    for (std::int64_t row = range.begin; row < range.end;) {
      const PlaneRows plane = rows_from<neighbours>(range, row);
      visit_plane(range, plane, visitor);
      row = plane.end;
    }
  }
}

// Updates words in groups, so that several chains of random bits advance side by side: one alone
// would wait for the latency of its own rounds. Single words wait until there is a group of them.
template <class Planes, class UpdateRule>
class Updater {
 public:
  static constexpr int neighbours = UpdateRule::neighbours;
  static constexpr int group_size = Planes::chained ? MULTISPIN_GROUP : MULTISPIN_SHORT_GROUP;
  static constexpr int most_waiting = 4 * group_size;

  Updater(const RowRange& range, const HalfSweep& half)
      : planes_(*half.keys, half.sweep, range.colour),
        acceptance_(*half.acceptance),
        range_(range) {}

  template <class GetSite>
  MULTISPIN_HD void group(std::int64_t flat, const GetSite& site) {
    Entry entry[group_size];
    const auto fill = [&](int i, const Site<neighbours>& from) __attribute__((always_inline)) {
      UpdateRule::prepare(acceptance_, from, entry[i].prospect);
      entry[i].flat = flat + i * Word::words;
      entry[i].in_use = elements(Word::words);
    };
    if constexpr (neighbours == 4) {
      Site<neighbours> sites[group_size];
      for (int i = 0; i < group_size; ++i) sites[i] = site(flat + i * Word::words);
      for (int i = 0; i < group_size; ++i) fill(i, sites[i]);
    } else {
      // Sites of seven words would not stay in registers until all of them are there.
#pragma GCC unroll 8
      for (int i = 0; i < group_size; ++i) fill(i, site(flat + i * Word::words));
    }
    draw(entry);
  }
  MULTISPIN_HD void one(std::int64_t flat, const Site<neighbours>& site, unsigned in_use) {
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
    if (bits::any_field_below<rules::redraw_bits<coarse>>(plane, group_size)) [[unlikely]] {
      for (int i = 0; i < group_size; ++i) {
        if (bits::any_field_below<rules::redraw_bits<coarse>>(plane + i, 1)) {
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
    const PlaneRows rows = rows_from<neighbours>(range_, row);
    const Site<neighbours> site =
        range_.packed != nullptr
            ? packed_site<neighbours>(range_, rows, flat,
                                      words_left(flat, (rows.first + l.rows) * l.stride))
            : row_site<neighbours>(range_, rows, row, w, words_left(w, l.words));
    UpdateRule::prepare(acceptance_, site, prospect);
    typename Planes::State state = planes_.start(static_cast<std::uint64_t>(flat));
    for (int k = 0; k <= Planes::coarse_planes; ++k) planes_.next(state, k);
    return rules::with_redrawn_lanes(planes_, state, prospect, acceptance_, plane, less);
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
  const rules::Acceptance& acceptance_;
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

template <int neighbours_>
class Counter {
 public:
  static constexpr int neighbours = neighbours_;
  static constexpr int group_size = 1;

  explicit Counter(int lanes) : lanes_(bits::lane_mask(lanes)) {}

  template <class GetSite>
  MULTISPIN_HD void group(std::int64_t flat, const GetSite& site) {
    add(site(flat), bits::splat<Word>(lanes_));
  }
  MULTISPIN_HD void one(std::int64_t /*flat*/, const Site<neighbours>& site, unsigned in_use) {
    std::uint64_t mask[Word::words];
    for (int i = 0; i < Word::words; ++i) mask[i] = ((in_use >> i) & 1U) != 0 ? lanes_ : 0;
    add(site, loaded<Word>(mask));
  }
  Counts counts() const {
    return {static_cast<std::int64_t>(bits::total(unequal_)),
            static_cast<std::int64_t>(bits::total(up_))};
  }

 private:
  MULTISPIN_HD void add(const Site<neighbours>& site, Word valid) {
    add_three(site.up, site.down, site.centre, site.spin, valid);
    if constexpr (neighbours == 4) {
      count_in(unequal_, (site.side ^ site.spin) & valid);
    } else {
      add_three(site.side, site.before, site.after, site.spin, valid);
    }
    count_in(up_, site.spin & valid);
    count_in(up_, site.centre & valid);
  }
  // Unequal neighbours: odd + 2 two, as in a full adder.
  MULTISPIN_HD void add_three(Word a, Word b, Word c, Word spin, Word valid) {
    const Word odd = bits::xor3(a, b, c) ^ spin;
    const Word two = bits::majority(a, b, c) ^ spin;
    const Word pairs = bits::population(two & valid);
    count_in(unequal_, odd & valid);
    unequal_ = bits::add64(unequal_, bits::add64(pairs, pairs));
  }
  MULTISPIN_HD static void count_in(Word& sum, Word lanes) {
    sum = bits::add64(sum, bits::population(lanes));
  }

  std::uint64_t lanes_;
  Word unequal_ = bits::zero<Word>();
  Word up_ = bits::zero<Word>();
};

template <int neighbours>
Counts count_rows(const RowRange& range) {
  Counter<neighbours> counter(range.lattice.lanes);
  visit_rows(range, counter);
  return counter.counts();
}

template <template <class> class Planes, int neighbours>
constexpr void set_updates(UpdateRows (&update)[rules::rule_count]) {
  using rules::Dynamics;
  update[static_cast<int>(rules::Rule::zero_field_metropolis)] =
      update_rows<Planes, rules::ZeroFieldMetropolis<Word, neighbours>>;
  update[static_cast<int>(rules::Rule::zero_field_glauber)] =
      update_rows<Planes, rules::ZeroFieldGlauber<Word, neighbours>>;
  update[static_cast<int>(rules::Rule::metropolis)] =
      update_rows<Planes, rules::AnyField<Word, neighbours, Dynamics::metropolis>>;
  update[static_cast<int>(rules::Rule::glauber)] =
      update_rows<Planes, rules::AnyField<Word, neighbours, Dynamics::glauber>>;
}

template <template <class> class Planes>
constexpr GeneratorKernels make_generator() {
  GeneratorKernels kernels{};
  kernels.coarse_planes = Planes<Word>::coarse_planes;
  set_updates<Planes, 4>(kernels.square);
  set_updates<Planes, 6>(kernels.cubic);
  return kernels;
}

constexpr LatticeKernels make_kernels() {
  return {Word::words, make_generator<random::AesPlanes>(), make_generator<random::PhiloxPlanes>(),
          count_rows<4>, count_rows<6>};
}

}  // namespace
}  // namespace multispin::kernels
