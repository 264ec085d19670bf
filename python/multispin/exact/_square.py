"""What the formulas of the infinite square lattice and of the finite torus share."""

from __future__ import annotations

import math
import sys

import numpy as np
import numpy.typing as npt

from multispin._base import checks

Array = npt.NDArray[np.float64]

critical_temperature: float = 2.0 / math.asinh(1.0)
"""T_c/|J| of the square lattice, 2/ln(1+√2) (Kramers & Wannier 1941)."""

# Below this coupling over temperature every result equals that of free spins to double precision;
# the floor keeps 1/sinh(2K) finite, so that J = 0 needs no case of its own.
SMALLEST_K = 1e-150


def reduced(T: npt.ArrayLike, coupling: float, n_spins: int) -> tuple[Array, Array]:
    """Return the temperatures and K = |J|/T, if all that is computed from them is finite."""
    temperature = checks.positive_numbers("T", T)
    with np.errstate(over="ignore"):
        K = abs(coupling) / temperature
        finite = bool(np.all(np.isfinite(16 * n_spins * K)))
    if not finite:
        least = 16 * n_spins * (abs(coupling) / sys.float_info.max)
        allowed = f"finite numbers >= {least:.3g} for J = {coupling:g}, so that ln Z is one"
        raise ValueError(checks.describe("T", T, allowed))
    return temperature, np.maximum(K, SMALLEST_K)


def checked_coupling(J: object, n_spins: int) -> float:
    """Return J as float if energies of lattices of so many spins are finite."""
    coupling, most = checks.finite("J", J), sys.float_info.max / (16 * n_spins)
    if abs(coupling) > most:
        allowed = f"from {-most:.3g} to {most:.3g}, so that energies are finite"
        raise ValueError(checks.describe("J", J, allowed))
    return coupling


def frozen(K: Array) -> Array:
    """K, but no more than where every exp(−K) is 0: so is C there, and K² does not overflow."""
    return np.minimum(K, 1e3)


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
