"""Moments of samples, sample by sample, in Python's own integers and fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def moment_sums(
    samples: NDArray[np.int8], weights: Sequence[int] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sums over samples (M, N) of w s_i and of w s_i s_j, for integers w; w = 1 without any."""
    first = np.zeros(samples.shape[1], dtype=np.int64)
    second = np.zeros((samples.shape[1],) * 2, dtype=np.int64)
    for m, sample in enumerate(samples.astype(np.int64)):
        w = 1 if weights is None else int(weights[m])
        first += w * sample
        second += w * np.outer(sample, sample)
    return first, second


def weighted_mean(spins: Sequence[int], weights: Sequence[float]) -> Fraction:
    """Mean of one product of spins, with the weights exactly what the floats say."""
    exact = [Fraction(w) for w in weights]
    return sum((w * s for w, s in zip(exact, spins, strict=True)), Fraction(0)) / sum(exact)
