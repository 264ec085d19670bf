#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#include "moments/impl.hpp"

namespace multispin::kernels {

const MomentKernels moments_avx2 = make_moment_kernels();

}  // namespace multispin::kernels
