// Weights become integers, and sums wider ones. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "bipartite/kernels.hpp"
#include "bipartite/units_impl.hpp"

namespace multispin::kernels {
namespace {

MULTISPIN_HD void store_low(std::int32_t* to, Wide::B x) {
  const HalfIntegers low = __builtin_convertvector(x, HalfIntegers);
  __builtin_memcpy(to, &low, sizeof low);
}

// What is left over of whole vectors goes through one that has zeros behind it.
template <class T>
void round_numbers(const T* from, std::int64_t count, double inverse, std::int32_t* to) {
  const auto round = [&](const T* at) { return Wide::rounded(load_doubles(at) * inverse); };
  std::int64_t i = 0;
  for (; i + Wide::count <= count; i += Wide::count) store_low(to + i, round(from + i));
  if (i == count) return;
  T edge[Wide::count] = {};
  std::int32_t rounded[Wide::count];
  for (std::int64_t k = i; k < count; ++k) edge[k - i] = from[k];
  store_low(rounded, round(edge));
  for (std::int64_t k = i; k < count; ++k) to[k] = rounded[k - i];
}

// Lane i % 8 of the sum has number i, whatever a vector has room for.
template <class T>
double add_moduli(const T* from, std::int64_t count, double* columns) {
  constexpr int sum_lanes = 8;
  constexpr int parts = sum_lanes / Wide::count;
  D sums[parts] = {};
  std::int64_t i = 0;
  for (; i + sum_lanes <= count; i += sum_lanes) {
    for (int part = 0; part < parts; ++part) {
      const std::int64_t at = i + part * Wide::count;
      const D modulus = Wide::modulus(load_doubles(from + at));
      Wide::store(columns + at, Wide::load(columns + at) + modulus);
      sums[part] += modulus;
    }
  }
  double lane[sum_lanes];
  for (int part = 0; part < parts; ++part) Wide::store(lane + part * Wide::count, sums[part]);
  for (; i < count; ++i) {
    const double modulus = __builtin_fabs(static_cast<double>(from[i]));
    columns[i] += modulus;
    lane[i % sum_lanes] += modulus;
  }
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

// Numbers >= 0 are in the order of their bits, and what is not finite comes last.
template <class T, class Bits>
double largest_modulus(const T* from, std::int64_t count) {
  constexpr int side_by_side = 8 * Word::words / static_cast<int>(sizeof(T));
  typedef Bits Vector __attribute__((vector_size(8 * Word::words)));
  constexpr Bits without_sign = ~Bits{0} >> 1;
  Vector most{};
  std::int64_t i = 0;
  for (; i + side_by_side <= count; i += side_by_side) {
    Vector own;
    __builtin_memcpy(&own, from + i, sizeof own);
    own &= without_sign;
    most = own > most ? own : most;
  }
  Bits largest = 0;
  for (int k = 0; k < side_by_side; ++k) largest = most[k] > largest ? most[k] : largest;
  for (; i < count; ++i) {
    Bits own;
    __builtin_memcpy(&own, from + i, sizeof own);
    own &= without_sign;
    largest = own > largest ? own : largest;
  }
  T out;
  __builtin_memcpy(&out, &largest, sizeof out);
  return static_cast<double>(out);
}

void turn_block(const std::int32_t* from, std::int32_t* to) {
  for (int i = 0; i < block_units; i += lanes) {
    for (int j = 0; j < block_units; j += lanes) {
      I square[lanes];
      for (int k = 0; k < lanes; ++k) square[k] = Lanes::load(from + (i + k) * block_units + j);
      Lanes::turn_over(square);
      for (int k = 0; k < lanes; ++k) Lanes::store(to + (j + k) * block_units + i, square[k]);
    }
  }
}

// Adds sums to wider ones and clears them.
void widen_sums(std::int32_t* sums, std::int64_t count, std::int64_t* to) {
  typedef std::int64_t Wider __attribute__((vector_size(8 * Wide::count)));
  for (std::int64_t i = 0; i < count; i += Wide::count) {
    HalfIntegers from;
    Wider total;
    __builtin_memcpy(&from, sums + i, sizeof from);
    __builtin_memcpy(&total, to + i, sizeof total);
    total += __builtin_convertvector(from, Wider);
    from = HalfIntegers{};
    __builtin_memcpy(to + i, &total, sizeof total);
    __builtin_memcpy(sums + i, &from, sizeof from);
  }
}

}  // namespace
}  // namespace multispin::kernels
