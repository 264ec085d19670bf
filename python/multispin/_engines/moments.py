"""Moments of samples from anywhere, and of replicas where they are, on the CPU or a GPU."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import _core
from multispin._engines import devices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

#: Second moments that a GPU is asked for at a time: of many small groups, so that it is full.
_AT_ONCE = 1 << 20


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


def packed_moment_sums(
    rows: NDArray[np.uint64] | Any, bounds: Integers, threads: int
) -> Iterator[tuple[Integers, Integers]]:
    """Sums of s_i (N,) and s_i s_j (N, N) of groups of replicas, group after group.

    Bit r % 64 of word r // 64 of a row is replica r; rows (N, words) are in the host's memory, or
    the handle of those on a GPU, which adds up then. Group g are replicas from bounds[g] on, to
    bounds[g + 1] - 1; there is one in each at least.
    """
    if isinstance(rows, np.ndarray):
        for first, end in pairwise(bounds.tolist()):
            yield _core.packed_moment_sums(rows, first, end - first, threads)
        return
    sums_of = devices.cuda_module().packed_moment_sums
    groups = max(1, _AT_ONCE // rows.shape[0] ** 2)
    for first in range(0, len(bounds) - 1, groups):
        yield from zip(*sums_of(rows, bounds[first : first + groups + 1]), strict=True)


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
