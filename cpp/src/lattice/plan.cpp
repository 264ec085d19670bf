#include "lattice/plan.hpp"

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
  const std::int64_t rows = lattice.all_rows();
  return {0, rows, {{0, 0, rows}, {1, 0, rows}}, 0};
}

// What plans count in.
struct Lines {
  Lines(const model::Lattice& lattice, std::int64_t rows_of_line)
      : rows{lattice.rows},
        line{rows_of_line},
        of_plane{(lattice.rows + rows_of_line - 1) / rows_of_line},
        all{lattice.planes * of_plane},
        reach{lattice.cubic() ? of_plane : 1} {}

  // First row of a line.
  std::int64_t row(std::int64_t l) const {
    return l / of_plane * rows + std::min(l % of_plane * line, rows);
  }

  std::int64_t rows, line;
  std::int64_t of_plane, all;
  // A line has all of its neighbours from `reach` lines before it to as many after it.
  std::int64_t reach;
};

// `first` and `last` are multiples of the reach, or the end of the lattice. Steps are `block`
// lines.
BandPlan plan_band(const Lines& lines, std::int64_t block, std::int64_t first, std::int64_t last) {
  BandPlan plan{lines.row(first), lines.row(last), {}, 0};
  const auto step = [&](int colour, std::int64_t begin, std::int64_t end) {
    if (begin < end) plan.steps.push_back({colour, lines.row(begin), lines.row(end)});
  };
  const auto steps = [&](int colour, std::int64_t begin, std::int64_t end) {
    for (; begin < end; begin += block) step(colour, begin, std::min(begin + block, end));
  };
  const std::int64_t inner = first + lines.reach;
  const std::int64_t inner_end = std::max(inner, last - lines.reach);
  steps(0, first, inner);
  steps(0, inner_end, last);
  plan.edge_steps = plan.steps.size();
  std::int64_t follower = first;
  for (std::int64_t leader = inner; leader < inner_end; leader += block) {
    const std::int64_t next = std::min(leader + block, inner_end);
    step(0, leader, next);
    // Colour 1 may follow up to the last line whose neighbours after it have been updated.
    step(1, follower, next - lines.reach);
    follower = next - lines.reach;
  }
  steps(1, follower, last);
  return plan;
}

}  // namespace

std::vector<BandPlan> plan_sweep(const model::Lattice& lattice, std::int64_t line, int bands) {
  const Lines lines{lattice, line};
  const std::int64_t units = lines.all / lines.reach;  // lines, or planes
  const auto count = std::clamp<std::int64_t>(bands, 1, units);
  if (count == 1 && 2 * lattice.colour_words() <= cached_words) return {plan_cached(lattice)};
  const std::int64_t block = std::max<std::int64_t>(1, step_words / (line * lattice.stride));
  std::vector<BandPlan> plans;
  for (std::int64_t b = 0; b < count; ++b) {
    plans.push_back(plan_band(lines, block, b * units / count * lines.reach,
                              (b + 1) * units / count * lines.reach));
  }
  return plans;
}

}  // namespace multispin
