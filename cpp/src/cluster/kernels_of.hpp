// The kernels of an instruction set.
#pragma once

#include "cluster/kernels.hpp"
#include "multispin/isa.hpp"

namespace multispin {

inline const kernels::ClusterRandom& cluster_random(Isa isa, Generator generator) {
  const auto of = [&](const kernels::ClusterKernels& kernels) -> const kernels::ClusterRandom& {
    return generator == Generator::aes ? kernels.aes : kernels.philox;
  };
#if defined(__x86_64__)
  if (isa == Isa::avx512) return of(kernels::cluster_avx512);
  if (isa == Isa::avx2) return of(kernels::cluster_avx2);
#endif
  static_cast<void>(isa);
  return of(kernels::cluster_portable);
}

}  // namespace multispin
