#include "multispin/random/aes.hpp"

#define MULTISPIN_WORD bits::Word128
#define MULTISPIN_GROUP 1
#define MULTISPIN_SHORT_GROUP 1
#include "lattice/impl.hpp"

namespace multispin::kernels {

const LatticeKernels lattice_portable = make_kernels();

}  // namespace multispin::kernels
