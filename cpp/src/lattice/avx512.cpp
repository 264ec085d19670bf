#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#define MULTISPIN_GROUP 4
#define MULTISPIN_SHORT_GROUP 2
#include "lattice/impl.hpp"

namespace multispin::kernels {

const LatticeKernels lattice_avx512 = make_kernels();

}  // namespace multispin::kernels
