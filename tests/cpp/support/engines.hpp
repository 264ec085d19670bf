// Small helpers around LatticeEngine that many tests share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "multispin/lattice/engine.hpp"

namespace multispin {

// How GoogleTest prints them.
inline void PrintTo(Isa isa, std::ostream* out) {
  *out << name(isa);
}
inline void PrintTo(Generator generator, std::ostream* out) {
  *out << (generator == Generator::aes ? "aes" : "philox");
}
inline bool operator==(const Sums& a, const Sums& b) {
  return a.bonds == b.bonds && a.spins == b.spins;
}
inline void PrintTo(const Sums& sums, std::ostream* out) {
  *out << "bonds " << sums.bonds << ", spins " << sums.spins;
}

}  // namespace multispin

namespace multispin::rules {

inline void PrintTo(Dynamics dynamics, std::ostream* out) {
  *out << (dynamics == Dynamics::glauber ? "glauber" : "metropolis");
}

}  // namespace multispin::rules

namespace multispin::test {

using Spins = std::vector<std::int8_t>;

inline constexpr Generator generators[] = {Generator::aes, Generator::philox};

inline LatticeOptions make_options(std::int64_t rows, std::int64_t columns,
                                   Generator generator = Generator::aes) {
  LatticeOptions options;
  options.rows = rows;
  options.columns = columns;
  options.generator = generator;
  options.seed = 0x0123456789abcdefU;
  return options;
}

inline LatticeOptions make_cubic(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                 Generator generator = Generator::aes) {
  LatticeOptions options = make_options(rows, columns, generator);
  options.planes = planes;
  return options;
}

// What a test is run with.
struct Physics {
  const char* name;
  Dynamics dynamics;
  double J, h, temperature;
};

inline void PrintTo(const Physics& p, std::ostream* out) {
  *out << p.name;
}

inline LatticeOptions with_physics(LatticeOptions options, const Physics& p) {
  options.dynamics = p.dynamics;
  options.J = p.J;
  options.h = p.h;
  return options;
}

inline void set_temperature(LatticeEngine& engine, double temperature) {
  engine.set_temperatures(
      std::vector<double>(static_cast<std::size_t>(engine.options().replicas), temperature));
}

inline Spins spins_of(const LatticeEngine& engine, std::int64_t replica = 0) {
  Spins spins(static_cast<std::size_t>(engine.lattice().spins()));
  engine.get_spins(replica, spins.data());
  return spins;
}

inline std::vector<std::uint64_t> packed_of(const LatticeEngine& engine, std::int64_t replica = 0) {
  const std::int64_t each = 2 * engine.lattice().all_rows() * engine.lattice().words;
  std::vector<std::uint64_t> words(static_cast<std::size_t>(engine.options().replicas * each));
  engine.get_packed(words.data());
  const auto first = words.begin() + replica * each;
  return {first, first + each};
}

inline Sums sums_of(const LatticeEngine& engine, std::int64_t replica = 0) {
  std::vector<Sums> sums(static_cast<std::size_t>(engine.options().replicas));
  engine.sums(sums.data());
  return sums[static_cast<std::size_t>(replica)];
}

inline Sums naive_sums(const Spins& spins, std::int64_t rows, std::int64_t columns,
                       std::int64_t planes = 1) {
  const auto at = [&](std::int64_t z, std::int64_t r, std::int64_t c) {
    const std::int64_t row = z % planes * rows + r % rows;
    return std::int64_t{spins[static_cast<std::size_t>(row * columns + c % columns)]};
  };
  Sums sums;
  for (std::int64_t z = 0; z < planes; ++z) {
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t in_plane = at(z, r + 1, c) + at(z, r, c + 1);
        const std::int64_t across = planes == 1 ? 0 : at(z + 1, r, c);
        sums.bonds += at(z, r, c) * (in_plane + across);
        sums.spins += at(z, r, c);
      }
    }
  }
  return sums;
}

// Equality that names the first difference instead of printing whole lattices.
inline ::testing::AssertionResult same_spins(const Spins& expected, const Spins& got,
                                             std::int64_t columns) {
  if (expected.size() != got.size()) return ::testing::AssertionFailure() << "different sizes";
  std::int64_t first = -1;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == got[i]) continue;
    if (count++ == 0) first = static_cast<std::int64_t>(i);
  }
  if (count == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << count << " of " << got.size() << " spins differ, first row " << first / columns
         << ", column " << first % columns;
}

inline std::string describe(const LatticeOptions& o) {
  return std::to_string(o.planes) + " x " + std::to_string(o.rows) + " x " +
         std::to_string(o.columns) + ", replicas " + std::to_string(o.replicas) + ", threads " +
         std::to_string(o.threads) + ", J " + std::to_string(o.J) + ", h " + std::to_string(o.h) +
         ", " + std::string(name(o.isa)) + ", " + ::testing::PrintToString(o.generator) + ", " +
         ::testing::PrintToString(o.dynamics);
}

}  // namespace multispin::test
