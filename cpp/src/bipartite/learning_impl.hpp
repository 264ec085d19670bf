// A step of learning, row by row. Part of impl.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bipartite/kernels.hpp"
#include "bipartite/rounding_impl.hpp"

namespace multispin::kernels {
namespace {

MULTISPIN_HD D load_doubles(const std::int32_t* from) {
  HalfIntegers out;
  __builtin_memcpy(&out, from, sizeof out);
  return __builtin_convertvector(out, D);
}

// Neighbours of the type of weights, as many as there are doubles side by side.
template <class T>
struct Neighbours {
  typedef T V __attribute__((vector_size(sizeof(T) * Word::words)));

  MULTISPIN_HD static V load(const T* from) {
    V out;
    __builtin_memcpy(&out, from, sizeof out);
    return out;
  }
  MULTISPIN_HD static void store(T* to, V x) { __builtin_memcpy(to, &x, sizeof x); }
};

// What the slope of l1 would carry beyond 0 stays there.
template <class T>
MULTISPIN_HD T nearer_to_0(T w, T least) {
  const T modulus = w < 0 ? -w : w;
  const T left = modulus <= least ? T{0} : modulus - least;  // not a number stays that
  return __builtin_signbit(w) ? -left : left;
}

// Of a whole block of visible units. Without momentum velocity is neither read nor written: it is
// as much memory as the weights.
template <bool carried, class S, class T>
MULTISPIN_HD double learn_whole(const LearningRow& row, const S* sums, T* w, T* v) {
  using N = Neighbours<T>;
  using V = typename N::V;
  constexpr int sum_lanes = 8;
  constexpr int parts = sum_lanes / Wide::count;
  const V rate = V{} + static_cast<T>(row.rate), momentum = V{} + static_cast<T>(row.momentum);
  const V shrink = V{} + static_cast<T>(row.shrink);
  D along[parts] = {};
  for (int k = 0; k < block_units; k += sum_lanes) {
    for (int part = 0; part < parts; ++part) {
      const int at = k + part * Wide::count;
      const D mu = Wide::load(row.visible_offsets + at);
      const D d = load_doubles(sums + at) * row.step - mu * row.change;
      along[part] += d * mu;
      Wide::store(row.along_visible + at,
                  Wide::load(row.along_visible + at) - d * row.hidden_offset);
      V weight = N::load(w + at);
      V velocity = rate * (__builtin_convertvector(d, V) - shrink * weight);
      if constexpr (carried) velocity = momentum * N::load(v + at) + velocity;
      weight += velocity;
      if constexpr (carried) N::store(v + at, velocity);
      N::store(w + at, weight);
    }
  }
  double lane[sum_lanes];
  for (int part = 0; part < parts; ++part) Wide::store(lane + part * Wide::count, along[part]);
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

template <class S, class T>
MULTISPIN_HD double learn_block(const LearningRow& row, const S* sums, T* w, T* v) {
  return row.momentum == 0.0 ? learn_whole<false>(row, sums, w, v)
                             : learn_whole<true>(row, sums, w, v);
}

// What is left over of whole blocks goes through one that has zeros behind it.
template <class S, class T>
double learn_row(const LearningRow& row, const S* sums, T* w, T* v) {
  double along = 0.0;
  if (row.units == block_units) {
    along = learn_block(row, sums, w, v);
  } else {
    T weights[block_units] = {}, velocity[block_units] = {};
    S present[block_units] = {};
    const auto size = static_cast<std::size_t>(row.units) * sizeof(T);
    __builtin_memcpy(weights, w, size);
    __builtin_memcpy(velocity, v, size);
    __builtin_memcpy(present, sums, static_cast<std::size_t>(row.units) * sizeof(S));
    along = learn_block(row, present, weights, velocity);
    __builtin_memcpy(w, weights, size);
    __builtin_memcpy(v, velocity, size);
  }
  if (row.least != 0.0) {
    const auto least = static_cast<T>(row.least);
    for (int k = 0; k < row.units; ++k) w[k] = nearer_to_0(w[k], least);
  }
  return along;
}

}  // namespace
}  // namespace multispin::kernels
