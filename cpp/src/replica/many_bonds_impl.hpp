// Updates of sites with many bonds. Part of impl.hpp.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "multispin/replica/rules/many_bonds.hpp"
#include "multispin/rules/threshold.hpp"
#include "replica/sites_impl.hpp"

namespace multispin::kernels {
namespace {

// The planes of a site's draws, which are sublattices of a generator. Of a chain only the start
// depends on the draw; of others, planes are made when they are first asked for.
template <class Planes, int most>
class Draws {
 public:
  Draws(const RunUpdate& update, random::WordNumbers numbers) : update_(update), numbers_(numbers) {
    if constexpr (Planes::chained) made(1);
  }

  const Planes& planes(int draw) const { return planes_[Planes::chained ? 0 : draw]; }
  MULTISPIN_HD typename Planes::State start(int draw, std::uint64_t word) {
    if constexpr (Planes::chained) return planes_[0].start(word, draw);
    made(draw + 1);
    return planes_[draw].start(word);
  }

 private:
  void made(int count) {
    for (; made_ < count; ++made_) {
      planes_[made_] = Planes(*update_.keys, update_.sweep, made_, numbers_);
    }
  }

  const RunUpdate& update_;
  random::WordNumbers numbers_;
  Planes planes_[Planes::chained ? 1 : most];
  int made_ = 0;
};

// Sites with many bonds, `group` wide words of one at a time, whose chains of random bits advance
// side by side.
template <class Planes, class Rule, int sites, int group>
class ManyBondsUpdater {
 public:
  explicit ManyBondsUpdater(const RunUpdate& update)
      : update_(update),
        rule_(update.run.degree),
        sites_(update.bundle, update.run),
        draws_(update_,
               {sites > 1 ? words / sites : words, std::uint64_t{1} << model::lane_word_bits}) {
    for (int p = 0; p < rule_.planes(); ++p) {
      start_[p] = rule_.start(p);
      start_change_[p] = rule_.start_change(p);
    }
  }

  void all() {
    for (std::int64_t p = update_.run.begin; p < update_.run.end; p += sites) {
      for (int offset = 0; offset < update_.bundle.words; offset += group * words) {
        site(p, offset);
      }
    }
  }

 private:
  static constexpr int coarse = Planes::coarse_planes;
  static constexpr bool whole = sites == 1 && group * words == block_words;
  static constexpr int at_once = 2;  // draws: a chain of random bits waits for itself

  MULTISPIN_HD void site(std::int64_t position, int offset) {
    const auto spot = sites_.at(position);
    Word spin[group], count[group][Rule::most_planes], flips[group];
    for (int i = 0; i < group; ++i) {
      spin[i] = sites_.spins(spot, offset + i * words);
      this->count(spot, offset + i * words, spin[i], count[i]);
    }
    rule_.template flips<at_once>(
        count, [&](int number, auto& drawn) { draw(position, offset, number, drawn); }, flips);
    for (int i = 0; i < group; ++i) sites_.write(spot, offset + i * words, spin[i] ^ flips[i]);
  }

  // The planes of u - ceil(d/2), u bonds of d being unsatisfied. One wide word after the other:
  // bonds that were looked up for several of them had to go through memory.
  MULTISPIN_HD void count(const Spot<sites>& spot, int offset, Word spin,
                          Word (&planes)[Rule::most_planes]) const {
    const model::Bond* bonds[sites];
    for (int i = 0; i < sites; ++i) bonds[i] = update_.run.bonds + spot.site[i] * update_.run.slots;
    int first = 0;
    const auto favours_up = [&](int j) {
      return sites_.neighbour(bonds, offset, first + j) ^ sites_.sign(bonds, offset, first + j);
    };
    bits::WideCounts<Word, Rule::most_planes> counts;
    counts.begin(rule_.planes(), [&](int p) {
      return bits::xor_and(bits::splat<Word>(start_[p]), spin, bits::splat<Word>(start_change_[p]));
    });
    for (; first + 2 * model::slot_block <= update_.run.slots; first += 2 * model::slot_block) {
      counts.template add<4>(favours_up);
    }
    if (first < update_.run.slots) counts.template add<3>(favours_up);
    counts.get(spin, planes);
  }

  // The lanes where the draws from this number on succeed.
  void draw(std::int64_t position, int offset, int number, Word (&less)[at_once][group]) {
    typename Planes::State state[at_once][group];
    const std::uint64_t* threshold[at_once];
    const std::int64_t step = rule_.classes() * block_words;
#pragma GCC unroll 2
    for (int d = 0; d < at_once; ++d) {
      const int c = number + d < rule_.digits() ? number + d : rule_.digits();
      threshold[d] = update_.thresholds.planes + c * block_words + offset;
#pragma GCC unroll 2
      for (int i = 0; i < group; ++i) {
        state[d][i] = start(position, offset + i * words, number + d);
        less[d][i] = loaded<Word>(always_of(threshold[d]) + i * words);
      }
    }
#pragma GCC unroll 16
    for (int k = 0; k < coarse; ++k) {
#pragma GCC unroll 2
      for (int d = 0; d < at_once; ++d) {
#pragma GCC unroll 2
        for (int i = 0; i < group; ++i) {
          const Word t = loaded<Word>(threshold[d] + k * step + i * words);
          less[d][i] =
              bits::less_than_step(t, draws_.planes(number + d).next(state[d][i], k), less[d][i]);
        }
      }
    }
    for (int d = 0; d < at_once; ++d) {
      redraw(draws_.planes(number + d), state[d], threshold[d], less[d]);
    }
  }
  MULTISPIN_HD typename Planes::State start(std::int64_t position, int offset, int number) {
    return draws_.start(number, (static_cast<std::uint64_t>(position) << model::lane_word_bits) +
                                    update_.bundle.first_word + static_cast<std::uint64_t>(offset));
  }
  // From the place of a class and of lanes among the planes' thresholds.
  MULTISPIN_HD const std::uint64_t* always_of(const std::uint64_t* threshold) const {
    return update_.thresholds.always + (threshold - update_.thresholds.planes);
  }
  // Makes the lanes good that draw again.
  MULTISPIN_HD void redraw(const Planes& planes, typename Planes::State (&state)[group],
                           const std::uint64_t* threshold, Word (&less)[group]) const {
    Word plane[group];
    for (int i = 0; i < group; ++i) plane[i] = planes.next(state[i], coarse);
    if (!bits::any_field_below<rules::redraw_bits<coarse>>(plane, group)) [[likely]]
      return;
    const std::int64_t step = rule_.classes() * block_words;
    for (int i = 0; i < group; ++i) {
      const rules::ClassProspect<Word> prospect{threshold + i * words,
                                                always_of(threshold) + i * words, step};
      less[i] = rules::with_redrawn_lanes(planes, state[i], prospect, update_.thresholds, plane[i],
                                          less[i]);
    }
  }

  const RunUpdate update_;
  const Rule rule_;
  const Sites<sites, whole> sites_;
  std::uint64_t start_[Rule::most_planes], start_change_[Rule::most_planes];
  Draws<Planes, Rule::most_draws> draws_;
};

template <class Planes, class Rule>
void update_run_many(const RunUpdate& update) {
  by_shape(update.bundle, [&](auto sites) {
    constexpr int count = decltype(sites)::value;
    if constexpr (count == 1 && 2 * words <= block_words) {
      if (update.bundle.words >= 2 * words) {
        ManyBondsUpdater<Planes, Rule, 1, 2>(update).all();
        return;
      }
    }
    ManyBondsUpdater<Planes, Rule, count, 1>(update).all();
  });
}
// Up to 127 bonds are common, and have a kernel for the number of their digits.
template <template <class> class Planes>
void update_run_many(const RunUpdate& update) {
  constexpr int few = 2;
  if (rules::drawn_digits(update.run.degree) == few) {
    update_run_many<Planes<Word>, rules::ManyBonds<few>>(update);
  } else {
    update_run_many<Planes<Word>, rules::ManyBonds<0>>(update);
  }
}

}  // namespace
}  // namespace multispin::kernels
