// Whether numbers from outside multiply to what they should.
#pragma once

#include <cstdint>
#include <span>

namespace multispin {

// Whether these are factors of at least 1 of a number; they may be anything, so nothing is
// multiplied.
inline bool factors_of(std::int64_t number, std::span<const std::int64_t> factors) {
  for (const std::int64_t factor : factors) {
    if (factor < 1 || number % factor != 0) return false;
    number /= factor;
  }
  return number == 1;
}

}  // namespace multispin
