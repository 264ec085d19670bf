// Bit-sliced counting: how many of several words have a lane's bit set, as binary planes; and the
// choice of one of several words by such a count.
#pragma once

#include <cstdint>
#include <type_traits>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::bits {

// Planes of a count from 0 to `most`.
template <int most>
inline constexpr int count_planes = most < 2 ? 1 : (most < 4 ? 2 : (most < 8 ? 3 : 4));

template <class W>
struct Sum {
  W low, carry;
};

template <class W>
MULTISPIN_HD Sum<W> add(W a, W b) {
  return {a ^ b, a & b};
}
template <class W>
MULTISPIN_HD Sum<W> add(W a, W b, W c) {
  return {xor3(a, b, c), majority(a, b, c)};
}

template <class W>
MULTISPIN_HD void count_bits(const W (&x)[2], W (&planes)[2]) {
  planes[0] = x[0] ^ x[1];
  planes[1] = x[0] & x[1];
}
template <class W>
MULTISPIN_HD void count_bits(const W (&x)[4], W (&planes)[3]) {
  const Sum<W> three = add(x[0], x[1], x[2]);
  const Sum<W> all = add(three.low, x[3]);
  planes[0] = all.low;
  planes[1] = three.carry ^ all.carry;
  planes[2] = three.carry & all.carry;
}
template <class W>
MULTISPIN_HD void count_bits(const W (&x)[6], W (&planes)[3]) {
  const Sum<W> first = add(x[0], x[1], x[2]);
  const Sum<W> last = add(x[3], x[4], x[5]);
  const Sum<W> all = add(first.low, last.low);
  planes[0] = all.low;
  const Sum<W> twos = add(first.carry, last.carry, all.carry);
  planes[1] = twos.low;
  planes[2] = twos.carry;
}
template <class W>
MULTISPIN_HD void count_bits(const W (&x)[8], W (&planes)[4]) {
  const Sum<W> first = add(x[0], x[1], x[2]);
  const Sum<W> second = add(x[3], x[4], x[5]);
  const Sum<W> third = add(first.low, second.low, x[6]);
  const Sum<W> all = add(third.low, x[7]);
  planes[0] = all.low;
  const W twos[4] = {first.carry, second.carry, third.carry, all.carry};
  W rest[3];
  count_bits(twos, rest);
  for (int i = 0; i < 3; ++i) planes[i + 1] = rest[i];
}
template <class W>
MULTISPIN_HD void count_bits(const W (&x)[12], W (&planes)[4]) {
  Sum<W> three[4];
  for (int i = 0; i < 4; ++i) three[i] = add(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
  const Sum<W> nine = add(three[0].low, three[1].low, three[2].low);
  const Sum<W> all = add(nine.low, three[3].low);
  planes[0] = all.low;
  const W twos[6] = {three[0].carry, three[1].carry, three[2].carry,
                     three[3].carry, nine.carry,     all.carry};
  W rest[3];
  count_bits(twos, rest);
  for (int i = 0; i < 3; ++i) planes[i + 1] = rest[i];
}

// A word of ones that is known to be one when the program is compiled.
struct Ones {};

template <class W>
MULTISPIN_HD W choose(W mask, Ones /*a*/, W b) {
  return mask | b;
}
template <class W>
MULTISPIN_HD W choose(W mask, W a, Ones /*b*/) {
  return or_not(a, mask);
}
template <class W>
MULTISPIN_HD Ones choose(W /*mask*/, Ones a, Ones /*b*/) {
  return a;
}

template <int number>
using Number = std::integral_constant<int, number>;

// In every lane leaf(Number<n>{}), n the lane's count from 0 to `most`. A leaf is a word or Ones.
template <int most, int first = 0, int plane = count_planes<most> - 1, class W, class Leaf>
MULTISPIN_HD auto select(const W* planes, const Leaf& leaf) {
  if constexpr (plane < 0) {
    return leaf(Number<first>{});
  } else if constexpr (first + (1 << plane) > most) {
    return select<most, first, plane - 1>(planes, leaf);
  } else {
    return choose(planes[plane], select<most, first + (1 << plane), plane - 1>(planes, leaf),
                  select<most, first, plane - 1>(planes, leaf));
  }
}

// 64 counters side by side in every element, up to 2^32 - 1.
template <class W>
class LaneCounts {
 public:
  static constexpr int planes = 32;
  static constexpr int block = 16;  // words that are added together

  MULTISPIN_HD LaneCounts() {
    for (W& plane : plane_) plane = zero<W>();
  }
  // Adds the bits of a block of words, given by next() one after the other.
  template <class Next>
  MULTISPIN_HD void add_block(const Next& next) {
    W carry = added<block_level>(next);
    int p = block_level;
    for (std::uint64_t n = blocks_; n % 2 != 0; n /= 2, ++p)
      carry = add_pair(p, waiting_[p], carry);
    waiting_[p] = carry;
    ++blocks_;
  }
  // When all words are added: makes the planes complete.
  MULTISPIN_HD void finish() {
    for (int p = block_level; p < planes; ++p) {
      if ((blocks_ >> (p - block_level)) % 2 == 0) continue;
      W carry = waiting_[p];
      for (int q = p; q < planes && any(carry); ++q) carry = add_pair(q, carry, zero<W>());
    }
    blocks_ = 0;
  }
  MULTISPIN_HD W plane(int p) const { return plane_[p]; }

 private:
  static constexpr int block_level = 4;

  // Two words of weight 2^p; returns the carry.
  MULTISPIN_HD W add_pair(int p, W a, W b) {
    const Sum<W> sum = add(plane_[p], a, b);
    plane_[p] = sum.low;
    return sum.carry;
  }
  // Adds 2^level words to the planes below `level`; returns what is left, of weight 2^level.
  template <int level, class Next>
  MULTISPIN_HD W added(const Next& next) {
    if constexpr (level == 0) {
      return next();
    } else {
      const W first = added<level - 1>(next);
      const W second = added<level - 1>(next);
      return add_pair(level - 1, first, second);
    }
  }

  W plane_[planes];
  W waiting_[planes];  // at p if bit p - block_level of blocks_ is set: a word of weight 2^p
  std::uint64_t blocks_ = 0;
};

// The same of a number of words that the program learns as it runs, from any start on, modulo
// 2^planes; complete after each addition.
template <class W, int most_planes>
class WideCounts {
 public:
  static constexpr int most_level = 4;

  // start(p) is plane p of what is there before anything is added.
  template <class Start>
  MULTISPIN_HD void begin(int planes, const Start& start) {
    planes_ = planes;
    for (int p = 0; p < most_level; ++p) low_[p] = start(p);
    for (int p = most_level; p < planes; ++p) high_[p - most_level] = start(p);
  }
  // Adds the 2^level words next(0), next(1), ...
  template <int level, class Next>
  MULTISPIN_HD void add(const Next& next) {
    W carry = added<level>(next, 0);
    for (int p = level; p < most_level; ++p) carry = add_half(low_[p], carry);
    for (int p = most_level; p < planes_; ++p) carry = add_half(high_[p - most_level], carry);
  }
  // The planes, each inverted where `mask` is set.
  MULTISPIN_HD void get(W mask, W (&planes)[most_planes]) const {
    for (int p = 0; p < most_level; ++p) planes[p] = low_[p] ^ mask;
    for (int p = most_level; p < planes_; ++p) planes[p] = high_[p - most_level] ^ mask;
  }

 private:
  MULTISPIN_HD static W add_half(W& plane, W carry) {
    const Sum<W> sum = bits::add(plane, carry);
    plane = sum.low;
    return sum.carry;
  }
  // Adds 2^level words from number `first` on to the planes below `level`; returns what is left, of
  // weight 2^level.
  template <int level, class Next>
  MULTISPIN_HD W added(const Next& next, int first) {
    if constexpr (level == 0) {
      return next(first);
    } else {
      const W one = added<level - 1>(next, first);
      const W other = added<level - 1>(next, first + (1 << (level - 1)));
      const Sum<W> sum = bits::add(low_[level - 1], one, other);
      low_[level - 1] = sum.low;
      return sum.carry;
    }
  }

  // Apart, as an index that is not known before would put all of them into memory.
  W low_[most_level];
  W high_[most_planes - most_level];
  int planes_;
};

// The same of LaneCounts, below 2^count_planes and complete at any time: few registers, as a GPU
// likes it.
template <class W, int count_planes = 32>
class RunningCounts {
 public:
  static constexpr int planes = count_planes;

  MULTISPIN_HD RunningCounts() {
    for (W& plane : plane_) plane = zero<W>();
  }
  // Adds the bits of seven words to their lanes' counters.
  MULTISPIN_HD void add_seven(const W (&x)[7]) {
    const Sum<W> first = add(x[0], x[1], x[2]);
    const Sum<W> second = add(x[3], x[4], x[5]);
    const Sum<W> all = add(first.low, second.low, x[6]);
    const Sum<W> twos = add(first.carry, second.carry, all.carry);
    Sum<W> sum = add(plane_[0], all.low);
    plane_[0] = sum.low;
    sum = add(plane_[1], twos.low, sum.carry);
    plane_[1] = sum.low;
    sum = add(plane_[2], twos.carry, sum.carry);
    plane_[2] = sum.low;
    MULTISPIN_UNROLL(planes)
    for (int p = 3; p < planes; ++p) {
      if (!any(sum.carry)) break;
      sum = add(plane_[p], sum.carry);
      plane_[p] = sum.low;
    }
  }
  MULTISPIN_HD W plane(int p) const { return plane_[p]; }

 private:
  W plane_[planes];
};

}  // namespace multispin::bits
