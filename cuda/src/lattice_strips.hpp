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
  std::uint32_t rows, words, stride;
  std::int32_t lanes;
  Word in_use;  // lanes
  std::int64_t colour_words;

  explicit Geometry(const model::Lattice& l)
      : rows{static_cast<std::uint32_t>(l.rows)},
        words{static_cast<std::uint32_t>(l.words)},
        stride{static_cast<std::uint32_t>(l.stride)},
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
  const std::int64_t stride = l.stride;
  std::uint64_t* const own_top = spins.colour(replica, colour) + strip.word;
  const std::uint64_t* const other_top = spins.colour(replica, 1 - colour) + strip.word;

  // Neighbours beside a word: how many words away, moved by how many lanes.
  struct Side {
    std::int64_t offset;
    bool edge;
    int lanes;
  };
  const bool leftmost = strip.word == 0;
  const bool rightmost = strip.word + 1 == l.words;
  const std::int64_t across = std::int64_t{l.words} - 1;
  const Side left{leftmost ? across : -1, leftmost, l.lanes - 1};
  const Side right{rightmost ? -across : 1, rightmost, 1};
  // Strips begin with an even row.
  const bool even_right = model::looks_right(0, colour);
  const Side even = even_right ? right : left;
  const Side odd = even_right ? left : right;

  // Pointers that move on with the rows: what can be worked out anew from the row's number, the
  // compiler does work out anew, for every row.
  const std::int64_t begin = std::int64_t{strip.begin} * stride;
  std::uint64_t flat = static_cast<std::uint64_t>(begin) + strip.word;
  std::uint64_t* own = own_top + begin;
  const std::uint64_t* other = other_top + begin;
  const std::uint64_t* even_side = other + even.offset;
  const std::uint64_t* odd_side = other + stride + odd.offset;
  Word up =
      bits::loaded<Word>(strip.begin == 0 ? other_top + (l.rows - 1) * stride : other - stride);
  Word centre = bits::loaded<Word>(other);
  const auto visit_row = [&](std::uint64_t* word, std::uint64_t flat_word,
                             const std::uint64_t* below, const std::uint64_t* beside,
                             const Side& side) {
    const Word spin = bits::loaded<Word>(word);
    const Word down = bits::loaded<Word>(below);
    const Word unturned = bits::loaded<Word>(beside);
    visit(word, flat_word, [&] {
      Word turned = unturned;
      if (side.edge) {
        turned = bits::halves(bits::rotate_down(bits::joined(unturned), side.lanes, l.lanes));
      }
      return update::Neighbours<Word>{spin, up, down, centre, turned};
    });
    up = centre;
    centre = down;
  };
  for (std::uint32_t row = strip.begin; row < strip.end; row += 2) {
    visit_row(own, flat, other + stride, even_side, even);
    const std::uint64_t* const below = row + 2 == l.rows ? other_top : other + 2 * stride;
    visit_row(own + stride, flat + l.stride, below, odd_side, odd);
    own += 2 * stride;
    other += 2 * stride;
    even_side += 2 * stride;
    odd_side += 2 * stride;
    flat += std::uint64_t{2} * l.stride;
  }
}

}  // namespace multispin::cuda
