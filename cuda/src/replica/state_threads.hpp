// What one thread does to set, read and measure replicas of a graph. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "multispin/bits/count.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "replica/launch.hpp"

namespace multispin::cuda {

// A word of a position; positions from `first` on.
struct FillLanes {
  Lanes lanes;
  std::uint32_t first;
  Word word;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    bits::store(lanes.spin(first, 0) + thread, word);
  }
};

struct RandomizeLanes {
  Lanes lanes;
  std::uint32_t first;
  random::PhiloxBlock key;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % lanes.words;
    const std::uint32_t position = first + thread / lanes.words;
    const std::uint64_t number =
        (std::uint64_t{position} << model::lane_word_bits) + lanes.first_word + word;
    *lanes.spin(position, word) = random::initial_word(key, number, 0);
  }
};

// Lanes of a word that are replicas.
struct LaneRange {
  std::uint32_t begin, end;
};
MULTISPIN_HD LaneRange lanes_in_use(UsedLanes used, std::uint32_t word) {
  const std::uint32_t first = 64 * word;
  const std::uint32_t stop = used.before + used.replicas;
  return {used.before > first ? used.before - first : 0, stop - first < 64 ? stop - first : 64};
}

// One lane as +1/-1; a thread a site.
struct UnpackLane {
  Lanes lanes;
  const std::uint32_t* position_of;
  std::uint32_t lane;
  std::int8_t* out;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t /*slot*/) const {
    const std::uint64_t word = *lanes.spin(position_of[site], lane / 64);
    out[site] = (word >> (lane % 64) & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
  }
};

struct PackLane {
  Lanes lanes;
  const std::uint32_t* position_of;
  std::uint32_t lane;
  const std::int8_t* in;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t /*slot*/) const {
    std::uint64_t& word = *lanes.spin(position_of[site], lane / 64);
    const std::uint64_t bit = std::uint64_t{1} << (lane % 64);
    word = in[site] > 0 ? word | bit : word & ~bit;
  }
};

// All replicas of a word as +1/-1, by site; a thread a site, a slot a word. Neighbouring threads
// write neighbouring items.
struct UnpackLanes {
  Lanes lanes;
  UsedLanes used;
  const std::uint32_t* position_of;
  std::int64_t sites;
  std::int8_t* out;

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const std::uint64_t word = *lanes.spin(position_of[site], slot);
    const LaneRange range = lanes_in_use(used, slot);
    for (std::uint32_t b = range.begin; b < range.end; ++b) {
      const std::int64_t replica = std::int64_t{64} * slot + b - used.before;
      out[replica * sites + site] = (word >> b & 1U) != 0 ? std::int8_t{1} : std::int8_t{-1};
    }
  }
};

// The reverse; lanes that no replica has are down.
struct PackLanes {
  Lanes lanes;
  UsedLanes used;
  const std::uint32_t* position_of;
  const std::int8_t* in;
  std::int64_t step;  // from one replica to the next

  MULTISPIN_HD void operator()(std::uint32_t site, std::uint32_t slot) const {
    const LaneRange range = lanes_in_use(used, slot);
    std::uint64_t word = 0;
    for (std::uint32_t b = range.begin; b < range.end; ++b) {
      const std::int64_t replica = std::int64_t{64} * slot + b - used.before;
      word |= std::uint64_t{in[replica * step + site] > 0 ? 1U : 0U} << b;
    }
    *lanes.spin(position_of[site], slot) = word;
  }
};

// 64 bits from `shift` on of two words that follow each other.
MULTISPIN_HD std::uint64_t joined_at(std::uint64_t low, std::uint64_t high, std::uint32_t shift) {
  return shift == 0 ? low : (low >> shift) | (high << (64 - shift));
}

// A word of 64 replicas of one site.
struct GetPacked {
  Lanes lanes;
  UsedLanes used;
  const std::uint32_t* position_of;
  std::uint32_t row_words;
  std::uint64_t* out;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % row_words;
    const std::uint64_t* const from = lanes.spin(position_of[thread / row_words], word);
    const bool another = word + 1 < lanes.words;
    const std::uint64_t spins = joined_at(from[0], another ? from[1] : 0, used.before);
    const std::uint32_t left = used.replicas - 64 * word;
    out[thread] = spins & bits::lane_mask(left < 64 ? static_cast<int>(left) : 64);
  }
};

// A word of 64 lanes of one site; those that no replica has may get anything.
struct SetPacked {
  Lanes lanes;
  UsedLanes used;
  const std::uint32_t* position_of;
  std::uint32_t row_words;
  const std::uint64_t* in;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % lanes.words;
    const std::uint32_t site = thread / lanes.words;
    const std::uint64_t* const from = in + std::int64_t{site} * row_words;
    const std::uint64_t own = word < row_words ? from[word] : 0;
    const std::uint64_t before = word > 0 ? from[word - 1] : 0;
    const std::uint64_t spins = used.before == 0 ? own : joined_at(before, own, 64 - used.before);
    *lanes.spin(position_of[site], word) = spins;
  }
};

// A word of the thresholds of a class, from its lanes' numbers.
struct TurnThresholds {
  LaneNumbers numbers;
  std::uint32_t classes, planes;
  std::uint64_t* out;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % numbers.words;
    const std::uint32_t entry = thread / numbers.words;
    const std::uint32_t plane = entry / classes;
    const std::uint64_t* const of_class = numbers.bits + entry % classes;
    const std::uint32_t* const number = numbers.number_of_lane + std::int64_t{word} * 64;
    const std::uint32_t bit = plane < planes ? plane : rules::always_bit;
    std::uint64_t turned = 0;
    for (std::uint32_t b = 0; b < 64; ++b) {
      turned |= (of_class[number[b] * numbers.stride] >> bit & 1U) << b;
    }
    out[thread] = turned;
  }
};

// What is counted in a lane: sites that are up, in any order,
struct AllSites {
  Lanes lanes;

  MULTISPIN_HD Word operator()(std::int64_t item, std::uint32_t word) const {
    return bits::loaded<Word>(lanes.spin(static_cast<std::uint32_t>(item), word));
  }
};
// sites of a list,
struct ListedSites {
  Lanes lanes;
  const std::uint32_t* positions;

  MULTISPIN_HD Word operator()(std::int64_t item, std::uint32_t word) const {
    return bits::loaded<Word>(lanes.spin(positions[item], word));
  }
};
// or bonds that are not satisfied.
struct AllBonds {
  Lanes lanes;
  const model::Edge* edges;

  MULTISPIN_HD Word operator()(std::int64_t item, std::uint32_t word) const {
    const model::Edge edge = edges[item];
    return bits::xor3(bits::loaded<Word>(lanes.spin(edge.first, word)),
                      bits::loaded<Word>(lanes.spin(edge.second, word)),
                      lanes.sign(edge.sign, word));
  }
};

// Every strips-th item of one word; a thread has at most most_items.
template <class Items>
struct CountLanes {
  static constexpr int planes = 10;
  static constexpr std::int64_t most_items = 1022;  // 7 at a time, below 2^planes

  Items items;
  std::int64_t count;
  std::uint32_t strips, words;
  std::int64_t* totals;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % words;
    bits::RunningCounts<Word, planes> counts;
    for (std::int64_t item = thread / words; item < count;) {
      Word seven[7];
      MULTISPIN_UNROLL(7)
      for (int i = 0; i < 7; ++i, item += strips) {
        seven[i] = item < count ? items(item, word) : bits::zero<Word>();
      }
      counts.add_seven(seven);
    }
    for (std::uint32_t b = 0; b < 64; ++b) {
      std::uint64_t lane = 0;
      MULTISPIN_UNROLL(planes)
      for (int p = 0; p < planes; ++p) lane |= (bits::joined(counts.plane(p)) >> b & 1U) << p;
      add_to(totals + std::int64_t{b} * words + word, static_cast<std::int64_t>(lane));
    }
  }
};

// 64 items of one lane.
template <class Items>
struct RowsOfLanes {
  Items items;
  Rows rows;
  std::uint32_t words;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    // Neighbouring threads take the lanes of one word: they fetch the same.
    const std::uint32_t lane = thread % (64 * words);
    const std::uint32_t g = thread / (64 * words);
    const std::int64_t first = rows.first_item + std::int64_t{64} * g;
    const std::int64_t left = rows.count - first;
    const int in_word = static_cast<int>(left < 64 ? left : 64);
    std::uint64_t row = 0;
    for (int i = 0; i < in_word; ++i) {
      row |= (bits::joined(items(first + i, lane / 64)) >> (lane % 64) & 1U) << i;
    }
    rows.rows[std::int64_t{lane} * rows.words + g] = row;
  }
};

// One segment of a pair.
struct CompareRows {
  Rows rows;
  std::uint32_t lanes_before;
  const ReplicaPair* pairs;
  const Segment* segments;
  std::uint32_t segment_count;
  std::int64_t groups;
  std::int64_t* unequal;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t number = thread / segment_count;
    const ReplicaPair pair = pairs[number];
    const Segment segment = segments[thread % segment_count];
    const std::uint64_t* const a = row_of(pair.first);
    const std::uint64_t* const b = row_of(pair.second);
    std::uint64_t count = 0;
    for (std::uint32_t g = segment.begin; g < segment.end; ++g) count += bits::count64(a[g] ^ b[g]);
    add_to(unequal + number * groups + segment.group, static_cast<std::int64_t>(count));
  }

 private:
  MULTISPIN_HD const std::uint64_t* row_of(std::uint32_t replica) const {
    return rows.rows + (std::int64_t{replica} + lanes_before) * rows.words;
  }
};

}  // namespace multispin::cuda
