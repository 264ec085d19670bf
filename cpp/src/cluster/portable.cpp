#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"

#define MULTISPIN_WORD bits::Word128
#include "cluster/impl.hpp"

namespace multispin::kernels {

const ClusterKernels cluster_portable = make_cluster_kernels();

}  // namespace multispin::kernels
