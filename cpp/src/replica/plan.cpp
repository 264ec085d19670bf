#include "replica/plan.hpp"

#include <algorithm>
#include <set>

namespace multispin {
namespace {

// Words of one step: soon done, even by a slow kernel, so that a stop is heard.
constexpr std::int64_t step_words = 1 << 17;
// Words of a part: less would be done sooner than others are told.
constexpr std::int64_t part_words = 1 << 10;
// Words of a run, on average, below which nothing is cut: parts are of one run each, and where all
// sites have bonds to all others, as many parts as sites would wait for each other in turn.
constexpr std::int64_t least_run_words = 1 << 7;

// A site takes as long as so many `words`.
void add_steps(ReplicaPart& part, std::size_t run, std::int64_t begin, std::int64_t end,
               std::int64_t words) {
  const std::int64_t size = std::max<std::int64_t>(1, step_words / words);
  for (; begin < end; begin += size) {
    part.steps.push_back({run, begin, std::min(begin + size, end)});
  }
}

void find_neighbours(const GraphOrder& order, std::vector<ReplicaPart>& plan) {
  std::vector<std::size_t> part_at(order.site_at.size());
  for (std::size_t p = 0; p < plan.size(); ++p) {
    for (const ReplicaStep& step : plan[p].steps) {
      std::fill(part_at.begin() + step.begin, part_at.begin() + step.end, p);
    }
  }
  std::vector<std::set<std::size_t>> beside(plan.size());
  for (const model::Edge& edge : order.edges) {
    const std::size_t first = part_at[edge.first];
    const std::size_t second = part_at[edge.second];
    beside[first].insert(second);
    beside[second].insert(first);
  }
  for (std::size_t p = 0; p < plan.size(); ++p) {
    for (const std::size_t other : beside[p]) {
      (other < p ? plan[p].before : plan[p].after).push_back(other);
    }
  }
}

}  // namespace

std::vector<ReplicaPart> plan_replicas(const GraphOrder& order, std::int64_t words,
                                       std::int64_t parts) {
  const auto sites = static_cast<std::int64_t>(order.site_at.size());
  const std::int64_t most = std::max<std::int64_t>(1, sites * words / part_words);
  const auto runs = static_cast<std::int64_t>(order.runs.size());
  parts = sites * words < runs * least_run_words ? 1 : std::min(parts, most);
  std::vector<ReplicaPart> plan;
  if (parts <= 1) plan.emplace_back();
  for (std::size_t r = 0; r < order.runs.size(); ++r) {
    const OrderedRun& run = order.runs[r];
    const std::int64_t size = run.end - run.begin;
    if (parts <= 1) {
      add_steps(plan.front(), r, run.begin, run.end, words * run.effort());
      continue;
    }
    const std::int64_t count = std::max<std::int64_t>(1, size * parts / sites);
    for (std::int64_t i = 0; i < count; ++i) {
      plan.emplace_back();
      add_steps(plan.back(), r, run.begin + size * i / count, run.begin + size * (i + 1) / count,
                words * run.effort());
    }
  }
  if (parts > 1) find_neighbours(order, plan);
  return plan;
}

}  // namespace multispin
