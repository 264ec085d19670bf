// What one thread does to set, read and measure the spins of a lattice. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "lattice/strips.hpp"
#include "multispin/bits/adder.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::cuda {

// All lanes of a replica's spins; a thread a strip.
struct Fill {
  Spins spins;
  Strips strips;
  Word word;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    const Geometry& l = spins.lattice;
    const Strips::Strip strip = strips(l, thread);
    for (int c = 0; c < 2; ++c) {
      std::uint64_t* const words = spins.colour(replica, c) + strip.word;
      for (std::uint32_t row = strip.begin; row < strip.end; ++row) {
        bits::store(words + std::int64_t{row} * l.stride, word & l.in_use);
      }
    }
  }
};

struct Randomize {
  Spins spins;
  Strips strips;
  std::uint64_t seed, first_stream;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    const Geometry& l = spins.lattice;
    const Strips::Strip strip = strips(l, thread);
    const random::PhiloxBlock key =
        random::derive(seed, first_stream + replica, random::Purpose::initial_spins, 0);
    for (int c = 0; c < 2; ++c) {
      std::uint64_t* const words = spins.colour(replica, c);
      for (std::uint32_t row = strip.begin; row < strip.end; ++row) {
        const std::int64_t flat = std::int64_t{row} * l.stride + strip.word;
        const std::uint64_t word = random::initial_word(key, static_cast<std::uint64_t>(flat), c);
        bits::store(words + flat, bits::halves(word) & l.in_use);
      }
    }
  }
};

// Clears the lanes that are not in use; a thread a strip.
struct ClearUnused {
  Spins spins;
  Strips strips;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    const Geometry& l = spins.lattice;
    const Strips::Strip strip = strips(l, thread);
    for (int c = 0; c < 2; ++c) {
      std::uint64_t* const words = spins.colour(replica, c) + strip.word;
      for (std::uint32_t row = strip.begin; row < strip.end; ++row) {
        std::uint64_t* const word = words + std::int64_t{row} * l.stride;
        bits::store(word, bits::loaded<Word>(word) & l.in_use);
      }
    }
  }
};

// Rows first_row, first_row + 1, ... of the first replica as +1/-1; a thread two columns, 2k and 2k
// + 1.
struct Unpack {
  Spins spins;
  std::uint32_t first_row;
  std::int8_t* out;  // row first_row

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const Geometry& l = spins.lattice;
    const std::uint32_t sites = l.words * static_cast<std::uint32_t>(l.lanes);
    const std::uint32_t row = first_row + thread / sites;
    const std::uint32_t k = thread % sites;
    for (int odd = 0; odd < 2; ++odd) {
      // A colour whose neighbours are to the right has the odd columns.
      const int c = l.looks_right(row, 0) == (odd != 0) ? 0 : 1;
      const std::uint64_t word = spins.colour(0, c)[std::int64_t{row} * l.stride + k % l.words];
      out[2 * std::int64_t{thread} + odd] = (word >> (k / l.words) & 1U) != 0 ? 1 : -1;
    }
  }
};

// The reverse; a thread a word of either colour of a row.
struct Pack {
  Spins spins;
  std::uint32_t first_row;
  const std::int8_t* in;  // row first_row

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const Geometry& l = spins.lattice;
    const std::uint32_t row = first_row + thread / l.words;
    const std::uint32_t w = thread % l.words;
    const std::int64_t columns = std::int64_t{2} * l.words * l.lanes;
    const std::int8_t* const spin = in + (row - first_row) * columns;
    for (int c = 0; c < 2; ++c) {
      std::uint64_t word = 0;
      for (int lane = 0; lane < l.lanes; ++lane) {
        const std::int64_t k = std::int64_t{lane} * l.words + w;
        const bool up = spin[2 * k + (l.looks_right(row, c) ? 1 : 0)] > 0;
        word |= std::uint64_t{up ? 1U : 0U} << lane;
      }
      spins.colour(0, c)[std::int64_t{row} * l.stride + w] = word;
    }
  }
};

MULTISPIN_HD std::int64_t count(Word a) {
  return static_cast<std::int64_t>(bits::count64(bits::joined(a)));
}

// Bonds with unequal spins, and spins up; a thread a strip.
template <int neighbours>
struct Measure {
  static constexpr int sums = 2;
  Spins spins;
  Strips strips;

  MULTISPIN_HD Sums<2> operator()(std::uint32_t thread, std::uint32_t replica) const {
    Sums<2> sums{};
    visit_strip<neighbours>(
        spins, replica, 0, strips(spins.lattice, thread),
        [&](std::uint64_t*, std::uint64_t, const auto& site) { add(sums, site()); });
    return sums;
  }

 private:
  MULTISPIN_HD void add(Sums<2>& sums, const rules::Neighbours<Word, neighbours>& site) const {
    const Word in_use = spins.lattice.in_use;
    const Word in_plane[4] = {site.up, site.down, site.centre, site.side};
    for (const Word& other : in_plane) sums.value[0] += count((site.spin ^ other) & in_use);
    if constexpr (neighbours == 6) {
      sums.value[0] += count((site.spin ^ site.before) & in_use);
      sums.value[0] += count((site.spin ^ site.after) & in_use);
    }
    sums.value[1] += count(site.spin & in_use) + count(site.centre & in_use);
  }
};

// Unequal pairs of the first replica d = slot rows or planes apart; a thread a word of every row.
struct CorrelateAcross {
  static constexpr int sums = 1;
  Spins spins;
  bool planes;

  MULTISPIN_HD Sums<1> operator()(std::uint32_t w, std::uint32_t d) const {
    const Geometry& l = spins.lattice;
    Sums<1> unequal{};
    for (std::uint32_t row = 0; row < l.all_rows(); ++row) {
      // The same column of another row has the same number k, in the other colour if d is odd.
      const std::uint32_t below = planes ? moved(row, d * l.rows, l.all_rows())
                                         : row / l.rows * l.rows + moved(row % l.rows, d, l.rows);
      for (int c = 0; c < 2; ++c) {
        const int other = (c + static_cast<int>(d & 1U)) & 1;
        const std::uint64_t a = spins.colour(0, c)[std::int64_t{row} * l.stride + w];
        const std::uint64_t b = spins.colour(0, other)[std::int64_t{below} * l.stride + w];
        unequal.value[0] += count(bits::halves(a ^ b) & l.in_use);
      }
    }
    return unequal;
  }

 private:
  MULTISPIN_HD static std::uint32_t moved(std::uint32_t from, std::uint32_t by, std::uint32_t end) {
    return from < end - by ? from + by : from - (end - by);
  }
};

// The same along the rows.
struct CorrelateAlong {
  static constexpr int sums = 1;
  Spins spins;

  MULTISPIN_HD Sums<1> operator()(std::uint32_t w, std::uint32_t d) const {
    const Geometry& l = spins.lattice;
    const std::uint32_t sites = l.words * static_cast<std::uint32_t>(l.lanes);
    Sums<1> unequal{};
    for (std::uint32_t row = 0; row < l.all_rows(); ++row) {
      for (int c = 0; c < 2; ++c) {
        // Column 2k + odd; d columns on is number k + (odd + d) / 2 of its colour.
        const std::uint32_t odd = l.looks_right(row, c) ? 1 : 0;
        const std::uint32_t shift = (odd + d) / 2 % sites;
        const std::uint32_t from = w + shift % l.words;
        const bool wraps = from >= l.words;
        const auto lanes = static_cast<int>(shift / l.words + (wraps ? 1 : 0)) % l.lanes;
        const int other = (c + static_cast<int>(d & 1U)) & 1;
        const std::int64_t begin = std::int64_t{row} * l.stride;
        const std::uint64_t a = spins.colour(0, c)[begin + w];
        const std::uint64_t b = bits::rotate_down(
            spins.colour(0, other)[begin + (wraps ? from - l.words : from)], lanes, l.lanes);
        unequal.value[0] += count(bits::halves(a ^ b) & l.in_use);
      }
    }
    return unequal;
  }
};

// Spins up of the first replica in blocks of `height` rows and `width` columns, block row after
// block row; a thread a word of the rows of its slot's blocks.
struct CountBlocks {
  Spins spins;
  std::uint32_t height, width;
  std::int64_t* up;

  MULTISPIN_HD void operator()(std::uint32_t w, std::uint32_t block) const {
    const Geometry& l = spins.lattice;
    bits::LaneCounters counters;
    for (std::uint32_t row = block * height; row < (block + 1) * height; ++row) {
      for (int c = 0; c < 2; ++c) {
        counters.add(spins.colour(0, c)[std::int64_t{row} * l.stride + w]);
      }
    }
    const std::int64_t across = std::int64_t{2} * l.words * l.lanes / width;
    for (int lane = 0; lane < l.lanes; ++lane) {
      const std::int64_t column = 2 * (std::int64_t{lane} * l.words + w);
      add_to(up + block * across + column / width, counters[lane]);
    }
  }
};

}  // namespace multispin::cuda
