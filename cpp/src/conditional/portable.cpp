#include "multispin/bits/word.hpp"

#define MULTISPIN_WORD bits::Word128
#include "conditional/impl.hpp"

namespace multispin::kernels {

const ConditionalKernels conditional_portable = make_conditional_kernels();

}  // namespace multispin::kernels
