"""How much other rules and other networks store."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

from multispin._base import checks
from multispin._base.extras import require

_NORMAL = NormalDist()
_LARGEST_ORDER, _MOST_MIXED = 100, 999
_SPARSEST = 1e-6
_MOST = 1e15  # spins and patterns, as numbers whose powers are floats


class Mixture(NamedTuple):
    """Overlap ``m`` with each of the patterns that are mixed, and energy per spin."""

    m: float
    energy: float


def pseudo_inverse_energy(alpha: float) -> float:
    r"""Energy per spin of a stored pattern under the pseudo-inverse rule.

    .. math:: J = \Xi^T (\Xi \Xi^T)^{-1} \Xi, \qquad e = -\tfrac12 (1 - \alpha)

    for any P linearly independent patterns, the rows of Ξ. J projects on them and has the trace P,
    of which energies without self-couplings lack a half: :math:`E = -(N - P)/2` exactly.

    Parameters
    ----------
    alpha : float
        Load P/N, from 0 to 1.

    Returns
    -------
    float
        The energy per spin.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    L. Personnaz, I. Guyon & G. Dreyfus, J. Physique Lett. 46, L359 (1985); I. Kanter & H.
    Sompolinsky, Phys. Rev. A 35, 380 (1987).

    Examples
    --------
    >>> from multispin.theory.hopfield import pseudo_inverse_energy
    >>> pseudo_inverse_energy(0.5)
    -0.25
    """
    return -0.5 * (1.0 - _between("alpha", alpha, 0.0, 1.0))


def symmetric_mixture(n: int) -> Mixture:
    r"""Mixture of an odd number of patterns at α = 0 and T = 0, sgn(ξ¹ + … + ξⁿ).

    .. math:: m = \frac1n \overline{\left| \xi^1 + \dots + \xi^n \right|}
              = 2^{1-n} \binom{n-1}{(n-1)/2}, \qquad e = -\tfrac{n}{2} m^2

    Of three patterns it has m = 1/2 and e = −3/8, above the −1/2 of each of them.

    Parameters
    ----------
    n : int
        Number of patterns, odd, from 1 to 999.

    Returns
    -------
    Mixture
        Exact.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.

    Notes
    -----
    D. J. Amit, H. Gutfreund & H. Sompolinsky, Phys. Rev. A 32, 1007 (1985).

    Examples
    --------
    >>> from multispin.theory.hopfield import symmetric_mixture
    >>> tuple(symmetric_mixture(3))
    (0.5, -0.375)
    """
    number = checks.count("n", n, 1, _MOST_MIXED)
    if number % 2 == 0:
        raise ValueError(checks.describe("n", n, f"an odd integer >= 1 and <= {_MOST_MIXED}"))
    m = math.comb(number - 1, (number - 1) // 2) / 2 ** (number - 1)
    return Mixture(m, -0.5 * number * m * m)


def sequence_capacity() -> float:
    r"""Largest load at which sequences of patterns are recalled at T = 0, 0.2691.

    Couplings :math:`\frac1N \sum_\mu \xi_i^{\mu+1} \xi_j^\mu` and parallel dynamics go from each
    pattern to the next. Noise of the other patterns is made anew in each step, and

    .. math::

        m = \operatorname{erf} \frac{m}{\sqrt{2 \alpha \rho}}, \qquad
        \rho = \frac{1}{1 - g^2}, \qquad
        g = \sqrt{\frac{2}{\pi \alpha \rho}} \, e^{-m^2 / 2 \alpha \rho}.

    With x = m/√(2αρ) the capacity is the largest load on

    .. math:: 2 \alpha = \frac{\operatorname{erf}^2 x}{x^2} - \frac4\pi e^{-2 x^2}.

    Returns
    -------
    float
        The capacity, to about ten digits.

    Raises
    ------
    MissingExtraError
        If scipy is not installed (extra ``[theory]``).

    Notes
    -----
    A. Düring, A. C. C. Coolen & D. Sherrington, J. Phys. A 31, 8607 (1998).

    Examples
    --------
    >>> from multispin.theory.hopfield import sequence_capacity
    >>> round(sequence_capacity(), 5)
    0.26906
    """
    optimize = require("scipy.optimize", "theory")

    def less(x: float) -> float:
        return -0.5 * (math.erf(x) / x) ** 2 + 2.0 / math.pi * math.exp(-2.0 * x * x)

    return -float(optimize.minimize_scalar(less, bounds=(0.5, 3.0), method="bounded").fun)


def diluted_capacity() -> float:
    r"""Largest load of an extremely diluted network at T = 0, 2/π patterns a coupling.

    Each spin has K couplings, of which none is symmetric, with :math:`1 \ll K \ll \ln N`, and αK
    patterns. Then :math:`m = \operatorname{erf}(m / \sqrt{2 \alpha})` in every step of parallel
    dynamics, without memory, which has m > 0 up to α = 2/π; m vanishes there continuously.

    Returns
    -------
    float
        2/π = 0.6366.

    Notes
    -----
    B. Derrida, E. Gardner & A. Zippelius, Europhys. Lett. 4, 167 (1987).

    Examples
    --------
    >>> from multispin.theory.hopfield import diluted_capacity
    >>> round(diluted_capacity(), 4)
    0.6366
    """
    return 2.0 / math.pi


def sparse_capacity(activity: float) -> float:
    r"""Largest load of sparse patterns of 0 and 1 at T = 0 and with the best threshold.

    Of the neurons V = 0, 1 a part a is active in each pattern η, couplings are

    .. math:: J_{ij} = \frac{1}{N a (1 - a)} \sum_\mu (\eta_i^\mu - a)(\eta_j^\mu - a),

    and V is 1 where the local field is above a threshold. With Φ and φ of a normal distribution,
    :math:`x_1` and :math:`x_0` the distances, in units of the noise's width σ, by which the mean
    fields of active and of other neurons are above and below the threshold,

    .. math::

        m &= \Phi(x_1) - \Phi(-x_0) = (x_0 + x_1) \sigma, \qquad
        q = a \Phi(x_1) + (1 - a) \Phi(-x_0), \\
        C &= \frac{a \varphi(x_1) + (1 - a) \varphi(x_0)}{\sigma}, \qquad
        \sigma^2 = \frac{\alpha q}{(1 - C)^2},

    so that :math:`\sqrt{\alpha} = (\sigma - C \sigma) / \sqrt{q}` is a function of :math:`x_0` and
    :math:`x_1`, whose largest value is wanted. Its asymptote :math:`1 / (2 a |\ln a|)` is far off:
    at a = 0.05 it is 3.34.

    Parameters
    ----------
    activity : float
        a, from 10⁻⁶ to 0.5.

    Returns
    -------
    float
        The capacity P/N, to about eight digits.

    Raises
    ------
    TypeError, ValueError
        If it is not such a number.
    MissingExtraError
        If scipy is not installed (extra ``[theory]``).

    Notes
    -----
    M. V. Tsodyks & M. V. Feigelman, Europhys. Lett. 6, 101 (1988).

    Examples
    --------
    >>> from multispin.theory.hopfield import sparse_capacity
    >>> round(sparse_capacity(0.05), 4)
    0.9429
    """
    a = _between("activity", activity, _SPARSEST, 0.5)
    optimize = require("scipy.optimize", "theory")

    def less(x: tuple[float, float]) -> float:
        return -_sparse_root_of_load(a, *x)

    # The threshold is above nearly all of the neurons that are silent, and below most others.
    start = (1.0, math.sqrt(2.0 * math.log(1.0 / a)))
    options = {"xatol": 1e-8, "fatol": 1e-14, "maxiter": 2000}
    found = optimize.minimize(less, start, method="Nelder-Mead", options=options)
    return float(found.fun) ** 2


def _sparse_root_of_load(a: float, x1: float, x0: float) -> float:
    """Return √α of a state whose neurons are so far from the threshold."""
    width = (_NORMAL.cdf(x1) - _NORMAL.cdf(-x0)) / (x0 + x1)
    slope = a * _NORMAL.pdf(x1) + (1.0 - a) * _NORMAL.pdf(x0)
    return (width - slope) / math.sqrt(a * _NORMAL.cdf(x1) + (1.0 - a) * _NORMAL.cdf(-x0))


def dense_error(n: int, N: float, K: float) -> float:
    r"""Part of the spins that turn in one step from a pattern in a dense associative memory.

    .. math:: E = -\sum_{\mu=1}^{K} \Big(\sum_i \xi_i^\mu s_i\Big)^n, \qquad
              p = Q\left(\sqrt{\frac{N^{n-1}}{(2n - 3)!! \, K}}\right)

    with Q the tail of a normal distribution.

    Parameters
    ----------
    n : int
        Power, 2 to 100; n = 2 is the Hopfield model.
    N, K : float
        Numbers of spins and of patterns, from 1 to 10¹⁵.

    Returns
    -------
    float
        The probability of an error, for many spins and patterns.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    D. Krotov & J. J. Hopfield, Adv. Neural Inf. Process. Syst. 29 (2016).

    Examples
    --------
    >>> from multispin.theory.hopfield import dense_error
    >>> round(dense_error(3, 1000, 61_600), 4)
    0.01
    """
    n = checks.count("n", n, 2, _LARGEST_ORDER)
    N, K = _between("N", N, 1.0, _MOST), _between("K", K, 1.0, _MOST)
    # By logarithms, since N^(n - 1) may be beyond the largest float; Q(40) is 0.
    logarithm = (n - 1) * math.log(N) - _log_double_factorial(n) - math.log(K)
    return _NORMAL.cdf(-math.exp(0.5 * min(logarithm, 2.0 * math.log(40.0))))


def dense_capacity(n: int, error: float) -> float:
    r"""Number of patterns of a dense associative memory with a given error, K / N^(n-1).

    The inverse of `dense_error`, :math:`1 / ((2n - 3)!! \, Q^{-1}(p)^2)`.

    Parameters
    ----------
    n : int
        Power, 2 to 100.
    error : float
        p, the part of the spins that turn in one step, from 10⁻³⁰⁰ to 0.49.

    Returns
    -------
    float
        K in units of :math:`N^{n-1}`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Notes
    -----
    D. Krotov & J. J. Hopfield, Adv. Neural Inf. Process. Syst. 29 (2016).

    Examples
    --------
    >>> from multispin.theory.hopfield import dense_capacity
    >>> round(dense_capacity(3, 0.01), 4)
    0.0616
    """
    n = checks.count("n", n, 2, _LARGEST_ORDER)
    distance = _NORMAL.inv_cdf(_between("error", error, 1e-300, 0.49))
    return math.exp(-_log_double_factorial(n)) / distance**2


def _log_double_factorial(n: int) -> float:
    """Return the logarithm of (2n - 3)!! = 1 · 3 · 5 ⋯ (2n - 3)."""
    return sum(math.log(factor) for factor in range(1, 2 * n - 2, 2))


def _between(name: str, value: float, least: float, most: float) -> float:
    """Return a number that is within its range."""
    allowed = f"a number from {least:g} to {most:g}"
    number = checks.finite(name, value, allowed)
    if not least <= number <= most:
        raise ValueError(checks.describe(name, value, allowed))
    return number
