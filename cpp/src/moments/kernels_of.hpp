// The kernels of an instruction set.
#pragma once

#include "moments/kernels.hpp"
#include "multispin/isa.hpp"

namespace multispin {

inline const kernels::MomentKernels& moment_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::moments_avx512;
  if (isa == Isa::avx2) return kernels::moments_avx2;
#endif
  static_cast<void>(isa);
  return kernels::moments_portable;
}

}  // namespace multispin
