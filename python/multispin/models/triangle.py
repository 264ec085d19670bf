"""Numbers of all pairs of sites: the rows of a matrix above its diagonal, one after the other.

(0, 1), (0, 2), …, (0, N − 1), (1, 2), …, (N − 2, N − 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BLOCK = 1 << 20  # numbers, or spins, that are held as float64 at a time


def count(n: int) -> int:
    """Return how many pairs n sites have."""
    return n * (n - 1) // 2


def pairs(n: int, name: str) -> NDArray[np.int64]:
    """List the pairs of n sites, (E, 2); MemoryError names an argument where they do not fit."""
    check_memory(f"{name}: edges", 48 * count(n))
    sites = np.arange(n)
    i = np.repeat(sites, n - 1 - sites)
    return np.stack([i, np.arange(count(n)) - i * (2 * n - i - 1) // 2 + i + 1], axis=1)


def above_diagonal(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Return what stands above the diagonal of a matrix (N, N)."""
    n, place = len(matrix), 0
    values = np.empty(count(n))
    for i in range(n - 1):
        values[place : place + n - 1 - i] = matrix[i, i + 1 :]
        place += n - 1 - i
    return values


def blocks(values: NDArray[Any], n: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield rows of the matrix, zeros on and below its diagonal: (rows, columns from the first on).

    With the number of the first row.
    """
    place = 0
    for first in range(0, n - 1, max(1, _BLOCK // n)):
        rows = min(max(1, _BLOCK // n), n - 1 - first)
        block = np.zeros((rows, n - first))
        for row in range(rows):
            length = n - 1 - first - row
            block[row, row + 1 :] = values[place : place + length]
            place += length
        yield first, block


def at_sites(values: NDArray[Any], n: int) -> NDArray[np.float64]:
    """Add up the numbers of the pairs that a site is in, (N,)."""
    total = np.zeros(n)
    for first, block in blocks(values, n):
        total[first : first + len(block)] += block.sum(axis=1)
        total[first:] += block.sum(axis=0)
    return total


def products(spins: NDArray[np.int8], values: NDArray[Any]) -> NDArray[np.float64]:
    """Σ_{i<j} values_ij s_i s_j of configurations (M, N), by blocks of both."""
    total, n = np.zeros(len(spins)), spins.shape[1]
    at_a_time = max(1, _BLOCK // n)
    for first, block in blocks(values, n):
        last = first + len(block)
        for start in range(0, len(spins), at_a_time):
            s = spins[start : start + at_a_time, first:].astype(np.float64)
            total[start : start + at_a_time] += ((s @ block.T) * s[:, : last - first]).sum(axis=1)
    return total
