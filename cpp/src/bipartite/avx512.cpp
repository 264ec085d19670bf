#include "multispin/bits/word512.hpp"

#define MULTISPIN_WORD bits::Word512
#include "bipartite/impl.hpp"

namespace multispin::kernels {

const BipartiteKernels bipartite_avx512 = make_bipartite_kernels();

}  // namespace multispin::kernels
