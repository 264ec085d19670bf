#include "multispin/bits/word.hpp"

#define MULTISPIN_WORD bits::Word128
#include "bipartite/impl.hpp"

namespace multispin::kernels {

const BipartiteKernels bipartite_portable = make_bipartite_kernels();

}  // namespace multispin::kernels
