#include "multispin/isa.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace multispin {
namespace {

bool runs_here(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return true;
#if defined(__x86_64__)
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("aes") != 0;
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
             __builtin_cpu_supports("avx512vpopcntdq") != 0 && __builtin_cpu_supports("vaes") != 0;
#endif
    default:
      return false;
  }
}

}  // namespace

std::string_view name(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return "portable";
    case Isa::avx2:
      return "avx2";
    case Isa::avx512:
      return "avx512";
  }
  return "unknown";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas;
  for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
    if (runs_here(isa)) isas.push_back(isa);
  }
  return isas;
}

Isa selected_isa() {
  const std::vector<Isa> isas = available_isas();
  const char* const wanted = std::getenv("MULTISPIN_ISA");
  if (wanted == nullptr || *wanted == '\0') return isas.back();
  std::string allowed;
  for (const Isa isa : isas) {
    if (name(isa) == wanted) return isa;
    allowed += (allowed.empty() ? "" : ", ") + std::string(name(isa));
  }
  throw std::invalid_argument("MULTISPIN_ISA: got '" + std::string(wanted) +
                              "', this build on this processor has: " + allowed);
}

}  // namespace multispin
