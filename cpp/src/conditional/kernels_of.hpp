// The kernels of an instruction set.
#pragma once

#include "conditional/kernels.hpp"
#include "multispin/isa.hpp"

namespace multispin {

inline const kernels::ConditionalKernels& conditional_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::conditional_avx512;
  if (isa == Isa::avx2) return kernels::conditional_avx2;
#endif
  static_cast<void>(isa);
  return kernels::conditional_portable;
}

}  // namespace multispin
