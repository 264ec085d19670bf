// What one warp does where couplings of some pairs are kept. Bodies for launch.hpp.
//
// A warp is 32 replicas, and attempts one site of them. Here fields are not maintained: a flip of
// one of 32 replicas would have states of neighbours fetched and put back for all of them, and so
// would nearly every attempt. The neighbours' spins, a bit each, are fetched instead.
#pragma once

#include <cstdint>

#include "device/launch.hpp"
#include "multispin/bits/numbers.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"
#include "multispin/real/rules/noise.hpp"
#include "real/replicas.hpp"

namespace multispin::cuda {

// The local field of a site of a replica without its own field, whatever the spins wrap around to
// on the way.
MULTISPIN_HD std::int32_t field_of_neighbours(const SparseReplicas& r, const SpinBits& bits,
                                              std::uint32_t site, std::uint32_t replica) {
  const std::uint32_t sample = r.samples == 1 ? 0 : replica / r.of_sample;
  std::uint32_t field = 0;
  for (std::int64_t n = r.first[site]; n < r.first[site + 1]; ++n) {
    const auto coupling = static_cast<std::uint32_t>(r.couplings[n * r.samples + sample]);
    field += bits.up(r.neighbours[n], replica) ? coupling : 0U - coupling;
  }
  return static_cast<std::int32_t>(field);
}

template <class Planes, class Rule>
struct SparseAttempts {
  SparseReplicas r;
  // Spins before a sweep and those after it: the same memory, unless all sites of a sweep see the
  // state before it. Odd sweeps go from the second to the first.
  SpinBits bits[2];
  RealNumbers numbers;
  const std::uint32_t* held;  // as the bits of spins; null: none
  std::uint64_t first_sweep;

  // Word `number` of a site, in sweep number i of those of the launch.
  MULTISPIN_HD void attempt(Attempt attempt, std::uint32_t number, std::uint32_t i) const {
    const SpinBits& from = bits[i % 2];
    const Planes planes(numbers.keys, first_sweep + i, 0);
    const std::uint32_t own = *from.word(attempt.site, number);
    const std::uint32_t used = from.used(number);
    std::uint32_t flipping = Warp::ballot([&](int lane) {
      if ((used >> lane & 1U) == 0) return false;
      return flips(planes, from, attempt, 32 * number + static_cast<std::uint32_t>(lane),
                   own >> lane & 1U);
    });
    if (held != nullptr) flipping &= ~held[std::uint64_t{attempt.site} * from.row + number];
    Warp::once([&] { *bits[1 - i % 2].word(attempt.site, number) = own ^ flipping; });
  }

 private:
  MULTISPIN_HD bool flips(const Planes& planes, const SpinBits& from, Attempt attempt,
                          std::uint32_t replica, std::uint32_t own) const {
    using One = bits::OneNumber;
    const std::int32_t field =
        r.fields[attempt.site] + field_of_neighbours(r, from, attempt.site, replica);
    const ReplicaNoise noise = numbers.noise[replica];
    const std::int32_t draw = Rule::template draw<One>(number(planes, replica, attempt.position),
                                                       noise.cap, noise.factor, noise.shift);
    return Rule::template flips<One>(2 * field + static_cast<std::int32_t>(own), draw,
                                     noise.lazy) != 0;
  }
  MULTISPIN_HD std::uint32_t number(const Planes& planes, std::uint32_t replica,
                                    std::uint32_t position) const {
    const std::uint32_t k = position % model::group_attempts;
    auto state = planes.start(((numbers.first_stream + replica) << model::stream_shift) +
                              std::uint64_t{position / model::group_attempts} * model::group_words +
                              k % 32 / 2);
    auto word = planes.next(state, 0);
    if (k >= 32) word = planes.next(state, 1);
    return k % 2 == 0 ? word.low : word.high;
  }
};

// Attempts that do not see each other, a word of replicas each.
template <class Planes, class Rule>
struct SparseLevel {
  SparseAttempts<Planes, Rule> attempts;
  const Attempt* level;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t /*slot*/) const {
    const std::uint32_t words = attempts.bits[0].used_words();
    attempts.attempt(level[warp / words], warp % words, 0);
  }
};

// All sweeps of a word of replicas by one block, whose warps meet after every level.
template <class Planes, class Rule>
struct SparseSweeps {
  SparseAttempts<Planes, Rule> attempts;
  const Attempt* schedule;
  const std::uint32_t* first;  // attempt of each level, and the end of the last
  std::uint32_t levels;
  std::uint32_t warps;

  MULTISPIN_HD void operator()(std::uint32_t warp, std::uint32_t slot, std::uint32_t phase) const {
    const std::uint32_t level = phase % levels;
    for (std::uint32_t a = first[level] + warp; a < first[level + 1]; a += warps) {
      attempts.attempt(schedule[a], slot, phase / levels);
    }
  }
};

// Every strips-th site of one replica: twice the energy, with its sign turned, and the sum of
// spins, which are added to totals[2 * replica] and the number after it.
struct MeasureSparse {
  SparseReplicas r;
  SpinBits bits;
  std::uint32_t strips;
  std::int64_t* totals;

  MULTISPIN_HD void operator()(std::uint32_t thread, std::uint32_t /*slot*/) const {
    const std::uint32_t replica = thread % bits.replicas;
    std::int64_t energy = 0;
    std::int64_t up = 0;
    std::int64_t sites = 0;
    for (std::uint32_t j = thread / bits.replicas; j < bits.sites; j += strips) {
      const std::int64_t field = field_of_neighbours(r, bits, j, replica);
      const bool is_up = bits.up(j, replica);
      const std::int64_t twice = field + 2 * std::int64_t{r.fields[j]};
      energy += is_up ? twice : -twice;
      up += is_up ? 1 : 0;
      ++sites;
    }
    add_to(totals + 2 * std::int64_t{replica}, energy);
    add_to(totals + 2 * std::int64_t{replica} + 1, 2 * up - sites);
  }
};

}  // namespace multispin::cuda
