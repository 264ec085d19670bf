"""The infinite square lattice in zero field (Onsager 1944, Yang 1952)."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.exact._square import (
    Array,
    checked_coupling,
    critical_temperature,
    dual_weight,
    frozen,
    log_sinh,
    reduced,
    scalar_or_array,
)


class Infinite(NamedTuple):
    """Bulk values of the infinite square lattice, per spin; arrays with the shape of T."""

    energy: Array
    specific_heat: Array
    magnetization: Array
    free_energy: Array

    @property
    def energy_per_spin(self) -> Array:
        """The same as ``energy`` (the total is infinite), under the name that ``Torus`` has."""
        return self.energy


def onsager(T: npt.ArrayLike, J: float = 1.0) -> Infinite:
    """Onsager's energy and free energy and Yang's magnetization of the infinite lattice, h = 0.

    With K = |J|/T, k'' = 2 tanh²(2K) − 1 and A = AGM(1, |k''|), the arithmetic-geometric mean
    (K₁ = π/(2A) is the complete elliptic integral in Onsager's formulas)::

        e = −|J| coth(2K) [1 + k''/A]
        C = (K coth 2K)²/A [(1 − k'') Σ_{n≥1} c_n + Σ_{n≥1} 2ⁿ c_n²]
        m = (1 − sinh⁻⁴(2K))^{1/8}   below T_c for J > 0, else 0
        f = −T lim ln Z / N

    where c_n are the half differences of the AGM iteration, c_1 = (1 − |k''|)/2. The bracket of C
    is Onsager's 2(K₁ − E₁) − (1 − k'')(π/2 + k''K₁), written so that nothing cancels.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite, in units of J (k_B = 1).
    J : float
        Coupling of either sign, not zero. For J < 0 the energies are those of |J| and the
        uniform magnetization is zero; the staggered one is what J > 0 gives.

    Returns
    -------
    Infinite
        ``energy``, ``specific_heat``, ``magnetization``, ``free_energy``, all per spin, float64
        with the shape of T. At T_c the specific heat is ``inf``.

    Raises
    ------
    TypeError
        If T or J is not real.
    ValueError
        If a temperature is not positive and finite, J is zero or not finite, or |J| or |J|/T is so
        large that a result overflows; the message has the range.

    Notes
    -----
    Onsager (1944), section 7; Yang (1952), eq. (96). The free energy is Onsager's integral over one
    angle, by Gauss-Legendre quadrature, to about 1e-14.

    Examples
    --------
    >>> from multispin import exact
    >>> bulk = exact.onsager(2.0)
    >>> print(f"{bulk.energy:.10f} {bulk.magnetization:.10f}")
    -1.7455645753 0.9113193779
    """
    coupling = checked_coupling(J, 1)
    if coupling == 0.0:
        raise ValueError(checks.describe("J", J, "a finite number, not 0"))
    temperature, K = reduced(T, coupling, 1)
    tanh = np.tanh(2 * K)
    elliptic, small = _agm(K)
    mean, sums, squares = elliptic
    modulus = np.where(K < 1 / critical_temperature, -1.0, 1.0) * (1 - 2 * small)  # k''
    critical = mean == 0
    mean = np.where(critical, 1.0, mean)
    # 1 + k''/A; above T_c it is the difference of two numbers near one, so take (A - |k''|)/A.
    bracket = np.where(modulus > 0, 1 + modulus / mean, (2 * small - sums) / mean)
    energy = -abs(coupling) * np.where(critical, 1.0, bracket) / tanh
    peak = (frozen(K) / tanh) ** 2 / mean * ((1 - modulus) * sums + squares)
    return Infinite(
        energy=scalar_or_array(energy),
        specific_heat=scalar_or_array(np.where(critical, np.inf, peak)),
        magnetization=scalar_or_array(_yang(K) if coupling > 0 else np.zeros_like(K)),
        free_energy=scalar_or_array(-temperature * _bulk_log_partition(K)),
    )


def _agm(K: Array) -> tuple[tuple[Array, Array, Array], Array]:
    """AGM(1, |k''|) with Σ_{n≥1} c_n and Σ_{n≥1} 2ⁿ c_n², and c_1 = (1 − |k''|)/2.

    c_1 is tanh²(2K) above and sech²(2K) below T_c. AGM = 0 marks T_c, where k'' = 0.
    """
    above = K < 1 / critical_temperature
    e = np.exp(-4 * K)
    c_1 = np.where(above, np.tanh(2 * K) ** 2, 4 * e / (1 + e) ** 2)
    small = np.minimum(c_1, 0.5)
    critical = 1 - 2 * small < 8 * np.finfo(float).eps
    c = np.where(critical, 0.0, small)
    mean = 1 - c
    sums, squares, factor = c.copy(), 2 * c**2, 2.0
    while np.any(c > 1e-17 * small):
        # With a_n the mean, b_n² = a_n² − c_n²: so c_{n+1} = (a_n − b_n)/2 = c_n²/(2(a_n + b_n))
        # has no cancellation, and a_{n+1} = a_n − c_{n+1}.
        b = np.sqrt((mean - c) * (mean + c))
        c = c**2 / (2 * (mean + b))
        mean, factor = mean - c, 2 * factor
        sums, squares = sums + c, squares + factor * c**2
    return (np.where(critical, 0.0, mean), sums, squares), small


def _yang(K: Array) -> Array:
    """(1 − sinh⁻⁴ 2K)^{1/8} below T_c, 0 above."""
    inside = -np.expm1(-4 * np.maximum(log_sinh(K), 0.0))
    return np.asarray(inside**0.125)


@cache
def _gauss_legendre(n: int) -> tuple[Array, Array]:
    """Nodes and weights on [-1, 1], by Newton's method from estimates of the roots of P_n.

    The weights of numpy.polynomial.legendre.leggauss are off by some 1e-12; by how much depends on
    the linear algebra that NumPy was built with.
    """
    x = np.cos(np.pi * (np.arange(n, 0, -1) - 0.25) / (n + 0.5))
    for _ in range(5):
        below, p = np.ones_like(x), x
        for k in range(2, n + 1):
            below, p = p, ((2 * k - 1) * x * p - (k - 1) * below) / k
        slope = n * (x * p - below) / (x**2 - 1)
        x = x - p / slope
    return x, 2 / ((1 - x**2) * slope**2)


def _bulk_log_partition(K: Array) -> Array:
    """Lim ln Z / N = ½ [ln 2 + x + |x| + (1/π) ∫_0^π (γ(q) − |x|) dq], x = ln sinh 2K.

    The integrand has a branch point at a distance ∝ 1 − z from q = 0; q ∝ sinh u stretches it away.
    """
    nodes, weights = _gauss_legendre(100)
    z = dual_weight(K)[..., None]
    scale = np.clip((1 - z) / np.sqrt(z), 1e-8, np.pi)  # what is closer weighs 1e-16
    end = np.arcsinh(np.pi / scale)
    u = end * (nodes + 1) / 2
    q, jacobian = scale * np.sinh(u), scale * np.cosh(u) * end / 2
    h = 2 * np.sin(q / 2) ** 2
    sigma = np.sqrt(((1 - z) ** 2 + z * h) * (1 + z**2 + z * h))
    excess = np.log(1 + z**2 - z * (1 - h) + sigma)
    integral = (weights * jacobian * excess).sum(axis=-1) / np.pi
    x = log_sinh(K)
    return np.asarray((math.log(2) + x + np.abs(x) + integral) / 2)
