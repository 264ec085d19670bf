#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#define MULTISPIN_REGISTERS 16
#define MULTISPIN_GROUP 2
#define MULTISPIN_SHORT_GROUP 1
#include "replica/impl.hpp"

namespace multispin::kernels {

const ReplicaKernels replica_avx2 = make_replica_kernels();

}  // namespace multispin::kernels
