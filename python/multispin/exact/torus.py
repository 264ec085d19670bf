"""The finite torus in zero field (Kaufman 1949)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
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

_LONGEST = 2**53  # sides that float64 knows from each other
_BYTES = 8 * 24  # of a row at one temperature, in all sums over rows


class Torus(NamedTuple):
    """Exact values of a finite torus; arrays with the shape of T."""

    log_partition: Array
    energy: Array
    energy_per_spin: Array
    specific_heat: Array
    free_energy: Array


def ising_2d(L: int | tuple[int, int], T: npt.ArrayLike, J: float = 1.0) -> Torus:
    """Kaufman's exact solution of the periodic rows × cols lattice, h = 0.

    With n rows, m columns, N = nm and K = |J|/T::

        Z = ½ (2 sinh 2K)^{N/2} [Π 2cosh(mγ_{2r+1}/2) + Π 2sinh(mγ_{2r+1}/2)
                               + Π 2cosh(mγ_{2r}/2)   + Π 2sinh(mγ_{2r}/2)],   r = 0 … n−1
        cosh γ_l = cosh²(2K)/sinh(2K) − cos(πl/n),   γ_0 = 2K + ln tanh K

    Energy and specific heat are the analytic first and second derivatives of ln Z by K.

    Parameters
    ----------
    L : int or (int, int)
        Side of the lattice, or (rows, cols); each at least 2. A side of 2 has double bonds.
    T : array_like
        Temperatures, positive and finite, in units of J (k_B = 1).
    J : float
        Coupling of either sign. J < 0 needs even sides: only then is it the mirror of J > 0.

    Returns
    -------
    Torus
        float64 with the shape of T: ``log_partition`` ln Z, ``energy`` ⟨E⟩ (total),
        ``energy_per_spin``, ``specific_heat`` (⟨E²⟩ − ⟨E⟩²)/(N T²) per spin, ``free_energy``
        −T ln Z / N per spin.

    Raises
    ------
    TypeError
        If L is not an integer or a pair of integers, or T or J is not real.
    ValueError
        If a side is below 2, a side is odd with J < 0, or T or J is out of range: of T the range
        ends where ln Z overflows, of J where energies do.
    MemoryError
        If it does not fit; the message says what it needs and what there is.

    Notes
    -----
    Kaufman (1949), the partition function of the finite crystal, written in η = |ln sinh 2K|: by
    the duality of Kramers and Wannier the γ are even in it, cosh γ_l = 2 cosh η − cos(πl/n). No
    term overflows and no difference of large numbers is taken, at any temperature and size; e/J
    and C/K² are right to about 1e-14.

    Examples
    --------
    >>> from multispin import exact
    >>> torus = exact.ising_2d(16, 1 / 0.44068679)
    >>> print(f"{torus.free_energy:.8f}")
    -2.11532619
    """
    rows, cols = _sides(L)
    n_spins = rows * cols
    coupling = checked_coupling(J, n_spins)
    temperature, K = reduced(T, coupling, n_spins)
    check_memory(f"L: {rows} rows at all T", _BYTES * rows * temperature.size)
    if coupling < 0 and (rows % 2 or cols % 2):
        raise ValueError(checks.describe("L", L, f"even sides, for J={coupling} < 0"))
    sign = np.where(K < 1 / critical_temperature, -1.0, 1.0)
    x, z = log_sinh(K), dual_weight(K)
    value, slope, curvature = _sector_sum(rows, cols, z, sign)
    # ln Z as a function of x = ln sinh 2K, then by the chain rule of K.
    log_z = -math.log(2) + n_spins / 2 * (math.log(2) + x + np.abs(x)) + value
    by_x = n_spins / 2 * (1 + sign) + sign * slope
    coth = 1 / np.tanh(2 * K)
    ratio = K * np.exp(-x)  # K / sinh 2K
    energy = -2 * abs(coupling) * coth * by_x
    heat = (2 * frozen(K) * coth) ** 2 * curvature - 4 * ratio**2 * by_x
    return Torus(
        log_partition=scalar_or_array(log_z),
        energy=scalar_or_array(energy),
        energy_per_spin=scalar_or_array(energy / n_spins),
        specific_heat=scalar_or_array(heat / n_spins),
        free_energy=scalar_or_array(-temperature * (log_z / n_spins)),
    )


def _sides(L: int | tuple[int, int]) -> tuple[int, int]:
    sides = tuple(L) if isinstance(L, (tuple, list)) else (L, L)
    if len(sides) != 2:
        raise ValueError(checks.describe("L", L, "one integer or (rows, cols)"))
    rows, cols = (checks.count("L", side, 2, _LONGEST) for side in sides)
    return rows, cols


def _sector_sum(rows: int, cols: int, z: Array, sign: Array) -> tuple[Array, Array, Array]:
    """Logarithm of exp(−Nη/2) times Kaufman's bracket, with its first two derivatives by η.

    z = exp(−η). The four products are Y1, Y2 (odd l: cosh, sinh) and Y3, Y4 (even l). Y4 changes
    sign at T_c through γ_0, so it is carried as Y3 times a signed ratio.
    """
    odd, even = (_Gammas(rows, cols, z, parity) for parity in (1, 0))
    y1, y2, y3 = odd.log_product(+1), odd.log_product(-1), even.log_product(+1)
    ratio, ratio_1, ratio_2 = (sign * part for part in even.tanh_product())
    top = np.maximum(y1[0], y3[0])
    w1, w2, w3 = (np.exp(y[0] - top) for y in (y1, y2, y3))
    # Derivatives of the order of N are taken relative to Y1's, so that the variance between the
    # products is not a difference of numbers of the order of N².
    p2, p3 = y2[1] - y1[1], y3[1] - y1[1]
    total = w1 + w2 + w3 * (1 + ratio)
    first = (w2 * p2 + w3 * ((1 + ratio) * p3 + ratio_1)) / total
    second = w1 * y1[2] + w2 * (y2[2] + p2**2)
    second = second + w3 * ((1 + ratio) * (y3[2] + p3**2) + 2 * p3 * ratio_1 + ratio_2)
    return top + np.log(total), y1[1] + first, second / total - first**2


class _Gammas:
    """γ_l(η) of one parity of l, with its derivatives, shape (..., rows); z = exp(−η) in (0, 1].

    Every formula is multiplied through by the power of z that keeps it finite as z → 0, and
    written in 1 − z and 1 − cos q so that it keeps its digits as both vanish.
    """

    def __init__(self, rows: int, cols: int, z: Array, parity: int) -> None:
        self.cols = cols
        self.has_zero = parity == 0
        z = z[..., None]
        half = np.pi * (2 * np.arange(rows) + parity) / (2 * rows)
        h = 2 * np.sin(half) ** 2  # 1 - cos q
        d, gap = 1 + z**2, (1 - z) ** 2
        sigma = np.sqrt((gap + z * h) * (d + z * h))  # z sinh γ
        if self.has_zero:
            sigma[..., 0] = 1.0  # γ_0 may vanish: its formulas come in closed form below
        self.gamma = np.arcsinh(sigma / z)
        self.excess = np.log(1 + z**2 - z * (1 - h) + sigma)  # γ − η
        deficit = z * (-2 * gap + 2 * h * (d - z) + z * h**2) / (sigma * (sigma + 1 - z**2))
        self.curve = z * (-(gap**2) + h * (d**2 - 2 * d * z + 4 * z**2) + d * z * h**2) / sigma**3
        if self.has_zero:
            z0, root = z[..., 0], np.sqrt(d[..., 0])
            self.gamma[..., 0] = 2 * np.arcsinh((1 - z0) / np.sqrt(2 * z0))
            self.excess[..., 0] = np.log(d[..., 0] - z0 + (1 - z0) * root)
            deficit[..., 0] = -2 * z0 / (root * (root + 1 + z0))
            self.curve[..., 0] = -z0 * (1 - z0) / root**3
        self.deficit = deficit  # 1 − dγ/dη
        self.slope = 1 - deficit

    def log_product(self, s: int) -> tuple[Array, Array, Array]:
        """Σ_l ln(exp(−mη/2) · 2cosh(mγ/2)) for s = +1, 2sinh for s = −1, and its η-derivatives."""
        m = self.cols
        e = np.exp(-m * self.gamma)
        # 1 − e from the small side, as γ may be small
        base = 1 + e if s > 0 else -np.expm1(-m * self.gamma)
        value = m / 2 * self.excess + np.log(base)
        first = -m / 2 * self.deficit - s * m * self.slope * e / base
        second = m / 2 * self.curve - s * m * (self.curve - m * self.slope**2 / base) * e / base
        return value.sum(axis=-1), first.sum(axis=-1), second.sum(axis=-1)

    def tanh_product(self) -> tuple[Array, Array, Array]:
        """Π_l tanh(mγ_l/2) over even l, and its η-derivatives; γ_0 = 0 is allowed."""
        m = self.cols
        gamma, slope, curve = self.gamma[..., 1:], self.slope[..., 1:], self.curve[..., 1:]
        e, one = np.exp(-m * gamma), -np.expm1(-2 * m * gamma)
        csch, coth = 2 * e / one, (1 + e**2) / one  # of mγ
        q = np.prod(-np.expm1(-m * gamma) / (1 + e), axis=-1)
        log_1 = (m * slope * csch).sum(axis=-1)
        log_2 = (m * csch * (curve - m * slope**2 * coth)).sum(axis=-1)
        q_1, q_2 = q * log_1, q * (log_2 + log_1**2)
        e = np.exp(-m * self.gamma[..., 0])
        t, sech2 = -np.expm1(-m * self.gamma[..., 0]) / (1 + e), 4 * e / (1 + e) ** 2
        v_1, v_2 = m / 2 * self.slope[..., 0], m / 2 * self.curve[..., 0]
        t_1, t_2 = sech2 * v_1, sech2 * (v_2 - 2 * t * v_1**2)
        return t * q, t_1 * q + t * q_1, t_2 * q + 2 * t_1 * q_1 + t * q_2
