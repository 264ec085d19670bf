"""Sums of spins, or of products of them, with weights that are real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK = 1 << 22  # products that are held at a time


def weighted(signs: NDArray[np.int8], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Σ_n weights[n] signs[..., n], for rows (..., n) of ±1, n >= 1.

    By NumPy's own sums of each row, whose order does not depend on how many rows there are: the
    energy of a configuration is the same alone and among others.
    """
    n = len(weights)
    rows = signs.reshape(-1, n)
    total = np.zeros(len(rows))
    at_a_time = max(1, _CHUNK // n)
    for first in range(0, len(rows), at_a_time):
        for start in range(0, n, _CHUNK):
            block = rows[first : first + at_a_time, start : start + _CHUNK]
            part = (block * weights[start : start + _CHUNK]).sum(axis=1)
            total[first : first + at_a_time] += part
    return total.reshape(signs.shape[:-1])
