"""Planes of random words, and thresholds on them: what all trajectories are made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reference.aes import aes_round
from reference.philox import philox4x32

Words = npt.NDArray[np.uint64]

TAIL_PLANES = 32
AES_KEY_ROUNDS = 3
AES_START_ROUNDS = 2
PHILOX_ROUNDS = 7
MASK_32 = 0xFFFFFFFF

Key = tuple[int, int, int, int]  # 128 bits, least significant word first


def aes_planes(whitening: Key, round_key: Key, flat: Words, high: int, count: int) -> list[Words]:
    """Return planes 0 to count - 1 of words; `high` is 2^8 sweep + sublattice."""
    counter = np.empty((*flat.shape, 2), dtype="<u8")
    counter[..., 0] = flat >> np.uint64(1)  # pair of words
    counter[..., 1] = high
    block = (counter + _block(whitening).view("<u8")).view(np.uint8)  # each half modulo 2^64
    for _ in range(AES_KEY_ROUNDS):
        block = aes_round(block, _block(round_key))
    block_key = block
    for _ in range(AES_START_ROUNDS):
        block = aes_round(block, _block(round_key))
    planes = []
    for _ in range(count):
        block = aes_round(block, block_key)
        halves = np.ascontiguousarray(block).view("<u8")
        planes.append(np.where(flat & np.uint64(1), halves[..., 1], halves[..., 0]))
    return planes


def philox_planes(key: tuple[int, ...], flat: Words, low: int, sweep: int) -> tuple[Words, Words]:
    """Return planes 2q and 2q + 1 of words; `low` is q + 2^8 sublattice."""
    high = (flat >> np.uint64(32)) | np.uint64(sweep >> 32 << 16)
    counter = (flat & np.uint64(MASK_32), low, sweep & MASK_32, high)
    x0, x1, x2, x3 = philox4x32(counter, (key[0], key[1]), PHILOX_ROUNDS)
    return x0 | x1 << np.uint64(32), x2 | x3 << np.uint64(32)


def threshold(probability: float, coarse_planes: int) -> tuple[int, int]:
    """Return t and V of a probability Q / 2^(K + 32), Q the nearest integer."""
    K = coarse_planes
    Q = round(probability * (1 << (K + TAIL_PLANES)))  # exact product, rounded half to even
    t, fraction = Q >> TAIL_PLANES, Q & MASK_32
    step = 1 << (TAIL_PLANES - K)
    V = t * step + fraction
    if V >= 1 << TAIL_PLANES and t < 1 << K:
        t, V = t + 1, V + step - (1 << TAIL_PLANES)
    return t, V


def _block(words: Key) -> npt.NDArray[np.uint8]:
    """128 bits, least significant word first, as the 16 bytes of a register."""
    return np.array(words, dtype="<u4").view(np.uint8)
