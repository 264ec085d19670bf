// What a machine owns on a GPU: matrices, levels, and room for rows on their way.
#pragma once

#include <cstdint>
#include <memory>

#include "bipartite/launch.hpp"
#include "bipartite/room.hpp"
#include "device/queue.hpp"
#include "multispin/cuda/bipartite/machine.hpp"

namespace multispin::cuda {

inline random::Purpose purpose_of(Layer layer) {
  return layer == Layer::visible ? random::Purpose::bipartite_visible
                                 : random::Purpose::bipartite_hidden;
}

// What belongs to a layer as output.
struct UnitSide {
  UnitSide(std::int64_t outputs, std::int64_t inputs, int device)
      : units{outputs},
        tiles{tiles_for(outputs, inputs)},
        pieces{device, sizeof(TilePiece) * static_cast<std::size_t>(pieces_of(tiles)), "weights"} {
    tiles.pieces = pieces.data<TilePiece>();
  }

  std::int64_t units;
  UnitTiles tiles;
  Memory pieces;
  std::unique_ptr<Memory> offsets;  // of all levels
};

struct Bipartite::Detail {
  Detail(LayerSizes sizes, const DeviceInfo& info)
      : device{info.index},
        multiprocessors{info.multiprocessors},
        stream{info.index},
        pace{info.index},
        visible{sizes.visible, sizes.hidden, info.index},
        hidden{sizes.hidden, sizes.visible, info.index} {}

  UnitSide& side(Layer layer) { return layer == Layer::visible ? visible : hidden; }
  UnitInputs inputs(Layer to, const BitColumns& from) {
    return {side(to).tiles, from, multiprocessors};
  }
  RowLevels levels(Layer to, const std::int64_t* of_rows) {
    const UnitSide& own = side(to);
    return {of_rows, factors->data<double>(), own.offsets->data<double>(),
            static_cast<std::uint32_t>(word_units * row_words(own.units))};
  }

  // Rows on the device, as columns in a room; levels of all of them.
  BitColumns taken(const std::uint64_t* bits, std::int64_t rows, std::int64_t units, Room& to) {
    const std::int64_t words = row_words(units);
    auto* const given = as_rows.of<std::uint32_t>(device, rows * words);
    const BitColumns columns = columns_in(to, device, words, rows);
    stream.copy(given, bits, sizeof(std::uint32_t) * static_cast<std::size_t>(rows * words));
    enqueue_columns_from_rows(stream, given, static_cast<std::uint32_t>(rows),
                              static_cast<std::uint32_t>(words), columns);
    return columns;
  }
  const std::int64_t* taken_levels(const UnitRows& rows, std::uint32_t pitch) {
    if (rows.levels == nullptr) return nullptr;
    auto* const to = row_levels.of<std::int64_t>(device, pitch);
    stream.clear(to, sizeof(std::int64_t) * pitch);
    stream.copy(to, rows.levels, sizeof(std::int64_t) * static_cast<std::size_t>(rows.rows));
    return to;
  }
  const RowKeys* keys(Layer layer, const RowNumbers& numbers, std::int64_t rows,
                      std::uint32_t pitch) {
    auto* const of_rows = streams.of<std::uint64_t>(device, rows);
    stream.copy(of_rows, numbers.streams, sizeof(std::uint64_t) * static_cast<std::size_t>(rows));
    auto* const to = row_keys[layer == Layer::visible ? 0 : 1].of<RowKeys>(device, pitch);
    enqueue_make_row_keys(stream, numbers.seed, of_rows, purpose_of(layer),
                          static_cast<std::uint32_t>(rows), pitch, to);
    return to;
  }
  // For what is drawn: words that no unit is in are not written.
  BitColumns cleared(std::int64_t units, std::int64_t rows, Room& room) {
    const BitColumns columns = columns_in(room, device, row_words(units), rows);
    stream.clear(columns.words, sizeof(std::uint32_t) * static_cast<std::size_t>(row_words(units)) *
                                    columns.pitch);
    return columns;
  }
  KeptUnits kept(const HeldUnits& held, const BitColumns& from, std::int64_t rows) {
    if (held.mask == nullptr) return {};
    if (held.of_each_row)
      return {from.words, taken(held.mask, rows, visible.units, mask).words, true};
    const std::int64_t words = row_words(visible.units);
    auto* const to = mask.of<std::uint32_t>(device, words);
    stream.copy(to, held.mask, sizeof(std::uint32_t) * static_cast<std::size_t>(words));
    return {from.words, to, false};
  }
  void bring(const BitColumns& columns, std::int64_t rows, std::int64_t units, std::uint64_t* out) {
    const std::int64_t words = row_words(units);
    auto* const to = as_rows.of<std::uint32_t>(device, rows * words);
    enqueue_rows_from_columns(stream, columns, static_cast<std::uint32_t>(rows),
                              static_cast<std::uint32_t>(words), to);
    stream.copy(out, to, sizeof(std::uint32_t) * static_cast<std::size_t>(rows * words));
  }
  // Waits for the queue; false if stopped, and then too nothing is at work any more.
  bool done(Watch& watch) {
    const bool whole = pace.wait(stream, watch);
    stream.synchronize();
    return whole;
  }

  const int device, multiprocessors;
  Stream stream;
  Pace pace;
  UnitSide visible, hidden;
  std::unique_ptr<Memory> factors;
  Room as_rows{"bits"}, given{"bits"}, drawn_visible{"bits"}, drawn_hidden{"bits"}, mask{"clamp"};
  Room row_levels{"level"}, streams{"streams"}, row_keys[2]{Room{"streams"}, Room{"streams"}};
  Room numbers{"fields"}, weights{"weights"}, soft{"softplus"}, wanted{"levels"};
};

}  // namespace multispin::cuda
