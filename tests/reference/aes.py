"""One round of AES (FIPS-197), from its definition in GF(2⁸).

A block is 16 bytes, byte 4c + r being row r and column c of the state. That is also the order of
the bytes of an x86 register, so `aes_round` is the AESENC instruction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def times(a: int, b: int) -> int:
    """Product in GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1 (section 4.2)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= 0x11B
        b >>= 1
    return product


def substitute(byte: int) -> int:
    """SubBytes: the inverse in GF(2⁸) (0 stays 0), then an affine map (section 5.1.1)."""
    inverse = next((other for other in range(256) if times(byte, other) == 1), 0)
    rotated = (inverse << shift | inverse >> (8 - shift) for shift in range(5))
    result = 0x63
    for term in rotated:
        result ^= term & 0xFF
    return result


S_BOX = np.array([substitute(byte) for byte in range(256)], dtype=np.uint8)
TIMES_2 = np.array([times(2, byte) for byte in range(256)], dtype=np.uint8)
# ShiftRows: row r moves left by r columns, so byte 4c + r comes from column c + r.
SHIFT_ROWS = np.array([4 * ((c + r) % 4) + r for c in range(4) for r in range(4)])


def mix_columns(block: Bytes) -> Bytes:
    """Each column times the circulant matrix (2 3 1 1) (section 5.1.3)."""
    column = block.reshape(*block.shape[:-1], 4, 4)
    below = [np.roll(column, -shift, axis=-1) for shift in range(4)]
    tripled = TIMES_2[below[1]] ^ below[1]
    return (TIMES_2[below[0]] ^ tripled ^ below[2] ^ below[3]).reshape(block.shape)


def aes_round(block: Bytes, key: Bytes) -> Bytes:
    """MixColumns(ShiftRows(SubBytes(block))) ^ key, for blocks of shape (..., 16)."""
    return mix_columns(S_BOX[block][..., SHIFT_ROWS]) ^ key
