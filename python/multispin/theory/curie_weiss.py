r"""The ferromagnet in which every spin feels the mean of all others (Curie and Weiss).

.. math:: E(s) = -\frac{J}{N} \sum_{i<j} s_i s_j - h \sum_i s_i

It orders below T_c = J. The mean-field approximation of a lattice whose sites have z neighbours is
this with zJ in the place of J.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.theory._uniform import (
    Uniform,
    largest_root,
    log_cosh,
    reduced,
    scalar_or_array,
    sech_squared,
)

__all__ = ["Finite", "finite", "solution"]

Array = npt.NDArray[np.float64]

_MOST_SPINS = 2**40  # of which no list of magnetizations is held anyway


class Finite(NamedTuple):
    """Exact values of N spins, per spin; arrays with the shape of T.

    ``magnetization`` is ⟨m⟩, which is 0 without a field; ``susceptibility`` N (⟨m²⟩ − ⟨|m|⟩²)/T and
    ``binder_cumulant`` 1 − ⟨m⁴⟩/(3⟨m²⟩²), as `analysis.statistics` has them.
    """

    energy: Array
    specific_heat: Array
    magnetization: Array
    abs_magnetization: Array
    magnetization_2: Array
    magnetization_4: Array
    susceptibility: Array
    binder_cumulant: Array
    free_energy: Array


def solution(T: npt.ArrayLike, h: float = 0.0, J: float = 1.0) -> Uniform:
    r"""Return the solution for infinitely many spins.

    .. math:: m = \tanh\frac{J m + h}{T}, \qquad e = -\tfrac12 J m^2 - h m, \qquad
              f = \tfrac12 J m^2 - T \ln\left(2 \cosh\frac{J m + h}{T}\right)

    of which specific heat de/dT and susceptibility dm/dh follow. Of several m it is the one of the
    lowest f, which has the sign of h.

    Parameters
    ----------
    T : array_like
        Temperatures, positive and finite, of the same units as J (k_B = 1).
    h : float
        Field.
    J : float
        Coupling to the mean of all spins, positive.

    Returns
    -------
    Uniform
        ``energy``, ``specific_heat``, ``magnetization``, ``free_energy`` and ``susceptibility``
        per spin, float64 with the shape of T. Without a field the specific heat jumps from 3/2 to 0
        at T_c, where it is 0 and the susceptibility ``inf``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or J/T or h/T are beyond 10¹².

    Notes
    -----
    P. Weiss, J. Phys. Theor. Appl. 6, 661 (1907). R. J. Baxter, Exactly Solved Models in
    Statistical Mechanics (1982), chapter 3.

    Examples
    --------
    >>> from multispin.theory import curie_weiss
    >>> half = curie_weiss.solution(0.5)
    >>> print(f"{half.magnetization:.6f} {half.energy:.6f}")
    0.957504 -0.458407
    """
    temperature, K, b = reduced(T, J, h)
    size, sign = np.abs(b), -1.0 if h < 0.0 else 1.0

    def condition(m: Array) -> tuple[Array, Array]:
        field = K * m + size
        return np.tanh(field) - m, K * sech_squared(field) - 1

    with np.errstate(all="ignore"):
        m = largest_root(condition, np.ones_like(K))
        if h == 0.0:
            m = np.where(K > 1.0, m, 0.0)
        field = K * m + size
        free = sech_squared(field)
        response = 1 / (1 - K * free)
        heat = np.where(field > 0.0, field**2 * free * response, 0.0)
        return Uniform(
            energy=scalar_or_array(-J * m**2 / 2 - abs(h) * m),
            specific_heat=scalar_or_array(heat),
            magnetization=scalar_or_array(sign * m + 0.0),
            free_energy=scalar_or_array(J * m**2 / 2 - temperature * log_cosh(field)),
            susceptibility=scalar_or_array(free * response / temperature),
        )


def finite(n: int, T: npt.ArrayLike, h: float = 0.0, J: float = 1.0) -> Finite:
    r"""Return the exact averages of n spins, by a sum over their n + 1 magnetizations.

    .. math:: Z = \sum_{k=0}^n \binom{n}{k} e^{-E/T}, \qquad M = 2k - n, \qquad
              E = -\frac{J}{2n} (M^2 - n) - h M

    Parameters
    ----------
    n : int
        Number of spins, at least 1.
    T, h, J
        As for `solution`.

    Returns
    -------
    Finite
        float64 with the shape of T, see there.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number, or J/T or h/T are beyond 10¹².
    MemoryError
        If the sum does not fit; the message says what it needs and what there is.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin.theory import curie_weiss
    >>> exact = curie_weiss.finite(10, 0.8, h=0.1)
    >>> model = ms.Pairwise((np.ones((10, 10)) - np.eye(10)) / 10, h=0.1)
    >>> bool(np.isclose(exact.energy, ms.exact.enumerate(model, 0.8).energy / 10))
    True
    """
    n = checks.count("n", n, 1, _MOST_SPINS)
    temperature, _, _ = reduced(T, J, h)
    check_memory(f"n: sums over {n + 1} magnetizations", 80 * (n + 1))
    k = np.arange(n + 1, dtype=np.float64)
    steps = np.log((n - k[:-1]) / (k[:-1] + 1))
    log_ways = np.concatenate([[0.0], np.cumsum(steps)])
    m = (2 * k - n) / n
    e = -J * (n * m**2 - 1) / 2 / n - h * m
    rows = [_averages(n, t, log_ways, m, e) for t in temperature.ravel()]
    columns = np.array(rows, dtype=np.float64).reshape(*temperature.shape, len(Finite._fields))
    return Finite(*(scalar_or_array(columns[..., place]) for place in range(len(Finite._fields))))


def _averages(n: int, T: float, log_ways: Array, m: Array, e: Array) -> list[float]:
    """Averages in the order of `Finite`, of states with magnetizations m and energies e a spin."""
    with np.errstate(all="ignore"):
        exponent = log_ways - n * ((e - e.min()) / T)
        w = np.exp(exponent - exponent.max())
        total = float(w.sum())
        w /= total
        mean = float(w @ e)
        one, size, two, four = (float(w @ x) for x in (m, np.abs(m), m**2, m**4))
        log_partition = float(exponent.max()) + float(np.log(total)) - n * float(e.min()) / T
        return [
            mean,
            n * float(w @ ((e - mean) / T) ** 2),
            one,
            size,
            two,
            four,
            n * (two - size**2) / T,
            float(np.float64(1) - np.float64(four) / (3 * two**2)),
            -T * log_partition / n,
        ]
