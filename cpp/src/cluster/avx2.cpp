#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#include "cluster/impl.hpp"

namespace multispin::kernels {

const ClusterKernels cluster_avx2 = make_cluster_kernels();

}  // namespace multispin::kernels
