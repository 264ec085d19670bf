// What one thread does in a sweep of a lattice. Bodies for launch.hpp.
#pragma once

#include <cstdint>

#include "lattice_strips.hpp"
#include "multispin/host_device.hpp"
#include "multispin/random/streams.hpp"
#include "multispin/update/one_word.hpp"

namespace multispin::cuda {

// Half a sweep of one strip.
template <class UpdateRule, class Planes>
MULTISPIN_HD void update_strip(const Spins& spins, std::uint32_t replica, int colour,
                               const Strips::Strip& strip,
                               const update::SharedDraws<UpdateRule, Planes>& shared) {
  visit_strip(spins, replica, colour, strip,
              [&](std::uint64_t* word, std::uint64_t flat, const auto& neighbours) {
                const Word updated = update::updated_word(shared, flat, neighbours);
                bits::store(word, updated & spins.lattice.in_use);
              });
}

// Half a sweep of `most` replicas or fewer, a thread a strip. What all threads of a replica need
// stands in the kernel's arguments: logic operations take it from there, or from registers that all
// threads share.
template <class UpdateRule, class Planes, int most>
struct HalfSweep {
  static constexpr int most_replicas = most;

  Spins spins;  // from the first of the replicas on
  Strips strips;
  int colour;
  update::SharedDraws<UpdateRule, Planes> shared[most];

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica) const {
    update_strip(spins, replica, colour, strips(spins.lattice, thread),
                 shared[most == 1 ? 0 : replica]);
  }
};

// Several sweeps of small lattices, a block of threads a replica; a phase is half a sweep.
template <class UpdateRule, class Planes>
struct SmallSweeps {
  Spins spins;
  const update::Acceptance* acceptance;
  const random::StreamKeys* keys;
  Strips strips;
  std::uint32_t threads;  // of a block
  std::uint64_t first_sweep;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t replica,
                               std::uint32_t phase) const {
    const int colour = static_cast<int>(phase & 1U);
    const update::SharedDraws<UpdateRule, Planes> shared{
        Planes(keys[replica], first_sweep + phase / 2, colour),
        update::make_threshold_planes<UpdateRule::classes>(acceptance[replica],
                                                           Planes::coarse_planes),
        acceptance[replica]};
    const std::uint32_t count = strips.threads(spins.lattice);
    for (std::uint32_t strip = thread; strip < count; strip += threads) {
      update_strip(spins, replica, colour, strips(spins.lattice, strip), shared);
    }
  }
};

}  // namespace multispin::cuda
