"""What theories of one magnetization for all spins share: results, arguments, functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]

_LARGEST = 1e12  # J/T and h/T: what differs by 1 is still told apart
_MOST_STEPS = 200


class Uniform(NamedTuple):
    """A ferromagnet of infinitely many spins, per spin; arrays with the shape of T.

    Without a field ``magnetization`` is the one that is not negative. ``susceptibility`` is
    dm/dh, ``inf`` at T_c.
    """

    energy: Array
    specific_heat: Array
    magnetization: Array
    free_energy: Array
    susceptibility: Array


def reduced(T: npt.ArrayLike, J: float, h: float, bonds: int = 1) -> tuple[Array, Array, Array]:
    """Return T, J/T and h/T of a ferromagnet in which a spin has so many bonds."""
    temperature = checks.positive_numbers("T", T)
    coupling = checks.positive_finite("J", J)
    field = checks.finite("h", h)
    strongest = max(bonds * coupling, abs(field))
    if not strongest < 1e300:
        name, value = ("h", h) if abs(field) >= 1e300 else ("J", J)
        raise ValueError(checks.describe(name, value, "a number so that energies are below 1e300"))
    if not bool(np.all(temperature >= strongest / _LARGEST)):
        allowed = f"finite numbers >= {strongest / _LARGEST:.3g} for J = {J:g} and h = {h:g}"
        raise ValueError(checks.describe("T", float(temperature.min()), allowed))
    return temperature, coupling / temperature, field / temperature


def largest_root(of: Callable[[Array], tuple[Array, Array]], start: Array) -> Array:
    """Largest root of a function that is concave from there up to `start`, where it is negative.

    Newton's method comes down to it and cannot miss it. `of` returns values and slopes.
    """
    x = start
    for _ in range(_MOST_STEPS):
        value, slope = of(x)
        step = np.where(value < 0.0, value / np.minimum(slope, -1e-300), 0.0)
        x = x - step
        if not bool(np.any(np.abs(step) > 1e-16 * np.abs(x))):
            break
    return x


def log_cosh(x: Array) -> Array:
    """Ln 2cosh x."""
    return np.asarray(np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))))


def sech_squared(x: Array) -> Array:
    """1 − tanh² x, with all its digits where it is small."""
    e = np.exp(-2 * np.abs(x))
    return np.asarray(4 * e / (1 + e) ** 2)


def scalar_or_array(array: Array) -> Array:
    """Return an array, or a 0-d result as a float64 scalar."""
    return np.asarray(array, dtype=np.float64)[()]
