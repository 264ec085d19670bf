// Sweeps of lattices: which kernel, and how many threads.
#include <algorithm>

#include "device/launch.hpp"
#include "lattice/launch.hpp"
#include "lattice/plan.hpp"
#include "lattice/sweep_threads.hpp"
#include "multispin/lattice/rules/any_field.hpp"
#include "multispin/lattice/rules/heat_bath.hpp"
#include "multispin/lattice/rules/metropolis.hpp"
#include "multispin/random/aes_one_word.hpp"
#include "multispin/random/planes.hpp"

namespace multispin::cuda {
namespace {

// One launch a half sweep of up to `most` replicas.
template <class UpdateRule, class Planes, int most>
void sweep_together(Stream& stream, const ReplicaRun& run, std::uint64_t first_sweep,
                    std::uint64_t sweeps) {
  using Half = HalfSweep<UpdateRule, Planes, most>;
  const Geometry lattice{run.lattice};
  for (std::uint32_t first = 0; first < run.replicas; first += most) {
    const std::uint32_t count = std::min<std::uint32_t>(most, run.replicas - first);
    Half half{{lattice, run.spins + 2 * first * lattice.colour_words},
              strips_for(lattice, count, run.multiprocessors,
                         Half::blocks_at_once * std::int64_t{block_threads}),
              0,
              {}};
    for (std::uint32_t r = 0; r < count; ++r) {
      half.shared[r].acceptance = run.acceptance[first + r];
      half.shared[r].threshold = rules::make_threshold_planes<UpdateRule::classes>(
          run.acceptance[first + r], Planes::coarse_planes);
    }
    for (std::uint64_t sweep = first_sweep; sweep < first_sweep + sweeps; ++sweep) {
      for (half.colour = 0; half.colour < 2; ++half.colour) {
        for (std::uint32_t r = 0; r < count; ++r) {
          half.shared[r].planes = Planes(run.keys[first + r], sweep, half.colour);
        }
        const std::uint32_t threads = half.strips.threads(lattice);
        if constexpr (Half::defers) {
          launch_deferring(stream, "half_sweep", threads, count, half);
        } else {
          launch(stream, "half_sweep", threads, count, half);
        }
      }
    }
  }
}

// Thirty KiB of arguments cost a launch some 3 µs, which several replicas are worth. With more
// than two classes there are no registers for more than one.
template <class UpdateRule, class Planes>
void sweep_by_strips(Stream& stream, const ReplicaRun& run, std::uint64_t first_sweep,
                     std::uint64_t sweeps) {
  if constexpr (UpdateRule::classes > 2) {
    sweep_together<UpdateRule, Planes, 1>(stream, run, first_sweep, sweeps);
  } else if (run.replicas <= 7 || driver_version() < driver_for_many_arguments) {
    sweep_together<UpdateRule, Planes, 7>(stream, run, first_sweep, sweeps);
  } else {
    sweep_together<UpdateRule, Planes, 60>(stream, run, first_sweep, sweeps);
  }
}

// One launch for all replicas and all of the few sweeps that are put into the queue at a time.
template <class UpdateRule, class Planes>
void sweep_by_blocks(Stream& stream, const ReplicaRun& run, std::uint64_t first_sweep,
                     std::uint64_t sweeps) {
  const Geometry lattice{run.lattice};
  const Strips strips{2};
  const std::uint32_t pieces = strips.threads(lattice);
  const std::uint32_t threads = std::min((pieces + 31) / 32 * 32, most_block_threads);
  const SmallSweeps<UpdateRule, Planes> body{
      {lattice, run.spins}, run.device_acceptance, run.device_keys, strips, threads, first_sweep};
  launch_blocks(stream, "small_sweeps", threads, run.replicas,
                static_cast<std::uint32_t>(2 * sweeps), body);
}

template <class UpdateRule, class Planes>
void sweep(Stream& stream, const ReplicaRun& run, std::uint64_t first_sweep, std::uint64_t sweeps) {
  if (swept_by_block(Geometry{run.lattice}, run.replicas, run.multiprocessors)) {
    sweep_by_blocks<UpdateRule, Planes>(stream, run, first_sweep, sweeps);
  } else {
    sweep_by_strips<UpdateRule, Planes>(stream, run, first_sweep, sweeps);
  }
}

using Sweep = void (*)(Stream&, const ReplicaRun&, std::uint64_t, std::uint64_t);

template <int neighbours, class Planes>
Sweep sweep_by(rules::Rule rule) {
  using rules::Dynamics;
  switch (rule) {
    case rules::Rule::zero_field_metropolis:
      return sweep<rules::ZeroFieldMetropolis<Word, neighbours>, Planes>;
    case rules::Rule::zero_field_glauber:
      return sweep<rules::ZeroFieldGlauber<Word, neighbours>, Planes>;
    case rules::Rule::metropolis:
      return sweep<rules::AnyField<Word, neighbours, Dynamics::metropolis>, Planes>;
    default:
      return sweep<rules::AnyField<Word, neighbours, Dynamics::glauber>, Planes>;
  }
}

template <class Planes>
Sweep sweep_for(rules::Rule rule, const model::Lattice& lattice) {
  return lattice.cubic() ? sweep_by<6, Planes>(rule) : sweep_by<4, Planes>(rule);
}

using Aes = random::AesPlanes<Word>;
using Philox = random::PhiloxPlanes<Word>;

}  // namespace

int coarse_planes(Generator generator) {
  return generator == Generator::aes ? Aes::coarse_planes : Philox::coarse_planes;
}

void enqueue_sweeps(Stream& stream, Generator generator, rules::Rule rule, const ReplicaRun& run,
                    std::uint64_t first_sweep, std::uint64_t sweeps) {
  const Sweep sweep = generator == Generator::aes ? sweep_for<Aes>(rule, run.lattice)
                                                  : sweep_for<Philox>(rule, run.lattice);
  sweep(stream, run, first_sweep, sweeps);
}

}  // namespace multispin::cuda
