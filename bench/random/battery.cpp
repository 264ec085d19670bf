// Runs a battery of TestU01 on a generator's bits as the kernels consume them, and prints one line:
// what was run, how many statistics there were, and those with a suspicious p value.
//
// L'Ecuyer & Simard, "TestU01: a C library for empirical testing of random number generators",
// ACM TOMS 33, 22 (2007).
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "consumed.hpp"

extern "C" {
#include <testu01/bbattery.h>
#include <testu01/swrite.h>
#include <testu01/unif01.h>
}

namespace {

constexpr int crush_tests = 96;

randomness::Refill refill;
std::vector<std::uint64_t> words;
std::size_t position = 0;  // in 32-bit words
std::uint64_t drawn = 0;   // 64-bit words handed out before `words`

unsigned int next32() {
  if (position == 2 * words.size()) {
    drawn += words.size();
    refill(words);
    position = 0;
  }
  const std::uint64_t word = words[position / 2];
  return static_cast<unsigned int>(position++ % 2 == 0 ? word : word >> 32);
}

bool run(const char* suite, unif01_Gen* generator, double bits) {
  if (std::strcmp(suite, "smallcrush") == 0) {
    bbattery_SmallCrush(generator);
  } else if (std::strcmp(suite, "crush") == 0) {
    bbattery_Crush(generator);
  } else if (std::strncmp(suite, "crush:", 6) == 0) {  // one of its tests, ten times
    int times[1 + crush_tests] = {};
    const int test = std::atoi(suite + 6);
    if (test < 1 || test > crush_tests) return false;
    times[test] = 10;
    bbattery_RepeatCrush(generator, times);
  } else if (std::strcmp(suite, "rabbit") == 0) {
    bbattery_Rabbit(generator, bits);
  } else if (std::strcmp(suite, "alphabit") == 0) {
    bbattery_Alphabit(generator, bits, 0, 32);
  } else {
    return false;
  }
  return true;
}

void print_suspicious() {
  constexpr double clear = 1e-10;
  constexpr double suspicious = 1e-4;
  int failed = 0;
  for (int i = 0; i < bbattery_NTests; ++i) {
    const double p = bbattery_pVal[i];
    failed += p >= 0 && (p < clear || p > 1 - clear) ? 1 : 0;
  }
  std::printf(" statistics %d clear-failures %d data 2^%.1f bits", bbattery_NTests, failed,
              std::log2(static_cast<double>(64 * (drawn + position / 2))));
  for (int i = 0; i < bbattery_NTests; ++i) {
    const double p = bbattery_pVal[i];
    if (p >= 0 && (p < suspicious || p > 1 - suspicious)) {
      std::printf("; %s p=%.2g", bbattery_TestNames[i], p < 0.5 ? p : p - 1);
    }
  }
  std::puts("");
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seed = argc > 5 ? std::strtoull(argv[5], nullptr, 0) : 1;
  if (argc > 3) refill = randomness::make_stream(argv[1], argv[2], seed);
  const double bits = std::exp2(argc > 4 ? std::atof(argv[4]) : 30.0);
  char name[] = "multispin";
  unif01_Gen* const generator = unif01_CreateExternGenBits(name, next32);
  swrite_Basic = FALSE;
  if (!refill || !run(argv[3], generator, bits)) {
    std::fputs(
        "usage: battery GENERATOR FORM smallcrush|crush|crush:TEST|rabbit|alphabit [LOG2_BITS "
        "[SEED]]\n",
        stderr);
    return 2;
  }
  std::printf("RESULT %s %s %s", argv[1], argv[2], argv[3]);
  print_suspicious();
  unif01_DeleteExternGenBits(generator);
}
