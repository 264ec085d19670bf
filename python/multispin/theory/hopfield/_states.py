"""The replica-symmetric states: retrieval, glass, paramagnet."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from multispin._base import checks
from multispin.theory._local_field import LocalField
from multispin.theory._roots import root

#: Beyond these nothing is gained, and differences of numbers near 1 become noise.
COLDEST, HOTTEST, MOST_PATTERNS = 1e-6, 1e6, 1e6

#: Above, a pattern's overlap is less than 6e-4 and numbers are noise.
HOTTEST_RETRIEVAL = 1.0 - 1e-7

#: σ/m where the load of `on_curve` is largest: 0.4672 at T = 0, 0.4782 = √((√33 - 3)/12) at T = 1.
_NEAR_LARGEST = 0.47
_FEWEST_PATTERNS = 1e-12  # of a glass; without any its r is infinite
_LEAST_FIELD = 1e-4  # σ/T of a glass that can be told from a paramagnet
_MOST_STEPS = 100


class State(NamedTuple):
    """A replica-symmetric state at one load and temperature; energies are per spin.

    ``m`` is the overlap with the retrieved pattern and ``q`` that of two replicas. α ``r`` is the
    variance of the local field that the other patterns make: of their overlaps' thermal means m_μ,
    as r = Σ_μ m_μ²/α.
    """

    m: float
    q: float
    r: float
    energy: float
    free_energy: float
    entropy: float


class Point(NamedTuple):
    """A solution of the equations, and the load α that it belongs to; C = β(1 - q)."""

    m: float
    q: float
    C: float
    alpha: float


def retrieval(alpha: float, T: float) -> State | None:
    r"""Solve the Hopfield model in the state that retrieves one pattern.

    With :math:`C = \beta (1 - q)` and x Gaussian of mean m and variance α r, averages over it
    written with a bar,

    .. math::

        m &= \overline{\tanh \beta x}, \qquad q = \overline{\tanh^2 \beta x}, \qquad
        r = \frac{q}{(1 - C)^2}, \\
        e &= -\tfrac12 m^2 - \tfrac{\alpha}{2} \Big(\frac{C}{1 - C} + C r\Big), \\
        s &= \overline{\ln 2 \cosh \beta x - \beta x \tanh \beta x}
        - \tfrac{\alpha}{2} \Big(\ln(1 - C) + \frac{C}{1 - C}\Big), \qquad f = e - T s.

    At T = 0 these are :math:`m = \operatorname{erf}(m / \sqrt{2 \alpha r})`, q = 1 and
    :math:`C = \sqrt{2 / \pi \alpha r} \; e^{-m^2 / 2 \alpha r}`.

    Of several solutions it is the one with the largest m, which is continued from m = 1. It is a
    minimum of the free energy up to `T_M`, and the lowest one up to `T_c`.

    Parameters
    ----------
    alpha : float
        Load P/N, patterns per spin, from 0 to 10⁶.
    T : float
        Temperature: 0, or from 10⁻⁶ to 10⁶.

    Returns
    -------
    State or None
        To about ten digits; None where no state retrieves, so that grids can be scanned; T >
        1 - 10⁻⁷ counts as 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Phys. Rev. Lett. 55, 1530 (1985) and Ann.
    Phys. 173, 30 (1987). The entropy at low T is a little negative, since replicas are not alike
    there: at the capacity it is -0.0014.

    For a given ratio :math:`t = \sqrt{\alpha r} / m` the first equation has one solution at T < 1,
    as :math:`\overline{\tanh a (1 + t z)}` is concave in a > 0. The others then give α. It rises
    with t from 0 to the largest load, and falls beyond, so that the solution wanted is the only one
    with t below that of the largest load. No other can be found by mistake.

    Examples
    --------
    >>> from multispin.theory.hopfield import retrieval
    >>> found = retrieval(0.05, 0.5)
    >>> round(found.m, 5), round(found.q, 5), round(found.r, 5), round(found.energy, 5)
    (0.90411, 0.83336, 1.87478, -0.43682)
    >>> retrieval(0.05, 0.6) is None
    True
    """
    alpha, T = checked_load(alpha), checked_temperature(T)
    if T > HOTTEST_RETRIEVAL:
        return None
    largest = largest_load(T)
    if on_curve(largest, T).alpha < alpha:
        return None
    wanted = math.sqrt(alpha)
    t = root(lambda t: math.sqrt(on_curve(t, T).alpha) - wanted, 0.0, largest)
    m, q, C, _ = on_curve(t, T)
    return _state(alpha, T, m, q, C, q / (1.0 - C) ** 2)


def spin_glass(alpha: float, T: float) -> State:
    r"""Solve the Hopfield model in the state that has no overlap with any pattern.

    That is `retrieval` with m = 0: a glass with q > 0 below `T_g`, a paramagnet with q = r = 0
    above. At T = 0

    .. math:: \sqrt{\alpha r} = \sqrt{\alpha} + \sqrt{2 / \pi}, \qquad
              e = -\frac{1}{\pi} - \sqrt{\frac{2 \alpha}{\pi}}.

    Parameters
    ----------
    alpha : float
        Load P/N, patterns per spin, from 10⁻¹² to 10⁶.
    T : float
        Temperature: 0, or from 10⁻⁶ to 10⁶.

    Returns
    -------
    State
        To about ten digits, with m = 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Ann. Phys. 173, 30 (1987). Replicas are not
    alike anywhere in the glass: at low T its entropy is negative, and its energy too low.

    Examples
    --------
    >>> from multispin.theory.hopfield import spin_glass
    >>> found = spin_glass(0.1, 0.5)
    >>> round(found.q, 4), round(found.energy, 4), round(found.entropy, 4)
    (0.6282, -0.5002, 0.2192)
    >>> spin_glass(0.1, 1.4).q
    0.0
    """
    alpha, T = checked_load(alpha), checked_temperature(T)
    if alpha < _FEWEST_PATTERNS:
        allowed = f"a number from {_FEWEST_PATTERNS:g} to {MOST_PATTERNS:g}"
        raise ValueError(checks.describe("alpha", alpha, allowed))
    # The width σ = √(αr) at T = 0, and the largest one at any T.
    coldest = math.sqrt(alpha) + math.sqrt(2.0 / math.pi)
    if T == 0.0:
        C = math.sqrt(2.0 / math.pi) / coldest
        return _state(alpha, T, 0.0, 1.0, C, coldest**2 / alpha)

    def excess(width: float) -> float:
        q = 1.0 - _rigidity(T, width)
        return width * (1.0 - (1.0 - q) / T) - math.sqrt(alpha * q)

    if excess(_LEAST_FIELD * T) >= 0.0:
        return _state(alpha, T, 0.0, 0.0, 1.0 / T, 0.0)
    width = root(excess, _LEAST_FIELD * T, coldest)
    q = 1.0 - _rigidity(T, width)
    # Towards α = 0, C is so close to 1 that 1 - C is better known like this.
    return _state(alpha, T, 0.0, q, 1.0 - math.sqrt(alpha * q) / width, width**2 / alpha)


def checked_load(alpha: float) -> float:
    """Return a load within the range in which numbers are good."""
    allowed = f"a number from 0 to {MOST_PATTERNS:g}"
    number = checks.finite("alpha", alpha, allowed)
    if not 0.0 <= number <= MOST_PATTERNS:
        raise ValueError(checks.describe("alpha", alpha, allowed))
    return number


def checked_temperature(T: float) -> float:
    """Return a temperature within the range in which numbers are good."""
    allowed = f"0, or a number from {COLDEST:g} to {HOTTEST:g}"
    number = checks.finite("T", T, allowed)
    if number != 0.0 and not COLDEST <= number <= HOTTEST:
        raise ValueError(checks.describe("T", T, allowed))
    return number


# --- solutions with one overlap -------------------------------------------------------------------


def on_curve(t: float, T: float) -> Point:
    """Return the solution with √(αr) = t m at a temperature below 1."""
    if T == 0.0:
        m = math.erf(1.0 / (t * math.sqrt(2.0))) if t else 1.0
        C = math.sqrt(2.0 / math.pi) * math.exp(-0.5 / t**2) / (t * m) if t > 0.01 else 0.0
        return Point(m, 1.0, C, (t * m * (1.0 - C)) ** 2)
    # m = aT, where a tanh's average meets a straight line. It is concave: from the right Newton's
    # method goes down to the root, and never beyond.
    a = 1.0 / T
    for _ in range(_MOST_STEPS):
        field = LocalField(1.0 / a, 1.0, t**2)
        slope = float((field.odd * field.u * np.cosh(field.u) ** -2.0).sum()) / a
        below = a - (field.average_of_tanh() - a * T) / (slope - T)
        if not 0.0 < below < a * (1.0 - 1e-15):
            break
        a = below
    m, rigid = a * T, field.average(lambda u: np.cosh(u) ** -2.0)
    q, C = 1.0 - rigid, rigid / T
    return Point(m, q, C, (t * m * (1.0 - C)) ** 2 / q)


def largest_load(T: float) -> float:
    """Return √(αr)/m where the load is the largest at which a pattern can be retrieved.

    The peak of a parabola through three points, of which each is closer to the curve's own.
    """
    t = _NEAR_LARGEST
    for apart in (0.03, 3e-3, 3e-4):
        low, middle, high = (math.log(on_curve(t + step, T).alpha) for step in (-apart, 0.0, apart))
        t += 0.5 * apart * (high - low) / (2.0 * middle - low - high)
    return t


# --- what follows from a solution -----------------------------------------------------------------


def _rigidity(T: float, width: float) -> float:
    """Return 1 - q of spins without a mean field."""
    return LocalField(T, 0.0, width**2).average(lambda u: np.cosh(u) ** -2.0)


def _state(alpha: float, T: float, m: float, q: float, C: float, r: float) -> State:
    """Return a state with its energies."""
    energy = -0.5 * m * m - 0.5 * alpha * (C / (1.0 - C) + C * r)
    entropy = -0.5 * alpha * (math.log1p(-C) + C / (1.0 - C))
    if T > 0.0:
        # ln 2cosh u - u tanh u, which is small where a spin is rigid.
        entropy += LocalField(T, m, alpha * r).average(
            lambda u: np.log1p(np.exp(-2.0 * u)) + u * (1.0 - np.tanh(u))
        )
    return State(m, q, r, energy, energy - T * entropy, entropy)
