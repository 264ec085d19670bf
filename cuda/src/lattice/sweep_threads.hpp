// What one thread does in a sweep of a lattice. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "lattice/strips.hpp"
#include "multispin/host_device.hpp"
#include "multispin/lattice/rules/one_word.hpp"
#include "multispin/random/streams.hpp"

namespace multispin::cuda {

// Half a sweep of one strip.
template <class UpdateRule, class Planes>
MULTISPIN_HD void update_strip(const Spins& spins, std::uint32_t replica, int colour,
                               const Strips::Strip& strip,
                               const rules::SharedDraws<UpdateRule, Planes>& shared) {
  visit_strip<UpdateRule::neighbours>(
      spins, replica, colour, strip,
      [&](std::uint64_t* word, std::uint64_t flat, const auto& neighbours) {
        const Word updated = rules::updated_word(shared, flat, neighbours);
        bits::store(word, updated & spins.lattice.in_use);
      });
}

// Half a sweep of a few replicas, a thread a strip. What all threads of a replica need stands in
// the kernel's arguments, from where a GPU takes it as an operand or into registers that all
// threads share.
//
// Two classes need few enough of those registers to keep everything in them, where several replicas
// cost nothing (and seven fit the 4 KiB of arguments that any driver takes). With more, operands
// come from the arguments each time, which works best for a place that is known at compile time:
// the one replica's.
template <class UpdateRule, class Planes>
struct HalfSweep {
  static constexpr int most_replicas = UpdateRule::classes == 2 ? 7 : 1;

  Spins spins;  // from the first of the replicas on
  Strips strips;
  int colour;
  rules::SharedDraws<UpdateRule, Planes> shared[most_replicas];

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    static_assert(sizeof(HalfSweep) <= 4096);
    update_strip(spins, replica, colour, strips(spins.lattice, thread),
                 shared[most_replicas == 1 ? 0 : replica]);
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
      update_strip(spins, replica, colour, strips(spins.lattice, strip), shared);
    }
  }
};

}  // namespace multispin::cuda
