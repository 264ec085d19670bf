// Sweeps of spins with real couplings: which kernel, and how many warps.
#include <algorithm>
#include <utility>

#include "device/launch.hpp"
#include "multispin/random/aes_one_word.hpp"
#include "multispin/random/planes.hpp"
#include "real/dense_products.hpp"
#include "real/dense_threads.hpp"
#include "real/launch.hpp"
#include "real/pattern_threads.hpp"
#include "real/sparse_threads.hpp"

namespace multispin::cuda {
namespace {

using Aes = random::AesPlanes<bits::Word64>;
using Philox = random::PhiloxPlanes<bits::Word64>;

// work.template operator()<Planes, Rule>() with those of a rule.
template <class Planes, class Work>
void with_planes(RealRule rule, const Work& work) {
  if (rule.metropolis) {
    work.template operator()<Planes, rules::Metropolis>();
  } else {
    work.template operator()<Planes, rules::HeatBath>();
  }
}
template <class Work>
void with_rule(RealRule rule, const Work& work) {
  if (rule.generator == Generator::aes) {
    with_planes<Aes>(rule, work);
  } else {
    with_planes<Philox>(rule, work);
  }
}

// --- couplings of all pairs ---------------------------------------------------------------------

constexpr std::uint32_t no_tile = ~0U;

// Warps that share the replicas of a tile, so many that the GPU is full.
std::uint32_t chunks_of_tile(const DenseSystem& system, std::uint32_t replicas) {
  constexpr std::uint32_t warps_of_multiprocessor =
      ApplyDense::block_warps * ApplyDense::blocks_at_once;
  const auto at_once = static_cast<std::uint32_t>(system.multiprocessors) * warps_of_multiprocessor;
  const std::uint32_t wanted = std::max(at_once / system.replicas.blocks(), 1U);
  const std::uint32_t each = (replicas + wanted - 1) / wanted;
  return (replicas + each - 1) / each;
}

using MultiplyInOrder = MultiplyDense<false>;

bool multiplies(const DenseReplicas& r) {
  return r.of_sample >= MultiplyInOrder::least_replicas;
}

ApplyDense apply_body(const DenseSystem& system, const std::uint32_t* order,
                      std::uint32_t first_block, std::uint32_t end_block) {
  const DenseReplicas& r = system.replicas;
  return {{r, {order, r.sites}},
          first_block,
          end_block,
          no_tile,
          0,
          r.replicas,
          multiplies(r) ? MultiplyInOrder::chunks(r) : chunks_of_tile(system, r.replicas),
          nullptr};
}

// Of a tile, so many that the GPU is full.
std::uint32_t parts_of_tile(const DenseSystem& system, std::uint32_t chunks) {
  constexpr std::uint32_t warps_of_multiprocessor =
      MultiplyInOrder::block_warps * MultiplyInOrder::blocks_at_once;
  const auto at_once = static_cast<std::uint32_t>(system.multiprocessors) * warps_of_multiprocessor;
  std::uint32_t parts = 1;
  while (parts < MultiplyInOrder::most_parts &&
         2 * parts * chunks * system.replicas.blocks() <= at_once) {
    parts *= 2;
  }
  return parts;
}

void enqueue_apply(Stream& stream, const DenseSystem& system, const ApplyDense& body) {
  const DenseReplicas& r = system.replicas;
  const auto launched = [&](const auto& as, std::uint32_t parts) {
    launch_warps(stream, "dense_apply", body.chunks * parts * r.blocks(), 1, as);
  };
  if (!multiplies(r) || body.end_replica - body.first_replica < r.replicas) {
    return launched(body, 1);
  }
  const std::uint32_t parts = parts_of_tile(system, body.chunks);
  if (body.in.order.order == nullptr) return launched(MultiplyInOrder{body, parts}, parts);
  launched(MultiplyDense<true>{body, parts}, parts);
}

template <class Planes, class Rule>
ScanBlock<Planes, Rule> scan_body(const DenseSystem& system, const std::uint32_t* order,
                                  bool at_once) {
  const DenseReplicas& r = system.replicas;
  return {{r, {order, r.sites}}, system.numbers, system.held, system.held_row, at_once};
}

// Warps that share couplings of a block: few, unless there are more than a block for each
// multiprocessor.
std::uint32_t warps_that_share(const DenseSystem& system) {
  std::uint32_t warps = 4;
  while (warps < most_block_warps &&
         system.replicas.replicas > warps * static_cast<std::uint32_t>(system.multiprocessors)) {
    warps *= 2;
  }
  return warps;
}

// A block of positions scanned, then brought into all other tiles.
template <class Planes, class Rule>
void enqueue_scans(Stream& stream, const DenseSystem& system, std::uint64_t first_sweep,
                   std::uint64_t sweeps) {
  using Scan = ScanShared<Planes, Rule>;
  const DenseReplicas& r = system.replicas;
  const std::uint32_t blocks = r.blocks();
  const std::uint32_t warps = warps_that_share(system);
  Scan scan{scan_body<Planes, Rule>(system, nullptr, false), 0, first_sweep, 1};
  const auto launched = [&] {
    launch_sharing(stream, "dense_scan", warps, r.of_sample, r.replicas / r.of_sample, scan);
  };
  allow_sharing<Scan, MultiplyInOrder>();
  if (blocks == 1) {
    scan.sweeps = static_cast<std::uint32_t>(sweeps);
    return launched();
  }
  for (std::uint64_t i = 0; i < sweeps * blocks; ++i) {
    scan.block = static_cast<std::uint32_t>(i % blocks);
    scan.first_sweep = first_sweep + i / blocks;
    launched();
    ApplyDense apply = apply_body(system, nullptr, scan.block, scan.block + 1);
    apply.but = scan.block;
    enqueue_apply(stream, system, apply);
  }
}

// A block of positions scanned, while flips of the one before are brought into the other tiles.
template <class Planes, class Rule>
void enqueue_steps(Stream& stream, const DenseSystem& system, std::uint64_t first_sweep,
                   std::uint64_t sweeps) {
  const DenseReplicas& r = system.replicas;
  const std::uint32_t blocks = r.blocks();
  StepDense<Planes, Rule> step{scan_body<Planes, Rule>(system, nullptr, false),
                               apply_body(system, nullptr, 0, 0), 0, first_sweep, 1};
  if (blocks == 1) {
    step.sweeps = static_cast<std::uint32_t>(sweeps);
    launch_warps(stream, "dense_step", r.replicas, 1, step);
    return;
  }
  ApplyDense& apply = step.apply;
  for (std::uint64_t i = 0; i < sweeps * blocks; ++i) {
    const auto b = static_cast<std::uint32_t>(i % blocks);
    step.block = b;
    step.first_sweep = first_sweep + i / blocks;
    apply.first_block = apply.but = (b + blocks - 1) % blocks;
    apply.end_block = apply.first_block + (i == 0 ? 0 : 1);
    // Of two tiles, one has had the flips before and the other is at work.
    const bool applies = i > 0 && blocks > 2;
    launch_warps(stream, "dense_step", r.replicas + (applies ? apply.chunks * blocks : 0), 1, step);
  }
  ApplyDense rest = apply_body(system, nullptr, blocks - 1, blocks);
  rest.but = blocks - 1;
  if (sweeps > 0) enqueue_apply(stream, system, rest);
}

}  // namespace

void enqueue_dense_sweeps(Stream& stream, RealRule rule, const DenseSystem& system,
                          std::uint64_t first_sweep, std::uint64_t sweeps) {
  with_rule(rule, [&]<class Planes, class Rule>() {
    if (multiplies(system.replicas)) {
      enqueue_scans<Planes, Rule>(stream, system, first_sweep, sweeps);
    } else {
      enqueue_steps<Planes, Rule>(stream, system, first_sweep, sweeps);
    }
  });
}

void enqueue_dense_sweep_in(Stream& stream, RealRule rule, const DenseSystem& system,
                            const std::uint32_t* order, std::uint64_t sweep) {
  const DenseReplicas& r = system.replicas;
  with_rule(rule, [&]<class Planes, class Rule>() {
    for (std::uint32_t b = 0; b < r.blocks(); ++b) {
      const ScanDense<Planes, Rule> scan{scan_body<Planes, Rule>(system, order, false), b, sweep};
      launch_warps(stream, "dense_scan", r.replicas, 1, scan);
      enqueue_apply(stream, system, apply_body(system, order, b, b + 1));
    }
  });
}

void enqueue_dense_sweep_at_once(Stream& stream, RealRule rule, const DenseSystem& system,
                                 std::uint64_t sweep) {
  const DenseReplicas& r = system.replicas;
  with_rule(rule, [&]<class Planes, class Rule>() {
    const ScanDense<Planes, Rule> scan{scan_body<Planes, Rule>(system, nullptr, true), 0, sweep};
    launch_warps(stream, "dense_scan", r.replicas * r.blocks(), 1, scan);
  });
  enqueue_apply(stream, system, apply_body(system, nullptr, 0, r.blocks()));
}

void enqueue_states_from_spins(Stream& stream, const DenseSystem& system, const SpinBits& bits,
                               const Four* all_up, std::int64_t first_replica, std::int64_t count) {
  const DenseReplicas& r = system.replicas;
  const auto first = static_cast<std::uint32_t>(first_replica);
  const auto replicas = static_cast<std::uint32_t>(count);
  launch(stream, "flips_from_spins", replicas * r.blocks(), 1,
         FlipsFromSpins{bits, r, first, replicas});
  ApplyDense body = apply_body(system, nullptr, 0, r.blocks());
  body.first_replica = first;
  body.end_replica = first + replicas;
  if (replicas < r.replicas) body.chunks = chunks_of_tile(system, replicas);
  body.all_up = all_up;
  enqueue_apply(stream, system, body);
}

// --- couplings of some pairs --------------------------------------------------------------------

namespace {

// Warps of a block: as many as there are attempts in a level, about.
std::uint32_t warps_of_block(const DeviceSchedule& schedule) {
  const std::uint32_t attempts = schedule.host_first[schedule.levels];
  return std::clamp(attempts / schedule.levels, 1U, most_block_warps);
}

// The longest time of an attempt, for which a launch is made too. What a launch costs, in these.
constexpr std::int64_t cost_of_launch = 3;
constexpr std::int64_t warps_of_multiprocessor = 32;

}  // namespace

bool swept_by_block(const SparseSystem& system, const DeviceSchedule& schedule) {
  const std::int64_t warps = warps_of_block(schedule);
  const std::int64_t words = system.bits[0].used_words();
  const std::int64_t at_once = system.multiprocessors * warps_of_multiprocessor;
  const std::int64_t waves = (words * warps + at_once - 1) / at_once;
  std::int64_t by_block = 0;
  std::int64_t by_launch = 0;
  for (std::uint32_t level = 0; level < schedule.levels; ++level) {
    const std::int64_t attempts = schedule.host_first[level + 1] - schedule.host_first[level];
    by_block += (attempts + warps - 1) / warps * waves;
    by_launch += cost_of_launch + (attempts * words + at_once - 1) / at_once;
  }
  return by_block <= by_launch;
}

void enqueue_sparse_sweeps(Stream& stream, RealRule rule, const SparseSystem& system,
                           const DeviceSchedule& schedule, std::uint64_t first_sweep,
                           std::uint64_t sweeps) {
  const std::uint32_t words = system.bits[0].used_words();
  const bool by_block = swept_by_block(system, schedule);
  with_rule(rule, [&]<class Planes, class Rule>() {
    SparseAttempts<Planes, Rule> attempts{system.replicas,
                                          {system.bits[0], system.bits[1]},
                                          system.numbers,
                                          system.held,
                                          first_sweep};
    if (by_block) {
      const std::uint32_t warps = warps_of_block(schedule);
      const SparseSweeps<Planes, Rule> body{attempts, schedule.attempts, schedule.first,
                                            schedule.levels, warps};
      launch_warp_blocks(stream, "sparse_sweeps", warps, words,
                         static_cast<std::uint32_t>(sweeps) * schedule.levels, body);
      return;
    }
    constexpr std::uint32_t most_warps = 1U << 26;
    const std::uint32_t at_once = std::max(most_warps / words, 1U);
    for (std::uint64_t i = 0; i < sweeps; ++i) {
      for (std::uint32_t level = 0; level < schedule.levels; ++level) {
        const std::uint32_t end = schedule.host_first[level + 1];
        for (std::uint32_t a = schedule.host_first[level]; a < end; a += at_once) {
          const SparseLevel<Planes, Rule> body{attempts, schedule.attempts + a};
          launch_warps(stream, "sparse_level", std::min(at_once, end - a) * words, 1, body);
        }
      }
      std::swap(attempts.bits[0], attempts.bits[1]);
      ++attempts.first_sweep;
    }
  });
}

// --- couplings that patterns make ---------------------------------------------------------------

namespace {

// work.template operator()<Planes, Rule, Overlaps>() with those that suit a system.
template <class Work>
void with_overlaps(RealRule rule, const PatternReplicas& r, const Work& work) {
  with_rule(rule, [&]<class Planes, class Rule>() {
    if (r.sites <= PackedOverlaps<1>::most_sites && r.blocks <= 4) {
      if (r.blocks <= 2) return work.template operator()<Planes, Rule, PackedOverlaps<1>>();
      return work.template operator()<Planes, Rule, PackedOverlaps<2>>();
    }
    if (r.blocks <= 2) return work.template operator()<Planes, Rule, OverlapsInRegisters<2>>();
    if (r.blocks <= 4) return work.template operator()<Planes, Rule, OverlapsInRegisters<4>>();
    work.template operator()<Planes, Rule, OverlapsInMemory>();
  });
}

template <class Planes, class Rule, class Overlaps>
PatternAttempts<Planes, Rule, Overlaps> pattern_attempts(const PatternSystem& system,
                                                         const std::uint32_t* order,
                                                         std::uint64_t sweep) {
  return {system.replicas,       system.numbers, system.held,
          system.held_row,       order,          0,
          system.replicas.sites, sweep,          1};
}

}  // namespace

void enqueue_pattern_sweeps(Stream& stream, RealRule rule, const PatternSystem& system,
                            const std::uint32_t* order, std::uint64_t first_sweep,
                            std::uint64_t sweeps) {
  const PatternReplicas& r = system.replicas;
  with_overlaps(rule, r, [&]<class Planes, class Rule, class Overlaps>() {
    PatternSweeps<Planes, Rule, Overlaps> body{
        pattern_attempts<Planes, Rule, Overlaps>(system, order, first_sweep)};
    if (r.sites <= pattern_positions) {
      body.attempts.sweeps = static_cast<std::uint32_t>(sweeps);
      launch_warps(stream, "pattern_sweeps", r.replicas, 1, body);
      return;
    }
    for (std::uint64_t i = 0; i < sweeps; ++i) {
      for (std::uint32_t p = 0; p < r.sites; p += pattern_positions) {
        body.attempts.first = p;
        body.attempts.end = std::min(p + pattern_positions, r.sites);
        launch_warps(stream, "pattern_sweeps", r.replicas, 1, body);
      }
      ++body.attempts.first_sweep;
    }
  });
}

void enqueue_pattern_sweep_at_once(Stream& stream, RealRule rule, const PatternSystem& system,
                                   std::uint64_t sweep) {
  const PatternReplicas& r = system.replicas;
  const std::uint32_t site_blocks = (r.sites + block_sites - 1) / block_sites;
  with_overlaps(rule, r, [&]<class Planes, class Rule, class Overlaps>() {
    const PatternTurns<Planes, Rule, Overlaps> body{
        pattern_attempts<Planes, Rule, Overlaps>(system, nullptr, sweep)};
    launch_warps(stream, "pattern_turns", r.replicas * site_blocks, 1, body);
  });
  launch_warps(stream, "bring_pattern_turns", r.replicas * r.blocks, 1, BringPatternTurns{r});
  launch(stream, "turn_pattern_spins", r.words(), r.replicas, TurnPatternSpins{r});
}

}  // namespace multispin::cuda
