#include "lattice_plan.hpp"

#include <algorithm>

namespace multispin {
namespace {

// Lattices up to this size are swept colour by colour by one thread: both colours stay in the
// second-level cache, and two long steps cost less than many short ones.
constexpr std::int64_t cached_words = 1 << 15;
// Words of one step: long enough to hide the cost of a call, short enough to stop soon and to stay
// in the first-level cache until the other colour comes by.
constexpr std::int64_t step_words = 1 << 9;

BandPlan plan_cached(const model::Lattice& lattice) {
  return {0, lattice.rows, {{0, 0, lattice.rows}, {1, 0, lattice.rows}}, 0};
}

BandPlan plan_band(const model::Lattice& lattice, std::int64_t line, std::int64_t first,
                   std::int64_t last) {
  const auto row = [&](std::int64_t l) { return std::min(l * line, lattice.rows); };
  BandPlan plan{row(first), row(last), {}, 0};
  const auto step = [&](int colour, std::int64_t begin, std::int64_t end) {
    if (begin < end) plan.steps.push_back({colour, row(begin), row(end)});
  };
  step(0, first, first + 1);
  if (last - 1 > first) step(0, last - 1, last);
  plan.edge_steps = plan.steps.size();
  const std::int64_t block = std::max<std::int64_t>(1, step_words / (line * lattice.stride));
  std::int64_t follower = first;
  for (std::int64_t leader = first + 1; leader < last - 1; leader += block) {
    const std::int64_t next = std::min(leader + block, last - 1);
    step(0, leader, next);
    // Colour 1 may follow up to the last line whose lower neighbour has been updated.
    step(1, follower, next - 1);
    follower = next - 1;
  }
  for (; follower < last; follower += block) step(1, follower, std::min(follower + block, last));
  return plan;
}

}  // namespace

std::vector<BandPlan> plan_sweep(const model::Lattice& lattice, std::int64_t line, int bands) {
  const std::int64_t lines = (lattice.rows + line - 1) / line;
  const auto count = std::clamp<std::int64_t>(bands, 1, lines);
  if (count == 1 && 2 * lattice.colour_words() <= cached_words) return {plan_cached(lattice)};
  std::vector<BandPlan> plans;
  for (std::int64_t b = 0; b < count; ++b) {
    plans.push_back(plan_band(lattice, line, b * lines / count, (b + 1) * lines / count));
  }
  return plans;
}

}  // namespace multispin
