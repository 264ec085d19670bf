#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#define MULTISPIN_GROUP 3
#define MULTISPIN_SHORT_GROUP 2
#include "lattice/impl.hpp"

namespace multispin::kernels {

const LatticeKernels lattice_avx2 = make_kernels();

}  // namespace multispin::kernels
