// What one thread does in a sweep of replicas of a graph. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "multispin/bits/count.hpp"
#include "multispin/host_device.hpp"
#include "multispin/replica/graph.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "multispin/rules/threshold.hpp"
#include "replica/lanes.hpp"

namespace multispin::cuda {

// A run of sites whose bonds are on the device.
template <class Rule>
struct Sites {
  Lanes lanes;
  model::Run run;

  // What the rule counts over the bonds of a site. sign(number) gives a bond's.
  template <class Sign>
  MULTISPIN_HD void count_with(std::uint32_t position, std::uint32_t word, Word spin,
                               Word (&planes)[Rule::planes], const Sign& sign) const {
    const model::Bond* const bonds = run.bonds + (position - run.begin) * Rule::slots;
    Word counted[Rule::slots];
    MULTISPIN_UNROLL(Rule::slots)
    for (int j = 0; j < Rule::slots; ++j) {
      const model::Bond bond = bonds[j];
      const Word neighbour = bits::loaded<Word>(lanes.spin(bond.position, word));
      counted[j] = Rule::counted(spin, neighbour, sign(bond.sign));
    }
    bits::count_bits(counted, planes);
  }
  // The same with the signs that there are: all lanes' or each lane's, and code for either.
  MULTISPIN_HD void count(std::uint32_t position, std::uint32_t word, Word spin,
                          Word (&planes)[Rule::planes]) const {
    if (lanes.signs == nullptr) {
      count_with(position, word, spin, planes,
                 [](std::uint32_t number) { return bits::both(0U - number); });
    } else {
      count_with(position, word, spin, planes,
                 [&](std::uint32_t number) { return lanes.sign_of_lanes(number, word); });
    }
  }
};

// One word of a few sites, every lane drawing for itself: a threshold that has been fetched serves
// all of them. Site i of a thread is `step` positions after site i - 1, so that neighbouring
// threads have neighbouring memory. With many classes there are no registers for a second site.
template <class Rule, class Planes>
struct UpdateSites {
  static constexpr int group = Rule::classes <= 4 ? 2 : 1;
  static constexpr std::uint32_t blocks_at_once = 6;

  Sites<Rule> sites;
  rules::LaneThresholds thresholds;
  rules::FieldSigns field;
  Planes planes;
  std::uint32_t step;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    constexpr int coarse = Planes::coarse_planes;
    constexpr int classes = Rule::classes;
    const std::uint32_t word = thread % sites.lanes.words;
    std::uint32_t position[group];
    typename Planes::State state[group];
    Word less[group][classes];
    MULTISPIN_UNROLL(group)
    for (int i = 0; i < group; ++i) {
      position[i] = this->position(thread / sites.lanes.words, i);
      state[i] = start(position[i], word);
      MULTISPIN_UNROLL(classes)
      for (int c = 0; c < classes; ++c) {
        less[i][c] = bits::loaded<Word>(thresholds.always + c * thresholds.words + word);
      }
    }
    Word plane[group];
    const std::uint64_t* threshold = thresholds.planes + word;
    [[maybe_unused]] constexpr int unrolled = Planes::chained ? 1 : 2;
    MULTISPIN_UNROLL(unrolled)
    for (int k = 0; k < coarse; ++k) {
      MULTISPIN_UNROLL(group)
      for (int i = 0; i < group; ++i) plane[i] = planes.next(state[i], k);
      MULTISPIN_UNROLL(classes)
      for (int c = 0; c < classes; ++c, threshold += thresholds.words) {
        const Word t = bits::loaded<Word>(threshold);
        MULTISPIN_UNROLL(group)
        for (int i = 0; i < group; ++i) {
          less[i][c] = bits::less_than_step(t, plane[i], less[i][c]);
        }
      }
    }
    // All that is fetched, before any store that it might have to wait for. Sites beyond the run's
    // end are past all positions: they look at its first one.
    Word spin[group], count[group][Rule::planes];
    MULTISPIN_UNROLL(group)
    for (int i = 0; i < group; ++i) {
      plane[i] = planes.next(state[i], coarse);
      const std::uint32_t at =
          position[i] < sites.run.end ? position[i] : static_cast<std::uint32_t>(sites.run.begin);
      spin[i] = bits::loaded<Word>(sites.lanes.spin(at, word));
      sites.count(at, word, spin[i], count[i]);
    }
    MULTISPIN_UNROLL(group)
    for (int i = 0; i < group; ++i) {
      if (position[i] < sites.run.end) {
        finish(sites.lanes.spin(position[i], word), word, state[i], plane[i], less[i], spin[i],
               count[i]);
      }
    }
  }

 private:
  // Those beyond the run's end are past all positions.
  MULTISPIN_HD std::uint32_t position(std::uint32_t first, int i) const {
    return static_cast<std::uint32_t>(sites.run.begin) + first +
           static_cast<std::uint32_t>(i) * step;
  }
  MULTISPIN_HD typename Planes::State start(std::uint32_t position, std::uint32_t word) const {
    return planes.start((std::uint64_t{position} << model::lane_word_bits) +
                        sites.lanes.first_word + word);
  }
  // From what each class accepts, and the plane that chooses who draws again, to the new spins.
  MULTISPIN_HD void finish(std::uint64_t* place, std::uint32_t word,
                           const typename Planes::State& state, Word plane,
                           const Word (&less)[Rule::classes], Word spin,
                           const Word (&count)[Rule::planes]) const {
    constexpr int coarse = Planes::coarse_planes;
    Word accepted = Rule::select(count, less);
    if (bits::any_field_below<rules::redraw_bits<coarse>>(&plane, 1)) {
      rules::BondProspect<Word, Rule> prospect;
      for (int b = 0; b < Rule::planes; ++b) prospect.planes[b] = count[b];
      prospect.threshold = thresholds.planes + word;
      prospect.always_accept = thresholds.always + word;
      prospect.words = thresholds.words;
      accepted = rules::with_redrawn_lanes(planes, state, prospect, thresholds, plane, accepted);
    }
    bits::store(place, Rule::result(spin, count, accepted, field));
  }
};

// One word of a site, all lanes of a block of words with one number.
template <class Rule, class Planes>
struct UpdateSharing {
  Sites<Rule> sites;
  rules::SharedThresholds thresholds;
  rules::FieldSigns field;
  Planes planes;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t word = thread % sites.lanes.words;
    const auto position = static_cast<std::uint32_t>(sites.run.begin) + thread / sites.lanes.words;
    const std::uint64_t block = (sites.lanes.first_word + word) / model::block_words;
    typename Planes::State state =
        planes.start((block << model::position_bits) + std::uint64_t{position});
    const std::uint64_t number = bits::joined(planes.next(state, 0));
    Word accept[Rule::classes];
    MULTISPIN_UNROLL(Rule::classes)
    for (int c = 0; c < Rule::classes; ++c) {
      const bool accepts = thresholds.always[c] || number < thresholds.limit[c];
      accept[c] = bits::both(accepts ? ~0U : 0U);
    }
    std::uint64_t* const place = sites.lanes.spin(position, word);
    const Word spin = bits::loaded<Word>(place);
    Word count[Rule::planes];
    // One code for either kind of signs: two of them were a third slower here.
    sites.count_with(position, word, spin, count,
                     [&](std::uint32_t number) { return sites.lanes.sign(number, word); });
    bits::store(place, Rule::result(spin, count, Rule::select(count, accept), field));
  }
};

}  // namespace multispin::cuda
