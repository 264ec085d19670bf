#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <vector>

#include "physics.hpp"

#ifdef MULTISPIN_BENCH_CUDA
#  include "multispin/cuda/lattice_engine.hpp"
#endif

namespace multispin::bench {
namespace {

using Clock = std::chrono::steady_clock;

bool failed = false;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

LatticeOptions options_of(const Setup& setup) {
  LatticeOptions options;
  options.rows = options.columns = setup.size;
  if (setup.cubic) options.planes = setup.size;
  options.replicas = setup.replicas;
  options.h = setup.h;
  options.dynamics = setup.dynamics;
  options.generator = setup.generator;
  options.seed = 1;
  options.threads = setup.threads;
  options.isa = setup.isa;
  return options;
}

// From here on `Engine` is that of the CPU or of CUDA, whose sweeps are over when finish() is.

template <class Engine>
void set_temperature(Engine& engine, double temperature) {
  engine.set_temperatures(
      std::vector<double>(static_cast<std::size_t>(engine.options().replicas), temperature));
}

template <class Engine>
double spins_of(const Engine& engine) {
  return static_cast<double>(engine.lattice().spins() * engine.options().replicas);
}

// Seconds of sweeps that are measured every so often, or of bare ones.
template <class Engine>
double time_sweeps(Engine& engine, int interval, std::uint64_t sweeps,
                   std::vector<LatticeSums>& sums) {
  const auto start = Clock::now();
  if (interval == 0) {
    engine.sweep(sweeps);
  } else {
    const std::uint64_t draws = sweeps / static_cast<std::uint64_t>(interval);
    sums.resize(draws * static_cast<std::size_t>(engine.options().replicas));
    engine.run(draws, static_cast<std::uint64_t>(interval), sums.data());
  }
  engine.finish();
  return seconds_since(start);
}

// Sweeps that take about a tenth of a second, a whole number of intervals.
template <class Engine>
std::uint64_t sweeps_per_iteration(Engine& engine, const Setup& setup) {
  constexpr double wanted = 0.1;
  std::vector<LatticeSums> none;
  time_sweeps(engine, 0, 1, none);  // the first sweep of all brings the kernel to the GPU
  std::uint64_t sweeps = 1;
  for (;; sweeps *= 2) {
    const double seconds = time_sweeps(engine, 0, sweeps, none);
    if (seconds < wanted / 4) continue;
    sweeps =
        std::max(1UL, static_cast<std::uint64_t>(static_cast<double>(sweeps) * wanted / seconds));
    break;
  }
  const auto interval = static_cast<std::uint64_t>(std::max(1, setup.interval));
  return (sweeps + interval - 1) / interval * interval;
}

const Energy& exact_energy(double temperature, double h) {
  static std::map<double, Energy> known;  // by h; there is one temperature of the square lattice
  const auto found = known.find(h);
  return found != known.end() ? found->second
                              : known.emplace(h, energy_of_cylinder(temperature, h)).first->second;
}

struct Check {
  double measured, exact, tolerance;
  bool passed() const { return std::fabs(measured - exact) <= tolerance; }
};

// A temperature at which 30 sweeps forget any start and the energy is known.
double checked_at(const Setup& setup) {
  return setup.cubic ? 8.0 : 4.0;
}

// The energy at another temperature: the kernel that was timed, on its lattice, with other
// thresholds. Tolerance: six standard deviations (plus what cylinder or series are off).
template <class Engine>
Check check_physics(Engine& engine, const Setup& setup) {
  constexpr double enough_spins = 1 << 24;
  const double temperature = checked_at(setup);
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
  const Energy exact =
      setup.cubic ? energy_of_cubic(temperature) : exact_energy(temperature, setup.h);
  return {energy / spins, exact.mean, 6 * std::sqrt(exact.variance / spins) + 1e-5};
}

void fail(benchmark::State& state, const char* why) {
  failed = true;
  state.SkipWithError(why);
}

template <class Engine>
void measure_with(Engine& engine, std::size_t lattice_bytes, benchmark::State& state,
                  const Setup& setup) {
  set_temperature(engine, setup.temperature);
  std::vector<LatticeSums> sums;
  const std::uint64_t sweeps = sweeps_per_iteration(engine, setup);
  double fastest = std::numeric_limits<double>::infinity();
  for ([[maybe_unused]] auto _ : state) {
    const double seconds = time_sweeps(engine, setup.interval, sweeps, sums);
    state.SetIterationTime(seconds);
    fastest = std::min(fastest, seconds);
  }
  const double spins = spins_of(engine);
  const auto bytes = static_cast<double>(lattice_bytes);
  state.counters["flips_per_ns"] = static_cast<double>(sweeps) * spins / (1e9 * fastest);
  state.counters["bits_per_spin"] = 8 * bytes / spins;
  state.counters["MiB"] = bytes / (1 << 20);

  const Check check = check_physics(engine, setup);
  state.counters["energy_error"] = check.measured - check.exact;
  state.counters["tolerance"] = check.tolerance;
  if (check.passed()) return;
  char text[128];
  std::snprintf(text, sizeof text, "wrong physics: e = %.6f at T = %g, exact %.6f +- %.6f",
                check.measured, checked_at(setup), check.exact, check.tolerance);
  fail(state, text);
}

void measure_on_device(benchmark::State& state, const Setup& setup) {
  const LatticeOptions o = options_of(setup);
  if (setup.device == Device::cpu) {
    LatticeEngine engine{o};
    measure_with(engine, lattice_bytes(o.rows, o.columns, o.replicas, o.planes), state, setup);
  }
#ifdef MULTISPIN_BENCH_CUDA
  if (setup.device == Device::cuda) {
    cuda::LatticeEngine engine{o, 0};
    measure_with(engine, cuda::lattice_bytes(o.rows, o.columns, o.replicas, o.planes), state,
                 setup);
  }
#endif
}

}  // namespace

void measure(benchmark::State& state, const Setup& setup) {
  try {
    measure_on_device(state, setup);
  } catch (const std::exception& error) {  // a GPU's memory, above all: the others can still run
    fail(state, error.what());
  }
}

bool any_failed() {
  return failed;
}

}  // namespace multispin::bench
