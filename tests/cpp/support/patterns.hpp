// Models of couplings that patterns make, for tests of the engine of real couplings.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "support/real.hpp"

namespace multispin::test {

// Patterns of random bits, those of the words' ends too, which are nobody's.
inline std::vector<std::uint64_t> random_patterns(std::int64_t sites, std::int64_t patterns) {
  std::mt19937_64 generator{static_cast<std::uint64_t>(sites + patterns)};
  std::vector<std::uint64_t> words(static_cast<std::size_t>((sites + 63) / 64 * patterns));
  for (std::uint64_t& word : words) word = generator();
  return words;
}

inline std::int64_t spin_of(const std::vector<std::uint64_t>& words, std::int64_t sites,
                            std::int64_t pattern, std::int64_t site) {
  const auto word = static_cast<std::size_t>(pattern * ((sites + 63) / 64) + site / 64);
  return (words[word] >> (site % 64) & 1U) != 0 ? 1 : -1;
}

inline RealOptions with_patterns(std::int64_t sites, const std::vector<std::uint64_t>& patterns,
                                 std::int64_t replicas) {
  RealOptions o;
  o.sites = sites;
  o.storage = Storage::patterns;
  o.patterns = patterns;
  o.unit = 1.0 / static_cast<double>(sites);
  o.fields = real_numbers(static_cast<std::size_t>(sites), 2);
  o.replicas = replicas;
  o.seed = 99;
  return o;
}

// The same model with all couplings.
inline RealOptions with_couplings(const RealOptions& o,
                                  const std::vector<std::uint64_t>& patterns) {
  RealOptions all = o;
  all.storage = Storage::dense;
  all.patterns = {};
  all.all_pairs = true;
  for (std::int64_t i = 0; i < o.sites; ++i) {
    for (std::int64_t j = i + 1; j < o.sites; ++j) {
      std::int64_t sum = 0;
      for (std::int64_t p = 0; p < pattern_count(o); ++p) {
        sum += spin_of(patterns, o.sites, p, i) * spin_of(patterns, o.sites, p, j);
      }
      all.couplings.push_back(static_cast<double>(sum) * o.unit);
    }
  }
  return all;
}

}  // namespace multispin::test
