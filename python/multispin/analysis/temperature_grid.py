"""Where to put the temperatures of a tempering run, from what an earlier run measured.

Each function takes the temperatures of the run and something measured at them, and returns as many
temperatures with the same ends. Apply, run again, and repeat until they stay: two or three times.
A start without a run is ``numpy.geomspace(lowest, highest, M)``, right if the specific heat were
constant.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from multispin._base import checks

__all__ = ["equal_acceptance", "feedback_optimized"]

Array = npt.NDArray[np.float64]

# How far apart temperatures are that never swap, or always, an acceptance does not say.
_FAINTEST = 1e-4
# An interval keeps at least this share of the mean weight: noise in f must not empty it.
_LEAST_WEIGHT = 0.1


def equal_acceptance(temperatures: npt.ArrayLike, acceptance: npt.ArrayLike) -> Array:
    """Temperatures between which swaps are accepted equally often.

    For energies that are normally distributed with slowly varying width σ_E, swaps between inverse
    temperatures Δβ apart are accepted with probability A = erfc(½ Δβ σ_E). So erfc⁻¹(A) measures a
    distance that adds up along the temperatures, and new ones are placed equally far apart, with
    the distance taken as proportional to ln T between two old ones.

    Parameters
    ----------
    temperatures : array_like
        (M,), ascending, M >= 2.
    acceptance : array_like
        (M − 1,), accepted over attempted swaps of each pair of neighbours, from 0 to 1; average
        over disorder samples first. Less than 10⁻⁴ counts as 10⁻⁴, and more than 1 − 10⁻⁴ as that.

    Returns
    -------
    ndarray
        float64, (M,), ascending, with the same ends.

    Raises
    ------
    TypeError
        If temperatures or acceptances are not real.
    ValueError
        If temperatures are not positive and ascending, or acceptances are not M − 1 numbers from 0
        to 1.

    Notes
    -----
    K. Hukushima & K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), section 2; the error function:
    C. Predescu, M. Predescu & C. V. Ciobanu, J. Chem. Phys. 120, 4119 (2004).

    Examples
    --------
    >>> from multispin.analysis.temperature_grid import equal_acceptance
    >>> equal_acceptance([1.0, 2.0, 4.0], [0.3, 0.3]).round(6).tolist()
    [1.0, 2.0, 4.0]
    >>> bool(equal_acceptance([1.0, 2.0, 4.0], [0.1, 0.3])[1] < 2.0)
    True
    """
    T = checks.ascending_temperatures("temperatures", temperatures)
    measured = _unit_interval("acceptance", acceptance, T.size - 1)
    clipped = np.clip(measured, _FAINTEST, 1 - _FAINTEST)
    # erfc⁻¹(A) = −Φ⁻¹(A/2)/√2; the factor does not matter
    distance = np.array([-NormalDist().inv_cdf(a / 2) for a in clipped])
    inner = np.exp(_equal_shares(np.log(T), distance)[1:-1])
    return np.concatenate([T[:1], inner, T[-1:]])


def feedback_optimized(temperatures: npt.ArrayLike, from_top: npt.ArrayLike) -> Array:
    """Temperatures that make round trips fast: most of them where walkers diffuse slowest.

    The current of walkers between the ends is proportional to D(T) η(T) df/dT, with the density of
    temperatures η = 1/ΔT and the diffusivity D; round trips are fastest for the density ::

        η'(T) ∝ 1/√D(T) ∝ √(Δf/ΔT · 1/ΔT)

    with which f, the fraction of walkers that come from the top, becomes linear in the index of the
    temperature. f is made monotonic first, and no interval gets less than a tenth of the mean
    weight, so that noise cannot empty one.

    Parameters
    ----------
    temperatures : array_like
        (M,), ascending, M >= 2.
    from_top : array_like
        f, (M,), from 0 to 1: ``from_top`` of `multispin.temper`, averaged over disorder samples.
        The ends count as 0 and 1.

    Returns
    -------
    ndarray
        float64, (M,), ascending, with the same ends.

    Raises
    ------
    TypeError
        If temperatures or fractions are not real.
    ValueError
        If temperatures are not positive and ascending, or fractions are not M numbers from 0 to 1
        (``nan``: no walker has been at an end; such a run is too short to learn from).

    Notes
    -----
    H. G. Katzgraber, S. Trebst, D. A. Huse & M. Troyer, J. Stat. Mech. P03018 (2006), section 2.

    Examples
    --------
    >>> from multispin.analysis.temperature_grid import feedback_optimized
    >>> feedback_optimized([1.0, 2.0, 3.0], [0.0, 0.8, 1.0]).round(6).tolist()
    [1.0, 1.75, 3.0]
    """
    T = checks.ascending_temperatures("temperatures", temperatures)
    f = _unit_interval("from_top", from_top, T.size)
    f[0], f[-1] = 0.0, 1.0
    rising = (np.maximum.accumulate(f) + np.minimum.accumulate(f[::-1])[::-1]) / 2
    weight = np.sqrt(np.diff(rising))
    return _equal_shares(T, np.maximum(weight, _LEAST_WEIGHT * weight.mean()))


def _equal_shares(position: Array, weight: Array) -> Array:
    """Positions that cut the weight between the old ones into as many equal shares."""
    total = np.concatenate([[0.0], np.cumsum(weight)])
    return np.interp(np.linspace(0.0, total[-1], position.size), total, position)


def _unit_interval(name: str, values: npt.ArrayLike, size: int) -> Array:
    """Check that there are `size` numbers from 0 to 1, and return them as a new float64 array."""
    allowed = f"{size} numbers from 0 to 1"
    array = checks.numbers(name, values, allowed)
    if array.shape != (size,) or not bool(np.all((array >= 0) & (array <= 1))):
        raise ValueError(checks.describe(name, values, allowed))
    return array.astype(np.float64)
