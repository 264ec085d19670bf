"""Between which temperatures a model is cooled, from its couplings and fields alone."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.models.base import check_model
from multispin.models.forms import RealPairs, UniformLattice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.models import Model

    Array = NDArray[np.float64]
    _AtSites = Callable[[Array], Array]  # adds up, at each site, numbers of its edges

__all__ = ["temperature_range"]

_EXCITED = 0.05  # spins in all the system, at the cold end
_SMALL_FIELDS = 0.5  # share of excited spins over (T/F)² where there are no gaps
_FAINTEST = 2.0**-20  # of the largest local field: what is weaker counts as rounding

_MOST_UNITS = 2**20  # multiples of a common unit that couplings may be
_MOST_VALUES = 1024  # different sizes among couplings that have one


def temperature_range(model: Model) -> tuple[float, float]:
    r"""Temperatures at which an annealing of a model begins and ends.

    Site i is in a local field :math:`f_i = h_i + \sum_j J_{ij} s_j`, and to flip costs
    :math:`2 s_i f_i`. What the two ends are made of is the field's root mean square among random
    spins,

    .. math:: F_i = \Big(h_i^2 + \sum_j J_{ij}^2\Big)^{1/2},

    and the smallest that it can be unless it vanishes, :math:`g_i`. That is
    :math:`|h_i| - \sum_j |J_{ij}|` if the field rules; else, if all couplings are multiples of a
    unit u, fields are :math:`h_i + \sum_j J_{ij} + 2 k u` with integers k, and :math:`g_i` is the
    smallest of these sizes beside 0; and if there is no unit, 0. Then

    .. math::

        T_\text{hot} = 2 \max_i F_i, \qquad
        \sum_i \min\left(e^{-2 g_i / T_\text{cold}}, \
        \frac{1}{2} \left(\frac{T_\text{cold}}{F_i}\right)^2\right) = 0.05.

    *Hot*: at :math:`2 F_i` three of four flips among random spins are accepted, and spin glasses of
    many neighbours freeze at half of that. Sites that their field rules are right at any
    temperature and do not count, unless there are no others.

    *Cold*: of all spins together about 0.05 are excited at one time, so that nearly every replica
    ends in a minimum. Across a gap a spin is with Boltzmann's weight. Real couplings leave no gap,
    and the smallest :math:`|J_{ij}|` may be anything; but in a state of low energy small fields are
    rare. In the Sherrington-Kirkpatrick glass :math:`0.6 f \, df / F^2` of all sites have fields
    of size f, which alone would be :math:`0.15 \, (T/F)^2`; finite systems that are cooled in
    finite time have more. Without gaps :math:`T_\text{cold} = 0.32 F / \sqrt N`.

    Sites whose :math:`F_i` is below 2⁻²⁰ of the largest have no say: what is there is mostly
    rounding. Of disorder samples the hottest and the coldest end count.

    Parameters
    ----------
    model : Model
        A model whose spins interact in pairs.

    Returns
    -------
    hot, cold : float
        In units of energy (k_B = 1), hot >= cold > 0. Both are 1 if all states have one energy.

    Raises
    ------
    TypeError, ValueError
        If it is not such a model.
    MemoryError
        If its couplings do not fit several times, as those of all pairs of many spins may not; the
        message says what they need and what there is.

    See Also
    --------
    anneal : takes temperatures between these if it is given none.

    Notes
    -----
    What orders in a direction of its own far above the glass, such as a ferromagnet of all pairs,
    is cooled from below its transition. Slow modes of many spins, such as a penalty that only two
    flips together keep, are not seen by the fields of single sites.

    The law of small fields: H.-J. Sommers & W. Dupont, J. Phys. C 17, 5785 (1984); S. Boettcher,
    H. G. Katzgraber & D. Sherrington, J. Phys. A 41, 324007 (2008).

    Examples
    --------
    >>> import multispin as ms
    >>> hot, cold = ms.temperature_range(ms.EdwardsAnderson((8, 8, 8), seed=1))
    >>> round(hot, 3), round(cold, 3)
    (4.899, 0.433)
    >>> hot, cold = ms.temperature_range(ms.SherringtonKirkpatrick(100, seed=1))
    >>> round(hot, 2), round(cold, 3)
    (2.39, 0.031)
    """
    check_model("model", model)
    form = model.form(RealPairs)
    if form is None:
        allowed = "a model whose spins interact in pairs"
        raise ValueError(checks.describe("model", model, allowed))
    lattice = model.form(UniformLattice)
    if lattice is not None:  # of which one site says all, and a huge one's edges are many
        bonds = np.full(len(lattice.shape), lattice.J)
        ends = [_ends(_at_one_site, bonds, np.array([lattice.h]), form.n_spins)]
    else:
        # Sizes, squares and sums of couplings, beside the couplings themselves.
        check_memory(f"model: couplings of {form.n_spins} spins", 32 * form.n_edges)
        at_sites, h = form.adding_at_sites(), form.fields()
        ends = [_ends(at_sites, row, h, form.n_spins) for row in form.couplings()]
    known = [end for end in ends if end is not None] or [(1.0, 1.0)]
    hot, cold = max(end[0] for end in known), min(end[1] for end in known)
    cold = max(min(cold, hot), sys.float_info.min)
    return max(hot, cold), cold


class _Sites(NamedTuple):
    """What sites are in with one set of couplings, (sites,) each."""

    field: Array  # h_i
    coupled: Array  # Σ_j J_ij
    most: Array  # Σ_j |J_ij|
    spread: Array  # F_i
    unit: float  # of which couplings are multiples; 0 if there is none

    @classmethod
    def of(cls, at_sites: _AtSites, J: Array, h: Array) -> _Sites:
        spread = np.sqrt(h**2 + at_sites(J**2))
        unit = common_unit(J[np.abs(J) >= _FAINTEST * spread.max()])
        return cls(h, at_sites(J), at_sites(np.abs(J)), spread, unit)


def _at_one_site(bonds: Array) -> Array:
    """Add up the bonds of the one site of a lattice that is looked at: two of each direction."""
    return np.array([2.0 * bonds.sum()])


def _ends(
    at_sites: _AtSites, couplings: Array, h: Array, n_spins: int
) -> tuple[float, float] | None:
    """Return the ends for one set of couplings; None if the energy knows nothing of the spins.

    Of the spins there may be given one for all, if they are alike.
    """
    largest = max(np.abs(couplings).max(initial=0.0), np.abs(h).max())
    if largest == 0.0:
        return None
    # In a unit in which no square vanishes or overflows.
    scale = math.ldexp(1.0, math.frexp(largest)[1] - 1)
    sites = _Sites.of(at_sites, couplings / scale, h / scale)
    ruled = np.abs(sites.field) >= sites.most
    hot = 2.0 * float((sites.spread if ruled.all() else sites.spread[~ruled]).max())
    heard = sites.spread >= _FAINTEST * sites.spread.max()
    share = _EXCITED * len(h) / n_spins  # spins that are to be excited among these
    return hot * scale, _cold(sites.spread[heard], _gaps(sites)[heard], share) * scale


def _cold(spread: Array, gap: Array, excited: float) -> float:
    """Return the temperature at which so many spins are excited, by bisection."""
    each = excited / len(spread)
    # Where the coldest site, and the hottest, has its share.
    at = np.maximum(2.0 * gap / -math.log(each), spread * math.sqrt(each / _SMALL_FIELDS))
    low, high = float(at.min()), float(at.max())
    while high > low * (1.0 + 1e-4):
        middle = math.sqrt(low * high)
        shares = np.minimum(np.exp(-2.0 * gap / middle), _SMALL_FIELDS * (middle / spread) ** 2)
        low, high = (middle, high) if shares.sum() < excited else (low, middle)
    return low


def _gaps(sites: _Sites) -> Array:
    """Return bounds (N,) from below on what a local field is unless it vanishes."""
    gap = np.abs(sites.field) - sites.most
    if sites.unit > 0.0:
        period = 2.0 * sites.unit
        rest = np.abs(np.remainder(sites.field + sites.coupled + sites.unit, period) - sites.unit)
        # A field may vanish, but for rounding; the next one is a period away.
        discrete = np.where(rest < 1e-6 * sites.unit, period, rest)
        gap = np.maximum(gap, np.where(sites.most > 0.0, discrete, 0.0))
    return np.maximum(gap, 0.0)


def common_unit(values: Array) -> float:
    """Return the largest number that all of `values` are multiples of; 0 if there is none.

    Multiples of more than 2²⁰ do not count, nor do more than 1024 different sizes: any numbers are
    multiples of their last digit.

    Examples
    --------
    >>> import numpy as np
    >>> common_unit(np.array([1.5, -1.0, 0.0, 2.0])), common_unit(np.array([1.0, np.sqrt(2)]))
    (0.5, 0.0)
    """
    # Most that have none show it soon.
    for part in (values[: 4 * _MOST_VALUES], values):
        sizes = np.unique(np.abs(part))
        sizes = sizes[sizes > 0.0]
        if not 0 < len(sizes) <= _MOST_VALUES:
            return 0.0
    largest, unit = float(sizes[-1]), float(sizes[0])
    for size in sizes[1:].tolist():
        unit = _divisor(size, unit, largest)
        if unit * _MOST_UNITS < largest:
            return 0.0
    return unit


def _divisor(a: float, b: float, largest: float) -> float:
    """Return the greatest common divisor of two numbers that are rounded, by Euclid."""
    while b * _MOST_UNITS >= largest:
        rest = math.fmod(a, b)
        if min(rest, b - rest) <= 1e-9 * largest:
            return b
        a, b = b, rest
    return 0.0
