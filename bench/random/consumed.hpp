// Random bits in the order and form in which the kernels consume them.
//
// The half sweeps are those of a lattice of 1024 x 1024: a colour has 8192 words of 64 lanes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "generators.hpp"

namespace randomness {

enum class Form {
  planes,     // sweep, sublattice, groups of eight words in row order, planes 0 to K, words
  lanes,      // the same groups as numbers r, planes K - 1 to 0 of a lane, lane after lane
  plane,      // plane 0 only: neighbouring words, sublattices, sweeps
  redraw,     // plane K only, which chooses the lanes that draw again, in the same order
  sweeps,     // plane 0 of word 0 of sublattice 0 over successive sweeps
  plane_xor,  // XOR of neighbouring planes, in the order of `planes`
  word_xor,   // XOR of neighbouring words, in the order of `planes`
};

inline constexpr std::array<std::pair<std::string_view, Form>, 7> form_names{
    {{"planes", Form::planes},
     {"lanes", Form::lanes},
     {"plane", Form::plane},
     {"redraw", Form::redraw},
     {"sweeps", Form::sweeps},
     {"plane-xor", Form::plane_xor},
     {"word-xor", Form::word_xor}}};

inline constexpr int group_words = 8;
inline constexpr std::uint64_t colour_words = 8192;

// What every half sweep draws for eight neighbouring words: the coarse planes, and the plane that
// chooses the lanes that draw again.
template <class Generator>
struct Group {
  static constexpr int planes = Generator::coarse_planes + 1;

  std::uint64_t plane[planes][group_words];

  Group() = default;
  Group(const Generator& generator, std::uint64_t flat_word) {
    for (std::uint64_t i = 0; i < group_words; i += Word::words) {
      auto state = generator.start(flat_word + i);
      for (int k = 0; k < planes; ++k) {
        multispin::bits::store(plane[k] + i, generator.next(state, k));
      }
    }
  }
};

// Bits in the order in which the batteries read them: from the top of 32-bit words. The words are
// joined to 64 bits, the earlier one low.
class BitPacker {
 public:
  void push(std::uint64_t number, int bits, std::vector<std::uint64_t>& out) {
    buffer_ = (buffer_ << bits) | number;
    filled_ += bits;
    while (filled_ >= 64) {
      filled_ -= 64;
      const auto full = static_cast<std::uint64_t>(buffer_ >> filled_);
      out.push_back((full >> 32) | (full << 32));
    }
  }

 private:
  unsigned __int128 buffer_ = 0;
  int filled_ = 0;
};

template <class Generator>
class Consumed {
 public:
  Consumed(std::uint64_t seed, Form form)
      : keys_{multispin::random::stream_keys(seed, 0)}, form_{form} {}

  // Replaces `out` by the words of the next half sweep, or of the next sweeps for Form::sweeps.
  void operator()(std::vector<std::uint64_t>& out) {
    out.clear();
    if (form_ == Form::sweeps) {
      for (int i = 0; i < 1024; ++i) {
        const Group<Generator> group(Generator(keys_, sweep_++, 0), 0);
        out.push_back(group.plane[0][0]);
      }
      return;
    }
    const Generator generator(keys_, sweep_, colour_);
    for (std::uint64_t flat = 0; flat < colour_words; flat += group_words) {
      append(Group<Generator>(generator, flat), out);
    }
    sweep_ += static_cast<std::uint64_t>(colour_);
    colour_ = 1 - colour_;
  }

 private:
  static constexpr int plane_count = Group<Generator>::planes;
  static constexpr int number_bits = Generator::coarse_planes;

  void append(const Group<Generator>& group, std::vector<std::uint64_t>& out) {
    switch (form_) {
      case Form::plane:
        out.insert(out.end(), group.plane[0], group.plane[0] + group_words);
        break;
      case Form::redraw:
        out.insert(out.end(), group.plane[number_bits], group.plane[number_bits] + group_words);
        break;
      case Form::lanes:
        append_lanes(group, out);
        break;
      case Form::plane_xor:
        for (int k = 0; k + 1 < plane_count; ++k) {
          for (int i = 0; i < group_words; ++i) {
            out.push_back(group.plane[k][i] ^ group.plane[k + 1][i]);
          }
        }
        break;
      case Form::word_xor:
        for (int k = 0; k < plane_count; ++k) {
          for (int i = 0; i < group_words; ++i) {
            const std::uint64_t before = i > 0 ? group.plane[k][i - 1] : last_[k];
            out.push_back(group.plane[k][i] ^ before);
          }
          last_[k] = group.plane[k][group_words - 1];
        }
        break;
      default:
        for (const auto& plane : group.plane) out.insert(out.end(), plane, plane + group_words);
    }
  }
  void append_lanes(const Group<Generator>& group, std::vector<std::uint64_t>& out) {
    for (int i = 0; i < group_words; ++i) {
      for (int lane = 0; lane < 64; ++lane) {
        std::uint64_t number = 0;
        for (int k = 0; k < number_bits; ++k) number |= ((group.plane[k][i] >> lane) & 1U) << k;
        packer_.push(number, number_bits, out);
      }
    }
  }

  multispin::random::StreamKeys keys_;
  Form form_;
  std::uint64_t sweep_ = 0;
  int colour_ = 0;
  BitPacker packer_;
  std::uint64_t last_[plane_count] = {};  // of the words before, for word_xor
};

using Refill = std::function<void(std::vector<std::uint64_t>&)>;

// Empty if there is no generator or form of this name.
inline Refill make_stream(std::string_view generator, std::string_view form, std::uint64_t seed) {
  Refill refill;
  for (const auto& [name, value] : form_names) {
    if (name != form) continue;
    with_generator(generator, [&, chosen = value]<class Generator>() {
      refill = Consumed<Generator>(seed, chosen);
    });
  }
  return refill;
}

// The generators with free rounds are the kernels' own where the rounds agree.
inline bool check_shipped(std::uint64_t seed) {
  using multispin::bits::Word128;
  using multispin::random::AesPlanes;
  using multispin::random::PhiloxPlanes;
  const auto keys = multispin::random::stream_keys(seed, 0);
  bool equal = true;
  const auto compare = [&]<class Free, class Shipped, class Portable>() {
    for (const std::uint64_t sweep :
         {std::uint64_t{0}, std::uint64_t{1} << 40, std::uint64_t{77}}) {
      for (std::uint64_t flat = 0; flat < 4096; flat += group_words) {
        const Group<Free> free(Free(keys, sweep, 1), flat);
        const Group<Shipped> shipped(Shipped(keys, sweep, 1), flat);
        const Portable portable(keys, sweep, 1);
        auto state = portable.start(flat);
        for (int k = 0; k < Group<Shipped>::planes; ++k) {
          for (int i = 0; i < group_words; ++i) equal &= free.plane[k][i] == shipped.plane[k][i];
          const Word128 two = portable.next(state, k);
          for (int i = 0; i < 2; ++i) equal &= two.element[i] == shipped.plane[k][i];
        }
      }
    }
  };
  using FreeAes = KeyedAesChain<ShippedAes::key_rounds, ShippedAes::start_rounds>;
  compare.template operator()<FreeAes, ShippedAes, AesPlanes<Word128>>();
  compare.template
  operator()<PhiloxBlocks<ShippedPhilox::rounds>, ShippedPhilox, PhiloxPlanes<Word128>>();
  return equal;
}

}  // namespace randomness
