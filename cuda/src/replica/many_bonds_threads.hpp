// What one warp does in a sweep of replicas at sites with many bonds. A body for launch.hpp.
#pragma once

#include <cstdint>

#include "device/warp.hpp"
#include "multispin/bits/count.hpp"
#include "multispin/host_device.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "multispin/replica/rules/many_bonds.hpp"
#include "multispin/rules/threshold.hpp"
#include "replica/lanes.hpp"

namespace multispin::cuda {

// Eight lanes of the warp share a word of a site, four words side by side: each lane counts every
// eighth bond, and makes one of eight draws. Counts are then added up, and draws handed round.
//
// Sites have the same number of digits, which is `known_digits` unless that is 0.
template <class Planes, int known_digits>
struct UpdateManyBonds {
  using Rule = rules::ManyBonds<known_digits>;
  static constexpr int sharers = model::slot_block;
  static constexpr int at_once = 4;  // bonds
  static constexpr std::uint32_t words_of_warp = Warp::lanes / sharers;

  Lanes lanes;
  const ManyBondsSite* sites;  // by position
  const model::Bond* bonds;    // of all sites
  rules::LaneThresholds thresholds;
  random::StreamKeys keys;
  std::uint64_t sweep;
  std::uint32_t begin;  // position of the first warps

  MULTISPIN_HD std::uint32_t warps_of_site() const {
    return (lanes.words + words_of_warp - 1) / words_of_warp;
  }
  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const Place place{begin + warp / warps_of_site(), warp % warps_of_site() * words_of_warp,
                      lanes.words};
    const ManyBondsSite site = sites[place.position];
    const Rule rule{site.degree};
    OfLanes<std::uint64_t> drawn;
    draw(rule, place, 0, drawn);  // first, as it needs nothing that has to be waited for
    OfLanes<Site> own;
    Warp::each([&](int lane) { count_share(rule, site, place, lane, own[lane]); });
    add_up(rule, own);
    decide(rule, place, drawn, own);
    Warp::each([&](int lane) {
      if (lane % sharers != 0 || !place.has_word(lane)) return;
      bits::store(lanes.spin(place.position, place.word(lane)),
                  own[lane].spin ^ own[lane].accepted);
    });
  }

 private:
  // The site and the words of a warp. Lanes beyond the last word do what it does, but for storing.
  struct Place {
    std::uint32_t position, first_word, words;

    MULTISPIN_HD bool has_word(int lane) const { return wanted(lane) < words; }
    MULTISPIN_HD std::uint32_t word(int lane) const {
      return has_word(lane) ? wanted(lane) : words - 1;
    }

   private:
    MULTISPIN_HD std::uint32_t wanted(int lane) const {
      return first_word + static_cast<std::uint32_t>(lane / sharers);
    }
  };

  // One word of a site.
  struct Site {
    Word spin;
    Word count[Rule::most_planes];  // of u - ceil(d/2)
    Word missing[rules::missing_planes];
    Word carry, accepted, open;
  };

  // The planes of the number of bonds that favour the spin up, among those that are this lane's;
  // one of the sharers begins with what the sum is added to.
  MULTISPIN_HD void count_share(const Rule& rule, const ManyBondsSite& site, const Place& place,
                                int lane, Site& own) const {
    const int share = lane % sharers;
    const std::uint32_t word = place.word(lane);
    own.spin = bits::loaded<Word>(lanes.spin(place.position, word));
    const Word first = bits::both(share == 0 ? ~0U : 0U);
    MULTISPIN_UNROLL(Rule::most_planes)
    for (int p = 0; p < rule.planes(); ++p) {
      const Word start = bits::xor_and(bits::splat<Word>(rule.start(p)), own.spin,
                                       bits::splat<Word>(rule.start_change(p)));
      own.count[p] = start & first;
    }
    const model::Bond* const bond = bonds + site.first_bond;
    for (int j = share; j < site.slots; j += at_once * sharers) {
      Word favours_up[at_once];
      MULTISPIN_UNROLL(at_once)
      for (int i = 0; i < at_once; ++i) {
        favours_up[i] = bits::zero<Word>();
        if (j + i * sharers >= site.slots) continue;
        const model::Bond b = bond[j + i * sharers];
        favours_up[i] = bits::loaded<Word>(lanes.spin(b.position, word)) ^ lanes.sign(b.sign, word);
      }
      add_four(rule, favours_up, own.count);
    }
  }
  MULTISPIN_HD static void add_four(const Rule& rule, const Word (&x)[at_once],
                                    Word (&count)[Rule::most_planes]) {
    const bits::Sum<Word> two = bits::add(count[0], x[0], x[1]);
    const bits::Sum<Word> four = bits::add(two.low, x[2], x[3]);
    bits::Sum<Word> sum = bits::add(count[1], two.carry, four.carry);
    count[0] = four.low;
    count[1] = sum.low;
    MULTISPIN_UNROLL(Rule::most_planes)
    for (int p = 2; p < rule.planes(); ++p) {
      sum = bits::add(count[p], sum.carry);
      count[p] = sum.low;
    }
  }
  // Sums over the sharers, in each of them; inverted where the spin is up.
  MULTISPIN_HD void add_up(const Rule& rule, OfLanes<Site>& own) const {
    for (int distance = 1; distance < sharers; distance *= 2) {
      Warp::each([&](int lane) { own[lane].carry = bits::zero<Word>(); });
      MULTISPIN_UNROLL(Rule::most_planes)
      for (int p = 0; p < rule.planes(); ++p) {
        OfLanes<std::uint64_t> plane;
        Warp::each([&](int lane) { plane[lane] = bits::joined(own[lane].count[p]); });
        const auto other = Warp::taken(plane, [&](int lane) { return lane ^ distance; });
        Warp::each([&](int lane) {
          const bits::Sum<Word> sum =
              bits::add(own[lane].count[p], bits::halves(other[lane]), own[lane].carry);
          own[lane].count[p] = sum.low;
          own[lane].carry = sum.carry;
        });
      }
    }
    Warp::each([&](int lane) {
      MULTISPIN_UNROLL(Rule::most_planes)
      for (int p = 0; p < rule.planes(); ++p)
        own[lane].count[p] = own[lane].count[p] ^ own[lane].spin;
    });
  }

  // The lanes that flip.
  MULTISPIN_HD void decide(const Rule& rule, const Place& place, OfLanes<std::uint64_t>& drawn,
                           OfLanes<Site>& own) const {
    // Of the draw with this number; they come in order, and those of `drawn` are there.
    const auto next = [&](int number) {
      const int round = number % sharers;
      if (round == 0 && number != 0) draw(rule, place, number, drawn);
      return Warp::taken(drawn, [&](int lane) { return lane / sharers * sharers + round; });
    };
    Warp::each([&](int lane) { own[lane].carry = bits::zero<Word>(); });
    // Digit 0 of an even site decides nothing.
    MULTISPIN_UNROLL(Rule::most_digits)
    for (int j = 0; j < rule.digits(); ++j) {
      const OfLanes<std::uint64_t> digit = next(j);
      if (j == 0 && rule.even()) continue;
      Warp::each([&](int lane) {
        Site& site = own[lane];
        site.carry = rule.with_digit(j, site.count, bits::halves(digit[lane]), site.carry);
      });
    }
    Warp::each([&](int lane) {
      Site& site = own[lane];
      site.accepted = rule.with_carry(site.count, site.carry, site.missing);
      site.open = ~site.accepted;
    });
    const auto is_open = [&](int lane) { return bits::any(own[lane].open); };
    for (int number = rule.digits(); Warp::ballot(is_open) != 0; ++number) {
      const OfLanes<std::uint64_t> success = next(number);
      Warp::each([&](int lane) {
        Site& site = own[lane];
        site.open = site.open & bits::halves(success[lane]);
        const Word reached = rule.with_success(site.open, site.missing);
        site.accepted = site.accepted | reached;
        site.open = bits::and_not(site.open, reached);
      });
    }
  }

  // The lanes of its word where the draw of a lane of the warp succeeds: that of number `first` and
  // of those that follow, one a sharer.
  MULTISPIN_HD void draw(const Rule& rule, const Place& place, int first,
                         OfLanes<std::uint64_t>& drawn) const {
    Warp::each([&](int lane) {
      drawn[lane] =
          bits::joined(draw(rule, place.position, place.word(lane), first + lane % sharers));
    });
  }
  MULTISPIN_HD Word draw(const Rule& rule, std::uint32_t position, std::uint32_t word,
                         int number) const {
    const int c = number < rule.digits() ? number : rule.digits();
    constexpr int coarse = Planes::coarse_planes;
    const Planes planes(keys, sweep, number);
    typename Planes::State state =
        planes.start((std::uint64_t{position} << model::lane_word_bits) + lanes.first_word + word);
    const std::int64_t step = rule.classes() * thresholds.words;
    const std::uint64_t* const threshold = thresholds.planes + c * thresholds.words + word;
    const std::uint64_t* const always = thresholds.always + c * thresholds.words + word;
    Word less = bits::loaded<Word>(always);
    MULTISPIN_UNROLL(coarse)
    for (int k = 0; k < coarse; ++k) {
      const Word t = bits::loaded<Word>(threshold + k * step);
      less = bits::less_than_step(t, planes.next(state, k), less);
    }
    const Word plane = planes.next(state, coarse);
    if (!bits::any_field_below<rules::redraw_bits<coarse>>(&plane, 1)) return less;
    const rules::ClassProspect<Word> prospect{threshold, always, step};
    return rules::with_redrawn_lanes(planes, state, prospect, thresholds, plane, less);
  }
};

}  // namespace multispin::cuda
