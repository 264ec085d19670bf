// Sweeps of replicas of a graph: which kernel, and how many threads.
#include <utility>

#include "device/launch.hpp"
#include "multispin/random/aes_one_word.hpp"
#include "multispin/random/philox_one_word.hpp"
#include "multispin/random/planes.hpp"
#include "multispin/replica/rules/bond_rules.hpp"
#include "replica/launch.hpp"
#include "replica/many_bonds_threads.hpp"
#include "replica/sweep_threads.hpp"

namespace multispin::cuda {
namespace {

// work(part of the run, threads): as many positions at a time as have numbers for their threads,
// `group` of them a thread.
template <class Work>
void by_parts(const SweptRun& swept, int group, const Work& work) {
  constexpr std::int64_t most_threads = std::int64_t{1} << 30;
  const std::int64_t words = swept.lanes.words;
  const std::int64_t at_once = group * std::max<std::int64_t>(1, most_threads / words);
  const model::Run& run = swept.run;
  for (std::int64_t begin = run.begin; begin < run.end; begin += at_once) {
    const std::int64_t end = std::min(begin + at_once, run.end);
    const std::int64_t step = (end - begin + group - 1) / group;
    model::Run part = run;
    part.begin = begin;
    part.end = end;
    part.bonds += (begin - run.begin) * run.slots;
    work(part, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(step * words));
  }
}

template <class Rule, class Planes>
void sweep_run(Stream& stream, const SweptRun& swept, const Planes& planes) {
  if (swept.shared) {
    by_parts(swept, 1, [&](const model::Run& part, std::uint32_t, std::uint32_t threads) {
      const UpdateSharing<Rule, Planes> body{
          {swept.lanes, part}, swept.shared_thresholds, swept.field, planes};
      launch(stream, "update_sharing", threads, 1, body);
    });
    return;
  }
  using Body = UpdateSites<Rule, Planes>;
  by_parts(swept, Body::group,
           [&](const model::Run& part, std::uint32_t step, std::uint32_t threads) {
             const Body body{{swept.lanes, part}, swept.thresholds, swept.field, planes, step};
             launch(stream, "update_sites", threads, 1, body);
           });
}

template <class Planes>
using Sweep = void (*)(Stream&, const SweptRun&, const Planes&);

template <class Planes, std::size_t... index>
Sweep<Planes> sweep_for(const SweptRun& run, std::index_sequence<index...> /*sizes*/) {
  constexpr Sweep<Planes> flip[] = {
      sweep_run<rules::ZeroFieldFlip<model::slot_sizes[index]>, Planes>...};
  constexpr Sweep<Planes> field[] = {
      sweep_run<rules::AnyField<model::slot_sizes[index]>, Planes>...};
  return run.any_field ? field[run.slot_size] : flip[run.slot_size];
}

template <class Planes, int known_digits>
void sweep_many_bonds(Stream& stream, const SweptRun& swept, const random::StreamKeys& keys,
                      std::uint64_t sweep) {
  UpdateManyBonds<Planes, known_digits> body{
      swept.lanes, swept.many_bonds, swept.run.bonds, swept.thresholds, keys, sweep, 0};
  const std::int64_t warps = body.warps_of_site();
  by_rows(swept.run.end - swept.run.begin, warps, [&](std::int64_t done, std::uint32_t count) {
    body.begin = static_cast<std::uint32_t>(swept.run.begin + done);
    launch_warps(stream, "update_many_bonds", count, 1, body);
  });
}
// Up to 127 bonds are common, and have a kernel that keeps its counts in registers.
template <class Planes>
void sweep_many_bonds(Stream& stream, const SweptRun& run, const random::StreamKeys& keys,
                      std::uint64_t sweep) {
  constexpr int few = 2;
  if (rules::drawn_digits(run.run.degree) == few) {
    sweep_many_bonds<Planes, few>(stream, run, keys, sweep);
  } else {
    sweep_many_bonds<Planes, 0>(stream, run, keys, sweep);
  }
}

template <class Planes, class OneWord>
void sweep_with(Stream& stream, const SweptRun& run, const random::StreamKeys& keys,
                std::uint64_t sweep) {
  if (run.slot_size == model::many_bonds) {
    return sweep_many_bonds<OneWord>(stream, run, keys, sweep);
  }
  constexpr std::make_index_sequence<model::slot_size_count> sizes;
  sweep_for<Planes>(run, sizes)(stream, run, Planes(keys, sweep, 0));
}

using Aes = random::AesPlanes<Word>;
using Philox = random::PhiloxPlanes<Word>;

}  // namespace

int lane_coarse_planes(Generator generator) {
  return generator == Generator::aes ? Aes::coarse_planes : Philox::coarse_planes;
}

void enqueue_sweep_of_run(Stream& stream, Generator generator, const SweptRun& run,
                          const random::StreamKeys& keys, std::uint64_t sweep) {
  if (generator == Generator::aes) {
    sweep_with<Aes, Aes>(stream, run, keys, sweep);
  } else {
    sweep_with<Philox, random::PhiloxOneWord>(stream, run, keys, sweep);
  }
}

}  // namespace multispin::cuda
