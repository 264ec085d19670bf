// The plan of a sweep, checked by playing it: every row once, and no row before its neighbours.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "lattice/plan.hpp"
#include "multispin/lattice/layout.hpp"

namespace multispin {
namespace {

struct Case {
  std::int64_t rows, columns;
  int bands;
  std::int64_t planes = 1;

  model::Lattice lattice() const { return model::make_lattice(rows, columns, planes); }
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.planes << " x " << c.rows << " x " << c.columns << ", " << c.bands << " bands";
}

// Small and cached, one band and many, one line a band, an incomplete last line, huge rows.
constexpr Case cases[] = {
    {2, 2, 1},       {2, 128, 1},     {1024, 1024, 1},  {1024, 1024, 4},     {1022, 2050, 7},
    {2, 1 << 22, 1}, {2, 1 << 22, 2}, {2, 1 << 22, 7},  {6, 1 << 20, 3},     {6, 1 << 20, 4},
    {4, 1 << 21, 4}, {8192, 8192, 1}, {8192, 8192, 2},  {8192, 8192, 64},    {32770, 64, 1},
    {32770, 64, 7},  {32774, 128, 3}, {65538, 256, 2},  {1 << 20, 2, 5},     {65538, 6, 4},
    {8192, 384, 3},  {4096, 640, 2},  {100000, 130, 3}, {131072, 131072, 1}, {131072, 131072, 2},
};

// The same in planes: lines that planes do not hold a whole number of, two planes, one a band, more
// bands than planes, huge planes.
constexpr Case cubic_cases[] = {
    {2, 2, 1, 2},       {512, 512, 1, 512}, {512, 512, 2, 512}, {512, 512, 7, 512},
    {10, 128, 3, 5000}, {10, 6, 2, 40000},  {2, 4, 2, 100000},  {256, 256, 4, 4},
    {256, 256, 9, 4},   {1024, 2048, 2, 2}, {1022, 640, 3, 6},  {64, 64, 1, 64},
    {8192, 8192, 1, 4}, {2, 1 << 22, 2, 2}, {130, 384, 3, 66},
};

std::vector<Case> all_cases() {
  std::vector<Case> all{std::begin(cases), std::end(cases)};
  all.insert(all.end(), std::begin(cubic_cases), std::end(cubic_cases));
  return all;
}

// Lines of rows as the instruction sets visit them: 2, 4 and 8 words wide.
std::vector<std::int64_t> lines(const model::Lattice& l) {
  std::vector<std::int64_t> all = {1};
  for (const std::int64_t words : {2, 4, 8}) {
    if (l.stride < words && words % l.stride == 0) all.push_back(words / l.stride);
  }
  return all;
}

struct Played {
  // When each row of each colour is updated: -1 never, 0 of the edges, 1 of the rest; with the
  // band that does it and its place in that band's steps.
  struct Moment {
    int stage = -1;
    std::size_t band = 0, step = 0;
  };
  std::vector<Moment> row[2];
  std::string trouble;
};

Played play(const std::vector<BandPlan>& plan, const model::Lattice& l, std::int64_t line) {
  Played played;
  for (auto& rows : played.row) rows.resize(static_cast<std::size_t>(l.all_rows()));
  for (std::size_t b = 0; b < plan.size(); ++b) {
    for (std::size_t i = 0; i < plan[b].steps.size(); ++i) {
      const SweepStep& step = plan[b].steps[i];
      const auto starts_line = [&](std::int64_t row) { return row % l.rows % line == 0; };
      const bool whole_lines = starts_line(step.begin) && starts_line(step.end);
      if (step.begin >= step.end || !whole_lines) played.trouble = "a step is empty or cuts a line";
      if (step.begin < plan[b].begin || step.end > plan[b].end) played.trouble = "outside its band";
      for (std::int64_t r = step.begin; r < step.end && played.trouble.empty(); ++r) {
        auto& moment = played.row[step.colour][static_cast<std::size_t>(r)];
        if (moment.stage >= 0) played.trouble = "row " + std::to_string(r) + " twice";
        moment = {i < plan[b].edge_steps ? 0 : 1, b, i};
      }
    }
  }
  return played;
}

// Whether the colour-0 row is surely done before the colour-1 row: by an earlier step of the same
// thread, or in the other stage.
bool surely_before(const Played::Moment& zero, const Played::Moment& one) {
  if (zero.stage != one.stage) return zero.stage < one.stage;
  return zero.band == one.band && zero.step < one.step;
}

// The row itself and those next to it.
std::vector<std::int64_t> rows_around(const model::Lattice& l, std::int64_t row) {
  const std::int64_t all = l.all_rows();
  const std::int64_t first = row / l.rows * l.rows;
  std::vector<std::int64_t> around = {row, first + (row + 1) % l.rows,
                                      first + (row + l.rows - 1) % l.rows};
  if (l.cubic()) {
    around.push_back((row + l.rows) % all);
    around.push_back((row + all - l.rows) % all);
  }
  return around;
}

TEST(Plan, EveryRowOnceAndNoneBeforeItsNeighbours) {
  for (const Case& c : all_cases()) {
    const model::Lattice l = c.lattice();
    for (const std::int64_t line : lines(l)) {
      SCOPED_TRACE(::testing::PrintToString(c) + ", lines of " + std::to_string(line));
      const Played played = play(plan_sweep(l, line, c.bands), l, line);
      ASSERT_EQ(played.trouble, "");
      std::int64_t missing = 0, early = 0;
      for (std::int64_t r = 0; r < l.all_rows(); ++r) {
        const auto& one = played.row[1][static_cast<std::size_t>(r)];
        missing += one.stage < 0 || played.row[0][static_cast<std::size_t>(r)].stage < 0 ? 1 : 0;
        // Colour 1 needs the new colour 0 of all rows around; and these need its old spins.
        for (const std::int64_t other : rows_around(l, r)) {
          const auto& zero = played.row[0][static_cast<std::size_t>(other)];
          early += surely_before(zero, one) ? 0 : 1;
        }
      }
      EXPECT_EQ(missing, 0);
      EXPECT_EQ(early, 0);
    }
  }
}

TEST(Plan, BandsCoverTheLatticeInOrder) {
  for (const Case& c : all_cases()) {
    const model::Lattice l = c.lattice();
    for (const std::int64_t line : lines(l)) {
      const std::vector<BandPlan> plan = plan_sweep(l, line, c.bands);
      EXPECT_LE(plan.size(), static_cast<std::size_t>(c.bands));
      EXPECT_EQ(plan.front().begin, 0);
      EXPECT_EQ(plan.back().end, l.all_rows());
      for (std::size_t b = 0; b < plan.size(); ++b) {
        EXPECT_LT(plan[b].begin, plan[b].end);
        EXPECT_EQ(plan[b].begin, b == 0 ? 0 : plan[b - 1].end);
        EXPECT_LE(plan[b].edge_steps, plan[b].steps.size());
      }
    }
  }
}

// Threads wait for the slowest: no band may have much more to do than another.
TEST(Plan, BandsAreEquallyLong) {
  for (const int bands : {2, 3, 7, 64}) {
    const std::vector<BandPlan> plan = plan_sweep(model::make_lattice(8192, 8192), 1, bands);
    ASSERT_EQ(plan.size(), static_cast<std::size_t>(bands));
    for (const BandPlan& band : plan) EXPECT_NEAR(8192.0 / bands, double(band.end - band.begin), 1);
  }
}

// The largest step bounds how long a stop has to wait: below 2^20 spins but for rows longer than
// that, and for lattices small enough to stay in cache.
TEST(Plan, StepsAreShort) {
  for (const Case& c : all_cases()) {
    const model::Lattice l = c.lattice();
    for (const std::int64_t line : lines(l)) {
      for (const BandPlan& band : plan_sweep(l, line, c.bands)) {
        for (const SweepStep& step : band.steps) {
          EXPECT_LE((step.end - step.begin) * c.columns,
                    std::max<std::int64_t>(1 << 21, line * c.columns));
        }
      }
    }
  }
}

}  // namespace
}  // namespace multispin
