// The only portability macros of the project.
//
// MULTISPIN_HD marks a function that every device compiles from the same source. It is always
// inlined: a header function compiled in a translation unit with AVX-512 flags must never be
// emitted as a symbol that the linker could pick for a processor without AVX-512.
// MULTISPIN_INLINE_FREELY leaves it to the compiler, in builds that never leave their machine:
// sanitizers put their checks into every copy, and compilers need minutes for what comes of it.
//
// MULTISPIN_UNROLL(n) before a loop unrolls it n times on a GPU, whose operands may come straight
// from the kernel's arguments where the index is known.
#pragma once

#if defined(__CUDACC__)
#  define MULTISPIN_HD __host__ __device__ __forceinline__
#elif (defined(__GNUC__) || defined(__clang__)) && !defined(MULTISPIN_INLINE_FREELY)
#  define MULTISPIN_HD inline __attribute__((always_inline))
#else
#  define MULTISPIN_HD inline
#endif

#if defined(__CUDA_ARCH__)
#  define MULTISPIN_PRAGMA(text) _Pragma(#text)
#  define MULTISPIN_UNROLL(n) MULTISPIN_PRAGMA(unroll(n))
#else
#  define MULTISPIN_UNROLL(n)
#endif
