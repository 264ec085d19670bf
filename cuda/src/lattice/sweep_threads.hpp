// What one thread does in a sweep of a lattice. Bodies for launch.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lattice/strips.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/one_word.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::cuda {

// Half a sweep of one strip. redraw(word, Redrawn) as updated_word's.
template <class UpdateRule, class Planes, class Redraw>
MULTISPIN_HD void update_strip(const Spins& spins, std::uint32_t replica, int colour,
                               const Strips::Strip& strip,
                               const rules::SharedDraws<UpdateRule, Planes>& shared,
                               const Redraw& redraw) {
  visit_strip<UpdateRule::neighbours>(
      spins, replica, colour, strip,
      [&](std::uint64_t* word, std::uint64_t flat, const auto& neighbours) {
        const Word updated = rules::updated_word(
            shared, flat, neighbours, [&](const rules::Redrawn<UpdateRule, Planes>& redrawn) {
              return redraw(word, redrawn);
            });
        bits::store(word, updated & spins.lattice.in_use);
      });
}

// What the arguments of a kernel may take, in bytes, with all drivers and from CUDA 12.1 on.
inline constexpr std::size_t few_argument_bytes = 4096;
inline constexpr std::size_t most_argument_bytes = 32764;
inline constexpr int driver_for_many_arguments = 12010;

// Half a sweep of `most` replicas or fewer, a thread a strip. What all threads of a replica need
// stands in the kernel's arguments, from where a GPU takes it as an operand or into registers that
// all threads share.
//
// Lanes draw again in one word of 128, so in every fourth warp: a seventh of the instructions. With
// more than two classes such words are put off; the code of two classes, whose planes are all
// unrolled, leaves no registers for that (docs/performance.md).
template <class UpdateRule, class Planes, int most>
struct HalfSweep {
  static constexpr bool defers = UpdateRule::classes > 2;
  static constexpr std::uint32_t blocks_at_once = defers ? 6 : 8;
  using Shared = rules::SharedDraws<UpdateRule, Planes>;
  static_assert(!defers || most == 1);

  Spins spins;  // from the first of the replicas on
  Strips strips;
  int colour;
  Shared shared[most];

  struct Later {
    std::uint64_t* word;
    rules::Redrawn<UpdateRule, Planes> redrawn;
  };

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    static_assert(sizeof(HalfSweep) + 2 * sizeof(std::uint32_t) <=
                  (most <= 7 ? few_argument_bytes : most_argument_bytes));
    update_strip(spins, replica, colour, strips(spins.lattice, thread), shared[replica],
                 [&](std::uint64_t*, const rules::Redrawn<UpdateRule, Planes>& redrawn) {
                   return redrawn.drawn(shared[replica]);
                 });
  }
  // Of the one replica.
  template <class PutOff>
  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*replica*/,
                               const PutOff& put_off) const {
    update_strip(spins, 0, colour, strips(spins.lattice, thread), shared[0],
                 [&](std::uint64_t* word, const rules::Redrawn<UpdateRule, Planes>& redrawn) {
                   return put_off(Later{word, redrawn}) ? redrawn.accepted
                                                        : redrawn.drawn(shared[0]);
                 });
  }
  MULTISPIN_HD void finish(const Later& later) const {
    const auto& redrawn = later.redrawn;
    const Word updated = redrawn.prospect.result(redrawn.spin, redrawn.drawn(shared[0]));
    bits::store(later.word, updated & spins.lattice.in_use);
  }
};

// Several sweeps of small lattices, a block of threads a replica; a phase is half a sweep.
template <class UpdateRule, class Planes>
struct SmallSweeps {
  Spins spins;
  const rules::Acceptance* acceptance;
  const random::StreamKeys* keys;
  Strips strips;
  std::uint32_t threads;  // of a block
  std::uint64_t first_sweep;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica,
                               std::uint32_t phase) const {
    const int colour = static_cast<int>(phase & 1U);
    const rules::SharedDraws<UpdateRule, Planes> shared{
        Planes(keys[replica], first_sweep + phase / 2, colour),
        rules::make_threshold_planes<UpdateRule::classes>(acceptance[replica],
                                                          Planes::coarse_planes),
        acceptance[replica]};
    const std::uint32_t count = strips.threads(spins.lattice);
    for (std::uint32_t strip = thread; strip < count; strip += threads) {
      update_strip(spins, replica, colour, strips(spins.lattice, strip), shared,
                   [&](std::uint64_t*, const rules::Redrawn<UpdateRule, Planes>& redrawn) {
                     return redrawn.drawn(shared);
                   });
    }
  }
};

}  // namespace multispin::cuda
