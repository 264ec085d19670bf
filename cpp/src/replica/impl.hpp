// The replica kernels, for the word type MULTISPIN_WORD of the including translation unit.
//
// Everything is in an anonymous namespace: nothing compiled here with special instruction-set
// flags may be visible to the linker under a name that another translation unit also has.
#pragma once

#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "multispin/replica/rules/lane_thresholds.hpp"
#include "multispin/rules/threshold.hpp"
#include "replica/kernels.hpp"
#include "replica/many_bonds_impl.hpp"
#include "replica/sites_impl.hpp"
#include "replica/sums_impl.hpp"

namespace multispin::kernels {
namespace {

// Every lane draws for itself. Wide words are updated in groups, so that several chains of random
// bits advance side by side and a threshold that has been fetched serves all of them.
//
// Nothing here may be known by its address to code that is not inlined: the compiler would have to
// read it again after each store of spins.
template <class Planes, class Rule, int sites>
class Updater {
 public:
  // A word needs a register for each class, three for its random bits, and all share four.
  static constexpr int room = (MULTISPIN_REGISTERS - 4) / (Rule::classes + 3);
  static constexpr int most = Planes::chained ? MULTISPIN_GROUP : MULTISPIN_SHORT_GROUP;
  static constexpr int group = room > most ? most : (room > 1 ? room : 1);

  explicit Updater(const RunUpdate& update)
      : update_(update),
        sites_(update.bundle, update.run),
        planes_(*update.keys, update.sweep, 0,
                {sites > 1 ? words / sites : words, std::uint64_t{1} << model::lane_word_bits}) {}

  void all() const {
    for (int offset = 0; offset < update_.bundle.words; offset += words) {
      for (std::int64_t p = update_.run.begin; p < update_.run.end; p += group * sites) {
        draw(p, offset);
      }
    }
  }

 private:
  static constexpr int coarse = Planes::coarse_planes;

  // What is known of each word of a group after the coarse planes.
  struct Drawn {
    typename Planes::State state[group];
    Word plane[group];  // number `coarse`
    Word less[group][Rule::classes];
  };

  MULTISPIN_HD typename Planes::State start(std::int64_t position, int offset) const {
    return planes_.start((static_cast<std::uint64_t>(position) << model::lane_word_bits) +
                         update_.bundle.first_word + static_cast<std::uint64_t>(offset));
  }
  MULTISPIN_HD void draw(std::int64_t position, int offset) const {
    Drawn drawn;
#pragma GCC unroll 8
    for (int i = 0; i < group; ++i) drawn.state[i] = start(position + i * sites, offset);
    const std::uint64_t* threshold = update_.thresholds.always + offset;
#pragma GCC unroll 16
    for (int c = 0; c < Rule::classes; ++c) {
      const Word always = loaded<Word>(threshold + c * block_words);
#pragma GCC unroll 8
      for (int i = 0; i < group; ++i) drawn.less[i][c] = always;
    }
    threshold = update_.thresholds.planes + offset;
    const auto next = [&](int k) __attribute__((always_inline)) {
#pragma GCC unroll 8
      for (int i = 0; i < group; ++i) drawn.plane[i] = planes_.next(drawn.state[i], k);
    };
    const auto compare = [&](int k) __attribute__((always_inline)) {
      next(k);
#pragma GCC unroll 16
      for (int c = 0; c < Rule::classes; ++c, threshold += block_words) {
        Word t = loaded<Word>(threshold);
        bits::keep(t);
#pragma GCC unroll 8
        for (int i = 0; i < group; ++i) {
          drawn.less[i][c] = bits::less_than_step(t, drawn.plane[i], drawn.less[i][c]);
        }
      }
    };
    // By pairs: the compiler then knows which planes are even.
#pragma GCC unroll 1
    for (int k = 0; k + 1 < coarse; k += 2) {
      compare(k);
      compare(k + 1);
    }
    if constexpr (coarse % 2 != 0) compare(coarse - 1);
    next(coarse);
    if (bits::any_field_below<rules::redraw_bits<coarse>>(drawn.plane, group)) [[unlikely]] {
      Updater(*this).settle(position, offset, drawn);
      return;
    }
#pragma GCC unroll 8
    for (int i = 0; i < group; ++i) {
      const Spot<sites> spot = sites_.at(position + i * sites);
      const Word spin = sites_.spins(spot, offset);
      Word planes[Rule::planes];
      sites_.template count<Rule>(spot, offset, spin, planes);
      finish(spot, offset, spin, planes, Rule::select(planes, drawn.less[i]));
    }
  }
  MULTISPIN_HD void finish(const Spot<sites>& spot, int offset, Word spin, const Word* planes,
                           Word accepted) const {
    sites_.write(spot, offset, Rule::result(spin, planes, accepted, update_.field));
  }
  // The same, where some lanes draw again.
  __attribute__((noinline)) void settle(std::int64_t position, int offset, Drawn drawn) const {
    rules::BondProspect<Word, Rule> prospect;
    prospect.threshold = update_.thresholds.planes + offset;
    prospect.always_accept = update_.thresholds.always + offset;
    prospect.words = block_words;
    for (int i = 0; i < group; ++i) {
      const Spot<sites> spot = sites_.at(position + i * sites);
      const Word spin = sites_.spins(spot, offset);
      sites_.template count<Rule>(spot, offset, spin, prospect.planes);
      Word accepted = Rule::select(prospect.planes, drawn.less[i]);
      if (bits::any_field_below<rules::redraw_bits<coarse>>(drawn.plane + i, 1)) {
        accepted = rules::with_redrawn_lanes(planes_, drawn.state[i], prospect, update_.thresholds,
                                             drawn.plane[i], accepted);
      }
      finish(spot, offset, spin, prospect.planes, accepted);
    }
  }

  const RunUpdate update_;
  const Sites<sites> sites_;
  const Planes planes_;
};

template <template <class> class Planes, class Rule>
void update_run(const RunUpdate& update) {
  by_shape(update.bundle, [&](auto sites) {
    const Updater<Planes<Word>, Rule, decltype(sites)::value> updater(update);
    updater.all();
  });
}

// One number for all lanes of a site.
template <class Planes, class Rule>
class SharedUpdater {
 public:
  explicit SharedUpdater(const SharedRunUpdate& update)
      : update_(update),
        sites_(update.bundle, update.run),
        planes_(*update.keys, update.sweep, 0) {}

  void all() {
    constexpr std::int64_t piece = 64;
    for (std::int64_t p = update_.run.begin & ~(piece - 1); p < update_.run.end; p += piece) {
      draw(p);
      const std::int64_t begin = p < update_.run.begin ? update_.run.begin : p;
      const std::int64_t end = p + piece < update_.run.end ? p + piece : update_.run.end;
      for (std::int64_t q = begin; q < end; ++q) {
        for (int offset = 0; offset < block_words; offset += words) site(q, offset, q - p);
      }
    }
  }

 private:
  // What the 64 sites from position p on accept, by class: all bits or none.
  MULTISPIN_HD void draw(std::int64_t p) {
    alignas(64) std::uint64_t number[64];
    const std::uint64_t first = (update_.bundle.first_word / block_words << model::position_bits) +
                                static_cast<std::uint64_t>(p);
    for (int i = 0; i < 64; i += words) {
      auto state = planes_.start(first + static_cast<std::uint64_t>(i));
      bits::store(number + i, planes_.next(state, 0));
    }
    for (int c = 0; c < Rule::classes; ++c) {
      const std::uint64_t limit = update_.thresholds.limit[c];
      const bool always = update_.thresholds.always[c];
      for (int i = 0; i < 64; ++i) {
        accept_[c][i] = always || number[i] < limit ? ~std::uint64_t{0} : 0;
      }
    }
  }
  MULTISPIN_HD void site(std::int64_t position, int offset, std::int64_t index) const {
    const Spot<1> spot = sites_.at(position);
    const Word spin = sites_.spins(spot, offset);
    Word planes[Rule::planes];
    sites_.template count<Rule>(spot, offset, spin, planes);
    Word accept[Rule::classes];
    for (int c = 0; c < Rule::classes; ++c) accept[c] = bits::splat<Word>(accept_[c][index]);
    sites_.write(spot, offset,
                 Rule::result(spin, planes, Rule::select(planes, accept), update_.field));
  }

  const SharedRunUpdate update_;
  const Sites<1> sites_;
  const Planes planes_;
  alignas(64) std::uint64_t accept_[Rule::classes][64];
};

template <template <class> class Planes, class Rule>
void update_run_shared(const SharedRunUpdate& update) {
  SharedUpdater<Planes<Word>, Rule>(update).all();
}

template <template <class> class Planes, int index>
constexpr void add_kernels(RunKernels& kernels) {
  constexpr int slots = slot_sizes[index];
  using Flip = rules::ZeroFieldFlip<slots>;
  using Field = rules::AnyField<slots>;
  kernels.update[index][0] = update_run<Planes, Flip>;
  kernels.update[index][1] = update_run<Planes, Field>;
  kernels.update_shared[index][0] = update_run_shared<Planes, Flip>;
  kernels.update_shared[index][1] = update_run_shared<Planes, Field>;
  if constexpr (index + 1 < slot_size_count) add_kernels<Planes, index + 1>(kernels);
}

template <template <class> class Planes>
constexpr RunKernels make_run_kernels() {
  RunKernels kernels{};
  kernels.coarse_planes = Planes<Word>::coarse_planes;
  kernels.update_many = update_run_many<Planes>;
  add_kernels<Planes, 0>(kernels);
  return kernels;
}

constexpr ReplicaKernels make_replica_kernels() {
  return {make_run_kernels<random::AesPlanes>(),
          make_run_kernels<random::PhiloxPlanes>(),
          count,
          sites_of_lanes,
          unsatisfied_of_lanes,
          count_unequal,
          planes_of_numbers};
}

}  // namespace
}  // namespace multispin::kernels
