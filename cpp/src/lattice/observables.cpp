// Observables that need more than neighbouring spins: correlation functions, block averages and
// overlaps.
#include <bit>
#include <numeric>

#include "lattice/detail.hpp"
#include "multispin/bits/adder.hpp"
#include "multispin/bits/word.hpp"

namespace multispin {
namespace {

std::int64_t unequal(const std::uint64_t* a, const std::uint64_t* b, std::int64_t words,
                     std::uint64_t lanes) {
  std::int64_t count = 0;
  for (std::int64_t w = 0; w < words; ++w) count += std::popcount((a[w] ^ b[w]) & lanes);
  return count;
}

// The row's words moved so that site k of the result is site k + shift of the row.
void shifted_row(const model::Lattice& l, const std::uint64_t* row, std::int64_t shift,
                 std::uint64_t* out) {
  const auto turn = static_cast<int>(shift / l.words);  // whole lanes
  const std::int64_t start = shift % l.words;
  for (std::int64_t w = 0; w < l.words; ++w) {
    const std::int64_t from = w + start;
    const bool wraps = from >= l.words;
    const int lanes = (turn + (wraps ? 1 : 0)) % l.lanes;
    out[w] = bits::rotate_down(row[wraps ? from - l.words : from], lanes, l.lanes);
  }
}

}  // namespace

void LatticeEngine::correlation(std::int64_t replica, int axis, std::int64_t* sums) const {
  const model::Lattice& l = lattice_;
  const std::uint64_t lanes = bits::lane_mask(l.lanes);
  const std::uint64_t* const colour[2] = {detail_->colour(replica, 0), detail_->colour(replica, 1)};
  // The same column in another row or plane has the same number k, in the other colour if the
  // distance is odd.
  const auto row_at = [&](std::int64_t row, std::int64_t d) {
    if (axis == 0) return (row + d * l.rows) % l.all_rows();
    return row / l.rows * l.rows + (row + d) % l.rows;
  };
  const int threads = usable(options_.threads);
  for_each_index(threads, l.side(axis) / 2 + 1, [&](std::int64_t d) {
    std::vector<std::uint64_t> moved(static_cast<std::size_t>(l.words));
    std::int64_t differ = 0;
    for (std::int64_t row = 0; row < l.all_rows(); ++row) {
      for (int c = 0; c < 2; ++c) {
        const std::uint64_t* other = colour[(c + d) & 1];
        if (axis < 2) {
          other += row_at(row, d) * l.stride;
        } else {
          // Column 2k + odd; d columns on is number k + (odd + d) / 2 of its colour.
          const int odd = model::looks_right(row / l.rows, row, c) ? 1 : 0;
          const std::int64_t shift = ((odd + d) / 2) % (l.columns / 2);
          shifted_row(l, other + row * l.stride, shift, moved.data());
          other = moved.data();
        }
        differ += unequal(colour[c] + row * l.stride, other, l.words, lanes);
      }
    }
    sums[d] = l.spins() - 2 * differ;
  });
}

void LatticeEngine::block_average(std::int64_t replica, std::int64_t height, std::int64_t width,
                                  float* means) const {
  const model::Lattice& l = lattice_;
  check_block(l, height, width);
  const std::uint64_t* const colour[2] = {detail_->colour(replica, 0), detail_->colour(replica, 1)};
  const std::int64_t across = l.columns / width, half = width / 2;
  // Site b * words + w of a row is in block (b * words + w) / half: of so many words side by side
  // every lane is in one block, and they are counted together.
  const std::int64_t together = std::gcd(l.words, half);
  const double sites = static_cast<double>(height * width);
  const int threads = usable(options_.threads);
  for_each_index(threads, l.all_rows() / height, [&](std::int64_t block) {
    std::vector<std::int64_t> up(static_cast<std::size_t>(across));
    std::int64_t counts[64];
    for (std::int64_t first = 0; first < l.words; first += together) {
      bits::LaneCounters counters;
      for (std::int64_t row = block * height; row < (block + 1) * height; ++row) {
        const std::int64_t begin = row * l.stride + first;
        for (std::int64_t w = begin; w < begin + together; ++w) {
          counters.add(colour[0][w], colour[1][w]);
        }
      }
      counters.get(counts);
      std::int64_t in = first / half, site = first % half;  // of the lane: its block, and where
      for (int b = 0; b < l.lanes; ++b) {
        up[static_cast<std::size_t>(in)] += counts[b];
        in += l.words / half;
        site += l.words % half;
        if (site < half) continue;
        site -= half;
        ++in;
      }
    }
    for (std::int64_t i = 0; i < across; ++i) {
      const double share = static_cast<double>(up[static_cast<std::size_t>(i)]) / sites;
      means[block * across + i] = static_cast<float>(2.0 * share - 1.0);
    }
  });
}

void LatticeEngine::overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const auto words = [this](std::int64_t replica) { return detail_->words(replica); };
  lattice_overlaps(lattice_, words, pairs, options_.threads, sums);
}

void LatticeEngine::link_overlaps(std::span<const ReplicaPair> pairs, std::int64_t* sums) const {
  const auto words = [this](std::int64_t replica) { return detail_->words(replica); };
  lattice_link_overlaps(lattice_, words, pairs, options_.threads, sums);
}

SlabOverlaps LatticeEngine::slab_overlaps(const std::vector<std::int64_t>& shape) const {
  check_lattice_shape(lattice_, shape);
  return [this](std::span<const ReplicaPair> pairs, std::size_t axis, std::int64_t* sums) {
    const auto words = [this](std::int64_t replica) { return detail_->words(replica); };
    lattice_slab_overlaps(lattice_, words, pairs, axis, options_.threads, sums);
  };
}

}  // namespace multispin
