"""Random signs that are the same on every machine and with every version of NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory

#: Samples are numbered by one word of the key.
MOST_SAMPLES = 2**64


def random_signs(count: int, seed: int, samples: int | None = None) -> npt.NDArray[np.int8]:
    """Draw signs, +1 and -1 with probability 1/2 each.

    Those of sample k depend on `seed` and k only, not on how many samples there are. Sign number n
    is bit n mod 64 of word n div 64 that the counter-based generator Philox4x64-10 (Salmon et al.,
    SC '11) returns for the key (seed, k), whose raw words NumPy guarantees not to change (NEP 19).

    Parameters
    ----------
    count : int
        Number of signs, such as a graph's edges.
    seed : int
        0 to 2⁶⁴ − 1.
    samples : int, optional
        How many disorder samples; none means sample 0, without an axis for samples.

    Returns
    -------
    ndarray
        ``(count,)`` or ``(samples, count)`` int8.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.
    MemoryError
        If they do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin.models import random_signs
    >>> random_signs(6, seed=1, samples=2)
    array([[ 1,  1,  1,  1,  1, -1],
           [ 1, -1,  1, -1, -1,  1]], dtype=int8)
    """
    count = checks.count("count", count, 0, checks.MOST_SITES)
    seed = checks.seed("seed", seed)
    if samples is not None:
        samples = checks.count("samples", samples, 1, MOST_SAMPLES)
    what = f"count: {count} signs of {samples or 1} samples"
    check_memory(what, bytes_of_signs(count, samples))
    if samples is None:
        return _signs_of_sample(count, seed, 0)
    return np.stack([_signs_of_sample(count, seed, k) for k in range(samples)])


def bytes_of_signs(count: int, samples: int | None) -> int:
    """Return the memory that `random_signs` takes."""
    return count * (2 * (samples or 1) + 3)  # all twice, as they are stacked; those of one thrice


def _signs_of_sample(count: int, seed: int, k: int) -> npt.NDArray[np.int8]:
    generator = np.random.Philox(key=np.array([seed, k], dtype=np.uint64))
    words = generator.random_raw(-(-count // 64)).astype("<u8")
    bits = np.unpackbits(words.view(np.uint8), count=count, bitorder="little")
    return 2 * bits.view(np.int8) - 1
