// Low-order joint statistics of lanes, which is all that a lattice of spins can see of its random
// numbers, and the statistics that one AES round between planes is known to fail.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "consumed.hpp"
#include "one_round.hpp"

namespace {

using multispin::random::StreamKeys;
using randomness::Group;
using randomness::group_words;

constexpr int lanes = 128;    // of the two words that share an AES block
constexpr int vector = 512;   // samples looked at together
constexpr int thinning = 64;  // triples see every so many vectors only
constexpr int group_blocks = group_words / 2;

// Row a: bit a of each of 512 samples.
using BitMatrix = std::array<std::array<std::uint64_t, vector / 64>, lanes>;

void transpose(std::array<std::uint64_t, 64>& rows) {
  std::uint64_t mask = 0xffffffffU;
  for (std::size_t width = 32; width != 0; width >>= 1, mask ^= mask << width) {
    for (std::size_t k = 0; k < 64; k = ((k | width) + 1) & ~width) {
      const std::uint64_t t = ((rows[k] >> width) ^ rows[k | width]) & mask;
      rows[k] ^= t << width;
      rows[k | width] ^= t;
    }
  }
}

// Samples of one block: its plane in 512 places.
class Samples {
 public:
  void put(int index, std::uint64_t low, std::uint64_t high) {
    half_[0][static_cast<std::size_t>(index)] = low;
    half_[1][static_cast<std::size_t>(index)] = high;
  }
  void to_matrix(BitMatrix& matrix) const {
    std::array<std::uint64_t, 64> rows;
    for (std::size_t half = 0; half < 2; ++half) {
      for (std::size_t part = 0; part < vector / 64; ++part) {
        for (std::size_t i = 0; i < 64; ++i) rows[i] = half_[half][64 * part + i];
        transpose(rows);
        for (std::size_t i = 0; i < 64; ++i) matrix[64 * half + i][part] = rows[i];
      }
    }
  }

 private:
  std::array<std::array<std::uint64_t, vector>, 2> half_;
};

// How often bits differ, for a family of pairs or triples.
class Counts {
 public:
  Counts(const char* name, std::size_t size) : name_(name), odd_(size) {}

  void pairs(const BitMatrix& a, const BitMatrix& b) {
    samples_ += vector;
    std::uint64_t* odd = odd_.data();
    for (const auto& row : a) odd = against_all(row, b, odd);
  }
  // Two lanes of a, one of b.
  void two_and_one(const BitMatrix& a, const BitMatrix& b) {
    samples_ += vector;
    std::uint64_t* odd = odd_.data();
    for (std::size_t i = 0; i < lanes; ++i) {
      for (std::size_t j = 0; j < i; ++j) odd = against_all(sum(a[i], a[j]), b, odd);
    }
  }
  void one_of_each(const BitMatrix& a, const BitMatrix& b, const BitMatrix& c) {
    samples_ += vector;
    std::uint64_t* odd = odd_.data();
    for (const auto& x : a) {
      for (const auto& y : b) odd = against_all(sum(x, y), c, odd);
    }
  }
  // Largest |z|, the probability that chance gives as large a one, and the standard deviations by
  // which the sum of z^2 is off.
  void print() const {
    const double root = std::sqrt(static_cast<double>(samples_));
    double largest = 0;
    double square = 0;
    for (const std::uint64_t odd : odd_) {
      const double z = (2.0 * static_cast<double>(odd) - static_cast<double>(samples_)) / root;
      largest = std::max(largest, std::fabs(z));
      square += z * z;
    }
    const auto size = static_cast<double>(odd_.size());
    const double p = -std::expm1(size * std::log1p(-std::erfc(largest / std::sqrt(2.0))));
    std::printf("%-44s %8zu  2^%-4.0f %7.2f  %8.2g  %+9.2f\n", name_, odd_.size(),
                std::log2(static_cast<double>(samples_)), largest, p,
                (square - size) / std::sqrt(2 * size));
  }

 private:
  using Row = std::array<std::uint64_t, vector / 64>;

  static Row sum(const Row& x, const Row& y) {
    Row out;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = x[i] ^ y[i];
    return out;
  }
  static std::uint64_t* against_all(const Row& x, const BitMatrix& b, std::uint64_t* odd) {
    for (const Row& y : b) {
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < y.size(); ++i) {
        count += static_cast<std::uint64_t>(std::popcount(x[i] ^ y[i]));
      }
      *odd++ += count;
    }
    return odd;
  }

  const char* name_;
  std::vector<std::uint64_t> odd_;
  std::uint64_t samples_ = 0;
};

// A parity of bits that are tied by a round, mask u of the plane before it and w of the plane
// after. In two planes: u and w, with a sign that depends on the round key. In three: u, u + w, w,
// two such parities with the same key, which drops out.
struct Parity {
  using Mask = std::array<std::uint64_t, 2>;

  int order;
  double predicted;
  Mask input{}, output{};
  std::int64_t two_planes = 0;  // even minus odd
  std::int64_t three_planes = 0;

  Parity(int n, const randomness::BestMasks& best, int column)
      : order(n), predicted(best.correlation) {
    for (int row = 0; row < 4; ++row) {
      put(input, randomness::source_byte(row, column), (best.input >> (8 * row)) & 255);
      put(output, 4 * column + row, (best.output >> (8 * row)) & 255);
    }
  }
  // The block's words of three neighbouring planes.
  void add(const std::uint64_t* low, const std::uint64_t* middle, const std::uint64_t* high) {
    const std::uint64_t upper = bits(middle, input) ^ bits(high, output);
    const std::uint64_t lower = bits(low, input) ^ bits(middle, output);
    two_planes += sign(upper);
    three_planes += sign(upper ^ lower);
  }

 private:
  static void put(Mask& mask, int byte, std::uint64_t bits) {
    mask[static_cast<std::size_t>(byte / 8)] |= bits << (8 * (byte % 8));
  }
  static std::uint64_t bits(const std::uint64_t* words, const Mask& mask) {
    return (words[0] & mask[0]) ^ (words[1] & mask[1]);
  }
  static int sign(std::uint64_t bits) { return std::popcount(bits) % 2 == 0 ? 1 : -1; }
};

// Whether all lanes of the parity of order five accept together, for one probability.
struct JointAcceptance {
  double probability;
  std::array<std::uint64_t, 2> members;
  std::uint64_t together = 0;

  template <class Generator>
  void add(const Group<Generator>& group, int block) {
    constexpr int planes = Generator::coarse_planes;
    const auto threshold = static_cast<std::uint64_t>(std::ldexp(probability, planes));
    bool all = true;
    for (int word = 0; word < 2; ++word) {
      std::uint64_t less = 0;
      for (int k = 0; k < planes; ++k) {
        const std::uint64_t r = group.plane[k][2 * block + word];
        less = ((threshold >> k) & 1U) != 0 ? less | ~r : less & ~r;
      }
      const std::uint64_t wanted = members[static_cast<std::size_t>(word)];
      all = all && (less & wanted) == wanted;
    }
    together += all ? 1 : 0;
  }
};

template <class Generator>
class Study {
 public:
  Study(std::uint64_t seed, std::uint64_t first_sweep)
      : keys_{multispin::random::stream_keys(seed, 0)}, first_sweep_{first_sweep} {
    const randomness::OrderTable table;
    for (int order = 5; order <= 12; ++order) {
      for (int column = 0; column < 4; ++column) {
        parities_.emplace_back(order, table.best(order), column);
      }
    }
    for (const double q : {0.5, 0.25, 0.17157287525381}) {
      for (std::size_t column = 0; column < 4; ++column) {
        const Parity& p = parities_[column];
        joint_.push_back({q, {p.input[0] | p.output[0], p.input[1] | p.output[1]}});
      }
    }
  }
  void run(std::uint64_t samples) {
    for (std::uint64_t n = 0; n < samples / vector; ++n) {
      // Half sweeps of 2^15 words; the sweeps that are compared with their successor are even.
      const std::uint64_t flat = n * 2 * vector % 32768;
      draw(first_sweep_ + 2 * (n * 2 * vector / 32768), flat);
      look(n % thinning == 0);
    }
  }
  void print() const {
    std::printf("%-44s %8s  %-6s %7s  %8s  %9s\n", "lanes", "number", "each", "max |z|", "p",
                "sum z^2");
    for (const Counts* counts : {&next_plane_, &plane_after_, &next_block_, &next_sweep_,
                                 &other_colour_, &triples_, &three_planes_}) {
      counts->print();
    }
    print_parities();
    print_joint();
  }
  // Counters that run through all values of one byte: a sum that is always zero is the integral
  // property of too few rounds.
  void print_integrals() const {
    std::printf("XOR of plane 0 over 256 blocks, bytes that are zero (1/256 = 0.0039): ");
    std::printf("neighbouring words %.4f, ", integral(false));
    std::printf("successive sweeps %.4f\n", integral(true));
  }

 private:
  static constexpr int planes = Generator::coarse_planes;

  void draw(std::uint64_t sweep, std::uint64_t flat) {
    const Generator here(keys_, sweep, 0);
    const Generator later(keys_, sweep + 1, 0);
    const Generator other(keys_, sweep, 1);
    Group<Generator> group(here, flat);
    for (int i = 0; i < vector; i += group_blocks) {
      const std::uint64_t f = flat + 2 * static_cast<std::uint64_t>(i);
      const Group<Generator> next(here, f + group_words);
      const Group<Generator> successor(later, f);
      const Group<Generator> opposite(other, f);
      for (int block = 0; block < group_blocks; ++block) {
        const int word = 2 * block;
        const auto put = [&](Samples& samples, const Group<Generator>& from, int plane, int w) {
          samples.put(i + block, from.plane[plane][w], from.plane[plane][w + 1]);
        };
        for (int k = 0; k < 3; ++k) put(high_[k], group, planes - 3 + k, word);
        put(first_, group, 0, word);
        put(beside_, block + 1 < group_blocks ? group : next, 0, (word + 2) % group_words);
        put(successor_, successor, 0, word);
        put(opposite_, opposite, 0, word);
        for (Parity& p : parities_) {
          p.add(group.plane[planes - 3] + word, group.plane[planes - 2] + word,
                group.plane[planes - 1] + word);
        }
        for (JointAcceptance& j : joint_) j.add(group, block);
        ++blocks_;
      }
      group = next;
    }
  }
  void look(bool at_triples) {
    std::array<BitMatrix, 3> high;
    BitMatrix first;
    BitMatrix second;
    for (std::size_t k = 0; k < 3; ++k) high_[k].to_matrix(high[k]);
    next_plane_.pairs(high[1], high[2]);
    plane_after_.pairs(high[0], high[2]);
    first_.to_matrix(first);
    beside_.to_matrix(second);
    next_block_.pairs(first, second);
    successor_.to_matrix(second);
    next_sweep_.pairs(first, second);
    opposite_.to_matrix(second);
    other_colour_.pairs(first, second);
    if (!at_triples) return;
    triples_.two_and_one(high[1], high[2]);
    three_planes_.one_of_each(high[0], high[1], high[2]);
  }
  void print_parities() const {
    const auto blocks = static_cast<double>(blocks_);
    std::printf("correlation of the parities, columns 0 to 3 (noise %.5f)\n",
                1 / std::sqrt(blocks));
    std::puts("  n  one round   the two highest planes                    the three highest");
    for (std::size_t i = 0; i < parities_.size(); i += 4) {
      std::printf("%3d  2^%-6.2f", parities_[i].order, std::log2(parities_[i].predicted));
      for (std::size_t c = i; c < i + 4; ++c) {
        std::printf("  %+.5f", static_cast<double>(parities_[c].two_planes) / blocks);
      }
      std::printf("  ");
      for (std::size_t c = i; c < i + 4; ++c) {
        std::printf("  %+.5f", static_cast<double>(parities_[c].three_planes) / blocks);
      }
      std::puts("");
    }
  }
  void print_joint() const {
    std::puts("all five lanes of the parity of order 5 accept: probability / q^5 - 1 (error)");
    for (const JointAcceptance& j : joint_) {
      const double q = std::floor(std::ldexp(j.probability, planes)) / std::ldexp(1.0, planes);
      const double expected =
          static_cast<double>(blocks_) *
          std::pow(q, std::popcount(j.members[0]) + std::popcount(j.members[1]));
      std::printf("  q = %.4f  %+.5f (%.5f)\n", q, static_cast<double>(j.together) / expected - 1,
                  1 / std::sqrt(expected));
    }
  }
  double integral(bool over_sweeps) const {
    constexpr std::uint64_t sets = 256;
    // The whitening is added to the counter: from here on it carries at the end of each set.
    const std::uint64_t aligned_pair = 256 - (keys_.aes_whitening[0] & 255);
    const std::uint64_t aligned_sweep = 256 - ((keys_.aes_whitening[1] >> 8) & 255);
    std::uint64_t zeros = 0;
    for (std::uint64_t set = 0; set < sets; ++set) {
      std::array<std::uint64_t, 2> total{};
      for (std::uint64_t i = 0; i < 256; ++i) {
        const std::uint64_t pair = over_sweeps ? set : aligned_pair + 256 * set + i;
        const std::uint64_t sweep = over_sweeps ? aligned_sweep + 256 * set + i : set;
        const std::uint64_t flat = 2 * pair;
        const Group<Generator> group(Generator(keys_, sweep, 0), flat / group_words * group_words);
        total[0] ^= group.plane[0][flat % group_words];
        total[1] ^= group.plane[0][flat % group_words + 1];
      }
      for (std::size_t byte = 0; byte < 16; ++byte) {
        zeros += ((total[byte / 8] >> (8 * (byte % 8))) & 255) == 0 ? 1 : 0;
      }
    }
    return static_cast<double>(zeros) / (16 * sets);
  }

  StreamKeys keys_;
  std::uint64_t first_sweep_;
  std::uint64_t blocks_ = 0;
  std::array<Samples, 3> high_;                    // the three highest planes
  Samples first_, beside_, successor_, opposite_;  // plane 0: here, next block, sweep, other colour
  std::vector<Parity> parities_;
  std::vector<JointAcceptance> joint_;
  Counts next_plane_{"a lane, a lane of the next plane", lanes * lanes};
  Counts plane_after_{"a lane, a lane two planes on", lanes * lanes};
  Counts next_block_{"a lane, a lane of the next words", lanes * lanes};
  Counts next_sweep_{"a lane, a lane of the next sweep", lanes * lanes};
  Counts other_colour_{"a lane, a lane of the other sublattice", lanes * lanes};
  Counts triples_{"two lanes, a lane of the next plane", lanes * (lanes - 1) / 2 * lanes};
  Counts three_planes_{"a lane of each of three planes", lanes * lanes * lanes};
};

}  // namespace

int main(int argc, char** argv) {
  const int log2_samples = argc > 2 ? std::atoi(argv[2]) : 24;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : 1;
  const std::uint64_t first_sweep = argc > 4 ? std::strtoull(argv[4], nullptr, 0) : 0;
  const auto study = [&]<class Generator>() {
    Study<Generator> generator(seed, first_sweep);
    std::printf("%s, 2^%d blocks, seed %llu, from sweep %llu\n", argv[1], log2_samples,
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(first_sweep));
    generator.run(std::uint64_t{1} << log2_samples);
    generator.print();
    generator.print_integrals();
  };
  if (argc < 2 || !randomness::with_generator(argv[1], study)) {
    std::fputs("usage: lane_statistics GENERATOR [LOG2_BLOCKS [SEED [FIRST_SWEEP]]]\n", stderr);
    return 2;
  }
}
