#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#include "real/impl.hpp"

namespace multispin::kernels {

const RealKernels real_avx2 = make_real_kernels();

}  // namespace multispin::kernels
