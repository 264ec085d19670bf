"""The lines of the phase diagram."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.theory._roots import root
from multispin.theory.hopfield._states import (
    HOTTEST_RETRIEVAL,
    checked_load,
    largest_load,
    on_curve,
    retrieval,
    spin_glass,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Both lines bend back at low T. The temperatures of their largest loads; up there each T is one α.
_BEND_M, _BEND_C = 0.022874, 0.085063

#: Where lines are 1 - c √α to ten digits.
_FEW, _SLOPE_M, _SLOPE_C = 1e-10, 1.95407, 2.5963

_TOLERANCE = 1e-11  # of temperatures; free energies are not that precise
_WIDEST = 0.15  # α at the end of the phase diagram, beyond retrieval
_MOST_POINTS = 100_000


class PhaseDiagram(NamedTuple):
    """Temperatures of the three lines, arrays (n,) over the load ``alpha`` (n,)."""

    alpha: Array
    T_M: Array
    T_c: Array
    T_g: Array


def T_M(alpha: float) -> float:
    r"""Temperature below which states that retrieve a pattern exist.

    It is where the two solutions of `retrieval` with m > 0 merge, at an overlap that is not 0. The
    line begins as :math:`1 - 1.95 \sqrt{\alpha}`.

    Parameters
    ----------
    alpha : float
        Load P/N, from 0 to 10⁶.

    Returns
    -------
    float
        The temperature, to about nine digits; 0 where no temperature allows retrieval.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Ann. Phys. 173, 30 (1987). With replica
    symmetry the line bends back: its largest load, 0.138189, is that of T = 0.0229, and for loads
    above `alpha_c` retrieval ends towards T = 0 too (J.-P. Naef & A. Canning, J. Phys. I France 2,
    247 (1992)). What is returned is the upper end.

    Examples
    --------
    >>> from multispin.theory.hopfield import T_M
    >>> [round(T_M(alpha), 4) for alpha in (0.0, 0.01, 0.1, 0.2)]
    [1.0, 0.801, 0.3154, 0.0]
    """
    alpha = checked_load(alpha)
    if alpha < _FEW:
        return 1.0 - _SLOPE_M * math.sqrt(alpha)
    if alpha >= _capacity(_BEND_M):
        return 0.0
    wanted = math.sqrt(alpha)
    return root(lambda T: math.sqrt(_capacity(T)) - wanted, _BEND_M, HOTTEST_RETRIEVAL, _TOLERANCE)


def T_c(alpha: float) -> float:
    r"""Temperature below which retrieval has the lowest free energy.

    There `retrieval` and `spin_glass` have the same. The line begins as
    :math:`1 - 2.60 \sqrt{\alpha}`; at T = 0 it ends at α = 0.051854.

    Parameters
    ----------
    alpha : float
        Load P/N, from 0 to 10⁶.

    Returns
    -------
    float
        The temperature, to about eight digits; 0 where the glass is lower at all temperatures.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Ann. Phys. 173, 30 (1987). As `T_M` it
    bends back, for the negative entropy of the glass with replica symmetry: its largest load is
    0.053132, at T = 0.0851. What is returned is the upper end.

    Examples
    --------
    >>> from multispin.theory.hopfield import T_c
    >>> [round(T_c(alpha), 4) for alpha in (0.0, 0.01, 0.05, 0.1)]
    [1.0, 0.7216, 0.2164, 0.0]
    """
    alpha = checked_load(alpha)
    if alpha < _FEW:
        return 1.0 - _SLOPE_C * math.sqrt(alpha)

    def gap(T: float) -> float:
        found = retrieval(alpha, T)
        # Beyond T_M there is nothing to compare with, and the glass is what is left.
        return 1.0 if found is None else found.free_energy - spin_glass(alpha, T).free_energy

    return 0.0 if gap(_BEND_C) >= 0.0 else root(gap, _BEND_C, T_M(alpha), _TOLERANCE)


def T_g(alpha: float) -> float:
    r"""Temperature below which states without a pattern are a glass.

    .. math:: T_g = 1 + \sqrt{\alpha}

    Parameters
    ----------
    alpha : float
        Load P/N, from 0 to 10⁶.

    Returns
    -------
    float
        The temperature.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985).

    Examples
    --------
    >>> from multispin.theory.hopfield import T_g
    >>> T_g(0.25)
    1.5
    """
    return 1.0 + math.sqrt(checked_load(alpha))


def alpha_c() -> float:
    r"""Largest load at which patterns can be retrieved at T = 0, 0.137906.

    There m = 0.967417: 1.6 % of the spins are wrong. With x = m/√(2αr) the equations of
    `retrieval` become one, and the capacity is the largest load on

    .. math:: \sqrt{2 \alpha} = \frac{\operatorname{erf} x}{x} - \frac{2}{\sqrt{\pi}} e^{-x^2}.

    Returns
    -------
    float
        The capacity, to twelve digits.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985). Replicas that are
    not alike raise it to 0.1382 (H. Steffan & R. Kühn, Z. Phys. B 95, 249 (1994)).

    Examples
    --------
    >>> from multispin.theory.hopfield import alpha_c, retrieval
    >>> round(alpha_c(), 6), round(retrieval(alpha_c(), 0.0).m, 5)
    (0.137906, 0.96742)
    """
    return _capacity(0.0)


def phase_diagram(n: int = 61) -> PhaseDiagram:
    r"""Return `T_M`, `T_c` and `T_g` over a grid of loads, for plotting.

    Loads go from 0 to 0.15, beyond the end of retrieval, and are dense near 0, where lines are
    steep: :math:`\alpha_k = 0.15 \, (k / (n - 1))^2`.

    Parameters
    ----------
    n : int
        Number of loads, 2 to 100,000. Sixty take some seconds.

    Returns
    -------
    PhaseDiagram
        Float64 arrays; a line is 0 where it has ended.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Ann. Phys. 173, 30 (1987).

    Examples
    --------
    >>> from multispin.theory.hopfield import phase_diagram
    >>> lines = phase_diagram(4)
    >>> lines.alpha.round(4).tolist(), lines.T_M.round(3).tolist()
    ([0.0, 0.0167, 0.0667, 0.15], [1.0, 0.742, 0.464, 0.0])
    """
    n = checks.count("n", n, 2, _MOST_POINTS)
    alpha = _WIDEST * np.linspace(0.0, 1.0, n) ** 2
    loads = alpha.tolist()
    lines = (np.array([line(load) for load in loads]) for line in (T_M, T_c, T_g))
    return PhaseDiagram(alpha, *lines)


def _capacity(T: float) -> float:
    """Return the largest load at which a pattern can be retrieved."""
    return on_curve(largest_load(T), T).alpha
