"""Ratios of partition functions, from log weights of chains that go one way and the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def log_mean(x: Array) -> tuple[float, float]:
    """Return ln ⟨e^x⟩ and its standard error."""
    highest = float(x.max())
    weights = np.exp(x - highest)
    mean = float(weights.mean())
    error = float(weights.std(ddof=1)) / math.sqrt(len(x)) / mean
    return highest + math.log(mean), error


def effective_samples(x: Array) -> float:
    """Return (Σ w)² / Σ w² of weights w = e^x: how many equal weights would be worth as much."""
    weights = np.exp(x - x.max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def acceptance_ratio(up: Array, down: Array) -> tuple[float, float]:
    """Return ln Z_upper / Z_lower from as many log weights one way as the other, and its error.

    C. H. Bennett, J. Comput. Phys. 22, 245 (1976), eqs. (12) and (14).
    """
    guess = (log_mean(up)[0] - log_mean(down)[0]) / 2

    def logs(value: float) -> tuple[Array, Array]:
        """Return logarithms of acceptances: where ways do not overlap they are below any number."""
        return -np.logaddexp(0, value - up), -np.logaddexp(0, -value - down)

    width = 1.0 + float(np.abs(up - guess).max() + np.abs(down + guess).max())
    low, high, middle = guess - width, guess + width, guess
    while low < middle < high:  # until no number is left between them
        one, other = logs(middle)
        if np.logaddexp.reduce(one) > np.logaddexp.reduce(other):
            low = middle
        else:
            high = middle
        middle = low + (high - low) / 2
    # The largest is 1 then, and the relative variance is the same.
    shares = [np.exp(part - part.max()) for part in logs(middle)]
    relative = sum(float(part.var() / part.mean() ** 2) / len(part) for part in shares)
    return middle, math.sqrt(relative)
