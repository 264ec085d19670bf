// Attempts of many replicas in couplings that patterns make. Part of impl.hpp.
//
// The local fields of a block of sites are made for some replicas at once, of the overlaps as they
// are when the block begins: a product of bits and integers, by tables of the sums of four overlaps
// each (bits/sum_table.hpp). Then each replica goes through the sites of the block in order. What
// flips is brought into the fields of the sites after it by the couplings of the block's sites
// among each other, which are made where they are asked for, and into the overlaps.
#pragma once

#include <cstdint>

#include "multispin/bits/sum_table.hpp"
#include "real/pattern_impl.hpp"

namespace multispin::kernels {
namespace {

constexpr int most_vectors = bits::most_table_vectors<Word>;

// The sites of a block, their patterns, and their couplings among each other.
class BlockSites {
 public:
  explicit BlockSites(const PatternBlock& b)
      : count(static_cast<int>(b.positions.end - b.positions.first)),
        words((b.replicas.patterns + 63) / 64),
        b_(b) {
    for (int k = 0; k < count; ++k) {
      site[k] = site_at(b.positions, b.positions.first + k);
      __builtin_prefetch(b.replicas.rows + std::int64_t{site[k]} * b.replicas.row);
    }
    for (int k = 0; k < count; ++k) {
      const std::int16_t* const row = b.replicas.rows + std::int64_t{site[k]} * b.replicas.row;
      for (std::int64_t w = 0; w < words; ++w) {
        __builtin_memcpy(b.room.words + w * block + k, row + 4 * w, sizeof(std::uint64_t));
      }
    }
  }

  // Word w of the patterns of each site.
  const std::uint64_t* patterns(std::int64_t w) const { return b_.room.words + w * block; }
  // What a flip of site k adds to the states of those after it.
  const std::int32_t* couplings(int k) {
    std::int32_t* const row = b_.room.couplings + k * block;
    if ((made_[k / 64] >> (k % 64) & 1U) == 0) make(k, row);
    made_[k / 64] |= std::uint64_t{1} << (k % 64);
    return row;
  }

  const int count;
  const std::int64_t words;
  std::uint32_t site[block];

 private:
  void make(int k, std::int32_t* row) const {
    std::uint64_t differ[block];
    for (int l = (k + 1) / Word::words * Word::words; l < count; l += Word::words) {
      Word sum = bits::zero<Word>();
      for (std::int64_t w = 0; w < words; ++w) {
        Word own;
        Word other;
        bits::broadcast(own, patterns(w)[k], patterns(w)[k]);
        bits::load(other, patterns(w) + l);
        sum = bits::add64(sum, bits::population(own ^ other));
      }
      bits::store(differ + l, sum);
    }
    // A flip changes a spin by 2, and a field in a state is doubled.
    const auto all = static_cast<std::uint64_t>(b_.replicas.patterns);
    for (int l = k + 1; l < count; ++l) {
      row[l] = static_cast<std::int32_t>((all - 2 * differ[l]) << (b_.replicas.shift + 2));
    }
  }

  const PatternBlock& b_;
  std::uint64_t made_[block / 64] = {};
};

// One replica's spins of a block, one after the other.
template <class Rule>
class PatternScan {
 public:
  // `sums` of each site are those of the overlaps of its patterns that are up.
  PatternScan(const PatternBlock& b, BlockSites& sites, std::int64_t replica, std::int64_t parts)
      : b_(b), sites_(sites), replica_(replica), parts_(parts) {
    const std::int64_t words = replica * ((b.replicas.sites + 63) / 64);
    own_ = b.replicas.spins + words;
    for (int k = 0; k < sites.count; ++k) up_[k] = bit(own_, k);
    for (std::uint64_t& word : free_) word = ~std::uint64_t{0};
    if (b.replicas.free != nullptr) find_free(b.replicas.free + words);
    if (sites.count < block) {
      free_[sites.count / 64] &= bits::lane_mask(sites.count % 64);
      for (int w = sites.count / 64 + 1; w < block / 64; ++w) free_[w] = 0;
    }
  }
  template <class Planes>
  void go(const Planes& planes, const std::int32_t* fields, std::int32_t* states) {
    states_ = states;
    draw<Planes, Rule>(planes, b_.noise, replica_, b_.positions.first, sites_.count, draws_);
    make_states(fields);
    for (int v = 0; v * lanes < sites_.count; ++v) {
      if (b_.turns == nullptr) {
        one_by_one(v);
      } else {
        for (unsigned flips = flips_of(v); flips != 0; flips &= flips - 1) {
          turn_later(v * lanes + __builtin_ctz(flips));
        }
      }
    }
  }

 private:
  std::int32_t bit(const std::uint64_t* words, int k) const {
    return static_cast<std::int32_t>(words[sites_.site[k] / 64] >> (sites_.site[k] % 64) & 1U);
  }
  void find_free(const std::uint64_t* words) {
    for (int k = 0; k < sites_.count; ++k) {
      const auto held = static_cast<std::uint64_t>(bit(words, k) ^ 1);
      free_[k / 64] &= ~(held << (k % 64));
    }
  }
  // Of sums over patterns: 2 (sum) - (sum of all overlaps) - P s is a local field.
  void make_states(const std::int32_t* fields) {
    const auto patterns = static_cast<std::int32_t>(b_.replicas.patterns);
    const auto all = static_cast<std::int32_t>(b_.replicas.overlaps[replica_].sum);
    const I down = Lanes::splat(patterns - all);
    const I turned = Lanes::splat(-2 * patterns);
    for (int k = 0; k < sites_.count; k += lanes) {
      const I up = Lanes::load(up_ + k);
      const U twice = (U)sum(Lanes::load(states_ + k), Lanes::load(states_ + k));
      const U field = twice + (U)down + (U)(turned & -up);
      Lanes::store(states_ + k,
                   (I)((field << (b_.replicas.shift + 1)) + (U)Lanes::load(fields + k) + (U)up));
    }
  }
  unsigned flips_of(int v) const {
    const I state = Lanes::load(states_ + v * lanes);
    const I drawn = Lanes::load(draws_ + v * lanes);
    const unsigned flips = Lanes::signs(Rule::template flips<Lanes>(state, drawn, b_.noise.lazy));
    return flips & static_cast<unsigned>(free_[v * lanes / 64] >> (v * lanes % 64)) &
           ((1U << lanes) - 1U);
  }
  void one_by_one(int v) {
    unsigned flips = flips_of(v);
    while (flips != 0) {
      const int place = __builtin_ctz(flips);
      const int k = v * lanes + place;
      bring_in(k, v);
      turn_spin(b_.replicas, replica_, sites_.site[k], parts_);
      flips = flips_of(v) & ~((2U << place) - 1U);
    }
  }
  void bring_in(int k, int v) {
    const std::int32_t* const row = sites_.couplings(k);
    const I sign = Lanes::splat(up_[k] == 0 ? 0 : -1);
    for (; v * lanes < sites_.count; ++v) {
      const I change = Lanes::load(row + v * lanes);
      Lanes::store(states_ + v * lanes,
                   sum(Lanes::load(states_ + v * lanes), difference(change ^ sign, sign)));
    }
  }
  void turn_later(int k) {
    const std::int64_t word = replica_ * ((b_.replicas.sites + 63) / 64) + sites_.site[k] / 64;
    b_.turns[word] |= std::uint64_t{1} << (sites_.site[k] % 64);
  }

  const PatternBlock& b_;
  BlockSites& sites_;
  const std::int64_t replica_, parts_;
  const std::uint64_t* own_;
  std::int32_t* states_ = nullptr;
  alignas(64) std::int32_t up_[block] = {};
  alignas(64) std::int32_t draws_[block];
  std::uint64_t free_[block / 64];
};

// A block of `vectors` vectors of replicas, two to a number, those from place `first` on; the lanes
// beyond the last one repeat it.
template <class Planes, class Rule, int vectors>
class PatternsTogether {
 public:
  PatternsTogether(const PatternBlock& b, BlockSites& sites, std::int64_t first)
      : b_(b), sites_(sites), first_(first) {}

  void go(const Planes& planes) {
    for (int i = 0; i < sites_.count * row; i += lanes) {
      Lanes::store(b_.room.sums + i, Lanes::splat(0));
    }
    for (std::int64_t w = 0; w < sites_.words; w += block_words) {
      turn_overlaps(w / block_words);
      const std::int64_t left = sites_.words - w;
      add_products(w, w + (left < block_words ? left : block_words));
    }
    settle(0);
    for (int place = 0; place < row; ++place) add_high_parts(place);
    alignas(64) std::int32_t fields[block] = {};
    for (int k = 0; k < sites_.count; ++k) {
      fields[k] = 2 * b_.replicas.fields[sites_.site[k]];
    }
    for (int v = 0; v < 2 * vectors; ++v) scan(planes, v, fields);
  }

 private:
  using Table = bits::SumTable<Word, vectors, std::int16_t>;
  static constexpr int row = Table::row;
  static constexpr int block_words = model::block_patterns / 64;
  static constexpr int word_lanes = 64 / model::pattern_bits;
  static constexpr int word_passes = 64 / Table::inputs;
  // One more than there are, so that rows of the bits of a lane are not all in one set of a cache.
  static constexpr int padded_lanes = model::pattern_lanes + 1;

  std::int64_t replica(int place) const {
    const std::int64_t last = b_.replicas.replicas - 1;
    return b_.replicas.moving[first_ + place < last ? first_ + place : last];
  }

  // Overlaps of a pattern, their lower 16 bits: place i of a vector of replicas in the lower half
  // of number i, place `lanes` + i in the upper one.
  std::int16_t* overlaps(int lane, int k) const {
    return b_.room.overlaps + (k * padded_lanes + lane) * row;
  }
  void turn_overlaps(std::int64_t pattern_block) {
    for (int v = 0; v < vectors; ++v) {
      const std::int16_t* low[shorts];
      for (int i = 0; i < shorts; ++i) {
        low[i] = b_.replicas.overlaps[replica(v * shorts + i)].low +
                 pattern_block * model::block_patterns;
      }
      for (int k = 0; k < model::pattern_bits; ++k) {
        for (int part = 0; part < model::pattern_lanes; part += shorts) {
          // Two patterns to a number.
          I lower[lanes], upper[lanes];
          for (int i = 0; i < lanes; ++i) {
            lower[i] = (I)Lanes::load(low[i] + k * model::pattern_lanes + part);
            upper[i] = (I)Lanes::load(low[lanes + i] + k * model::pattern_lanes + part);
          }
          Lanes::turn_over(lower);
          Lanes::turn_over(upper);
          for (int i = 0; i < lanes; ++i) {
            const U first = ((U)lower[i] & 0xffff) | ((U)upper[i] << 16);
            const U second = ((U)lower[i] >> 16) | ((U)upper[i] & 0xffff0000);
            Lanes::store(overlaps(part + 2 * i, k) + v * shorts, (Short)first);
            Lanes::store(overlaps(part + 2 * i + 1, k) + v * shorts, (Short)second);
          }
        }
      }
    }
  }

  // Sums of 16 bits take up as many passes as fit for certain, then they go into those of 32.
  void add_products(std::int64_t first_word, std::int64_t end_word) {
    for (std::int64_t w = first_word; w < end_word; ++w) {
      for (int pass = 0; pass < word_passes; ++pass) {
        const auto own = [&](int input, int v) {
          const int within = pass * Table::inputs + input;
          const int lane = static_cast<int>(w % block_words) * word_lanes;
          return Lanes::load(
              overlaps(lane + within / model::pattern_bits, within % model::pattern_bits) +
              v * shorts);
        };
        const auto add = [&](const auto& of_input) {
          add_pass(sites_.patterns(w), pass * Table::inputs, of_input);
        };
        Short sizes[vectors];
        if (fits(own, sizes)) {
          if (!fits_beside(sizes)) settle(0);
          for (int v = 0; v < vectors; ++v) sizes_[v] += sizes[v];
          ++passes_;
          add(own);
        } else {
          // Byte by byte: 64 of these fit.
          settle(0);
          add([&](int input, int v) { return (own(input, v) << 8) >> 8; });
          settle(0);
          add([&](int input, int v) {
            const Short overlap = own(input, v);
            return (overlap >> 8) + ((overlap >> 7) & 1);
          });
          settle(8);
        }
      }
    }
  }
  // The sum of moduli is at most 64 (size + inputs), to be less than 2^15.
  static constexpr int most_size = 511;
  template <class OfInput>
  static bool fits(const OfInput& of_input, Short (&sizes)[vectors]) {
    bool all = true;
    for (int v = 0; v < vectors; ++v) {
      Short size{};
      for (int input = 0; input < Table::inputs; ++input) {
        const Short overlap = of_input(input, v);
        size += (overlap ^ (overlap >> 15)) >> 6;
      }
      sizes[v] = size;
      all = all && !Lanes::any(size > static_cast<std::int16_t>(most_size - Table::inputs));
    }
    return all;
  }
  bool fits_beside(const Short (&sizes)[vectors]) const {
    bool all = true;
    const int most = most_size - (passes_ + 1) * Table::inputs;
    for (int v = 0; v < vectors; ++v) {
      all = all && !Lanes::any(sizes[v] + sizes_[v] > static_cast<std::int16_t>(most));
    }
    return all;
  }
  template <class OfInput>
  void add_pass(const std::uint64_t* words, int shift, const OfInput& of_input) {
    Table table;
    table.make(of_input);
    for (int k = 0; k < sites_.count; ++k) {
      std::int16_t* const own = b_.room.part_sums + k * row;
      Short sums[vectors] = {};
      if (begun_) {
        for (int v = 0; v < vectors; ++v) sums[v] = Lanes::load(own + v * shorts);
      }
      table.add(words[k] >> shift, sums);
      for (int v = 0; v < vectors; ++v) Lanes::store(own + v * shorts, sums[v]);
    }
    begun_ = true;
  }
  // Brings what has been added up in 16 bits, times 2^shift, into the sums.
  void settle(int shift) {
    for (int k = 0; begun_ && k < sites_.count; ++k) {
      for (int v = 0; v < vectors; ++v) {
        const I part = (I)Lanes::load(b_.room.part_sums + k * row + v * shorts);
        std::int32_t* const to = b_.room.sums + k * row + v * shorts;
        const I lower = (I)((U)part << 16) >> 16;
        Lanes::store(to, sum(Lanes::load(to), lower << shift));
        Lanes::store(to + lanes, sum(Lanes::load(to + lanes), (part >> 16) << shift));
      }
    }
    begun_ = false;
    passes_ = 0;
    for (Short& size : sizes_) size = Short{};
  }
  void add_high_parts(int place) {
    const PatternOverlaps& o = b_.replicas.overlaps[replica(place)];
    for (std::int64_t h = 0; h < o.high_count; ++h) {
      const std::uint64_t* const words = sites_.patterns(o.high[h].pattern / 64);
      for (int k = 0; k < sites_.count; ++k) {
        if ((words[k] >> (o.high[h].pattern % 64) & 1U) == 0) continue;
        b_.room.sums[k * row + place] += static_cast<std::int32_t>(o.high[h].value);
      }
    }
  }

  void scan(const Planes& planes, int v, const std::int32_t* fields) {
    const std::int64_t parts = parts_of(b_.replicas);
    alignas(64) std::int32_t states[lanes][block];
    for (int k = 0; k < sites_.count; k += lanes) {
      I square[lanes];
      for (int i = 0; i < lanes; ++i) {
        square[i] = Lanes::load(b_.room.sums + (k + i) * row + v * lanes);
      }
      Lanes::turn_over(square);
      for (int i = 0; i < lanes; ++i) Lanes::store(states[i] + k, square[i]);
    }
    for (int i = 0; i < lanes && first_ + v * lanes + i < b_.replicas.replicas; ++i) {
      PatternScan<Rule>(b_, sites_, replica(v * lanes + i), parts).go(planes, fields, states[i]);
    }
  }

  const PatternBlock& b_;
  BlockSites& sites_;
  const std::int64_t first_;
  Short sizes_[vectors] = {};  // what sums of 16 bits have taken up, and in how many passes
  int passes_ = 0;
  bool begun_ = false;
};

// Replicas from which on tables are worth it: a quarter of a vector.
constexpr int least_together = shorts / 4;

// Those from place `first` on, as many vectors at a time as there are. Returns the first place that
// is left.
template <class Planes, class Rule, int vectors = most_vectors>
std::int64_t attempt_together(const PatternBlock& b, const Planes& planes, BlockSites& sites,
                              std::int64_t first) {
  while (b.replicas.replicas - first >= (vectors - 1) * shorts + least_together) {
    PatternsTogether<Planes, Rule, vectors>(b, sites, first).go(planes);
    first += vectors * shorts;
  }
  if constexpr (vectors > 1) {
    return attempt_together<Planes, Rule, vectors - 1>(b, planes, sites, first);
  }
  return first;
}

template <template <class> class Planes, class Rule>
void update_patterns(const PatternBlock& b) {
  const Planes<Word> planes(*b.noise.keys, b.noise.sweep, 0);
  std::int64_t done = 0;
  if (b.replicas.replicas >= least_together) {
    BlockSites sites(b);
    done = attempt_together<Planes<Word>, Rule>(b, planes, sites, 0);
  }
  attempt_from<Planes<Word>, Rule, 8>(b, planes, done);
}

}  // namespace
}  // namespace multispin::kernels
