#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#include "conditional/impl.hpp"

namespace multispin::kernels {

const ConditionalKernels conditional_avx512 = make_conditional_kernels();

}  // namespace multispin::kernels
