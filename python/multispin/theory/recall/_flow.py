"""The flow of two numbers under random sequential dynamics."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.theory._local_field import LocalField
from multispin.theory._roots import root

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_COLDEST, _HOTTEST = 0.05, 1e6
_FEWEST_PATTERNS, _MOST_PATTERNS = 1e-4, 1e3
_LATEST = 1e4

_UNKNOWN = 1e-6  # an overlap that is taken for 0 where noise is concerned
_ALMOST = 0.999  # of the way from r = 1 to the largest r
_STEP = 0.1  # of time, in the rule of Runge and Kutta
_WIDE = 8.5  # standard deviations beyond which a Gaussian is nothing
_TOLERANCE = 1e-11
_MOST_STEPS = 200


class Flow(NamedTuple):
    """Overlap ``m`` (n,) and squares of all other overlaps, ``r`` (n,), over ``time`` (n,)."""

    time: Array
    m: Array
    r: Array


class Ensemble(NamedTuple):
    """All states of given m and r as if they were in equilibrium, in the words of the module.

    ``rho`` is their inverse temperature, ``field`` + ``width`` z the local field of it, ``q`` the
    overlap of two such states and ``C`` = ρ(1 - q).
    """

    rho: float
    field: float
    width: float
    q: float
    C: float


def coolen_sherrington(alpha: float, T: float, m0: float, times: Any, r0: float = 1.0) -> Flow:
    r"""Follow retrieval in the Hopfield model by random sequential dynamics.

    Spins are drawn one after the other, and drawn anew from their local fields h (Glauber's rule);
    time is in sweeps. (A `multispin.Sampler` attempts every spin once in a sweep, in whichever
    order, and gets on faster; to draw as here, hold all but a few of them, any ones, at a time.)
    With the overlaps :math:`m_\mu` of all patterns, that of the first is m, and

    .. math::

        r = \frac{1}{\alpha} \sum_{\mu > 1} m_\mu^2, \qquad
        \frac{dm}{dt} = \overline{\tanh \beta (m + z)} - m, \qquad
        \frac12 \frac{dr}{dt} = \frac{1}{\alpha} \overline{z \tanh \beta (m + z)} + 1 - r.

    z is what the other patterns add to the local field of a spin, measured along the first. Its
    distribution is taken to be that of all states with the same m and r, alike to each other:

    .. math::

        m = \overline{\tanh u}, \quad q = \overline{\tanh^2 u}, \quad
        u = \mu + \rho \sqrt{\alpha r'} \, y, \quad C = \rho (1 - q), \quad
        r' = \frac{q}{(1 - C)^2}, \quad r = \frac{1}{1 - C} + C r'

    are solved for μ and ρ, and with y, x independent and Gaussian

    .. math::

        z = \sqrt{\alpha r'} \, y + \sqrt{V} x + \rho V s, \qquad
        V = \alpha \frac{1 - q}{1 - C}, \qquad P(s = \pm 1 | y) = \tfrac12 (1 \pm \tanh u).

    This r is not that of `multispin.theory.hopfield`, which is r' here: the former adds up squares
    of overlaps, the latter squares of their thermal means. In equilibrium ρ = β, so that the flow
    rests at r = 1/(1 - C) + C r'.

    Parameters
    ----------
    alpha : float
        Load P/N, from 10⁻⁴ to 10³.
    T : float
        Temperature, from 0.05 to 10⁶. The lower, the longer it takes.
    m0 : float
        Overlap at time 0, from 0 to below 1.
    times : array_like
        Sweeps after which to look, numbers from 0 to 10⁴ in ascending order.
    r0 : float
        r at time 0. States that know of no pattern but the first have r = 1, which is the least
        here. The most is close to :math:`(1 + \sqrt{2 / \pi \alpha} \, e^{-x^2})^2` with
        erf x = m, beyond which there are no states.

    Returns
    -------
    Flow
        To about five digits. Ten sweeps take a second or some.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    A. C. C. Coolen & D. Sherrington, Phys. Rev. Lett. 71, 3886 (1993); Phys. Rev. E 49, 1921
    (1994). Two numbers do not determine the flow exactly: simulations of a state that is not
    retrieved are slower than this.

    r grows with ρ at constant m, so that each of the two equations has one solution, which is
    bracketed.

    Examples
    --------
    >>> from multispin.theory.recall import coolen_sherrington
    >>> flow = coolen_sherrington(0.05, 0.3, 0.4, [0, 1, 2])
    >>> flow.m.round(3).tolist(), flow.r.round(3).tolist()
    ([0.4, 0.679, 0.833], [1.0, 2.487, 2.429])
    """
    alpha = _between("alpha", alpha, _FEWEST_PATTERNS, _MOST_PATTERNS)
    T = _between("T", T, _COLDEST, _HOTTEST)
    m = _overlap("m0", m0)
    r = _between("r0", r0, 1.0, 1.0 + _ALMOST * (largest_r(alpha, m) - 1.0))
    looks = _times(times)
    found, state, now = [], np.array([m, r]), 0.0
    for look in looks.tolist():
        steps = math.ceil((look - now) / _STEP)
        for _ in range(steps):
            state = _after((look - now) / steps, state, alpha, T)
        now = look
        found.append(state)
    m_and_r = np.array(found).reshape(len(found), 2)
    return Flow(looks, m_and_r[:, 0], m_and_r[:, 1])


def largest_r(alpha: float, m: float) -> float:
    """Return the r of the states with overlap m that have the lowest energy."""
    normal = NormalDist()
    return (1.0 + 2.0 * normal.pdf(normal.inv_cdf(0.5 * (1.0 + m))) / math.sqrt(alpha)) ** 2


def ensemble(alpha: float, m: float, r: float) -> Ensemble:
    """Return what makes states of given m and r the typical ones.

    Of the width b = ρ√(αr') everything else follows, and r rises with it.
    """

    def excess(width: float) -> float:
        at = _of_width(alpha, m, width)
        return (1.0 - at.C * (1.0 - at.q)) / (1.0 - at.C) ** 2 - r

    if r <= 1.0:
        return _of_width(alpha, m, 0.0)
    if m < _UNKNOWN:
        m = 0.0
        if r <= 1.0 + 1.0 / math.sqrt(alpha):  # no glass yet, and no field
            return Ensemble(1.0 - 1.0 / r, 0.0, 0.0, 0.0, 1.0 - 1.0 / r)
    high = 1.0
    while excess(high) < 0.0 and high < 1e6:
        high *= 2.0
    return _of_width(alpha, m, root(excess, 0.0, high, _TOLERANCE))


def _of_width(alpha: float, m: float, width: float) -> Ensemble:
    """Return the ensemble of overlap m whose local fields have this width, in units of 1/ρ."""
    # A tanh's average is concave: from the left Newton's method goes up to the root, and never
    # beyond. Without width the root is here, with width it is above.
    field = math.atanh(m)
    for _ in range(_MOST_STEPS):
        local = LocalField(1.0, field, width**2)
        rigid = local.average(lambda u: np.cosh(u) ** -2.0)
        above = field + (m - local.average_of_tanh()) / rigid
        if not above > field * (1.0 + 1e-14):
            break
        field = above
    # Of small fields 1 - q says little, and of large ones the other sum covers a part only.
    q = 1.0 - rigid if rigid < 0.5 else local.average(lambda u: np.tanh(u) ** 2)
    rho = width / (math.sqrt(alpha * q) + width * rigid) if width else 0.0
    return Ensemble(rho, field, width, q, rho * rigid)


def _after(step: float, state: Array, alpha: float, T: float) -> Array:
    """Return m and r a step of time later, by the rule of Runge and Kutta."""
    first = _flow(state, alpha, T)
    second = _flow(state + 0.5 * step * first, alpha, T)
    third = _flow(state + 0.5 * step * second, alpha, T)
    fourth = _flow(state + step * third, alpha, T)
    return state + step / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)


def _flow(state: Array, alpha: float, T: float) -> Array:
    """Return the rates of m and r."""
    m, r = state.tolist()
    at = ensemble(alpha, m, r)
    variance = alpha * (1.0 - at.q) / (1.0 - at.C)  # V
    spread = math.sqrt(alpha * at.q) / (1.0 - at.C)  # √(αr')
    y, weight = _gaussian(max(at.width, spread / T))
    x, chance = _gaussian(math.sqrt(variance) / T)
    magnetized = np.tanh(at.field + at.width * y)
    noise = spread * y[:, None] + math.sqrt(variance) * x
    tanh = moment = 0.0
    for s in (1, -1):
        z = noise + s * at.rho * variance
        spin = np.tanh((m + z) / T)
        weights = 0.5 * (1.0 + s * magnetized) * weight
        tanh += float(weights @ spin @ chance)
        moment += float(weights @ (z * spin) @ chance)
    return np.array([tanh - m, 2.0 * (moment / alpha + 1.0 - r)])


def _gaussian(slope: float) -> tuple[Array, Array]:
    """Return points and weights that average a tanh of such a slope over a Gaussian.

    Sums over an even grid are exact up to exp(-π²/(slope spacing)), 1e-9 here.
    """
    points = math.ceil(_WIDE * max(6.0, 2.0 * slope))
    z = np.linspace(-_WIDE, _WIDE, 2 * points + 1)
    weight = np.exp(-0.5 * z**2)
    return z, weight / weight.sum()


def _times(times: Any) -> Array:
    """Return times as an array, if these are some in ascending order."""
    allowed = f"numbers from 0 to {_LATEST:g} in ascending order"
    found = np.atleast_1d(checks.numbers("times", times, allowed)).astype(np.float64)
    in_order = found.ndim == 1 and bool(np.all(np.diff(found, prepend=0.0) >= 0.0))
    if not in_order or (found > _LATEST).any():
        raise ValueError(checks.describe("times", times, allowed))
    return found


def _overlap(name: str, value: float) -> float:
    """Return an overlap of a pattern that is not whole."""
    allowed = "a number >= 0 and < 1"
    number = checks.finite(name, value, allowed)
    if not 0.0 <= number < 1.0:
        raise ValueError(checks.describe(name, value, allowed))
    return number


def _between(name: str, value: float, least: float, most: float) -> float:
    """Return a number that is within its range."""
    allowed = f"a number from {least:g} to {most:g}"
    number = checks.finite(name, value, allowed)
    if not least <= number <= most:
        raise ValueError(checks.describe(name, value, allowed))
    return number
