// What follows from a temperature, such as thresholds, kept for the next time it is asked for:
// tempering sets the same few temperatures again and again, for hundreds of replicas at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "multispin/checks.hpp"

namespace multispin {

template <class Value>
class KnownTemperatures {
 public:
  // Of a temperature, numbered from 0 in the order in which they were first seen. One that is new
  // is checked, and gets the value make(temperature).
  template <class Make>
  std::uint32_t number(double temperature, const Make& make) {
    const auto bits = std::bit_cast<std::uint64_t>(temperature);
    std::size_t slot = slot_of(bits);
    if (slots_[slot].number != none) return slots_[slot].number;
    check_temperature(temperature);
    values_.push_back(make(temperature));
    if (8 * values_.size() > slots_.size()) {
      grow();
      slot = slot_of(bits);
    }
    slots_[slot] = {bits, static_cast<std::uint32_t>(values_.size() - 1)};
    return slots_[slot].number;
  }
  const Value& operator[](std::uint32_t number) const { return values_[number]; }
  std::size_t size() const { return values_.size(); }
  // Whether there are far more than `replicas` can have at a time.
  bool crowded(std::int64_t replicas) const {
    constexpr std::size_t many = 1 << 12;
    return values_.size() > many && values_.size() > 4 * static_cast<std::size_t>(replicas);
  }
  void clear() { *this = {}; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Slot {
    std::uint64_t bits = 0;
    std::uint32_t number = none;
  };

  // Where a temperature is, or has to be put.
  std::size_t slot_of(std::uint64_t bits) const {
    const std::size_t mask = slots_.size() - 1;
    // The highest bits of the product, which all bits of the temperature have a part in.
    std::size_t slot = bits * 0x9e3779b97f4a7c15U >> (64 - std::countr_zero(slots_.size()));
    while (slots_[slot].number != none && slots_[slot].bits != bits) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    std::vector<Slot> before(2 * slots_.size());
    std::swap(before, slots_);
    for (const Slot& slot : before) {
      if (slot.number != none) slots_[slot_of(slot.bits)] = slot;
    }
  }

  std::vector<Value> values_;
  // A power of two. Few are in use, so that nearly all temperatures are found at once.
  std::vector<Slot> slots_ = std::vector<Slot>(512);
};

}  // namespace multispin
