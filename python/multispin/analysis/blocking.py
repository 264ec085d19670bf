"""Series cut into blocks, and the jackknife over blocks or samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]

# A block of b draws leaves a share τ/b of the variance in the correlation between blocks, which is
# then estimated; B blocks leave the error itself uncertain by 1/√(2B).
_BLOCK_IN_TAU = 10
_MIN_BLOCKS = 20


def length(tau: float, replicas: int, draws: int) -> int:
    """Draws in a block: 10 τ, unless that leaves fewer than 20 blocks over all replicas."""
    per_replica = -(-_MIN_BLOCKS // replicas)
    return max(1, min(int(np.ceil(_BLOCK_IN_TAU * tau)), draws // per_replica))


def means(x: Array, length: int) -> Array:
    """Block means of (..., replicas, draws), first draws dropped to fit: (..., blocks)."""
    count = x.shape[-1] // length
    kept = x[..., x.shape[-1] - count * length :]
    blocks = kept.reshape(*kept.shape[:-1], count, length).mean(axis=-1)
    return np.asarray(blocks.reshape(*blocks.shape[:-2], -1))


def unit(x: Array, axis: tuple[int, ...] | None = None) -> Array:
    """Power of two beneath the largest number of x, or of each series along `axis`, which stays.

    In it no square vanishes or overflows, and all digits stay what they are.
    """
    largest = np.abs(x).max(axis=axis, keepdims=axis is not None)
    return np.asarray(np.ldexp(1.0, np.frexp(largest)[1] - 1))


def widening(draws: int, length: int, tau: float) -> float:
    """Factor on an error from blocks of `length` draws, for the correlation left between them."""
    used = draws // length * length
    return float(np.sqrt(_share_within(used, tau) / _share_within(length, tau)))


def jackknife(function: Callable[..., Any], blocks: list[Array]) -> tuple[Array, Array]:
    """Bias-corrected value and error from the means of independent units, (units, ...) each."""
    count = len(blocks[0])
    full = _returned(function, *(np.asarray(b.mean(axis=0)) for b in blocks))
    without = _returned(function, *((b.sum(axis=0) - b) / (count - 1) for b in blocks))
    if without.shape != (count, *full.shape):
        got = f"one that returns shape {without.shape} for arguments of shape {blocks[0].shape}"
        allowed = "one that works on arrays, element by element"
        raise ValueError(f"function: got {got}, allowed: {allowed}")
    with np.errstate(over="ignore", invalid="ignore"):  # of what is not finite
        average = without.mean(axis=0)
        deviation = without - average
        scale = unit(np.where(np.isfinite(deviation), deviation, 0.0), axis=(0,))
        spread = (count - 1) / count * ((deviation / scale) ** 2).sum(axis=0)
        # Equal values must give exactly that value and no error, whatever rounding does to their
        # mean.
        constant = np.all(without == without[:1], axis=0)
        value = np.where(constant, full, count * full - (count - 1) * average)
        return value, np.where(constant, 0.0, scale[0] * np.sqrt(spread))


def _returned(function: Callable[..., Any], *arguments: Array) -> Array:
    """Return what a function, which may be anybody's, returns, as an array."""
    allowed = "one that takes arrays and returns arrays of real numbers"
    checks.function("function", function, allowed)
    with np.errstate(all="ignore"):  # it may have no finite value there
        returned = checks.array("function", function(*arguments), allowed)
    if returned.dtype.kind not in "fiub":
        got = f"one that returns {checks.shown(returned)}"
        raise TypeError(f"function: got {got}, allowed: {allowed}")
    return np.asarray(returned, dtype=np.float64)


def _share_within(length: int, tau: float) -> float:
    """Variance of a mean of `length` draws over 2τ/length for one exponential, ≈ 1 − τ/length."""
    a = max(2 * tau - 1, 0) / (2 * tau + 1)
    return 1 - 2 * a * (1 - a**length) / (length * (1 - a * a))
