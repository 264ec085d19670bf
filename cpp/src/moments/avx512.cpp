#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#include "moments/impl.hpp"

namespace multispin::kernels {

const MomentKernels moments_avx512 = make_moment_kernels();

}  // namespace multispin::kernels
