// The kernels of an instruction set.
#pragma once

#include "bipartite/kernels.hpp"
#include "multispin/isa.hpp"

namespace multispin {

inline const kernels::BipartiteKernels& bipartite_kernels(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::avx512) return kernels::bipartite_avx512;
  if (isa == Isa::avx2) return kernels::bipartite_avx2;
#endif
  static_cast<void>(isa);
  return kernels::bipartite_portable;
}

}  // namespace multispin
