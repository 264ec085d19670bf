#include "multispin/cuda/moments/moment_sums.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "device/queue.hpp"
#include "device/runtime.hpp"
#include "moments/launch.hpp"

namespace multispin::cuda {
namespace {

// Second moments that are on the device at a time, at most: half of its free memory may be theirs.
constexpr std::int64_t most_sums = std::int64_t{1} << 26;
std::int64_t sums_at_once(int device) {
  const auto room = static_cast<std::int64_t>(free_memory(device) / (2 * sizeof(std::int64_t)));
  return std::min(room, most_sums);
}

// Words of two tiles that are compared between two marks in the queue: 2^42 pairs of bits.
constexpr std::int64_t words_of_piece = std::int64_t{1} << 26;

void check(const DeviceArray& rows, std::span<const std::int64_t> bounds) {
  if (rows.type != DeviceArray::Type::uint64 || rows.shape.size() != 2 || rows.shape[0] < 1 ||
      rows.strides[1] != 1) {
    throw std::invalid_argument("rows: allowed: words (spins, words), at least one spin");
  }
  // Adjacent bounds that are equal, or fall, are of a group without samples.
  if (bounds.size() < 2 || bounds.front() < 0 || bounds.back() > 64 * rows.shape[1] ||
      std::ranges::adjacent_find(bounds, std::ranges::greater_equal{}) != bounds.end()) {
    throw std::invalid_argument("bounds: allowed: two or more that rise, from 0 to " +
                                std::to_string(64 * rows.shape[1]));
  }
}

// Words that a group has bits in.
std::int64_t words_between(std::int64_t begin, std::int64_t end) {
  return (end - 1) / 64 - begin / 64 + 1;
}

class Adding {
 public:
  Adding(const DeviceArray& rows, std::span<const std::int64_t> bounds, const MomentSums& sums,
         const Poll& poll)
      : rows_{static_cast<const std::uint64_t*>(rows.data),
              static_cast<std::uint64_t>(rows.strides[0]),
              static_cast<std::uint32_t>(rows.shape[0])},
        spins_{rows.shape[0]},
        bounds_{bounds},
        sums_{sums},
        stream_{*rows.stream},
        multiprocessors_{multiprocessors_of(rows.device)},
        pace_{rows.device},
        watch_{poll} {}

  bool run() {
    const std::int64_t groups = static_cast<std::int64_t>(bounds_.size()) - 1;
    const std::int64_t tiles = (spins_ + moment_tile - 1) / moment_tile;
    const std::int64_t at_once = sums_at_once(stream_.device());
    const std::int64_t tiles_at_once =
        std::clamp<std::int64_t>(at_once / (moment_tile * spins_), 1, tiles);
    const std::int64_t groups_at_once =
        tiles_at_once < tiles ? 1
                              : std::clamp<std::int64_t>(at_once / (spins_ * spins_), 1, groups);
    for (std::int64_t group = 0; group < groups; group += groups_at_once) {
      const std::int64_t now = std::min(groups_at_once, groups - group);
      for (std::int64_t tile = 0; tile < tiles; tile += tiles_at_once) {
        if (!add_up(group, now, tile, std::min(tiles_at_once, tiles - tile))) return false;
      }
    }
    return true;
  }

 private:
  // Of some tiles in some groups.
  bool add_up(std::int64_t group, std::int64_t groups, std::int64_t tile, std::int64_t tiles) {
    const std::int64_t first_spin = tile * moment_tile;
    const std::int64_t spins = std::min(tiles * moment_tile, spins_ - first_spin);
    const std::int64_t firsts = groups * spins;
    const auto bytes = [](std::int64_t count) {
      return sizeof(std::int64_t) * static_cast<std::size_t>(count);
    };
    const Memory memory{stream_.device(), bytes(firsts * (spins_ + 1) + groups + 1), "moments"};
    auto* const first = memory.data<std::int64_t>();
    std::int64_t* const second = first + firsts;
    std::int64_t* const bounds = second + firsts * spins_;
    stream_.clear(first, bytes(firsts * (spins_ + 1)));
    stream_.copy(bounds, &bounds_[static_cast<std::size_t>(group)], bytes(groups + 1));
    const MomentPart part{bounds,
                          static_cast<std::uint32_t>(groups),
                          static_cast<std::uint32_t>(tile),
                          static_cast<std::uint32_t>(tiles),
                          static_cast<std::uint32_t>(spins),
                          first,
                          second};
    if (!enqueue(part, most_words(group, groups))) return false;
    const std::int64_t before = group * spins_ + first_spin;
    stream_.copy(sums_.first + before, first, bytes(firsts));
    stream_.copy(sums_.second + before * spins_, second, bytes(firsts * spins_));
    stream_.synchronize();
    return true;
  }
  // False if it was stopped; memory goes once the queue is done with it.
  bool enqueue(const MomentPart& part, std::int64_t words) {
    const std::int64_t pairs = std::int64_t{part.groups} * part.tiles * rows_.tiles();
    const std::int64_t at_once = std::max<std::int64_t>(words_of_piece / pairs, 1);
    for (std::int64_t w = 0; w < words; w += at_once) {
      enqueue_add_moments(stream_, rows_, part, w, std::min(w + at_once, words), multiprocessors_);
      if (!pace_.added(1, 1, stream_, watch_)) return false;
    }
    return pace_.wait(stream_, watch_);
  }
  std::int64_t most_words(std::int64_t group, std::int64_t groups) const {
    std::int64_t most = 0;
    for (auto g = static_cast<std::size_t>(group); g < static_cast<std::size_t>(group + groups);
         ++g) {
      most = std::max(most, words_between(bounds_[g], bounds_[g + 1]));
    }
    return most;
  }

  const MomentRows rows_;
  const std::int64_t spins_;
  const std::span<const std::int64_t> bounds_;
  const MomentSums sums_;
  Stream& stream_;
  const int multiprocessors_;
  Pace pace_;
  Watch watch_;
};

}  // namespace

bool moment_sums(const DeviceArray& rows, std::span<const std::int64_t> bounds,
                 const MomentSums& sums, const Poll& poll) {
  check(rows, bounds);
  const DeviceGuard guard{rows.device};
  return Adding{rows, bounds, sums, poll}.run();
}

DeviceArray packed_samples(const DeviceArray& spins) {
  if (spins.type != DeviceArray::Type::int8 || spins.shape.size() != 2 || spins.size() == 0 ||
      spins.strides != std::vector<std::int64_t>{spins.shape[1], 1}) {
    throw std::invalid_argument("spins: allowed: int8 (samples, spins) without gaps, not empty");
  }
  const DeviceGuard guard{spins.device};
  const std::int64_t row = (spins.shape[0] + 63) / 64;
  const auto bytes = sizeof(std::uint64_t) * static_cast<std::size_t>(spins.shape[1] * row);
  auto memory = std::make_shared<Memory>(spins.device, bytes, "moments");
  auto* const words = memory->data<std::uint64_t>();
  enqueue_pack_samples(*spins.stream, static_cast<const std::int8_t*>(spins.data), spins.shape[0],
                       static_cast<std::uint32_t>(spins.shape[1]), static_cast<std::uint64_t>(row),
                       words);
  return {words,    DeviceArray::Type::uint64, spins.device, {spins.shape[1], row},
          {row, 1}, std::move(memory),         spins.stream};
}

}  // namespace multispin::cuda
