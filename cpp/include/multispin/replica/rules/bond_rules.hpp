// Updates of a site with up to 12 bonds +J and -J, for one word of replicas of any width.
//
// A rule says what is counted over the bonds of a site, which classes of lanes have a threshold of
// their own, and what becomes of the spin. Every lane has its own temperature, so a threshold is a
// word for each bit plane (lane_thresholds.hpp).
//
// Rules come with 2, 4, 6, 8 or 12 slots for bonds; a site uses the smallest that holds its degree.
// A slot without a bond counts nothing.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/replica/graph.hpp"

namespace multispin::rules {

// What a rule needs to know beside thresholds, of class n: whether the local field favours the spin
// up (all bits), and whether the old spin does not matter (all bits).
struct FieldSigns {
  std::uint64_t up[model::most_classes];
  std::uint64_t heat_bath[model::most_classes];
  bool mixed;  // classes differ in heat_bath, which they seldom do
};

// Metropolis without a field. u unsatisfied bonds of d: dE = 2 J (d - 2u), so a spin with 2u >= d
// flips in any case, and there is a class for each u below.
template <int bond_slots>
struct ZeroFieldFlip {
  static constexpr int slots = bond_slots;
  static constexpr int classes = slots / 2;
  static constexpr int planes = bits::count_planes<slots>;

  // A set bit is an unsatisfied bond.
  template <class W>
  MULTISPIN_HD static W counted(W spin, W neighbour, W sign) {
    return bits::xor3(spin, neighbour, sign);
  }
  // Each lane's value; lanes without a class have ones.
  template <class W>
  MULTISPIN_HD static W select(const W* planes, const W (&value)[classes]) {
    return bits::select<slots>(planes, [&](auto number) {
      constexpr int u = decltype(number)::value;
      if constexpr (u < classes) {
        return value[u];
      } else {
        return bits::Ones{};
      }
    });
  }
  template <class W>
  MULTISPIN_HD static W result(W spin, const W* /*planes*/, W accepted, const FieldSigns& /*f*/) {
    return spin ^ accepted;
  }
};

// Any dynamics, any field: a class for each number n of bonds that favour the spin up. The local
// field is f = J (2n - d) + h, U = sign(f) (up if f = 0) what it favours; as for the square
// lattice, new = U xor (accepted & mask), where the mask is ones for classes with a heat bath
// and s = U for the others.
template <int bond_slots>
struct AnyField {
  static constexpr int slots = bond_slots;
  static constexpr int classes = slots + 1;
  static constexpr int planes = bits::count_planes<slots>;

  template <class W>
  MULTISPIN_HD static W counted(W /*spin*/, W neighbour, W sign) {
    return neighbour ^ sign;
  }
  template <class W>
  MULTISPIN_HD static W select(const W* planes, const W (&value)[classes]) {
    return bits::select<slots>(planes, [&](auto n) { return value[decltype(n)::value]; });
  }
  template <class W>
  MULTISPIN_HD static W result(W spin, const W* planes, W accepted, const FieldSigns& field) {
    const auto lanes_of = [&](const std::uint64_t* of_class) {
      W value[classes];
      for (int n = 0; n < classes; ++n) value[n] = bits::splat<W>(of_class[n]);
      return select(planes, value);
    };
    const W favoured = lanes_of(field.up);
    const W any = field.mixed ? lanes_of(field.heat_bath) : bits::splat<W>(field.heat_bath[0]);
    const W may_leave = bits::or_not(any, spin ^ favoured);
    return bits::xor_and(favoured, accepted, may_leave);
  }
};

}  // namespace multispin::rules
