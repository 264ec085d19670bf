r"""The ferromagnet on the Bethe lattice, on which every site has z neighbours and no loop closes.

.. math:: E(s) = -J \sum_{\langle ij \rangle} s_i s_j - h \sum_i s_i

It is the Bethe-Peierls approximation of any lattice whose sites have z neighbours, and what random
regular graphs (`graphs.random_regular`) have in the limit of many sites. The sites in the middle of
a Cayley tree are meant: most sites of a finite one are its leaves, and it does not order.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.theory._uniform import (
    Uniform,
    largest_root,
    log_cosh,
    reduced,
    scalar_or_array,
    sech_squared,
)

__all__ = ["critical_temperature", "solution"]

Array = npt.NDArray[np.float64]

_MOST_NEIGHBOURS = 2**40


def critical_temperature(coordination: int, J: float = 1.0) -> float:
    r"""Temperature below which the Bethe lattice orders, :math:`T_c = 2J / \ln\frac{z}{z-2}`.

    Parameters
    ----------
    coordination : int
        Neighbours z of each site, at least 2; for 2, a chain, it is 0.
    J : float
        Coupling, positive.

    Returns
    -------
    float
        In the units of J (k_B = 1).

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    H. A. Bethe, Proc. R. Soc. A 150, 552 (1935). Baxter (1982), eq. (4.9.1).

    Examples
    --------
    >>> from multispin.theory import bethe
    >>> round(bethe.critical_temperature(4), 6)
    2.88539
    """
    z = checks.count("coordination", coordination, 2, _MOST_NEIGHBOURS)
    coupling = checks.positive_finite("J", J)
    if z * coupling > 1e300:
        raise ValueError(checks.describe("J", J, "a number so that energies are below 1e300"))
    return 0.0 if z == 2 else -2 * coupling / math.log1p(-2 / z)


def solution(T: npt.ArrayLike, coordination: int, h: float = 0.0, J: float = 1.0) -> Uniform:
    r"""Return the solution of the Bethe lattice.

    A neighbour, without the site itself, adds the field u to a site's own,

    .. math:: \tanh\frac{u}{T} = \tanh\frac{J}{T} \tanh\frac{h + (z-1) u}{T}, \qquad
              m = \tanh\frac{h + z u}{T}, \qquad
              e = -\tfrac{z}{2} J \langle s s' \rangle - h m

    where two neighbours have the energy :math:`-J s s' - (h + (z-1) u)(s + s')`. Free energy,
    specific heat de/dT and susceptibility dm/dh follow. Without a field u is the largest solution.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite, of the same units as J (k_B = 1).
    coordination : int
        Neighbours z of each site, at least 2: for 2 it is the chain, `exact.chain`.
    h : float
        Field.
    J : float
        Coupling, positive.

    Returns
    -------
    Uniform
        ``energy``, ``specific_heat``, ``magnetization``, ``free_energy`` and ``susceptibility``
        per spin, float64 with the shape of T. At T_c the susceptibility is ``inf``, and the
        specific heat that of the disordered phase.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or zJ/T or h/T are beyond 10¹².

    Notes
    -----
    Baxter (1982), chapter 4. M. Mézard & G. Parisi, Eur. Phys. J. B 20, 217 (2001), section 2:
    the free energy of sites and edges.

    Examples
    --------
    >>> from multispin.theory import bethe
    >>> there = bethe.solution(2.5, coordination=4)
    >>> print(f"{there.magnetization:.6f} {there.energy:.6f}")
    0.735735 -1.314683
    """
    z = checks.count("coordination", coordination, 2, _MOST_NEIGHBOURS)
    temperature, K, b = reduced(T, J, h, z)
    size, sign = np.abs(b), -1.0 if h < 0.0 else 1.0

    def condition(a: Array) -> tuple[Array, Array]:  # of u/T
        y = size + (z - 1) * a
        value = (log_cosh(y + K) - log_cosh(y - K)) / 2 - a
        return value, (z - 1) * _slope(y, K) - 1

    with np.errstate(all="ignore"):
        a = largest_root(condition, K)
        if h == 0.0:
            a = np.where((z - 1) * np.tanh(K) > 1.0, a, 0.0)
        y, site = size + (z - 1) * a, size + z * a
        m, free = np.tanh(site), sech_squared(site)
        pair = np.tanh(K + log_cosh(2 * y) / 2 - math.log(2) / 2)  # ⟨s s'⟩
        slope = _slope(y, K)
        response = 1 / (1 - (z - 1) * slope)
        by_field = slope * response  # d(u/T)/d(h/T)
        by_beta = (_by_coupling(y, K) * K + slope * size) * response  # d(u/T)/d ln β
        loose = sech_squared(K + log_cosh(2 * y) / 2 - math.log(2) / 2)
        pair_by_beta = loose * (K + np.tanh(2 * y) * (size + (z - 1) * by_beta))
        m_by_beta = free * (size + z * by_beta)
        return Uniform(
            energy=scalar_or_array(-z * J * pair / 2 - abs(h) * m),
            specific_heat=scalar_or_array(z * K * pair_by_beta / 2 + size * m_by_beta),
            magnetization=scalar_or_array(sign * m + 0.0),
            free_energy=scalar_or_array(-temperature * _log_partition(z, K, size, y)),
            susceptibility=scalar_or_array(free * (1 + z * by_field) / temperature),
        )


def _slope(y: Array, K: Array) -> Array:
    """Derivative by y of artanh(tanh K tanh y) = ½ ln(cosh(y + K)/cosh(y − K))."""
    # sinh 2K/(2 cosh(y + K) cosh(y − K)): the difference of two tanh near one loses its digits.
    exponent = 2 * K - log_cosh(y + K) - log_cosh(y - K)
    return np.asarray(-np.expm1(-4 * K) * np.exp(exponent))


def _by_coupling(y: Array, K: Array) -> Array:
    """Its derivative by K, sinh 2y/(2 cosh(y + K) cosh(y − K)), of y >= 0."""
    exponent = 2 * y - log_cosh(y + K) - log_cosh(y - K)
    return np.asarray(-np.expm1(-4 * y) * np.exp(exponent))


def _log_partition(z: int, K: Array, b: Array, y: Array) -> Array:
    """Ln of the weight of a site with its z neighbours, less z/2 times that of an edge."""
    up, down = b + z * log_cosh(y + K), -b + z * log_cosh(y - K)
    edge = np.logaddexp(K + log_cosh(2 * y), -K + math.log(2))
    return np.asarray(np.logaddexp(up, down) - z * edge / 2)
