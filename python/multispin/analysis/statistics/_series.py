"""Series of draws: what they have to be, and what is estimated of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks

Array = npt.NDArray[np.float64]

MIN_DRAWS = 20
"""Fewest draws of a series that any error is estimated from."""

MIN_BLOCKS = 8
"""Fewest blocks whose scatter says something."""

LARGEST = 1e290
"""Largest size of a value: sums, of as many as there can be, are to be finite."""


class Estimate(NamedTuple):
    """A value, its standard error, and the autocorrelation time (in draws) behind the error."""

    value: Array
    error: Array
    tau: Array


def pooled(name: str, series: npt.ArrayLike, replicas: bool) -> Array:
    """Check a series and return it as (..., replicas, draws)."""
    x = real(name, series)
    replicas = checks.flag("replicas", replicas)
    if replicas and x.ndim < 2:
        raise ValueError(f"{name}: got shape {x.shape}, allowed: (..., replicas, draws)")
    if x.shape[-1] < MIN_DRAWS:
        raise ValueError(f"{name}: got {x.shape[-1]} draws, allowed: at least {MIN_DRAWS}")
    if x.size == 0:
        raise ValueError(f"{name}: got shape {x.shape}, allowed: (..., draws), none of them empty")
    return x if replicas else x[..., None, :]


def real(name: str, values: npt.ArrayLike) -> Array:
    """Return real numbers, of which a sum over all is one too, as an array of float64."""
    array = checks.numbers(name, values, "finite real numbers, a series (..., draws)", "fiub")
    if array.ndim == 0:
        raise ValueError(checks.describe(name, values, "a series (..., draws)"))
    largest = float(np.abs(array).max(initial=0.0))
    if largest > LARGEST:
        allowed = f"finite real numbers up to {LARGEST:g}"
        raise ValueError(checks.describe(name, largest, allowed))
    return array


def unwrapped(array: npt.ArrayLike) -> Array:
    """Return an array, or a 0-d result as a float64 scalar."""
    return np.asarray(array, dtype=np.float64)[()]
