"""Philox4x32-R, the counter-based generator of Salmon et al. (2011), as a pure function.

J. K. Salmon, M. A. Moraes, R. O. Dror & D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11, section 3.3.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)  # added to the key from round to round: golden ratio, √3 − 1
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox4x32(
    counter: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    key: tuple[int, int],
    rounds: int,
) -> tuple[Words, Words, Words, Words]:
    """Four 32-bit outputs, each a uint64 array of the counters' common shape."""
    x0, x1, x2, x3 = (np.asarray(word, dtype=np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(rounds):
        product0 = x0 * np.uint64(MULTIPLIERS[0])  # 32 x 32 bits fit in 64
        product1 = x2 * np.uint64(MULTIPLIERS[1])
        x0 = (product1 >> HALF) ^ x1 ^ np.uint64(k0)
        x1 = product1 & LOW
        x2 = (product0 >> HALF) ^ x3 ^ np.uint64(k1)
        x3 = product0 & LOW
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return x0, x1, x2, x3
