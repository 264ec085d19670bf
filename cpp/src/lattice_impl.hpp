// The lattice kernels, for the word type MULTISPIN_WORD of the including translation unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "lattice_kernels.hpp"
#include "multispin/bits/word.hpp"

namespace multispin::kernels {
namespace {

using Word = MULTISPIN_WORD;
using bits::loaded;
using Site = update::Neighbours<Word>;

constexpr unsigned elements(int count) { return (1U << count) - 1U; }

MULTISPIN_HD Word load_count(const std::uint64_t* from, int count) {
  Word out;
  if (count == Word::words) [[likely]] {
    bits::load(out, from);
  } else {
    bits::load_first(out, from, count);
  }
  return out;
}

// Horizontal neighbours on the far side of words w .. w + count - 1 of the row at `row`.
template <bool right>
MULTISPIN_HD Word side_words(const RowRange& range, const std::uint64_t* row, std::int64_t w,
                             int count) {
  const model::Lattice& l = range.lattice;
  if constexpr (right) {
    if (w + count < l.words) [[likely]] return load_count(row + w + 1, count);
    Word inside;
    bits::load_first(inside, row + w + 1, count - 1);
    return bits::insert(inside, count - 1, bits::rotate_down(row[0], 1, l.lanes));
  } else {
    const Word left = load_count(row + w - 1, count);
    if (w > 0) [[likely]] return left;
    const std::uint64_t last = row[l.words - 1];
    return bits::insert(left, 0, bits::rotate_down(last, l.lanes - 1, l.lanes));
  }
}

// Calls visit(flat word, site, elements in use) along one row.
template <bool right, class Visit>
MULTISPIN_HD void visit_row(const RowRange& range, std::int64_t row, Visit&& visit) {
  const model::Lattice& l = range.lattice;
  const std::int64_t start = row * l.stride;
  const std::uint64_t* centre = range.other + start;
  const auto at = [&](std::int64_t w, int count) {
    const Site site{load_count(range.own + start + w, count),
                    load_count(centre + w - l.stride, count),
                    load_count(centre + w + l.stride, count), load_count(centre + w, count),
                    side_words<right>(range, centre, w, count)};
    visit(start + w, site, elements(count));
  };
  std::int64_t w = 0;
  for (; w + Word::words <= l.words; w += Word::words) at(w, Word::words);
  if (w < l.words) at(w, static_cast<int>(l.words - w));
}

// Rows shorter than a wide word, several at once. Element 0 is always in a row of even number.
template <class Visit>
MULTISPIN_HD void visit_packed(const RowRange& range, Visit&& visit) {
  const std::int64_t stride = range.lattice.stride;
  const std::int64_t end = range.end * stride;
  const Word lanes = bits::splat<Word>(range.packed->lanes);
  for (std::int64_t f = range.begin * stride; f < end; f += Word::words) {
    const int count = end - f < Word::words ? static_cast<int>(end - f) : Word::words;
    const Word centre = load_count(range.other + f, count);
    const Site site{load_count(range.own + f, count), load_count(range.other + f - stride, count),
                    load_count(range.other + f + stride, count), centre,
                    bits::shuffle_shift(centre & lanes, range.packed->source, range.packed->up,
                                        range.packed->down)};
    visit(f, site, range.packed->store & elements(count));
  }
}

template <class Visit>
MULTISPIN_HD void visit_rows(const RowRange& range, Visit&& visit) {
  if (range.packed != nullptr) {
    visit_packed(range, visit);
    return;
  }
  for (std::int64_t row = range.begin; row < range.end; ++row) {
    if (model::looks_right(row, range.colour)) {
      visit_row<true>(range, row, visit);
    } else {
      visit_row<false>(range, row, visit);
    }
  }
}

// Words wait in a small queue, so that several chains of random bits advance side by side (one
// alone would wait for the latency of its own rounds), and so that the rare tails of many words are
// settled together, without a mispredicted branch at every word.
template <class Planes, class UpdateRule>
class Queue {
 public:
  Queue(const RowRange& range, const HalfSweep& half)
      : planes_(*half.keys, half.sweep, range.colour), acceptance_(*half.acceptance), own_(range.own) {
    for (Entry& entry : entry_) UpdateRule::clear(entry.table);
  }
  MULTISPIN_HD void push(std::int64_t flat, const Site& site, unsigned in_use) {
    Entry& entry = entry_[size_];
    entry.prospect = UpdateRule::prepare(acceptance_, site, entry.table);
    entry.flat = flat;
    entry.in_use = in_use;
    if (++size_ == capacity) settle();
  }
  void settle() {
    // A last, incomplete group is filled up with copies that write nothing.
    for (int i = size_; i % group != 0; ++i) {
      entry_[i] = entry_[size_ - 1];
      entry_[i].in_use = 0;
    }
    std::uint32_t undecided = 0;
    for (int i = 0; i < size_; i += group) undecided |= draw(i) << i;
    for (; undecided != 0; undecided &= undecided - 1) {
      const int i = __builtin_ctz(undecided);
      if (i < size_) draw_tail(entry_[i]);
    }
    size_ = 0;
  }

 private:
  static constexpr int capacity = 16;
  static constexpr int group = MULTISPIN_GROUP;

  struct alignas(64) Entry {
    std::uint64_t table[UpdateRule::table_words];
    update::Prospect<Word> prospect;
    Word undecided;
    typename Planes::State state;
    std::int64_t flat;
    unsigned in_use;
  };

  // Coarse planes of entries first .. first + group - 1; returns which of them need their tail.
  MULTISPIN_HD std::uint32_t draw(int first) {
    Entry* const entry = entry_ + first;
    typename Planes::State state[group];
    Word less[group];
    Word every[group];
    for (int i = 0; i < group; ++i) {
      state[i] = planes_.start(static_cast<std::uint64_t>(entry[i].flat));
      less[i] = entry[i].prospect.always;
      every[i] = bits::ones<Word>();
    }
#pragma GCC unroll 16
    for (int k = 0; k < random::coarse_planes; k += 2) {
#pragma GCC unroll 16
      for (int i = 0; i < group; ++i) {
        const Word r0 = planes_.next(state[i], k);
        less[i] = bits::less_than_step(UpdateRule::mask(acceptance_, entry[i].table, k), r0, less[i]);
        const Word r1 = planes_.next(state[i], k + 1);
        less[i] = bits::less_than_step(UpdateRule::mask(acceptance_, entry[i].table, k + 1), r1, less[i]);
        every[i] = bits::and3(every[i], r0, r1);
      }
    }
    std::uint32_t undecided = 0;
    for (int i = 0; i < group; ++i) {
      const Word spins = bits::xor_and(entry[i].prospect.base, less[i], entry[i].prospect.may);
      write(entry[i], spins);
      entry[i].undecided = bits::and_andnot(every[i], entry[i].prospect.may, less[i]);
      entry[i].state = state[i];
      undecided |= static_cast<std::uint32_t>(bits::any(entry[i].undecided)) << i;
    }
    return undecided;
  }
  void draw_tail(const Entry& entry) {
    const auto mask = [&](int k) { return UpdateRule::mask(acceptance_, entry.table, k); };
    const Word late = update::accepted_by_tail(planes_, entry.state, entry.undecided, mask);
    // These lanes have not accepted so far: accepting now flips what has been written.
    std::uint64_t flip[Word::words];
    bits::store(flip, late);
    for (int i = 0; i < Word::words; ++i) {
      if (((entry.in_use >> i) & 1U) != 0) own_[entry.flat + i] ^= flip[i];
    }
  }
  MULTISPIN_HD void write(const Entry& entry, Word spins) {
    if (entry.in_use == elements(Word::words)) [[likely]] {
      bits::store(own_ + entry.flat, spins);
    } else {
      bits::store_masked(own_ + entry.flat, spins, entry.in_use);
    }
  }

  Planes planes_;
  const update::Acceptance& acceptance_;
  std::uint64_t* own_;
  int size_ = 0;
  Entry entry_[capacity];
};

template <template <class> class Planes, class UpdateRule>
void update_rows(const RowRange& range, const HalfSweep& half) {
  Queue<Planes<Word>, UpdateRule> queue(range, half);
  visit_rows(range, [&](std::int64_t flat, const Site& site, unsigned in_use) {
    queue.push(flat, site, in_use);
  });
  queue.settle();
}

Counts count_rows(const RowRange& range) {
  const std::uint64_t lanes = bits::lane_mask(range.lattice.lanes);
  Word unequal = bits::zero<Word>();
  Word up = bits::zero<Word>();
  visit_rows(range, [&](std::int64_t, const Site& site, unsigned in_use) {
    std::uint64_t mask[Word::words];
    for (int i = 0; i < Word::words; ++i) mask[i] = ((in_use >> i) & 1U) != 0 ? lanes : 0;
    const Word valid = loaded<Word>(mask);
    // Unequal neighbours: odd + 2 two + fourth, as in a full adder.
    const Word odd = bits::xor3(site.up, site.down, site.centre) ^ site.spin;
    const Word two = bits::majority(site.up, site.down, site.centre) ^ site.spin;
    const Word pairs = bits::population(two & valid);
    unequal = bits::add64(unequal, bits::population(odd & valid));
    unequal = bits::add64(unequal, bits::add64(pairs, pairs));
    unequal = bits::add64(unequal, bits::population((site.side ^ site.spin) & valid));
    up = bits::add64(up, bits::population(site.spin & valid));
    up = bits::add64(up, bits::population(site.centre & valid));
  });
  return {static_cast<std::int64_t>(bits::total(unequal)),
          static_cast<std::int64_t>(bits::total(up))};
}

template <template <class> class Planes>
constexpr UpdateRows update_table(update::Rule rule) {
  switch (rule) {
    case update::Rule::zero_field_metropolis:
      return update_rows<Planes, update::ZeroFieldMetropolis<Word>>;
    case update::Rule::metropolis:
      return update_rows<Planes, update::FiveClasses<Word, update::Dynamics::metropolis>>;
    case update::Rule::glauber:
      return update_rows<Planes, update::FiveClasses<Word, update::Dynamics::glauber>>;
  }
  return nullptr;
}

template <template <class> class Planes>
constexpr void fill(UpdateRows (&table)[update::rule_count]) {
  for (int i = 0; i < update::rule_count; ++i) table[i] = update_table<Planes>(static_cast<update::Rule>(i));
}

constexpr LatticeKernels make_kernels() {
  LatticeKernels kernels{};
  kernels.words = Word::words;
  fill<random::AesPlanes>(kernels.aes);
  fill<random::PhiloxPlanes>(kernels.philox);
  kernels.count = count_rows;
  return kernels;
}

}  // namespace
}  // namespace multispin::kernels
