"""What the formulas of the infinite square lattice and of the finite torus share."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from multispin._base import checks

Array = npt.NDArray[np.float64]

critical_temperature: float = 2.0 / math.asinh(1.0)
"""T_c/|J| of the square lattice, 2/ln(1+√2) (Kramers & Wannier 1941)."""

# Below this coupling over temperature every result equals that of free spins to double precision;
# the floor keeps 1/sinh(2K) finite, so that J = 0 needs no case of its own.
SMALLEST_K = 1e-150


def temperatures(T: npt.ArrayLike) -> Array:
    """Return the temperatures as float64, if they are positive and finite."""
    allowed = "finite numbers > 0"
    array = checks.array("T", T)
    if array.dtype.kind not in "fiu":
        raise TypeError(checks.describe("T", T, allowed))
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array) & (array > 0)):
        raise ValueError(checks.describe("T", T, allowed))
    return array


def log_sinh(K: Array) -> Array:
    """Ln sinh 2K for any K > 0."""
    return np.asarray(2 * K + np.log(-np.expm1(-4 * K)) - math.log(2))


def dual_weight(K: Array) -> Array:
    """exp(−|ln sinh 2K|): sinh 2K above T_c, its Kramers-Wannier dual 1/sinh 2K below."""
    e = np.exp(-2 * K)
    sinh = np.sinh(2 * np.minimum(K, 1.0))
    dual = 2 * e / -np.expm1(-4 * K)
    z = np.where(K < 1 / critical_temperature, sinh, dual)
    return np.asarray(np.clip(z, SMALLEST_K, 1.0))


def scalar_or_array(array: Array) -> Array:
    """Return an array, or a 0-d result as a float64 scalar."""
    return np.asarray(array, dtype=np.float64)[()]
