// What a word's sites see: their own spins and those around them, and how many of these are up.
#pragma once

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::rules {

// `side` is the neighbour beside the site that is not at the same place of its row as the site is
// in its own; that one is `centre`.
template <class W, int neighbours>
struct Neighbours;

template <class W>
struct Neighbours<W, 4> {
  W spin, up, down, centre, side;
};

template <class W>
struct Neighbours<W, 6> {
  W spin, up, down, centre, side, before, after;  // in the planes before and after, too
};

// Number of neighbours up, in every lane: n = bit0 + 2 bit1 + 4 four.
template <class W>
struct CountUp {
  W bit0, bit1, four;
};

template <class W>
MULTISPIN_HD CountUp<W> count_up(const Neighbours<W, 4>& site) {
  const W parity = bits::xor3(site.up, site.down, site.centre);
  const W most = bits::majority(site.up, site.down, site.centre);
  const W carry = parity & site.side;
  return {parity ^ site.side, most ^ carry, most & carry};
}

template <class W>
MULTISPIN_HD CountUp<W> count_up(const Neighbours<W, 6>& site) {
  const W parity = bits::xor3(site.up, site.down, site.centre);
  const W most = bits::majority(site.up, site.down, site.centre);
  const W other_parity = bits::xor3(site.side, site.before, site.after);
  const W other_most = bits::majority(site.side, site.before, site.after);
  const W carry = parity & other_parity;
  return {parity ^ other_parity, bits::xor3(most, other_most, carry),
          bits::majority(most, other_most, carry)};
}

}  // namespace multispin::rules
