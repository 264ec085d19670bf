"""The split lattice that the NumPy and numba peers share.

Each row keeps its even-coloured sites ((row + column) even) in ``halves[0]`` and the odd ones in
``halves[1]``, both int8 (L, L/2). Site k of a row then has the other colour's site k beside it,
and k + 1 or k - 1 on the other side, by the parity of row + colour:

    colour 0, even row: columns 2k,     neighbours k - 1 and k
    colour 0, odd row:  columns 2k + 1, neighbours k and k + 1      (colour 1: the other way round)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def split(spins: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """(L, L) to (2, L, L/2)."""
    rows, columns = spins.shape
    halves = np.empty((2, rows, columns // 2), dtype=np.int8)
    halves[0, 0::2] = spins[0::2, 0::2]
    halves[1, 0::2] = spins[0::2, 1::2]
    halves[0, 1::2] = spins[1::2, 1::2]
    halves[1, 1::2] = spins[1::2, 0::2]
    return halves


def join(halves: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """(2, L, L/2) to (L, L)."""
    _, rows, half = halves.shape
    spins = np.empty((rows, 2 * half), dtype=np.int8)
    spins[0::2, 0::2] = halves[0, 0::2]
    spins[0::2, 1::2] = halves[1, 0::2]
    spins[1::2, 1::2] = halves[0, 1::2]
    spins[1::2, 0::2] = halves[1, 1::2]
    return spins
