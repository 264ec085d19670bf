#include "multispin/cuda/bipartite/machine.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "bipartite/launch.hpp"
#include "bipartite/room.hpp"
#include "device/queue.hpp"
#include "device/upload.hpp"
#include "multispin/bipartite/soft_sums.hpp"
#include "multispin/bipartite/steps.hpp"

namespace multispin::cuda {
namespace {

Layer other(Layer layer) {
  return layer == Layer::visible ? Layer::hidden : Layer::visible;
}

random::Purpose purpose_of(Layer layer) {
  return layer == Layer::visible ? random::Purpose::bipartite_visible
                                 : random::Purpose::bipartite_hidden;
}

LayerSizes checked(LayerSizes sizes) {
  check_sizes(sizes);
  return sizes;
}

// Steps that are put into the queue between two marks.
std::uint64_t steps_of_piece(std::int64_t rows, LayerSizes sizes) {
  constexpr double connections_of_piece = 0x1p40;
  constexpr double most_steps = 128.0;
  const double of_step = 2.0 * static_cast<double>(rows) * static_cast<double>(sizes.visible) *
                         static_cast<double>(sizes.hidden);
  return static_cast<std::uint64_t>(std::clamp(connections_of_piece / of_step, 1.0, most_steps));
}

// Rows whose sums and softplus take some 64 MiB.
std::int64_t rows_at_once(std::int64_t row_units, std::int64_t soft_sums) {
  const std::int64_t of_row =
      row_units * std::int64_t{sizeof(std::int32_t)} + soft_sums * std::int64_t{sizeof(SoftSums)};
  return std::max<std::int64_t>(1, (std::int64_t{1} << 26) / of_row);
}

}  // namespace

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

namespace {

void check_rows(const UnitRows& rows, std::int64_t levels) {
  if (rows.rows > std::int64_t{1} << 30) {
    throw std::invalid_argument("bits: got " + std::to_string(rows.rows) +
                                " rows, allowed: up to 2**30");
  }
  check_levels(rows.levels, rows.rows, levels);
}

}  // namespace

Bipartite::Bipartite(std::int64_t visible, std::int64_t hidden, int device)
    : sizes_{checked({visible, hidden})}, device_{device} {
  const DeviceInfo info = demand_device(device);
  const DeviceGuard guard{device_};
  detail_ = std::make_unique<Detail>(sizes_, info);
  for (const UnitSide* side : {&detail_->visible, &detail_->hidden}) {
    detail_->stream.clear(side->tiles.pieces, side->pieces.bytes());
  }
  const double one = 1.0;
  const std::vector<double> none(static_cast<std::size_t>(std::max(visible, hidden)), 0.0);
  set_levels(1, &one, none.data(), none.data());
}

Bipartite::~Bipartite() = default;

void Bipartite::set(const float* weights, const double* visible, const double* hidden, Isa isa) {
  set_numbers(weights, visible, hidden, isa);
}
void Bipartite::set(const double* weights, const double* visible, const double* hidden, Isa isa) {
  set_numbers(weights, visible, hidden, isa);
}

template <class T>
void Bipartite::set_numbers(const T* weights, const double* visible, const double* hidden,
                            Isa isa) {
  const double step = step_of_weights(weights, sizes_.visible, sizes_.hidden, isa);
  const double one = 1.0;
  const UnitLevels levels = unit_levels(sizes_, step, 1, &one, visible, hidden);
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  const std::int64_t count = sizes_.visible * sizes_.hidden;
  T* const given = d.weights.of<T>(device_, count);
  put_in_place(levels);
  d.stream.copy(given, weights, sizeof(T) * static_cast<std::size_t>(count));
  const auto v = static_cast<std::uint32_t>(sizes_.visible);
  const auto h = static_cast<std::uint32_t>(sizes_.hidden);
  enqueue_make_tiles(d.stream, UnitNumbers<T>{given, v, 1, h, v, 1.0 / step}, d.hidden.tiles);
  enqueue_make_tiles(d.stream, UnitNumbers<T>{given, 1, v, v, h, 1.0 / step}, d.visible.tiles);
  d.stream.synchronize();
  step_ = step;
}

void Bipartite::set_levels(std::int64_t levels, const double* scales, const double* visible,
                           const double* hidden) {
  const UnitLevels of = unit_levels(sizes_, step_, levels, scales, visible, hidden);
  const DeviceGuard guard{device_};
  put_in_place(of);
}

void Bipartite::put_in_place(const UnitLevels& levels) {
  Detail& d = *detail_;
  auto factors = uploaded(d.stream, levels.factors, "scales");
  auto visible = uploaded(d.stream, levels.visible, "visible_offsets");
  auto hidden = uploaded(d.stream, levels.hidden, "hidden_offsets");
  d.stream.synchronize();
  d.factors = std::move(factors);
  d.visible.offsets = std::move(visible);
  d.hidden.offsets = std::move(hidden);
  levels_ = levels.count();
}

bool Bipartite::fields(Layer to, const UnitRows& from, float* out, const Poll& poll) {
  return write_floats(to, from, false, out, poll);
}

bool Bipartite::probabilities(Layer to, const UnitRows& from, float* out, const Poll& poll) {
  return write_floats(to, from, true, out, poll);
}

bool Bipartite::write_floats(Layer to, const UnitRows& from, bool probabilities, float* out,
                             const Poll& poll) {
  check_rows(from, levels_);
  if (from.rows == 0) return true;
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  Watch watch{poll};
  const BitColumns bits = d.taken(from.bits, from.rows, units(other(to)), d.given);
  const std::int64_t count = from.rows * units(to);
  auto* const written = d.numbers.of<float>(device_, count);
  const UnitFloats floats{d.levels(to, d.taken_levels(from, bits.pitch)),
                          static_cast<std::uint32_t>(from.rows),
                          static_cast<std::uint32_t>(units(to)), probabilities, written};
  enqueue_write_units(d.stream, d.inputs(to, bits), floats);
  if (!d.done(watch)) return false;
  d.stream.copy(out, written, sizeof(float) * static_cast<std::size_t>(count));
  d.stream.synchronize();
  return true;
}

bool Bipartite::draw(Layer to, const UnitRows& from, const RowNumbers& numbers, std::uint64_t* out,
                     const Poll& poll) {
  check_rows(from, levels_);
  if (from.rows == 0) return true;
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  Watch watch{poll};
  const BitColumns bits = d.taken(from.bits, from.rows, units(other(to)), d.given);
  const BitColumns drawn = d.cleared(units(to), from.rows, d.drawn_visible);
  const UnitDraw draw{d.levels(to, d.taken_levels(from, bits.pitch)),
                      d.keys(to, numbers, from.rows, bits.pitch),
                      numbers.step,
                      {},
                      drawn};
  enqueue_draw_units(d.stream, d.inputs(to, bits), draw);
  if (!d.done(watch)) return false;
  d.bring(drawn, from.rows, units(to), out);
  d.stream.synchronize();
  return true;
}

bool Bipartite::gibbs(const UnitRows& from, std::int64_t steps, const RowNumbers& numbers,
                      const HeldUnits& held, std::uint64_t* visible, std::uint64_t* hidden,
                      const Poll& poll) {
  if (steps < 1) {
    throw std::invalid_argument("steps: got " + std::to_string(steps) + ", allowed: at least 1");
  }
  check_rows(from, levels_);
  if (from.rows == 0) return true;
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  Watch watch{poll};
  const BitColumns given = d.taken(from.bits, from.rows, sizes_.visible, d.given);
  const BitColumns to_visible = d.cleared(sizes_.visible, from.rows, d.drawn_visible);
  const BitColumns to_hidden = d.cleared(sizes_.hidden, from.rows, d.drawn_hidden);
  const std::int64_t* const of_rows = d.taken_levels(from, given.pitch);
  const auto drawing = [&](Layer layer, const KeptUnits& kept, const BitColumns& out) {
    return UnitDraw{d.levels(layer, of_rows), d.keys(layer, numbers, from.rows, given.pitch),
                    numbers.step, kept, out};
  };
  UnitDraw of_hidden = drawing(Layer::hidden, {}, to_hidden);
  UnitDraw of_visible = drawing(Layer::visible, d.kept(held, given, from.rows), to_visible);
  const std::uint64_t piece = steps_of_piece(from.rows, sizes_);
  for (std::int64_t step = 0; step < steps; ++step) {
    const BitColumns& seen = step == 0 ? given : to_visible;
    enqueue_draw_units(d.stream, d.inputs(Layer::hidden, seen), of_hidden);
    enqueue_draw_units(d.stream, d.inputs(Layer::visible, to_hidden), of_visible);
    ++of_hidden.step;
    ++of_visible.step;
    if (d.pace.added(1, piece, d.stream, watch)) continue;
    d.stream.synchronize();
    return false;
  }
  if (!d.done(watch)) return false;
  d.bring(to_visible, from.rows, sizes_.visible, visible);
  d.bring(to_hidden, from.rows, sizes_.hidden, hidden);
  d.stream.synchronize();
  return true;
}

bool Bipartite::softplus(Layer to, const UnitRows& from, const std::int64_t* levels,
                         std::int64_t count, double* out, const Poll& poll) {
  check_rows({from.bits, from.rows}, levels_);
  check_levels(levels, count, levels_);
  if (count == 0) return true;
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  Watch watch{poll};
  auto* const wanted = d.wanted.of<std::int64_t>(device_, count);
  d.stream.copy(wanted, levels, sizeof(std::int64_t) * static_cast<std::size_t>(count));
  SoftUnits soft{nullptr,
                 static_cast<std::uint32_t>(units(to)),
                 d.side(to).tiles.words * word_units,
                 0,
                 d.levels(to, nullptr),
                 wanted,
                 static_cast<std::uint32_t>(count)};
  const std::int64_t each = count * soft.parts();
  const std::int64_t most = std::min(from.rows, rows_at_once(soft.row_units, each));
  std::vector<SoftSums> sums(static_cast<std::size_t>(most * each));
  for (std::int64_t first = 0; first < from.rows; first += most) {
    const std::int64_t rows = std::min(most, from.rows - first);
    const BitColumns bits =
        d.taken(from.bits + first * words_of(other(to)), rows, units(other(to)), d.given);
    auto* const of_weights =
        d.numbers.of<std::int32_t>(device_, std::int64_t{bits.pitch} * soft.row_units);
    enqueue_write_sums(d.stream, d.inputs(to, bits), of_weights);
    soft.sums = of_weights;
    soft.rows = static_cast<std::uint32_t>(rows);
    auto* const added = d.soft.of<SoftSums>(device_, rows * each);
    enqueue_add_softplus(d.stream, soft, added);
    if (!d.done(watch)) return false;
    d.stream.copy(sums.data(), added, sizeof(SoftSums) * static_cast<std::size_t>(rows * each));
    d.stream.synchronize();
    for (std::int64_t l = 0; l < count; ++l) {
      for (std::int64_t r = 0; r < rows; ++r) {
        double total = 0.0;
        for (std::int64_t part = 0; part < soft.parts(); ++part) {
          total +=
              logarithm_of(sums[static_cast<std::size_t>((l * soft.parts() + part) * rows + r)]);
        }
        out[l * from.rows + first + r] = total;
      }
    }
  }
  return true;
}

}  // namespace multispin::cuda
