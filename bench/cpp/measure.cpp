#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <vector>

#include "physics.hpp"

namespace multispin::bench {
namespace {

using Clock = std::chrono::steady_clock;

bool any_failed = false;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

LatticeOptions options_of(const Setup& setup) {
  LatticeOptions options;
  options.rows = options.columns = setup.size;
  options.replicas = setup.replicas;
  options.h = setup.h;
  options.dynamics = setup.dynamics;
  options.generator = setup.generator;
  options.seed = 1;
  options.threads = setup.threads;
  options.isa = setup.isa;
  return options;
}

void set_temperature(LatticeEngine& engine, double temperature) {
  engine.set_temperatures(
      std::vector<double>(static_cast<std::size_t>(engine.options().replicas), temperature));
}

double spins_of(const LatticeEngine& engine) {
  return static_cast<double>(engine.lattice().spins() * engine.options().replicas);
}

void sweep(LatticeEngine& engine, const Setup& setup, std::uint64_t sweeps,
           std::vector<LatticeSums>& sums) {
  if (setup.interval == 0) {
    engine.sweep(sweeps);
    return;
  }
  const std::uint64_t draws = sweeps / static_cast<std::uint64_t>(setup.interval);
  sums.resize(draws * static_cast<std::size_t>(setup.replicas));
  engine.run(draws, static_cast<std::uint64_t>(setup.interval), sums.data());
}

// Sweeps that take about a tenth of a second, a whole number of intervals.
std::uint64_t sweeps_per_iteration(LatticeEngine& engine, const Setup& setup) {
  constexpr double wanted = 0.1;
  std::uint64_t sweeps = 1;
  for (;; sweeps *= 2) {
    const auto start = Clock::now();
    engine.sweep(sweeps);
    const double seconds = seconds_since(start);
    if (seconds < wanted / 4) continue;
    sweeps =
        std::max(1UL, static_cast<std::uint64_t>(static_cast<double>(sweeps) * wanted / seconds));
    break;
  }
  const auto interval = static_cast<std::uint64_t>(std::max(1, setup.interval));
  return (sweeps + interval - 1) / interval * interval;
}

const Energy& exact_energy(double temperature, double h) {
  static std::map<double, Energy> known;  // by h; there is one temperature only
  const auto found = known.find(h);
  return found != known.end() ? found->second
                              : known.emplace(h, energy_of_cylinder(temperature, h)).first->second;
}

struct Check {
  double measured, exact, tolerance;
  bool passed() const { return std::fabs(measured - exact) <= tolerance; }
};

// The energy at T = 4, where 30 sweeps forget any start: the kernel that was timed, on its lattice,
// with other thresholds. Tolerance: six standard deviations (plus what the cylinder is off).
Check check_physics(LatticeEngine& engine, const Setup& setup) {
  constexpr double temperature = 4.0, enough_spins = 1 << 24;
  set_temperature(engine, temperature);
  engine.sweep(30);
  const auto draws = static_cast<std::uint64_t>(std::ceil(enough_spins / spins_of(engine)));
  std::vector<LatticeSums> sums(draws * static_cast<std::size_t>(setup.replicas));
  engine.run(draws, 10, sums.data());
  double energy = 0.0;
  for (const LatticeSums& s : sums) {
    energy -= static_cast<double>(s.bonds) + setup.h * static_cast<double>(s.spins);
  }
  const double spins = spins_of(engine) * static_cast<double>(draws);
  const Energy& exact = exact_energy(temperature, setup.h);
  return {energy / spins, exact.mean, 6 * std::sqrt(exact.variance / spins) + 1e-5};
}

}  // namespace

void measure(benchmark::State& state, const Setup& setup) {
  LatticeEngine engine{options_of(setup)};
  set_temperature(engine, setup.temperature);
  std::vector<LatticeSums> sums;
  const std::uint64_t sweeps = sweeps_per_iteration(engine, setup);
  double fastest = std::numeric_limits<double>::infinity();
  for ([[maybe_unused]] auto _ : state) {
    const auto start = Clock::now();
    sweep(engine, setup, sweeps, sums);
    const double seconds = seconds_since(start);
    state.SetIterationTime(seconds);
    fastest = std::min(fastest, seconds);
  }
  const double spins = spins_of(engine);
  const auto bytes = static_cast<double>(lattice_bytes(setup.size, setup.size, setup.replicas));
  state.counters["flips_per_ns"] = static_cast<double>(sweeps) * spins / (1e9 * fastest);
  state.counters["bits_per_spin"] = 8 * bytes / spins;
  state.counters["MiB"] = bytes / (1 << 20);

  const Check check = check_physics(engine, setup);
  state.counters["energy_error"] = check.measured - check.exact;
  state.counters["tolerance"] = check.tolerance;
  if (check.passed()) return;
  any_failed = true;
  char text[128];
  std::snprintf(text, sizeof text, "wrong physics: e = %.6f at T = 4, exact %.6f +- %.6f",
                check.measured, check.exact, check.tolerance);
  state.SkipWithError(text);
}

bool physics_failed() {
  return any_failed;
}

}  // namespace multispin::bench
