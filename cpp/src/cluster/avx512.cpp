#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#include "cluster/impl.hpp"

namespace multispin::kernels {

const ClusterKernels cluster_avx512 = make_cluster_kernels();

}  // namespace multispin::kernels
