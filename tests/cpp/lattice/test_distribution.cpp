// Distributions of tiny lattices after a fixed number of sweeps, against exact ones.
//
// The Markov chain of the checkerboard sweep is propagated from its start in double precision, from
// the textbook form of the acceptance rules; the engine runs 2^16 replicas, whose streams are
// independent. Pearson's chi-square on the states (on pairs of energy and magnetization for 16
// spins). Seeds are fixed; each test would fail for one seed in a million (100 tests in all).
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "support/chi_square.hpp"
#include "support/engines.hpp"

namespace multispin::test {
namespace {

constexpr double alpha = 1e-6;
constexpr std::int64_t replicas = 1 << 16;

// The exact chain. Bit (z * rows + r) * columns + c of a state is the spin at (z, r, c).
class ExactChain {
 public:
  ExactChain(const LatticeOptions& options, double temperature)
      : o_{options},
        temperature_{temperature},
        sites_{static_cast<int>(options.planes * options.rows * options.columns)},
        probability_(std::size_t{1} << sites_) {
    probability_.back() = 1;  // all up
  }
  void sweep() {
    for (int colour = 0; colour < 2; ++colour) {
      // Sites of one colour are no neighbours: one after the other is as good as all at once.
      for (int site = 0; site < sites_; ++site) {
        if ((plane(site) + row(site) + column(site)) % 2 == colour) update(site);
      }
    }
  }
  const std::vector<double>& probabilities() const { return probability_; }

 private:
  std::int64_t plane(int site) const { return site / o_.columns / o_.rows; }
  std::int64_t row(int site) const { return site / o_.columns % o_.rows; }
  std::int64_t column(int site) const { return site % o_.columns; }
  int spin(std::size_t state, std::int64_t z, std::int64_t r, std::int64_t c) const {
    z = (z + o_.planes) % o_.planes;
    r = (r + o_.rows) % o_.rows;
    c = (c + o_.columns) % o_.columns;
    return (state >> ((z * o_.rows + r) * o_.columns + c) & 1U) != 0 ? 1 : -1;
  }
  double field(std::size_t state, int site) const {
    const std::int64_t z = plane(site), r = row(site), c = column(site);
    int sum = spin(state, z, r - 1, c) + spin(state, z, r + 1, c) + spin(state, z, r, c - 1) +
              spin(state, z, r, c + 1);
    if (o_.planes > 1) sum += spin(state, z - 1, r, c) + spin(state, z + 1, r, c);
    return o_.h + o_.J * sum;
  }
  // Probability that a spin that is `now` is up after its update.
  double up(int now, double field) const {
    const int neighbours = o_.planes > 1 ? 6 : 4;
    const double largest = neighbours * std::fabs(o_.J) + std::fabs(o_.h);
    const bool nearly_free = (o_.h != 0 || o_.J == 0) && std::fabs(field) <= largest / 1024;
    if (o_.dynamics == Dynamics::glauber || nearly_free) {
      return 1 / (1 + std::exp(-2 * field / temperature_));
    }
    const double flips = std::min(1.0, std::exp(-2 * now * field / temperature_));
    return now > 0 ? 1 - flips : flips;
  }
  void update(int site) {
    const std::size_t bit = std::size_t{1} << site;
    for (std::size_t down = 0; down < probability_.size(); ++down) {
      if ((down & bit) != 0) continue;
      const double f = field(down, site);
      double& p_down = probability_[down];
      double& p_up = probability_[down | bit];
      const double both = p_down + p_up;
      p_up = p_down * up(-1, f) + p_up * up(1, f);
      p_down = both - p_up;
    }
  }

  LatticeOptions o_;
  double temperature_;
  int sites_;
  std::vector<double> probability_;
};

Spins spins_of_state(std::size_t state, std::size_t sites) {
  Spins spins(sites);
  for (std::size_t i = 0; i < sites; ++i) spins[i] = (state >> i & 1U) != 0 ? 1 : -1;
  return spins;
}

// Classes of states that are counted together: for up to 8 sites each its own, else by energy and
// magnetization.
std::vector<std::size_t> classes(const LatticeOptions& o) {
  const auto sites = static_cast<std::size_t>(o.planes * o.rows * o.columns);
  std::vector<std::size_t> result(std::size_t{1} << sites);
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> known;
  for (std::size_t state = 0; state < result.size(); ++state) {
    result[state] = state;
    if (sites <= 8) continue;
    const Sums sums = naive_sums(spins_of_state(state, sites), o.rows, o.columns, o.planes);
    result[state] = known.try_emplace({sums.bonds, sums.spins}, known.size()).first->second;
  }
  return result;
}

std::size_t state_of(const Spins& spins) {
  std::size_t state = 0;
  for (std::size_t i = 0; i < spins.size(); ++i) state |= std::size_t{spins[i] > 0} << i;
  return state;
}

double p_value(const LatticeEngine& engine, const std::vector<std::size_t>& cell,
               const std::vector<double>& probabilities) {
  std::vector<double> expected(cell.size());
  std::vector<std::int64_t> counts(cell.size());
  for (std::size_t state = 0; state < cell.size(); ++state) {
    expected[cell[state]] += probabilities[state];
  }
  for (std::int64_t r = 0; r < replicas; ++r) ++counts[cell[state_of(spins_of(engine, r))]];
  return chi_square_p(counts, expected);
}

struct Case {
  const char* name;
  Dynamics dynamics;
  double J, h, temperature;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

constexpr Case cases[] = {
    {"metropolis", Dynamics::metropolis, 1, 0, 2.5},
    {"metropolisField", Dynamics::metropolis, 1, 0.7, 3.5},
    {"metropolisAntiferromagnet", Dynamics::metropolis, -1, 0, 2.0},
    {"metropolisInAFieldThatNeighboursCancel", Dynamics::metropolis, -1, 4, 2.0},
    {"metropolisNextToOne", Dynamics::metropolis, 0.7, -1.4001, 2.5},
    {"metropolisFree", Dynamics::metropolis, 0, 0, 1.0},
    {"glauber", Dynamics::glauber, 1, 0, 2.5},
    {"glauberAntiferromagnetInAField", Dynamics::glauber, -1, -0.5, 3.0},
};

class Distribution : public ::testing::TestWithParam<std::tuple<Generator, Case>> {};

TEST_P(Distribution, IsThatOfTheExactChain) {
  const auto& [generator, c] = GetParam();
  for (const auto& [planes, rows, columns] :
       {std::tuple{1, 2, 2}, {1, 2, 4}, {1, 4, 4}, {2, 2, 2}, {2, 2, 4}}) {
    LatticeOptions options = make_cubic(planes, rows, columns, generator);
    options.replicas = replicas;
    options.dynamics = c.dynamics;
    options.J = c.J;
    options.h = c.h;
    LatticeEngine engine{options};
    set_temperature(engine, c.temperature);
    ExactChain chain{options, c.temperature};
    const std::vector<std::size_t> cell = classes(options);
    for (const int sweeps : {1, 3}) {
      engine.sweep(static_cast<std::uint64_t>(sweeps));
      for (int i = 0; i < sweeps; ++i) chain.sweep();
      EXPECT_GT(p_value(engine, cell, chain.probabilities()), alpha)
          << describe(options) << " after " << engine.sweeps_done() << " sweeps";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Distribution,
                         ::testing::Combine(::testing::ValuesIn(generators),
                                            ::testing::ValuesIn(cases)),
                         [](const ::testing::TestParamInfo<Distribution::ParamType>& info) {
                           return ::testing::PrintToString(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param).name;
                         });

TEST(Distribution, RandomStartIsUniform) {
  LatticeOptions options = make_options(2, 4);
  options.replicas = replicas;
  LatticeEngine engine{options};
  engine.randomize();
  EXPECT_GT(p_value(engine, classes(options), std::vector<double>(256, 1.0 / 256)), alpha);
}

// Percentage points of the chi-square distribution (Abramowitz & Stegun, table 26.8).
TEST(Distribution, ChiSquareTail) {
  EXPECT_NEAR(chi_square_tail(3.84146, 1), 0.05, 1e-6);
  EXPECT_NEAR(chi_square_tail(0.454937, 1), 0.5, 1e-6);
  EXPECT_NEAR(chi_square_tail(29.5883, 10), 0.001, 1e-6);
  EXPECT_NEAR(chi_square_tail(2.55821, 10), 0.99, 1e-6);
  EXPECT_NEAR(chi_square_tail(149.449, 100), 0.001, 1e-6);
  // Few degrees in closed form, far out: Q = exp(-x/2) for two.
  EXPECT_NEAR(chi_square_tail(40, 2) / std::exp(-20.0), 1, 1e-9);
}

}  // namespace
}  // namespace multispin::test
