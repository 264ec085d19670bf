// One AES round (the AESENC instruction) in portable code, bit for bit what the hardware gives.
//
// FIPS 197: MixColumns(ShiftRows(SubBytes(state))) XOR key. Byte i of the state is byte i of the
// little-endian 128-bit value; byte 4c + r is row r of column c.
#pragma once

#include <array>
#include <cstdint>

#include "multispin/bits/word.hpp"
#include "multispin/host_device.hpp"

namespace multispin::random {

namespace aes_detail {

constexpr std::uint8_t times_two(std::uint8_t a) {
  return static_cast<std::uint8_t>((a << 1) ^ ((a & 0x80) != 0 ? 0x1b : 0));
}

// S-box by walking the multiplicative group: p runs over powers of 3, q over their inverses.
constexpr std::array<std::uint8_t, 256> make_sbox() {
  std::array<std::uint8_t, 256> box{};
  std::uint8_t p = 1;
  std::uint8_t q = 1;
  do {
    p = static_cast<std::uint8_t>(p ^ times_two(p));
    q = static_cast<std::uint8_t>(q ^ (q << 1));
    q = static_cast<std::uint8_t>(q ^ (q << 2));
    q = static_cast<std::uint8_t>(q ^ (q << 4));
    if ((q & 0x80) != 0) q ^= 0x09;
    std::uint8_t affine = 0x63;
    for (int shift = 0; shift < 5; ++shift) {
      affine ^= static_cast<std::uint8_t>((q << shift) | (q >> (8 - shift)));
    }
    box[p] = affine;
  } while (p != 1);
  box[0] = 0x63;
  return box;
}

// SubBytes and MixColumns of one byte of row 0; the other rows are byte rotations of it.
constexpr std::array<std::uint32_t, 256> make_table(int row) {
  const auto box = make_sbox();
  std::array<std::uint32_t, 256> table{};
  for (std::size_t i = 0; i < 256; ++i) {
    const std::uint32_t s = box[i];
    const std::uint32_t s2 = times_two(box[i]);
    const std::uint32_t column = s2 | (s << 8) | (s << 16) | ((s2 ^ s) << 24);
    table[i] = row == 0 ? column : (column << (8 * row)) | (column >> (32 - 8 * row));
  }
  return table;
}

inline constexpr std::array<std::array<std::uint32_t, 256>, 4> table = {
    make_table(0), make_table(1), make_table(2), make_table(3)};

#if defined(__CUDACC__)
// Device code cannot read the host's tables; one is enough where bytes rotate in one operation.
struct DeviceTable {
  std::uint32_t entry[256];
};
constexpr DeviceTable make_device_table() {
  const auto row = make_table(0);
  DeviceTable table{};
  for (std::size_t i = 0; i < 256; ++i) table.entry[i] = row[i];
  return table;
}
static __device__ const DeviceTable device_table = make_device_table();
#endif

// A column of the next state: byte r of the r-th argument, each by its row's table.
MULTISPIN_HD std::uint32_t column(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                  std::uint32_t d) {
  const std::uint32_t byte[4] = {a & 0xff, b >> 8 & 0xff, c >> 16 & 0xff, d >> 24};
#if defined(__CUDA_ARCH__)
  const auto turned = [&](int row) {
    const std::uint32_t entry = device_table.entry[byte[row]];
    return __funnelshift_l(entry, entry, 8 * row);
  };
  return turned(0) ^ turned(1) ^ turned(2) ^ turned(3);
#else
  return table[0][byte[0]] ^ table[1][byte[1]] ^ table[2][byte[2]] ^ table[3][byte[3]];
#endif
}

}  // namespace aes_detail
}  // namespace multispin::random

namespace multispin::bits {

// One AES block, `rounds` rounds with one round key.
template <int rounds>
MULTISPIN_HD Word128 aes_rounds(Word128 state, Word128 key) {
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t a = state.element[0];
    const std::uint64_t b = state.element[1];
    const std::uint32_t in[4] = {static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(a >> 32),
                                 static_cast<std::uint32_t>(b),
                                 static_cast<std::uint32_t>(b >> 32)};
    std::uint64_t out[4];
    for (int c = 0; c < 4; ++c) {
      out[c] = random::aes_detail::column(in[c], in[(c + 1) & 3], in[(c + 2) & 3], in[(c + 3) & 3]);
    }
    state = {
        {(out[0] | (out[1] << 32)) ^ key.element[0], (out[2] | (out[3] << 32)) ^ key.element[1]}};
  }
  return state;
}

}  // namespace multispin::bits
