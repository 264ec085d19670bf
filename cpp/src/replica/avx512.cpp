#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#define MULTISPIN_REGISTERS 32
#define MULTISPIN_GROUP 4
#define MULTISPIN_SHORT_GROUP 2
#include "replica/impl.hpp"

namespace multispin::kernels {

const ReplicaKernels replica_avx512 = make_replica_kernels();

}  // namespace multispin::kernels
