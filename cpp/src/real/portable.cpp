#include "multispin/bits/word.hpp"
#include "multispin/random/aes.hpp"

#define MULTISPIN_WORD bits::Word128
#include "real/impl.hpp"

namespace multispin::kernels {

const RealKernels real_portable = make_real_kernels();

}  // namespace multispin::kernels
