// Speed of bipartite machines, in connections per second: weights times rows times products. One
// thread, at the instruction set that MULTISPIN_ISA names; time is that of the process, on machines
// that others use too.
//
//   multispin_bipartite_bench [--benchmark_filter=gibbs] ...
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "multispin/bipartite/machine.hpp"
#include "multispin/bipartite/outer.hpp"
#include "multispin/bipartite/partition.hpp"

namespace multispin::bench {
namespace {

// As many units as for images of handwritten digits, of which a fifth is active.
constexpr std::int64_t visible_units = 784, hidden_units = 500;
constexpr std::int64_t visible_words = (visible_units + 63) / 64;
constexpr std::int64_t hidden_words = (hidden_units + 63) / 64;

const Poll never;

struct Rows {
  explicit Rows(std::int64_t rows) : hidden(static_cast<std::size_t>(rows * hidden_words)) {
    std::mt19937_64 generator{1};
    for (std::int64_t r = 0; r < rows; ++r) {
      streams.push_back(static_cast<std::uint64_t>(r));
      for (std::int64_t w = 0; w < visible_words; ++w) {
        std::uint64_t word = 0;
        for (std::int64_t b = 0; b < 64 && 64 * w + b < visible_units; ++b) {
          word |= std::uint64_t{generator() % 5 == 0} << b;
        }
        visible.push_back(word);
      }
    }
  }
  std::vector<std::uint64_t> visible, hidden, streams;
};

std::vector<double> normals(std::int64_t count, double mean, double deviation) {
  std::mt19937_64 generator{2};
  std::normal_distribution<double> normal{mean, deviation};
  std::vector<double> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(normal(generator));
  return out;
}

void count(benchmark::State& state, double connections) {
  state.counters["connections/s"] = benchmark::Counter(
      connections * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// Offsets that keep a fifth of the visible and a third of the hidden units active.
void gibbs(benchmark::State& state) {
  const std::int64_t rows = state.range(0), steps = 10;
  Bipartite machine(visible_units, hidden_units);
  const Isa isa = selected_isa();
  machine.set(normals(visible_units * hidden_units, 0, 0.05).data(),
              normals(visible_units, -1.4, 0).data(), normals(hidden_units, -0.85, 0).data(), isa);
  Rows chains(rows);
  std::uint64_t step = 0;
  for (auto _ : state) {
    machine.gibbs({chains.visible.data(), rows}, steps, {1, chains.streams.data(), step}, {},
                  chains.visible.data(), chains.hidden.data(), {1, isa, never});
    step += static_cast<std::uint64_t>(steps);
  }
  count(state, static_cast<double>(2 * steps * rows * visible_units * hidden_units));
}

void gradient(benchmark::State& state) {
  const std::int64_t rows = state.range(0);
  const Rows samples(rows);
  const std::vector<double> of_rows = normals(rows * hidden_units, 0.3, 0.1);
  const std::vector<float> values(of_rows.begin(), of_rows.end());
  std::vector<double> out(static_cast<std::size_t>(visible_units * hidden_units));
  for (auto _ : state) {
    outer({samples.visible.data(), rows}, visible_units, values.data(), hidden_units, out.data(),
          {1, selected_isa(), never});
  }
  count(state, static_cast<double>(rows * visible_units * hidden_units));
}

// Terms times units are counted.
void partition(benchmark::State& state) {
  const std::int64_t hidden = state.range(0);
  const std::vector<double> weights = normals(visible_units * hidden, 0, 0.1);
  const std::vector<double> offsets(static_cast<std::size_t>(visible_units), -1.0);
  double out = 0.0;
  for (auto _ : state) {
    log_partition(weights.data(), visible_units, hidden, offsets.data(), offsets.data(), &out,
                  {1, selected_isa(), never});
  }
  count(state, static_cast<double>(visible_units << hidden));
}

BENCHMARK(gibbs)->Arg(1)->Arg(32)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(gradient)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(partition)->Arg(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace multispin::bench

BENCHMARK_MAIN();
