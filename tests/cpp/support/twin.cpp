#include "support/twin.hpp"

#include <cmath>
#include <cstdlib>

namespace twin {
namespace {

using multispin::Generator;

// Planes of random bits: the coarse ones, lowest weight first; the one that chooses who draws
// again; and the tail, highest weight first.
constexpr int coarse_planes(Generator generator) {
  return generator == Generator::aes ? 16 : 13;
}
constexpr int tail_planes = 32;

// --- Philox
// ---------------------------------------------------------------------------------------

// Keys of a stream, by purpose: 0 initial spins, 1 aes, 2 philox.
Block derive(const multispin::LatticeOptions& options, std::uint64_t stream, std::uint32_t purpose,
             std::uint32_t index) {
  return philox4x32(
      10,
      {static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32), purpose,
       index},
      {static_cast<std::uint32_t>(options.seed), static_cast<std::uint32_t>(options.seed >> 32)});
}

// Block `pair` of a word: two planes.
Block philox_block(const Block& key, std::uint64_t flat, std::uint32_t pair, int colour,
                   std::uint64_t sweep) {
  return philox4x32(7,
                    {static_cast<std::uint32_t>(flat), pair + 256U * static_cast<unsigned>(colour),
                     static_cast<std::uint32_t>(sweep),
                     static_cast<std::uint32_t>((flat >> 32) + (sweep >> 32 << 16))},
                    {key[0], key[1]});
}

std::uint64_t plane_of(const Block& block, int half) {
  const auto i = static_cast<std::size_t>(2 * half);
  return block[i] | (std::uint64_t{block[i + 1]} << 32);
}

// --- AES
// ------------------------------------------------------------------------------------------

std::uint8_t times(unsigned a, unsigned b) {  // in GF(2^8)
  unsigned product = 0;
  for (; b != 0; b >>= 1) {
    if ((b & 1U) != 0) product ^= a;
    a <<= 1;
    if ((a & 0x100U) != 0) a ^= 0x11bU;
  }
  return static_cast<std::uint8_t>(product);
}

std::array<std::uint8_t, 256> make_substitution() {
  std::array<std::uint8_t, 256> box{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned inverse = 0;
    while (inverse < 255 && times(byte, inverse) != 1) ++inverse;
    if (byte == 0) inverse = 0;
    unsigned affine = 0x63;
    for (unsigned turn = 0; turn < 5; ++turn) {
      affine ^= (inverse << turn | inverse >> (8 - turn)) & 0xffU;
    }
    box[byte] = static_cast<std::uint8_t>(affine);
  }
  return box;
}

Bytes to_bytes(std::uint64_t low, std::uint64_t high) {
  Bytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(low >> (8 * i));
    bytes[i + 8] = static_cast<std::uint8_t>(high >> (8 * i));
  }
  return bytes;
}

std::uint64_t half_of(const Bytes& bytes, std::uint64_t half) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{bytes[8 * half + i]} << (8 * i);
  return value;
}

// --- planes
// ---------------------------------------------------------------------------------------

// The random bits of one word in one half sweep; a plane is made when it is first asked for.
class Planes {
 public:
  Planes(const multispin::LatticeOptions& options, std::uint64_t stream, std::uint64_t flat,
         int colour, std::uint64_t sweep)
      : philox_{options.generator == Generator::philox},
        flat_{flat},
        sweep_{sweep},
        colour_{colour} {
    if (philox_) {
      key_ = derive(options, stream, 2, 0);
      return;
    }
    constexpr int key_rounds = 3;
    constexpr int start_rounds = 2;
    const Block whitening = derive(options, stream, 1, 0);
    const Block round = derive(options, stream, 1, 1);
    const Bytes stream_key = to_bytes(plane_of(round, 0), plane_of(round, 1));
    state_ = to_bytes((flat >> 1) + plane_of(whitening, 0),
                      (sweep << 8 | static_cast<std::uint64_t>(colour)) + plane_of(whitening, 1));
    for (int i = 0; i < key_rounds; ++i) state_ = aes_round(state_, stream_key);
    round_key_ = state_;
    for (int i = 0; i < start_rounds; ++i) state_ = aes_round(state_, stream_key);
  }
  std::uint64_t word(int plane) {
    while (made_ <= plane) make();
    return planes_[static_cast<std::size_t>(plane)];
  }
  unsigned bit(int plane, int lane) { return static_cast<unsigned>(word(plane) >> lane) & 1U; }

 private:
  void make() {
    std::uint64_t& plane = planes_[static_cast<std::size_t>(made_)];
    if (philox_) {
      const auto pair = static_cast<std::uint32_t>(made_ / 2);
      plane = plane_of(philox_block(key_, flat_, pair, colour_, sweep_), made_ % 2);
    } else {
      state_ = aes_round(state_, round_key_);
      plane = half_of(state_, flat_ & 1U);
    }
    ++made_;
  }

  bool philox_;
  std::uint64_t flat_, sweep_;
  int colour_;
  Block key_{};
  Bytes round_key_{}, state_{};
  std::array<std::uint64_t, 50> planes_{};
  int made_ = 0;
};

bool draws_again(int coarse_planes, Planes& planes, int lane) {
  unsigned field = 0;
  for (int i = 0; i < 16; ++i) {
    field |= static_cast<unsigned>(planes.bit(coarse_planes, lane / 16 * 16 + i)) << i;
  }
  return field < 1U << (20 - coarse_planes) && static_cast<int>(field % 16) == lane % 16;
}

bool accepts(std::uint64_t threshold, int coarse_planes, Planes& planes, int lane) {
  constexpr std::uint64_t one = std::uint64_t{1} << tail_planes;
  const std::uint64_t step = one >> coarse_planes;
  std::uint64_t coarse = threshold / one;
  std::uint64_t again = coarse * step + threshold % one;
  if (again >= one && coarse < one / step) {
    ++coarse;
    again = again + step - one;
  }
  std::uint64_t drawn = 0;
  if (draws_again(coarse_planes, planes, lane)) {
    for (int i = 0; i < tail_planes; ++i) {
      drawn = drawn << 1 | planes.bit(coarse_planes + 1 + i, lane);
    }
    return drawn < again;
  }
  for (int i = 0; i < coarse_planes; ++i) drawn |= std::uint64_t{planes.bit(i, lane)} << i;
  return drawn < coarse;
}

}  // namespace

Block philox4x32(int rounds, Block x, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * x[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * x[2];
    const auto high = [](std::uint64_t product) {
      return static_cast<std::uint32_t>(product >> 32);
    };
    x = {high(b) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b), high(a) ^ x[3] ^ key[1],
         static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return x;
}

Bytes aes_round(const Bytes& state, const Bytes& key) {
  static const std::array<std::uint8_t, 256> substitution = make_substitution();
  const auto twice = [](unsigned a) { return (a << 1) ^ ((a & 0x80U) != 0 ? 0x11bU : 0U); };
  Bytes out{};
  for (std::size_t c = 0; c < 4; ++c) {
    std::array<unsigned, 4> column{};
    for (std::size_t r = 0; r < 4; ++r) column[r] = substitution[state[4 * ((c + r) % 4) + r]];
    for (std::size_t r = 0; r < 4; ++r) {
      const unsigned next = column[(r + 1) % 4];
      out[4 * c + r] =
          static_cast<std::uint8_t>(twice(column[r]) ^ twice(next) ^ next ^ column[(r + 2) % 4] ^
                                    column[(r + 3) % 4] ^ key[4 * c + r]);
    }
  }
  return out;
}

std::uint64_t plane(const multispin::LatticeOptions& options, std::uint64_t stream,
                    std::uint64_t flat_word, int colour, std::uint64_t sweep, int plane) {
  return Planes{options, stream, flat_word, colour, sweep}.word(plane);
}

std::uint64_t initial_word(const multispin::LatticeOptions& options, std::uint64_t stream,
                           std::uint64_t flat_word, int colour) {
  return plane_of(philox_block(derive(options, stream, 0, 0), flat_word, 0, colour, 0), 0);
}

Lattice::Lattice(const multispin::LatticeOptions& options, std::uint64_t stream, double temperature)
    : spins(static_cast<std::size_t>(options.planes * options.rows * options.columns), 1),
      options_{options},
      stream_{stream},
      rules_{},
      neighbours_{options.planes == 1 ? 4 : 6} {
  const std::int64_t sites = options.columns / 2;
  lanes_ = 64;
  while (sites % lanes_ != 0) --lanes_;
  words_ = sites / lanes_;
  stride_ = words_ == 1 ? 1 : words_ % 2 == 0 ? words_ : words_ + 1;
  coarse_planes_ = coarse_planes(options.generator);
  const bool glauber = options.dynamics == multispin::Dynamics::glauber;
  for (int up = 0; up <= neighbours_; ++up) {
    const double field = options.J * (2 * up - neighbours_) + options.h;
    const double boost = std::exp(2 * std::fabs(field) / temperature);
    // Metropolis in a field leaves sites with next to no local field to the heat bath.
    const bool heat_bath =
        glauber ||
        ((options.h != 0 || options.J == 0) &&
         std::fabs(field) <= (neighbours_ * std::fabs(options.J) + std::fabs(options.h)) / 1024);
    const double probability = heat_bath ? 1 / (1 + boost) : 1 / boost;
    rules_[static_cast<std::size_t>(up)] = {field >= 0 ? 1 : -1, heat_bath,
                                            static_cast<std::uint64_t>(std::nearbyint(std::ldexp(
                                                probability, coarse_planes_ + tail_planes)))};
  }
}

std::int8_t& Lattice::at(std::int64_t plane, std::int64_t row, std::int64_t column) {
  plane = (plane + options_.planes) % options_.planes;
  row = (row + options_.rows) % options_.rows;
  column = (column + options_.columns) % options_.columns;
  return spins[static_cast<std::size_t>((plane * options_.rows + row) * options_.columns + column)];
}

std::int64_t Lattice::column_of(int colour, std::int64_t plane, std::int64_t row, std::int64_t word,
                                int lane) const {
  return 2 * (lane * words_ + word) + ((plane + row + colour) & 1);
}

template <class Visit>
void Lattice::for_words(const Visit& visit) {
  for (std::int64_t plane = 0; plane < options_.planes; ++plane) {
    for (std::int64_t row = 0; row < options_.rows; ++row) {
      for (std::int64_t word = 0; word < words_; ++word) {
        const std::int64_t flat = (plane * options_.rows + row) * stride_ + word;
        visit(plane, row, word, static_cast<std::uint64_t>(flat));
      }
    }
  }
}

void Lattice::randomize() {
  for (int colour = 0; colour < 2; ++colour) {
    for_words([&](std::int64_t plane, std::int64_t row, std::int64_t word, std::uint64_t flat) {
      const std::uint64_t spins_up = initial_word(options_, stream_, flat, colour);
      for (int lane = 0; lane < lanes_; ++lane) {
        const bool up = (spins_up >> lane & 1U) != 0;
        at(plane, row, column_of(colour, plane, row, word, lane)) =
            static_cast<std::int8_t>(up ? 1 : -1);
      }
    });
  }
}

void Lattice::sweep(int sweeps) {
  for (int i = 0; i < sweeps; ++i) {
    for (int colour = 0; colour < 2; ++colour) {
      for_words([&](std::int64_t plane, std::int64_t row, std::int64_t word, std::uint64_t flat) {
        update(colour, plane, row, word, flat);
      });
    }
    ++sweeps_done;
  }
}

void Lattice::update(int colour, std::int64_t plane, std::int64_t row, std::int64_t word,
                     std::uint64_t flat) {
  Planes planes{options_, stream_, flat, colour, sweeps_done};
  for (int lane = 0; lane < lanes_; ++lane) {
    const std::int64_t column = column_of(colour, plane, row, word, lane);
    int sum = at(plane, row - 1, column) + at(plane, row + 1, column) + at(plane, row, column - 1) +
              at(plane, row, column + 1);
    if (options_.planes > 1) sum += at(plane - 1, row, column) + at(plane + 1, row, column);
    const Rule& rule = rules_[static_cast<std::size_t>((sum + neighbours_) / 2)];
    std::int8_t& spin = at(plane, row, column);
    const bool draws = rule.heat_bath || spin == rule.favoured;
    const bool against = draws && accepts(rule.threshold, coarse_planes_, planes, lane);
    spin = static_cast<std::int8_t>(against ? -rule.favoured : rule.favoured);
  }
}

}  // namespace twin
