"""The infinite chain in any field (Ising 1925)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.exact._square import Array, scalar_or_array

_LARGEST = 1e12  # J/T and h/T: what differs by 1 is still told apart


class Chain(NamedTuple):
    """Bulk values of the infinite chain, per spin; arrays with the shape of T."""

    energy: Array
    specific_heat: Array
    magnetization: Array
    free_energy: Array
    susceptibility: Array

    @property
    def energy_per_spin(self) -> Array:
        """The same as ``energy`` (the total is infinite), under the name that ``Torus`` has."""
        return self.energy


def chain(T: npt.ArrayLike, J: float = 1.0, h: float = 0.0) -> Chain:
    """Ising's solution of the infinite chain, by its transfer matrix of two rows.

    With K = J/T, B = h/T and R = √(sinh²B + exp(−4K))::

        −f/T = ln λ = K + ln(cosh B + R)
        m = sinh B / R
        e = −J [1 − 2 exp(−4K)/(R (cosh B + R))] − h m

    The specific heat de/dT and the susceptibility dm/dh are the second derivatives of ln λ.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite, of the same units as J and h (k_B = 1).
    J : float
        Coupling of either sign, or 0.
    h : float
        Field.

    Returns
    -------
    Chain
        ``energy``, ``specific_heat``, ``magnetization``, ``free_energy`` and ``susceptibility``,
        all per spin, float64 with the shape of T. Without a field the susceptibility of J > 0 is
        exp(2J/T)/T, which may be ``inf``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or |J|/T or |h|/T is beyond 10¹².

    Notes
    -----
    Ising (1925). R. J. Baxter, Exactly Solved Models in Statistical Mechanics (1982), chapter 2.

    Examples
    --------
    >>> from multispin import exact
    >>> print(f"{exact.chain(2.0).energy:.6f} {exact.chain(2.0, h=0.1).magnetization:.6f}")
    -0.462117 0.134731
    """
    temperature = checks.positive_numbers("T", T)
    coupling, field = checks.finite("J", J), checks.finite("h", h)
    strongest = max(abs(coupling), abs(field))
    if strongest > 1e300:
        name, value = ("J", J) if abs(coupling) > 1e300 else ("h", h)
        raise ValueError(checks.describe(name, value, "a number so that energies are below 1e300"))
    if not bool(np.all(temperature >= strongest / _LARGEST)):
        allowed = f"finite numbers >= {strongest / _LARGEST:.3g} for J = {J:g} and h = {h:g}"
        raise ValueError(checks.describe("T", float(temperature.min()), allowed))
    with np.errstate(all="ignore"):
        K, B = coupling / temperature, field / temperature
        log_eigenvalue, first, second = _derivatives(K, np.abs(B))
        by_K, m = first
        by_KK, by_KB, by_BB = second
        heat = K**2 * by_KK
        if field != 0.0:
            heat = heat + 2 * K * np.abs(B) * by_KB + B**2 * by_BB
        energy = -coupling * by_K - abs(field) * m
        return Chain(
            energy=scalar_or_array(energy + 0.0),
            specific_heat=scalar_or_array(heat),
            magnetization=scalar_or_array(np.where(field < 0.0, -m, m)),
            free_energy=scalar_or_array(-temperature * log_eigenvalue),
            susceptibility=scalar_or_array(by_BB / temperature),
        )


def _derivatives(
    K: Array, B: Array
) -> tuple[Array, tuple[Array, Array], tuple[Array, Array, Array]]:
    """Return ln λ, its derivatives by K and B >= 0, and those by KK, KB and BB.

    All but ln λ do not change if sinh, cosh and R are multiplied by one number: by that which keeps
    the largest of them from overflowing.
    """
    scale = np.maximum(B, -2 * K)
    sinh = np.exp(B - scale) * -np.expm1(-2 * B) / 2
    cosh = np.exp(B - scale) * (1 + np.exp(-2 * B)) / 2
    root = np.exp(-2 * K - scale)
    R = np.hypot(sinh, root)
    share = np.where(R > 0.0, root / R, 0.0) ** 2  # exp(−4K)/R²
    ratio = R / (cosh + R)
    by_K = 1 - 2 * share * ratio
    m = np.where(R > 0.0, sinh / R, 0.0)
    by_BB = np.where(R > 0.0, cosh / R * share, np.inf)  # R vanishes without a field, at T = 0
    by_KB = 2 * share * m
    # d/dK of −2 exp(−4K)/(R (cosh + R)).
    by_KK = 8 * share * ratio - 4 * share**2 * (cosh / (cosh + R) + 2 * ratio) * ratio
    return K + scale + np.log(cosh + R), (by_K, m), (by_KK, by_KB, by_BB)
