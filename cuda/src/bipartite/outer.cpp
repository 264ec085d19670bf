#include "multispin/cuda/bipartite/outer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "bipartite/launch.hpp"
#include "bipartite/room.hpp"
#include "device/queue.hpp"
#include "multispin/bipartite/steps.hpp"

namespace multispin::cuda {
namespace {

// Samples that are on the device at once: sums of their bytes have 24 bits.
constexpr std::int64_t most_samples = std::int64_t{1} << 16;

void check_count(const char* argument, std::int64_t count) {
  if (count <= std::int64_t{1} << 30) return;
  throw std::invalid_argument(std::string(argument) + ": got " + std::to_string(count) +
                              " columns, allowed: up to 2**30");
}

}  // namespace

struct Outer::Detail {
  explicit Detail(const DeviceInfo& info)
      : device{info.index},
        multiprocessors{info.multiprocessors},
        stream{info.index},
        pace{info.index} {}

  // Units as rows, samples as inputs.
  BitColumns taken(const std::uint64_t* from, std::int64_t samples, std::int64_t units) {
    const std::int64_t words = row_words(units);
    auto* const given = bits.of<std::uint32_t>(device, samples * words);
    const BitColumns columns = columns_in(turned, device, words_for(samples), word_units * words);
    stream.copy(given, from, sizeof(std::uint32_t) * static_cast<std::size_t>(samples * words));
    enqueue_turn_samples(stream, given, static_cast<std::uint32_t>(samples),
                         static_cast<std::uint32_t>(words), columns);
    return columns;
  }
  // Values as outputs, samples as inputs.
  template <class T>
  UnitTiles rounded(const T* from, std::int64_t samples, std::int64_t width, double step) {
    const std::int64_t count = samples * width;
    T* const given = values.of<T>(device, count);
    UnitTiles tiles = tiles_for(width, samples);
    tiles.pieces = pieces.of<TilePiece>(device, pieces_of(tiles));
    stream.copy(given, from, sizeof(T) * static_cast<std::size_t>(count));
    const UnitNumbers<T> numbers{given,
                                 1,
                                 static_cast<std::uint64_t>(width),
                                 static_cast<std::uint32_t>(width),
                                 static_cast<std::uint32_t>(samples),
                                 1.0 / step};
    enqueue_make_tiles(stream, numbers, tiles);
    return tiles;
  }

  const int device, multiprocessors;
  Stream stream;
  Pace pace;
  Room bits{"bits"}, turned{"bits"}, values{"values"}, pieces{"values"}, totals{"sums"};
};

Outer::Outer(int device) : device_{device} {
  const DeviceInfo info = demand_device(device);
  const DeviceGuard guard{device_};
  detail_ = std::make_unique<Detail>(info);
}

Outer::~Outer() = default;

bool Outer::add_up(const UnitRows& samples, std::int64_t units, const float* values,
                   std::int64_t width, double* out, Isa isa, const Poll& poll) {
  return add_up_of(samples, units, values, width, out, isa, poll);
}
bool Outer::add_up(const UnitRows& samples, std::int64_t units, const double* values,
                   std::int64_t width, double* out, Isa isa, const Poll& poll) {
  return add_up_of(samples, units, values, width, out, isa, poll);
}

template <class T>
bool Outer::add_up_of(const UnitRows& samples, std::int64_t units, const T* values,
                      std::int64_t width, double* out, Isa isa, const Poll& poll) {
  check_count("bits", units);
  check_count("values", width);
  const double step = step_of_values(values, samples.rows * width, isa);
  const std::int64_t count = units * width;
  if (count == 0) return true;
  const DeviceGuard guard{device_};
  Detail& d = *detail_;
  Watch watch{poll};
  auto* const totals = d.totals.of<std::int64_t>(device_, count);
  const std::size_t bytes = sizeof(std::int64_t) * static_cast<std::size_t>(count);
  d.stream.clear(totals, bytes);
  for (std::int64_t first = 0; first < samples.rows; first += most_samples) {
    const std::int64_t now = std::min(most_samples, samples.rows - first);
    const BitColumns columns = d.taken(samples.bits + first * ((units + 63) / 64), now, units);
    const UnitTiles tiles = d.rounded(values + first * width, now, width, step);
    enqueue_add_outer(d.stream, {tiles, columns, d.multiprocessors},
                      static_cast<std::uint32_t>(units), static_cast<std::uint32_t>(width), totals);
    if (d.pace.added(1, 1, d.stream, watch)) continue;
    d.stream.synchronize();
    return false;
  }
  enqueue_scale_totals(d.stream, totals, count, step);
  const bool whole = d.pace.wait(d.stream, watch);
  d.stream.synchronize();
  if (!whole) return false;
  d.stream.copy(out, totals, bytes);
  d.stream.synchronize();
  return true;
}

}  // namespace multispin::cuda
