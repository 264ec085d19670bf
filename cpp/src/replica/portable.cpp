#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"

#define MULTISPIN_WORD bits::Word128
#define MULTISPIN_REGISTERS 16
#define MULTISPIN_GROUP 2
#define MULTISPIN_SHORT_GROUP 1
#include "replica/impl.hpp"

namespace multispin::kernels {

const ReplicaKernels replica_portable = make_replica_kernels();

}  // namespace multispin::kernels
