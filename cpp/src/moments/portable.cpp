#include "multispin/bits/word.hpp"

#define MULTISPIN_WORD bits::Word128
#include "moments/impl.hpp"

namespace multispin::kernels {

const MomentKernels moments_portable = make_moment_kernels();

}  // namespace multispin::kernels
