// Memory that calls work in, and what is said of rows too many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "bipartite/layout.hpp"
#include "device/runtime.hpp"

namespace multispin::cuda {

// As large as has been needed: to allocate takes longer than most calls.
class Room {
 public:
  explicit Room(std::string what) : what_{std::move(what)} {}

  template <class T>
  T* of(int device, std::int64_t count) {
    const std::size_t bytes = sizeof(T) * static_cast<std::size_t>(count);
    if (!memory_ || memory_->bytes() < bytes) {
      memory_.reset();
      memory_ = std::make_unique<Memory>(device, bytes, what_);
    }
    return memory_->data<T>();
  }

 private:
  std::string what_;
  std::unique_ptr<Memory> memory_;
};

constexpr std::int64_t words_for(std::int64_t units) {
  return (units + word_units - 1) / word_units;
}
// Words of 32 units in rows as the host has them, of words of 64.
constexpr std::int64_t row_words(std::int64_t units) {
  return 2 * ((units + 63) / 64);
}

inline BitColumns columns_in(Room& room, int device, std::int64_t words, std::int64_t rows) {
  const std::int64_t pitch = word_units * words_for(rows);
  return {room.of<std::uint32_t>(device, words * pitch), static_cast<std::uint32_t>(pitch)};
}

inline UnitTiles tiles_for(std::int64_t outputs, std::int64_t inputs) {
  return {nullptr, static_cast<std::uint32_t>(words_for(outputs)),
          static_cast<std::uint32_t>(words_for(inputs))};
}
inline std::int64_t pieces_of(const UnitTiles& tiles) {
  return std::int64_t{tiles.words} * tiles.depth * weight_bytes * tile_halves * Warp::lanes;
}

}  // namespace multispin::cuda
