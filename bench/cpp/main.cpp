// Speed of the engines, in attempted spin updates (flips) per nanosecond.
//
//   multispin_bench [--huge] [--benchmark_filter=avx512/aes] [--benchmark_out=bench.json] ...
//
// The GPU is measured too (--benchmark_filter=/cuda/) where there is one and the build has the CUDA
// engines; CUDA_VISIBLE_DEVICES chooses it. --huge adds L = 131072, which needs 2 GiB, and the
// largest lattice that fits the GPU. MULTISPIN_ISA chooses the instruction set of all but the
// comparison of instruction sets. Every benchmark checks its own physics; the exit status is 1 if
// one of them was wrong or could not be run.
#include <benchmark/benchmark.h>
#include <omp.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "gpu.hpp"
#include "measure.hpp"
#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"
#include "multispin/random/planes.hpp"
#include "setups.hpp"

namespace multispin::bench {
namespace {

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string planes(int coarse) {
  return std::to_string(coarse) + " + " + std::to_string(random::tail_planes) + " (tail)";
}

void add_context(const std::optional<Gpu>& gpu) {
  using bits::Word128;
  std::string isas;
  for (const Isa isa : available_isas()) {
    if (!isas.empty()) isas += ' ';
    isas += name(isa);
  }
  benchmark::AddCustomContext("processor", processor());
  benchmark::AddCustomContext("instruction_sets", isas);
  benchmark::AddCustomContext("instruction_set", std::string(name(selected_isa())));
  benchmark::AddCustomContext("threads_available", std::to_string(omp_get_max_threads()));
  benchmark::AddCustomContext("planes_aes", planes(random::AesPlanes<Word128>::coarse_planes));
  benchmark::AddCustomContext("planes_philox",
                              planes(random::PhiloxPlanes<Word128>::coarse_planes));
  benchmark::AddCustomContext("compiler", __VERSION__);
  if (!gpu) return;
  benchmark::AddCustomContext("gpu", gpu->name);
  benchmark::AddCustomContext("gpu_compute_capability", gpu->capability);
  benchmark::AddCustomContext("cuda_runtime", gpu->runtime);
  benchmark::AddCustomContext("cuda_driver", gpu->driver);
}

// Takes the flag out of the arguments; Google Benchmark refuses those that it does not know.
bool take_flag(int& count, char** arguments, std::string_view flag) {
  char** const end = std::remove_if(arguments + 1, arguments + count,
                                    [&](const char* argument) { return argument == flag; });
  const bool found = end != arguments + count;
  count = static_cast<int>(end - arguments);
  return found;
}

}  // namespace
}  // namespace multispin::bench

int main(int count, char** arguments) {
  using namespace multispin;
  const bool huge = bench::take_flag(count, arguments, "--huge");
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  const std::optional<bench::Gpu> gpu = bench::find_gpu();
  bench::add_context(gpu);
  for (const bench::Setup& setup : bench::all_setups(huge, gpu)) {
    constexpr int repetitions = 7;
    benchmark::RegisterBenchmark(setup.name().c_str(), bench::measure, setup)
        ->UseManualTime()
        ->Iterations(repetitions)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return bench::any_failed() ? 1 : 0;
}
