// Bits of rows in tiles, and what belongs to rows of a tile.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bipartite/kernels.hpp"
#include "multispin/bipartite/machine.hpp"
#include "multispin/bipartite/numbers.hpp"

namespace multispin {

inline std::int64_t blocks_of(std::int64_t units) {
  return (units + kernels::block_units - 1) / kernels::block_units;
}

inline int units_of_block(std::int64_t units, std::int64_t block) {
  return static_cast<int>(
      std::min<std::int64_t>(kernels::block_units, units - block * kernels::block_units));
}

// Columns of a block that kernels compute.
inline int columns_of_block(std::int64_t units, std::int64_t block) {
  const int line = kernels::line_units;
  return (units_of_block(units, block) + line - 1) / line * line;
}

// Word w of row r goes to to[w * rows + r], and back.
inline void to_columns(const std::uint64_t* from, std::int64_t rows, std::int64_t words,
                       std::uint64_t* to) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t w = 0; w < words; ++w) to[w * rows + r] = from[r * words + w];
  }
}
inline void to_rows(const std::uint64_t* from, std::int64_t rows, std::int64_t words,
                    std::uint64_t* to) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t w = 0; w < words; ++w) to[r * words + w] = from[w * rows + r];
  }
}

inline std::vector<std::uint64_t> keys_of_rows(std::uint64_t seed, const std::uint64_t* streams,
                                               std::int64_t rows, Layer layer) {
  const auto purpose = layer == Layer::visible ? random::Purpose::bipartite_visible
                                               : random::Purpose::bipartite_hidden;
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(rows * kernels::row_keys));
  for (std::int64_t r = 0; r < rows; ++r) {
    const random::UnitKeys own = random::unit_keys(seed, streams[r], purpose);
    const auto rounds = random::philox_keys<random::unit_rounds>(own.key[0], own.key[1]);
    std::uint64_t* const to = keys.data() + r * kernels::row_keys;
    for (int round = 0; round < random::unit_rounds; ++round) {
      to[2 * round] = rounds.key0[round];
      to[2 * round + 1] = rounds.key1[round];
    }
    to[2 * random::unit_rounds] = own.salt;
  }
  return keys;
}

// Rows that are computed together: many share the tables of a product, and their sums of a block
// stay in the L2 cache.
inline constexpr std::int64_t most_tile_rows = 512;

// How many tiles rows are cut into: several for each thread where they are large enough.
inline std::int64_t tiles_for(std::int64_t rows, int threads) {
  std::int64_t tiles = (rows + most_tile_rows - 1) / most_tile_rows;
  if (threads > 1) {
    const std::int64_t each = rows >= 256 * std::int64_t{threads} ? 2 : 1;
    tiles = std::max(tiles, std::min(rows, each * threads));
  }
  return tiles;
}

// Whether tables are the faster way of this product; both give the same sums.
bool tables_pay(const kernels::BitProduct& product);

// Adds a product to sums, the faster way.
inline void add_product(const kernels::BipartiteKernels& kernels,
                        const kernels::BitProduct& product, bool by_tables) {
  if (by_tables) {
    kernels.add_by_tables(product);
  } else {
    kernels.add_by_inputs(product);
  }
}

}  // namespace multispin
