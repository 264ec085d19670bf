#include "multispin/bits/word256.hpp"

#define MULTISPIN_WORD bits::Word256
#include "bipartite/impl.hpp"

namespace multispin::kernels {

const BipartiteKernels bipartite_avx2 = make_bipartite_kernels();

}  // namespace multispin::kernels
