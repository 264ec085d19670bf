#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#include "conditional/impl.hpp"

namespace multispin::kernels {

const ConditionalKernels conditional_avx2 = make_conditional_kernels();

}  // namespace multispin::kernels
