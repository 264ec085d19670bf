// Operations of a GPU on the four bytes of a register, and on matrices of bytes.
#pragma once

#include <cstdint>
#include <cstring>

#include "device/warp.hpp"
#include "multispin/host_device.hpp"

namespace multispin::cuda {

// Byte i is that whose number, digit i of `picks` (16 a digit, from the lowest on), counts through
// the bytes of `low` and then of `high`.
template <std::uint32_t picks>
MULTISPIN_HD std::uint32_t picked_bytes(std::uint32_t low, std::uint32_t high) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(low, high, picks);
#else
  const std::uint64_t both = low | std::uint64_t{high} << 32;
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) {
    out |= static_cast<std::uint32_t>(both >> (8 * (picks >> (4 * i) & 7U)) & 0xffU) << (8 * i);
  }
  return out;
#endif
}

// What is made of it is made where it is used, rather than ahead in registers that there are not.
MULTISPIN_HD void not_ahead(std::uint32_t& number) {
#if defined(__CUDA_ARCH__)
  asm volatile("" : "+r"(number));
#else
  static_cast<void>(number);
#endif
}

// Byte i of row p becomes byte p of row i.
MULTISPIN_HD void transpose_bytes(std::uint32_t (&rows)[4]) {
  const std::uint32_t low[2] = {picked_bytes<0x5140>(rows[0], rows[1]),
                                picked_bytes<0x5140>(rows[2], rows[3])};
  const std::uint32_t high[2] = {picked_bytes<0x7362>(rows[0], rows[1]),
                                 picked_bytes<0x7362>(rows[2], rows[3])};
  rows[0] = picked_bytes<0x5410>(low[0], low[1]);
  rows[1] = picked_bytes<0x7632>(low[0], low[1]);
  rows[2] = picked_bytes<0x5410>(high[0], high[1]);
  rows[3] = picked_bytes<0x7632>(high[0], high[1]);
}

// Matrices as a warp holds them for the tensor cores (PTX: mma.m16n8k32). With g = lane / 4 and
// t = lane % 4, of 16 rows of 32 bytes without sign a lane has bytes 4t to 4t + 3 of rows g and
// g + 8, then bytes 16 + 4t to 16 + 4t + 3 of the same;
struct LeftBytes {
  std::uint32_t of[4];
};
// of 8 columns of 32 bytes with a sign, bytes 4t to 4t + 3 and 16 + 4t to 16 + 4t + 3 of column g;
struct RightBytes {
  std::uint32_t of[2];
};
// of the 16 x 8 products, columns 2t and 2t + 1 of row g, then of row g + 8.
struct Products {
  std::int32_t of[4];
};

MULTISPIN_HD void add_products(const OfLanes<LeftBytes>& left, const OfLanes<RightBytes>& right,
                               OfLanes<Products>& sums) {
#if defined(__CUDA_ARCH__)
  const std::uint32_t (&a)[4] = left[0].of;
  const std::uint32_t (&b)[2] = right[0].of;
  std::int32_t (&c)[4] = sums[0].of;
  asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  std::uint8_t row[16][32];
  std::int8_t column[8][32];
  for (int lane = 0; lane < Warp::lanes; ++lane) {
    const int g = lane / 4;
    const int t = lane % 4;
    for (int i = 0; i < 4; ++i) {
      std::memcpy(&row[g + i % 2 * 8][i / 2 * 16 + 4 * t], &left[lane].of[i], 4);
    }
    for (int i = 0; i < 2; ++i) std::memcpy(&column[g][16 * i + 4 * t], &right[lane].of[i], 4);
  }
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 8; ++j) {
      std::int32_t& sum = sums[i % 8 * 4 + j / 2].of[i / 8 * 2 + j % 2];
      for (int k = 0; k < 32; ++k) sum += std::int32_t{row[i][k]} * column[j][k];
    }
  }
#endif
}

}  // namespace multispin::cuda
