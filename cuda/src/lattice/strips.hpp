// A lattice in a device's memory, and how its threads share it.
//
// The spins of a replica are its colour 0, then its colour 1, each all rows' `stride` words in the
// layout of lattice/layout.hpp, one replica after the other. Lanes from `lanes` up and words from
// `words` up to `stride` are zero.
#pragma once

#include <cstdint>

#include "multispin/bits/word64.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/layout.hpp"
#include "multispin/lattice/rules/neighbours.hpp"

namespace multispin::cuda {

using Word = bits::Word64;

// A lattice's numbers, in the form that threads need.
struct Geometry {
  std::uint32_t planes, rows, words, stride;
  std::int32_t lanes;
  Word in_use;  // lanes
  std::int64_t colour_words;

  explicit Geometry(const model::Lattice& l)
      : planes{static_cast<std::uint32_t>(l.planes)},
        rows{static_cast<std::uint32_t>(l.rows)},
        words{static_cast<std::uint32_t>(l.words)},
        stride{static_cast<std::uint32_t>(l.stride)},
        lanes{l.lanes},
        in_use{bits::halves(bits::lane_mask(l.lanes))},
        colour_words{l.colour_words()} {}

  MULTISPIN_HD std::uint32_t all_rows() const { return planes * rows; }
  // Which colour of a row has the odd columns; rows are counted through all planes.
  MULTISPIN_HD bool looks_right(std::uint32_t row, int colour) const {
    return model::looks_right(row / rows, row, colour);
  }
};

struct Spins {
  Geometry lattice;
  std::uint64_t* words;

  MULTISPIN_HD std::uint64_t* colour(std::uint32_t replica, int c) const {
    return words + (2 * std::int64_t{replica} + c) * lattice.colour_words;
  }
};

// How a colour is cut up: a thread has one word of each of `height` rows of a plane, an even
// number. Threads that follow each other have words that do.
struct Strips {
  std::uint32_t height;

  MULTISPIN_HD std::uint32_t threads(const Geometry& l) const {
    return l.planes * of_plane(l) * l.words;
  }
  struct Strip {
    std::uint32_t plane;
    std::uint32_t first;       // the plane's row 0
    std::uint32_t begin, end;  // rows, counted through all planes like all rows
    std::uint32_t word;
  };
  MULTISPIN_HD Strip operator()(const Geometry& l, std::uint32_t thread) const {
    const std::uint32_t number = thread / l.words;
    const std::uint32_t plane = l.planes == 1 ? 0 : number / of_plane(l);
    const std::uint32_t first = plane * l.rows;
    const std::uint32_t begin = first + (number - plane * of_plane(l)) * height;
    const std::uint32_t end = first + l.rows;
    return {plane, first, begin, end - begin > height ? begin + height : end, thread % l.words};
  }

 private:
  MULTISPIN_HD std::uint32_t of_plane(const Geometry& l) const {
    return (l.rows + height - 1) / height;
  }
};

// Visits the sites of `colour` in a strip, row by row: visit(word, flat index, neighbours), where
// `word` points at the word and neighbours() gives it with those around it.
template <int neighbours, class Visit>
MULTISPIN_HD void visit_strip(const Spins& spins, std::uint32_t replica, int colour,
                              const Strips::Strip& strip, const Visit& visit) {
  const Geometry& l = spins.lattice;
  const std::int64_t stride = l.stride;
  const std::int64_t plane_words = l.rows * stride;
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
  const bool even_right = model::looks_right(strip.plane, 0, colour);
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
  Word up = bits::loaded<Word>(strip.begin == strip.first ? other + plane_words - stride
                                                          : other - stride);
  Word centre = bits::loaded<Word>(other);
  const std::int64_t before =
      strip.plane == 0 ? (l.planes - std::int64_t{1}) * plane_words : -plane_words;
  const std::int64_t after =
      strip.plane + 1 == l.planes ? (std::int64_t{1} - l.planes) * plane_words : plane_words;
  const auto visit_row = [&](std::uint64_t* word, std::uint64_t flat_word,
                             const std::uint64_t* opposite, const std::uint64_t* below,
                             const std::uint64_t* beside, const Side& side) {
    const Word spin = bits::loaded<Word>(word);
    const Word down = bits::loaded<Word>(below);
    const Word unturned = bits::loaded<Word>(beside);
    [[maybe_unused]] Word beyond[2];
    if constexpr (neighbours == 6) {
      beyond[0] = bits::loaded<Word>(opposite + before);
      beyond[1] = bits::loaded<Word>(opposite + after);
    }
    visit(word, flat_word, [&] {
      Word turned = unturned;
      if (side.edge) {
        turned = bits::halves(bits::rotate_down(bits::joined(unturned), side.lanes, l.lanes));
      }
      if constexpr (neighbours == 4) {
        return rules::Neighbours<Word, 4>{spin, up, down, centre, turned};
      } else {
        return rules::Neighbours<Word, 6>{spin, up, down, centre, turned, beyond[0], beyond[1]};
      }
    });
    up = centre;
    centre = down;
  };
  const std::uint32_t plane_end = strip.first + l.rows;
  for (std::uint32_t row = strip.begin; row < strip.end; row += 2) {
    visit_row(own, flat, other, other + stride, even_side, even);
    const std::uint64_t* const below =
        row + 2 == plane_end ? other + 2 * stride - plane_words : other + 2 * stride;
    visit_row(own + stride, flat + l.stride, other + stride, below, odd_side, odd);
    own += 2 * stride;
    other += 2 * stride;
    even_side += 2 * stride;
    odd_side += 2 * stride;
    flat += std::uint64_t{2} * l.stride;
  }
}

}  // namespace multispin::cuda
