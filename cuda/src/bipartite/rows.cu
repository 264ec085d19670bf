// Rows, keys and matrices: how many threads there are.
#include <algorithm>
#include <cstdint>

#include "bipartite/launch.hpp"
#include "bipartite/outer_threads.hpp"
#include "bipartite/row_threads.hpp"
#include "bipartite/unit_threads.hpp"
#include "device/launch.hpp"

namespace multispin::cuda {

void enqueue_columns_from_rows(Stream& stream, const std::uint32_t* from, std::uint32_t rows,
                               std::uint32_t words, const BitColumns& to) {
  launch(stream, "columns_from_rows", to.pitch, words, ColumnsFromRows{from, rows, words, to});
}

void enqueue_rows_from_columns(Stream& stream, const BitColumns& from, std::uint32_t rows,
                               std::uint32_t words, std::uint32_t* to) {
  launch(stream, "rows_from_columns", rows, words, RowsFromColumns{from, words, to});
}

void enqueue_turn_samples(Stream& stream, const std::uint32_t* from, std::uint32_t samples,
                          std::uint32_t words, const BitColumns& to) {
  const std::uint32_t sample_words = (samples + word_units - 1) / word_units;
  launch_warps(stream, "turn_samples", words, sample_words, TurnSamples{from, samples, words, to});
}

void enqueue_make_row_keys(Stream& stream, std::uint64_t seed, const std::uint64_t* streams,
                           random::Purpose purpose, std::uint32_t rows, std::uint32_t pitch,
                           RowKeys* out) {
  launch(stream, "make_row_keys", pitch, 1, MakeRowKeys{seed, streams, purpose, rows, out});
}

namespace {

template <class T>
void make_tiles(Stream& stream, const UnitNumbers<T>& n, const UnitTiles& to) {
  launch(stream, "make_tiles", Warp::lanes * to.depth, to.words,
         MakeTiles<T>{n.from, n.of_output, n.of_input, n.outputs, n.inputs, n.inverse, to});
}

}  // namespace

void enqueue_make_tiles(Stream& stream, const UnitNumbers<float>& numbers, const UnitTiles& to) {
  make_tiles(stream, numbers, to);
}
void enqueue_make_tiles(Stream& stream, const UnitNumbers<double>& numbers, const UnitTiles& to) {
  make_tiles(stream, numbers, to);
}

void enqueue_add_softplus(Stream& stream, const SoftUnits& u, SoftSums* out) {
  launch(stream, "add_softplus", soft_lanes * u.rows, u.wanted_count * u.parts(),
         AddSoftplus{u.sums, u.units, u.row_units, u.parts(), u.levels, u.wanted, u.rows, out});
}

void enqueue_scale_totals(Stream& stream, std::int64_t* totals, std::int64_t count, double step) {
  by_rows(count, 1, [&](std::int64_t before, std::uint32_t threads) {
    launch(stream, "scale_totals", threads, 1,
           ScaleTotals{totals, static_cast<std::uint64_t>(before), step});
  });
}

}  // namespace multispin::cuda
