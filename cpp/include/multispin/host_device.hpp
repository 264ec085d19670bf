// The only portability macros of the project.
//
// MULTISPIN_HD marks a function that every device compiles from the same source. It is always
// inlined: a header function compiled in a translation unit with AVX-512 flags must never be
// emitted as a symbol that the linker could pick for a processor without AVX-512.
#pragma once

#if defined(__CUDACC__)
#  define MULTISPIN_HD __host__ __device__ __forceinline__
#elif defined(__GNUC__) || defined(__clang__)
#  define MULTISPIN_HD inline __attribute__((always_inline))
#else
#  define MULTISPIN_HD inline
#endif
