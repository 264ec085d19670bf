"""Moments of samples from anywhere, by the kernels that engines' own replicas go through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin import _core

if TYPE_CHECKING:
    from numpy.typing import NDArray


def moment_sums(
    samples: NDArray[np.int8], weights: NDArray[np.float64] | None, threads: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return sums over samples (M, N) of w s_i (N,) and w s_i s_j (N, N), and that of w, exactly.

    Weights are rounded first, see `integer_weights`.

    Raises
    ------
    ValueError
        If not all samples are +1 or -1.
    """
    integers = None if weights is None else integer_weights(weights)
    first, second = _core.moment_sums(np.ascontiguousarray(samples), integers, threads)
    total = len(samples) if integers is None else int(integers.sum())
    return first, second, total


def integer_weights(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return finite weights >= 0, not all 0, times a power of two, as integers.

    The power is the one that gives them a sum from 2**60 to 2**61. So what is rounded off a weight
    is at most 2**-61 of the sum, and nothing is where all are integers whose sum is below 2**60.
    """
    largest = np.frexp(weights.max())[1]
    below_one = np.ldexp(weights, -largest)
    power = 61 - np.frexp(below_one.sum())[1]
    # What rounding adds is half of the number of samples at most: far from the limit, 2**62.
    assert _core.MOST_WEIGHT == 2**62
    integers: NDArray[np.int64] = np.rint(np.ldexp(below_one, power)).astype(np.int64)
    return integers
