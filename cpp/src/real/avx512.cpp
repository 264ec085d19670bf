#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#include "real/impl.hpp"

namespace multispin::kernels {

const RealKernels real_avx512 = make_real_kernels();

}  // namespace multispin::kernels
