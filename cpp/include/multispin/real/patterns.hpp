// Patterns as the engines keep them, site by site.
#pragma once

#include <cstdint>
#include <span>

#include "multispin/real/layout.hpp"

namespace multispin {

// Numbers of 16 bits that the patterns at a site take: whole blocks (layout.hpp).
constexpr std::int64_t pattern_row(std::int64_t patterns) {
  return (patterns + model::block_patterns - 1) / model::block_patterns * model::pattern_lanes;
}

// Turns words (pattern, word) of sites over to rows of patterns, sites * pattern_row of them, four
// numbers a word.
void write_pattern_rows(std::int64_t sites, std::span<const std::uint64_t> words,
                        std::uint64_t* rows);

}  // namespace multispin
