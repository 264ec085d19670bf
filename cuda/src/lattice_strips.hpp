// A lattice in a device's memory, and how its threads share it.
//
// The spins of a replica are its colour 0, then its colour 1, each rows * stride words in the
// layout of model/lattice.hpp, one replica after the other. Lanes from `lanes` up and words from
// `words` up to `stride` are zero.
#pragma once

#include <cstdint>

#include "multispin/bits/word64.hpp"
#include "multispin/host_device.hpp"
#include "multispin/model/lattice.hpp"
#include "multispin/update/acceptance.hpp"

namespace multispin::cuda {

using Word = bits::Word64;

// A lattice's numbers, in the form that threads need.
struct Geometry {
  std::uint32_t rows, words, stride, stride_bytes;
  std::int32_t lanes;
  Word in_use;  // lanes
  std::int64_t colour_words;

  explicit Geometry(const model::Lattice& l)
      : rows{static_cast<std::uint32_t>(l.rows)},
        words{static_cast<std::uint32_t>(l.words)},
        stride{static_cast<std::uint32_t>(l.stride)},
        stride_bytes{static_cast<std::uint32_t>(8 * l.stride)},
        lanes{l.lanes},
        in_use{bits::halves(bits::lane_mask(l.lanes))},
        colour_words{l.colour_words()} {}
};

struct Spins {
  Geometry lattice;
  std::uint64_t* words;

  MULTISPIN_HD std::uint64_t* colour(std::uint32_t replica, int c) const {
    return words + (2 * std::int64_t{replica} + c) * lattice.colour_words;
  }
};

// How a colour is cut up: a thread has one word of each of `height` rows, an even number. Threads
// that follow each other have words that do.
struct Strips {
  std::uint32_t height;

  MULTISPIN_HD std::uint32_t threads(const Geometry& l) const {
    return (l.rows + height - 1) / height * l.words;
  }
  struct Strip {
    std::uint32_t begin, end;  // rows
    std::uint32_t word;
  };
  MULTISPIN_HD Strip operator()(const Geometry& l, std::uint32_t thread) const {
    const std::uint32_t begin = thread / l.words * height;
    return {begin, l.rows - begin > height ? begin + height : l.rows, thread % l.words};
  }
};

// Visits the sites of `colour` in a strip, row by row: visit(word, flat index, neighbours), where
// `word` points at the word and neighbours() gives it with those around it.
template <class Visit>
MULTISPIN_HD void visit_strip(const Spins& spins, std::uint32_t replica, int colour,
                              const Strips::Strip& strip, const Visit& visit) {
  const Geometry& l = spins.lattice;
  // One product and sum, which a GPU does in one operation of a unit that is idle otherwise.
  const auto at = [&](std::uint64_t* column, std::uint32_t row) {
    return reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(column) +
                                            std::uint64_t{row} * l.stride_bytes);
  };
  std::uint64_t* const own = spins.colour(replica, colour) + strip.word;
  std::uint64_t* const other = spins.colour(replica, 1 - colour) + strip.word;

  // Neighbours beside a word: in which column, moved by how many lanes.
  struct Side {
    std::uint64_t* column;
    bool edge;
    int lanes;
  };
  const bool leftmost = strip.word == 0;
  const bool rightmost = strip.word + 1 == l.words;
  const std::int64_t across = std::int64_t{l.words} - 1;
  const Side left{leftmost ? other + across : other - 1, leftmost, l.lanes - 1};
  const Side right{rightmost ? other - across : other + 1, rightmost, 1};
  // Strips begin with an even row.
  const bool even_right = model::looks_right(0, colour);
  const Side even = even_right ? right : left;
  const Side odd = even_right ? left : right;

  Word up = bits::loaded<Word>(at(other, (strip.begin == 0 ? l.rows : strip.begin) - 1));
  Word centre = bits::loaded<Word>(at(other, strip.begin));
  const auto visit_row = [&](std::uint32_t row, const Side& side) {
    std::uint64_t* const word = at(own, row);
    const Word spin = bits::loaded<Word>(word);
    const Word down = bits::loaded<Word>(at(other, row + 1 == l.rows ? 0 : row + 1));
    const Word beside = bits::loaded<Word>(at(side.column, row));
    visit(word, std::uint64_t{row} * l.stride + strip.word, [&] {
      Word turned = beside;
      if (side.edge) {
        turned = bits::halves(bits::rotate_down(bits::joined(beside), side.lanes, l.lanes));
      }
      return update::Neighbours<Word>{spin, up, down, centre, turned};
    });
    up = centre;
    centre = down;
  };
  for (std::uint32_t row = strip.begin; row < strip.end; row += 2) {
    visit_row(row, even);
    visit_row(row + 1, odd);
  }
}

}  // namespace multispin::cuda
