#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <map>
#include <vector>

#include "glass.hpp"
#include "multispin/tempering.hpp"
#include "physics.hpp"

#ifdef MULTISPIN_BENCH_CUDA
#  include "multispin/cuda/lattice/engine.hpp"
#  include "multispin/cuda/replica/engine.hpp"
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
  if (setup.model == Model::cubic) options.planes = setup.size;
  options.replicas = setup.replicas;
  options.h = setup.h;
  options.dynamics = setup.dynamics;
  options.generator = setup.generator;
  options.seed = 1;
  options.threads = setup.threads;
  options.isa = setup.isa;
  return options;
}

ReplicaOptions glass_of(const Setup& setup) {
  const bool own = setup.model == Model::glass_samples;
  const std::int64_t samples = own ? setup.replicas : setup.model == Model::tempering ? 8 : 1;
  ReplicaOptions options = glass_options(setup.size, samples);
  options.replicas = setup.replicas;
  options.h = setup.h;
  options.dynamics = setup.dynamics;
  options.generator = setup.generator;
  options.seed = 1;
  options.shared_random_numbers = own;
  options.threads = setup.threads;
  options.isa = setup.isa;
  return options;
}

// From here on `Engine` is one of the CPU or of CUDA, whose sweeps are over when finish() is.

template <class Engine>
void set_temperature(Engine& engine, double temperature) {
  engine.set_temperatures(
      std::vector<double>(static_cast<std::size_t>(engine.options().replicas), temperature));
}

// From half to twice the critical temperature.
std::vector<double> ladder(const Setup& setup, std::int64_t steps) {
  std::vector<double> temperatures;
  for (std::int64_t i = 0; i < steps; ++i) {
    const double step = static_cast<double>(i) / static_cast<double>(steps);
    temperatures.push_back(setup.temperature * std::exp2(2 * step - 1));
  }
  return temperatures;
}

// Replicas of a glass at as many temperatures, unless they have to be equal.
template <class Engine>
void set_timed_temperatures(Engine& engine, const Setup& setup) {
  if (setup.model != Model::glass) return set_temperature(engine, setup.temperature);
  engine.set_temperatures(ladder(setup, setup.replicas));
}

template <class Engine>
double spins_of(const Engine& engine) {
  const auto replicas = static_cast<double>(engine.options().replicas);
  if constexpr (requires { engine.lattice(); }) {
    return static_cast<double>(engine.lattice().spins()) * replicas;
  } else {
    return static_cast<double>(engine.options().sites) * replicas;
  }
}

// Seconds of sweeps that are measured every so often, or of bare ones.
template <class Engine>
double time_sweeps(Engine& engine, int interval, std::uint64_t sweeps, std::vector<Sums>& sums) {
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

// From here on `time(interval, sweeps)` gives the seconds of so many sweeps.

// Sweeps that take about a tenth of a second, a whole number of intervals.
template <class Time>
std::uint64_t sweeps_per_iteration(const Time& time, const Setup& setup) {
  constexpr double wanted = 0.1;
  time(0, 1);  // the first sweep of all brings the kernel to the GPU
  std::uint64_t sweeps = 1;
  for (;; sweeps *= 2) {
    const double seconds = time(0, sweeps);
    if (seconds < wanted / 4) continue;
    sweeps =
        std::max(1UL, static_cast<std::uint64_t>(static_cast<double>(sweeps) * wanted / seconds));
    break;
  }
  const auto interval = static_cast<std::uint64_t>(std::max(1, setup.interval));
  return (sweeps + interval - 1) / interval * interval;
}

template <class Time>
void measure_speed(benchmark::State& state, const Setup& setup, double spins,
                   std::size_t bytes_held, const Time& time) {
  const std::uint64_t sweeps = sweeps_per_iteration(time, setup);
  double fastest = std::numeric_limits<double>::infinity();
  for ([[maybe_unused]] auto _ : state) {
    const double seconds = time(setup.interval, sweeps);
    state.SetIterationTime(seconds);
    fastest = std::min(fastest, seconds);
  }
  const auto bytes = static_cast<double>(bytes_held);
  state.counters["flips_per_ns"] = static_cast<double>(sweeps) * spins / (1e9 * fastest);
  state.counters["bits_per_spin"] = 8 * bytes / spins;
  state.counters["MiB"] = bytes / (1 << 20);
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

// What a kernel is held to: an energy that is known, at a temperature at which 30 sweeps forget any
// start. Tolerance: six standard deviations, plus what the known energy is off.
struct Reference {
  double temperature;
  double energy;
  double tolerance;
  std::uint64_t draws;
};

Reference make_reference(double temperature, const Energy& energy, double uncertainty,
                         double spins_wanted, double spins_of_a_draw) {
  const double draws = std::ceil(spins_wanted / spins_of_a_draw);
  return {temperature, energy.mean,
          6 * std::sqrt(energy.variance / (draws * spins_of_a_draw)) + uncertainty,
          static_cast<std::uint64_t>(draws)};
}

Reference reference_of(const Setup& setup, double spins) {
  const double temperature = setup.model == Model::square ? 4.0 : 8.0;
  const Energy energy = setup.model == Model::cubic ? energy_of_cubic(temperature)
                                                    : exact_energy(temperature, setup.h);
  return make_reference(temperature, energy, 1e-5, 1 << 24, spins);
}

// A small random number raises the energy of every replica that draws it, so those that share it
// count as one.
Reference reference_of_glass(const Setup& setup, const ReplicaOptions& glass) {
  const Energy energy = energy_of_glass(8.0, setup.h, plaquettes_of(glass, setup.size));
  const bool shared = glass.shared_random_numbers;
  const auto spins = static_cast<double>(glass.sites * (shared ? 1 : glass.replicas));
  return make_reference(8.0, energy, 2.5e-4, shared ? 1 << 22 : 1 << 26, spins);
}

// The kernel that was timed, on its lattice, with other thresholds.
template <class Engine>
Check check_physics(Engine& engine, const Setup& setup, const Reference& reference) {
  set_temperature(engine, reference.temperature);
  engine.sweep(30);
  std::vector<Sums> sums(reference.draws * static_cast<std::size_t>(setup.replicas));
  engine.run(reference.draws, 10, sums.data());
  double energy = 0.0;
  for (const Sums& s : sums) {
    energy -= static_cast<double>(s.bonds) + setup.h * static_cast<double>(s.spins);
  }
  const double spins = spins_of(engine) * static_cast<double>(reference.draws);
  return {energy / spins, reference.energy, reference.tolerance};
}

void fail(benchmark::State& state, const char* why) {
  failed = true;
  state.SkipWithError(why);
}

template <class Engine>
void hold_to_physics(benchmark::State& state, const Setup& setup, Engine& engine,
                     const Reference& reference) {
  const Check check = check_physics(engine, setup, reference);
  state.counters["energy_error"] = check.measured - check.exact;
  state.counters["tolerance"] = check.tolerance;
  if (check.passed()) return;
  char text[128];
  std::snprintf(text, sizeof text, "wrong physics: e = %.6f at T = %g, exact %.6f +- %.6f",
                check.measured, reference.temperature, check.exact, check.tolerance);
  fail(state, text);
}

template <class Engine>
void measure_with(Engine& engine, std::size_t bytes, benchmark::State& state, const Setup& setup,
                  const Reference& reference) {
  set_timed_temperatures(engine, setup);
  std::vector<Sums> sums;
  measure_speed(state, setup, spins_of(engine), bytes, [&](int interval, std::uint64_t sweeps) {
    return time_sweeps(engine, interval, sweeps, sums);
  });
  hold_to_physics(state, setup, engine, reference);
}

// Energies and overlaps are measured, and neighbours exchanged, after every sweep.
void measure_tempering(ReplicaEngine& engine, std::size_t bytes, benchmark::State& state,
                       const Setup& setup, const Reference& reference) {
  constexpr std::int64_t ladders = 2;
  const std::int64_t steps = setup.replicas / engine.options().samples / ladders;
  Tempering tempering{engine, {ladder(setup, steps), ladders}, {}};
  engine.randomize();
  const auto replicas = static_cast<std::size_t>(setup.replicas);
  std::vector<double> energies(replicas);
  std::vector<std::int64_t> spins(replicas);
  std::vector<std::int64_t> overlaps(static_cast<std::size_t>(tempering.pair_count()));
  TemperingRecord record;
  record.energies = energies.data();
  record.spins = spins.data();
  record.overlaps = overlaps.data();
  measure_speed(state, setup, spins_of(engine), bytes, [&](int, std::uint64_t sweeps) {
    const auto start = Clock::now();
    for (std::uint64_t s = 0; s < sweeps; ++s) tempering.draw(record);
    return seconds_since(start);
  });
  hold_to_physics(state, setup, engine, reference);
}

void measure_glass(benchmark::State& state, const Setup& setup) {
  const ReplicaOptions o = glass_of(setup);
  const Reference reference = reference_of_glass(setup, o);
  const auto edges = static_cast<std::int64_t>(o.edges.size());
  if (setup.device == Device::cpu) {
    const std::size_t bytes = replica_bytes(o.sites, edges, o.samples, o.replicas, o.first_stream,
                                            o.shared_random_numbers);
    ReplicaEngine engine{o};
    if (setup.model == Model::tempering) {
      return measure_tempering(engine, bytes, state, setup, reference);
    }
    measure_with(engine, bytes, state, setup, reference);
  }
#ifdef MULTISPIN_BENCH_CUDA
  if (setup.device == Device::cuda) {
    const std::size_t bytes = cuda::replica_bytes(o.sites, edges, o.samples, o.replicas,
                                                  o.first_stream, o.shared_random_numbers);
    cuda::ReplicaEngine engine{o, 0};
    measure_with(engine, bytes, state, setup, reference);
  }
#endif
}

void measure_on_device(benchmark::State& state, const Setup& setup) {
  if (setup.is_glass()) return measure_glass(state, setup);
  const LatticeOptions o = options_of(setup);
  const auto spins = static_cast<double>(o.planes * o.rows * o.columns * o.replicas);
  const Reference reference = reference_of(setup, spins);
  if (setup.device == Device::cpu) {
    LatticeEngine engine{o};
    measure_with(engine, lattice_bytes(o.rows, o.columns, o.replicas, o.planes), state, setup,
                 reference);
  }
#ifdef MULTISPIN_BENCH_CUDA
  if (setup.device == Device::cuda) {
    cuda::LatticeEngine engine{o, 0};
    measure_with(engine, cuda::lattice_bytes(o.rows, o.columns, o.replicas, o.planes), state, setup,
                 reference);
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
