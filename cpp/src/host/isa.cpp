#include "multispin/isa.hpp"

#if defined(__x86_64__)
#  include <cpuid.h>
#endif

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace multispin {
namespace {

#if defined(__x86_64__)
struct Cpuid {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  explicit Cpuid(unsigned leaf) { __get_cpuid_count(leaf, 0, &eax, &ebx, &ecx, &edx); }
};

// Extensions that not every compiler's __builtin_cpu_supports knows by name.
bool has_aes() {
  return (Cpuid(1).ecx >> 25 & 1U) != 0;
}
bool has_vaes() {
  return (Cpuid(7).ecx >> 9 & 1U) != 0;
}
bool has_avx512_vpopcntdq() {
  return (Cpuid(7).ecx >> 14 & 1U) != 0;
}
#endif

bool runs_here(Isa isa) {
  switch (isa) {
    case Isa::portable:
      return true;
#if defined(__x86_64__)
    case Isa::avx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && has_aes();
    case Isa::avx512:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
             has_avx512_vpopcntdq() && has_vaes();
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
