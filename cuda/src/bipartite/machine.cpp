#include "multispin/cuda/bipartite/machine.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bipartite/launch.hpp"
#include "bipartite/on_device.hpp"
#include "bipartite/room.hpp"
#include "device/queue.hpp"
#include "multispin/bipartite/soft_sums.hpp"
#include "multispin/bipartite/steps.hpp"

namespace multispin::cuda {
namespace {

Layer other(Layer layer) {
  return layer == Layer::visible ? Layer::hidden : Layer::visible;
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

// Memory for numbers if what there is does not do.
std::unique_ptr<Memory> room_instead(const std::unique_ptr<Memory>& there, int device,
                                     const std::vector<double>& numbers, const char* what) {
  const std::size_t bytes = numbers.size() * sizeof(double);
  if (there && there->bytes() >= bytes) return nullptr;
  return std::make_unique<Memory>(device, bytes, what);
}
void put(Stream& stream, const std::vector<double>& numbers, std::unique_ptr<Memory> instead,
         std::unique_ptr<Memory>& to) {
  if (instead) to = std::move(instead);
  stream.copy(to->data<void>(), numbers.data(), numbers.size() * sizeof(double));
}

// Logarithms of some rows' sums, [(level * parts + part) * rows + r], at levels out[l * stride].
void gather(const std::vector<SoftSums>& sums, std::int64_t levels, std::int64_t parts,
            std::int64_t rows, double* out, std::int64_t stride) {
  for (std::int64_t l = 0; l < levels; ++l) {
    for (std::int64_t r = 0; r < rows; ++r) {
      double total = 0.0;
      for (std::int64_t part = 0; part < parts; ++part) {
        total += logarithm_of(sums[static_cast<std::size_t>((l * parts + part) * rows + r)]);
      }
      out[l * stride + r] = total;
    }
  }
}

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
  // All memory first: if there is not enough, nothing has changed.
  auto factors = room_instead(d.factors, device_, levels.factors, "scales");
  auto visible = room_instead(d.visible.offsets, device_, levels.visible, "visible_offsets");
  auto hidden = room_instead(d.hidden.offsets, device_, levels.hidden, "hidden_offsets");
  put(d.stream, levels.factors, std::move(factors), d.factors);
  put(d.stream, levels.visible, std::move(visible), d.visible.offsets);
  put(d.stream, levels.hidden, std::move(hidden), d.hidden.offsets);
  d.stream.synchronize();
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
    gather(sums, count, soft.parts(), rows, out + first, from.rows);
  }
  return true;
}

}  // namespace multispin::cuda
