#include "multispin/lattice/pairs.hpp"

#include <algorithm>
#include <bit>

#include "host/threads.hpp"
#include "multispin/bits/adder.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

// Where two replicas differ.
class Unequal {
 public:
  Unequal(const model::Lattice& lattice, const LatticeWords& a, const LatticeWords& b)
      : l_(lattice), lanes_(bits::lane_mask(lattice.lanes)), a_(a), b_(b) {}

  std::uint64_t word(int colour, std::int64_t row, std::int64_t w) const {
    return (a_.colour[colour][row * a_.stride + w] ^ b_.colour[colour][row * b_.stride + w]) &
           lanes_;
  }
  std::int64_t sites_of_row(std::int64_t row) const {
    std::int64_t count = 0;
    for (int c = 0; c < 2; ++c) {
      for (std::int64_t w = 0; w < l_.words; ++w) count += std::popcount(word(c, row, w));
    }
    return count;
  }
  std::int64_t sites() const {
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < l_.all_rows(); ++row) count += sites_of_row(row);
    return count;
  }
  // Bonds that only one of the replicas has satisfied. Every bond has one site of colour 0.
  std::int64_t bonds() const {
    std::int64_t count = 0;
    for (std::int64_t row = 0; row < l_.all_rows(); ++row) {
      const std::int64_t first = row / l_.rows * l_.rows;  // of the plane
      const std::int64_t up = first + (row - first + l_.rows - 1) % l_.rows;
      const std::int64_t down = first + (row - first + 1) % l_.rows;
      const std::int64_t above = (row + l_.all_rows() - l_.rows) % l_.all_rows();
      const std::int64_t below = (row + l_.rows) % l_.all_rows();
      for (std::int64_t w = 0; w < l_.words; ++w) {
        const std::uint64_t own = word(0, row, w);
        count += std::popcount(own ^ word(1, row, w)) + std::popcount(own ^ beside(row, w)) +
                 std::popcount(own ^ word(1, up, w)) + std::popcount(own ^ word(1, down, w));
        if (!l_.cubic()) continue;
        count += std::popcount(own ^ word(1, above, w)) + std::popcount(own ^ word(1, below, w));
      }
    }
    return count;
  }
  void add_columns(std::int64_t* count) const {
    for (std::int64_t w = 0; w < l_.words; ++w) {
      bits::LaneCounters counters[2];  // of even and odd columns
      for (std::int64_t row = 0; row < l_.all_rows(); ++row) {
        const int odd = model::looks_right(row / l_.rows, row, 0) ? 1 : 0;
        counters[odd].add(word(0, row, w));
        counters[1 - odd].add(word(1, row, w));
      }
      for (int lane = 0; lane < l_.lanes; ++lane) {
        std::int64_t* const at = count + 2 * (lane * l_.words + w);
        for (int odd = 0; odd < 2; ++odd) at[odd] += counters[odd][lane];
      }
    }
  }

 private:
  // Of colour 1, the neighbours in the row that have another number than their sites of colour 0.
  std::uint64_t beside(std::int64_t row, std::int64_t w) const {
    if (model::looks_right(row / l_.rows, row, 0)) {
      if (w + 1 < l_.words) return word(1, row, w + 1);
      return bits::rotate_down(word(1, row, 0), 1 % l_.lanes, l_.lanes);
    }
    if (w > 0) return word(1, row, w - 1);
    return bits::rotate_down(word(1, row, l_.words - 1), l_.lanes - 1, l_.lanes);
  }

  const model::Lattice& l_;
  std::uint64_t lanes_;
  LatticeWords a_, b_;
};

template <class Visit>
void each_pair(const model::Lattice& l, const WordsOfReplica& words,
               std::span<const ReplicaPair> pairs, int threads, const Visit& visit) {
  const auto count = static_cast<std::int64_t>(pairs.size());
  const int team = worth(count * 2 * l.all_rows() * l.words, threads);
  for_each_index(team, count, [&](std::int64_t i) {
    const ReplicaPair& pair = pairs[static_cast<std::size_t>(i)];
    visit(i, Unequal{l, words(pair.first), words(pair.second)});
  });
}

}  // namespace

void lattice_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                      std::span<const ReplicaPair> pairs, int threads, std::int64_t* sums) {
  each_pair(lattice, words, pairs, threads, [&](std::int64_t i, const Unequal& unequal) {
    sums[i] = lattice.spins() - 2 * unequal.sites();
  });
}

void lattice_link_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                           std::span<const ReplicaPair> pairs, int threads, std::int64_t* sums) {
  each_pair(lattice, words, pairs, threads, [&](std::int64_t i, const Unequal& unequal) {
    sums[i] = lattice.neighbours() / 2 * lattice.spins() - 2 * unequal.bonds();
  });
}

void lattice_slab_overlaps(const model::Lattice& lattice, const WordsOfReplica& words,
                           std::span<const ReplicaPair> pairs, std::size_t number, int threads,
                           std::int64_t* sums) {
  const int axis = static_cast<int>(number) + (lattice.cubic() ? 0 : 1);
  const std::int64_t side = lattice.side(axis);
  each_pair(lattice, words, pairs, threads, [&](std::int64_t i, const Unequal& unequal) {
    std::int64_t* const of_pair = sums + i * side;
    std::fill_n(of_pair, side, 0);
    if (axis == 2) {
      unequal.add_columns(of_pair);
    } else {
      for (std::int64_t row = 0; row < lattice.all_rows(); ++row) {
        const std::int64_t x = axis == 0 ? row / lattice.rows : row % lattice.rows;
        of_pair[x] += unequal.sites_of_row(row);
      }
    }
    const std::int64_t sites = lattice.spins() / side;
    for (std::int64_t x = 0; x < side; ++x) of_pair[x] = sites - 2 * of_pair[x];
  });
}

}  // namespace multispin
