// Writes a generator's bits to standard output, as the kernels consume them: raw 32-bit words for
// dieharder -g 200 or any other program that reads them.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "consumed.hpp"

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "check") == 0) {
    const bool equal = randomness::check_shipped(1) && randomness::check_shipped(2);
    std::puts(equal ? "equal to the kernels' generators" : "NOT the kernels' generators");
    return equal ? 0 : 1;
  }
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 0) : 1;
  const auto refill = argc > 2 ? randomness::make_stream(argv[1], argv[2], seed) : nullptr;
  if (!refill) {
    std::fputs(
        "usage: stream check | stream GENERATOR FORM [SEED]\n"
        "GENERATOR: aes, philox, aes:c,p (0,1 1,1 2,1 3,1 4,1 5,1 2,2 3,2), philox:r (3 to 7)\n"
        "FORM: planes, lanes, plane, redraw, sweeps, plane-xor, word-xor\n",
        stderr);
    return 2;
  }
  std::vector<std::uint64_t> words;
  do {
    refill(words);
  } while (std::fwrite(words.data(), sizeof words[0], words.size(), stdout) == words.size());
}
