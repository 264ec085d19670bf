// The lattice engine's slow twin: one site after the other, written from docs/trajectory.md.
//
// It shares no code with the library, only the plain struct that says what to run. Philox and AES
// are here once more, in the form in which their authors define them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "multispin/lattice/engine.hpp"

namespace twin {

using Block = std::array<std::uint32_t, 4>;
using Bytes = std::array<std::uint8_t, 16>;

// Salmon et al., SC'11.
Block philox4x32(int rounds, Block counter, std::array<std::uint32_t, 2> key);

// FIPS-197: MixColumns(ShiftRows(SubBytes(state))) xor key; byte 4c + r is row r of column c.
Bytes aes_round(const Bytes& state, const Bytes& key);

// Plane `plane` of a word in the half sweep of `colour` in sweep number `sweep`.
std::uint64_t plane(const multispin::LatticeOptions& options, std::uint64_t stream,
                    std::uint64_t flat_word, int colour, std::uint64_t sweep, int plane);
// 64 spins of a random start.
std::uint64_t initial_word(const multispin::LatticeOptions& options, std::uint64_t stream,
                           std::uint64_t flat_word, int colour);

// One replica of the model of `options`.
class Lattice {
 public:
  Lattice(const multispin::LatticeOptions& options, std::uint64_t stream, double temperature);

  void randomize();
  void sweep(int sweeps = 1);

  std::vector<std::int8_t> spins;  // row-major, plane after plane; starts all up
  std::uint64_t sweeps_done = 0;

 private:
  // A spin draws one number against a threshold.
  struct Rule {
    int favoured;             // +1 or -1
    bool heat_bath;           // whether a spin against it draws too
    std::uint64_t threshold;  // Q: probability to turn against it, times 2^(coarse + tail planes)
  };
  // visit(plane, row, word, its flat index)
  template <class Visit>
  void for_words(const Visit& visit);
  void update(int colour, std::int64_t plane, std::int64_t row, std::int64_t word,
              std::uint64_t flat);
  std::int8_t& at(std::int64_t plane, std::int64_t row, std::int64_t column);
  std::int64_t column_of(int colour, std::int64_t plane, std::int64_t row, std::int64_t word,
                         int lane) const;

  multispin::LatticeOptions options_;
  std::uint64_t stream_;
  std::array<Rule, 7> rules_;  // by the number of up neighbours
  std::int64_t words_, stride_;
  int lanes_, coarse_planes_, neighbours_;
};

}  // namespace twin
