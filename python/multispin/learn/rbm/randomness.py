"""Random numbers of chains that kernels do not draw themselves: functions of seed and step too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin._engines.bipartite import Numbers


def streams(first: int, n: int) -> NDArray[np.uint64]:
    """Return the numbers of n random streams."""
    return np.arange(first, first + n, dtype=np.uint64)


def uniforms(
    seed: int, step: int, purpose: int, shape: tuple[int, int], stream: int = 0
) -> NDArray[np.float64]:
    """Return numbers of (0, 1), a function of seed, step, purpose and stream."""
    words = _philox(seed, step, purpose, stream).random_raw(shape[0] * shape[1]) >> np.uint64(12)
    return np.asarray((words.astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)


def uniforms_of(numbers: Numbers, purpose: int, n: int) -> NDArray[np.float64]:
    """Return numbers of (0, 1), n for each of the streams, which follow each other."""
    rows, first = len(numbers.streams), int(numbers.streams[0]) if len(numbers.streams) else 0
    return uniforms(numbers.seed, numbers.step, purpose, (rows, n), first)


def normals_of(numbers: Numbers, purpose: int, n: int) -> NDArray[np.float32]:
    """Return Gaussian numbers, n for each of the streams, which follow each other."""
    rows, first = len(numbers.streams), int(numbers.streams[0]) if len(numbers.streams) else 0
    bits = _philox(numbers.seed, numbers.step, purpose, first)
    return np.random.Generator(bits).standard_normal((rows, n), np.float32)


def _philox(seed: int, step: int, purpose: int, stream: int) -> np.random.Philox:
    # What is asked for counts in the first word of the counter.
    return np.random.Philox(key=[seed, purpose], counter=[0, step, stream, 0])
