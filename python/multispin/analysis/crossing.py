"""Where the curves of two lattice sizes cross, with bootstrap errors.

A quantity without scaling dimension (Binder's ratio, ξ/L) takes the same value for all sizes at a
continuous transition, up to corrections that shrink with the sizes: the crossing estimates T_c.

The bootstrap draws whole disorder samples, or blocks of draws of a single sample, at all
temperatures at once: neighbouring temperatures of a tempering run are correlated, and errors of
single points would not show by how much the crossing moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.analysis import blocking, overlaps, statistics

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Crossing", "Curve", "binder_ratio_curve", "correlation_length_curve", "crossing"]

Array = npt.NDArray[np.float64]

MOST_RESAMPLES = 2**40
"""Far beyond what memory holds."""


class Curve(NamedTuple):
    """A quantity against temperature: ``value`` (M,), and ``resamples`` of it, (resamples, M)."""

    value: Array
    resamples: Array


class Crossing(NamedTuple):
    """Where two curves cross, each with its standard error.

    ``temperature`` and the curves' common ``height`` are those of the data, ``nan`` if the curves
    do not cross; errors are the spread over the share ``found`` of the resamples that do cross.
    """

    temperature: float
    temperature_error: float
    height: float
    height_error: float
    found: float


def binder_ratio_curve(
    overlap: npt.ArrayLike, samples: bool = False, resamples: int = 1000, seed: int = 0
) -> Curve:
    """Binder's ratio g of the overlap against temperature, with bootstrap resamples.

    This is ``(3 - <q^4>/<q^2>^2)/2`` of spin glasses, as `analysis.overlaps.binder_ratio` has it,
    and not the cumulant of a magnetization, ``1 - <m^4>/(3<m^2>^2)``, which is
    `analysis.statistics.binder_cumulant` and two thirds of such a ratio of m.

    Parameters
    ----------
    overlap : array_like
        q, (M, pairs, draws), or (samples, M, pairs, draws) with ``samples=True``.
    samples : bool
        Whether the first axis holds disorder samples.
    resamples : int
        Number of resamples, at least 2.
    seed : int
        Seed of the resampling; give each size a seed of its own.

    Returns
    -------
    Curve
        g as in `analysis.overlaps.binder_ratio`, without the correction of its bias.

    Raises
    ------
    TypeError, ValueError
        As `analysis.overlaps.binder_ratio`; also if ``resamples`` or ``seed`` is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.crossing import binder_ratio_curve
    >>> q = np.random.default_rng(1).normal(0, 0.1, size=(50, 2, 1, 100))
    >>> bool(np.all(np.abs(binder_ratio_curve(q, samples=True).value) < 0.2))
    True
    """
    q = overlaps.checked("overlap", overlap, samples)
    return _curve(overlaps.ratio_of_moments, samples, resamples, seed, q**2, q**4)


def correlation_length_curve(
    overlap: npt.ArrayLike,
    overlap_k2: npt.ArrayLike,
    length: int,
    samples: bool = False,
    resamples: int = 1000,
    seed: int = 0,
) -> Curve:
    """Correlation length over lattice size ξ/L against temperature, with bootstrap resamples.

    Parameters
    ----------
    overlap, overlap_k2 : array_like
        q and |q(k_min)|², (M, pairs, draws), or (samples, M, pairs, draws) with ``samples=True``.
    length : int
        Side L of the lattice.
    samples : bool
        Whether the first axis holds disorder samples.
    resamples : int
        Number of resamples, at least 2.
    seed : int
        Seed of the resampling; give each size a seed of its own.

    Returns
    -------
    Curve
        ξ/L with ξ as in `analysis.overlaps.correlation_length`, without the correction of its
        bias.

    Raises
    ------
    TypeError, ValueError
        As `analysis.overlaps.correlation_length`; also if ``resamples`` or ``seed`` is not
        allowed.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.crossing import correlation_length_curve
    >>> q, k2 = np.full((2, 1, 100), 0.5), np.full((2, 1, 100), 0.05)
    >>> correlation_length_curve(q, k2, 6).value.round(6)  # ξ = 2
    array([0.333333, 0.333333])
    """
    length = checks.count("length", length, 2, checks.MOST_SITES)
    q, k2 = overlaps.checked_pair(overlap, overlap_k2, samples)

    def over_length(first: Array, second: Array) -> Array:
        return overlaps.length_of_moments(first, second, length) / length

    return _curve(over_length, samples, resamples, seed, q**2, k2)


def crossing(temperature: npt.ArrayLike, small: Curve, large: Curve) -> Crossing:
    """Temperature at which the curve of the large system falls below that of the small one.

    The curves are taken as straight between temperatures. Of several changes of sign of
    d = large − small, which noise makes, the one that parts the temperatures best counts: that
    after which the running sum of d is largest.

    Parameters
    ----------
    temperature : array_like
        (M,), ascending, M >= 2; those of both curves.
    small, large : Curve
        Of the smaller and of the larger system, with the same number of resamples, which were made
        from different seeds.

    Returns
    -------
    Crossing
        In the units of the temperature and of the curves. With ``found`` far from 1 the errors
        are too small: the temperatures do not enclose the crossing well.

    Raises
    ------
    TypeError
        If temperatures are not real, or a curve is none.
    ValueError
        If they are not positive and ascending, or shapes do not fit.

    Notes
    -----
    B. Efron & R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 6.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.crossing import Curve, crossing
    >>> T, noise = np.array([1.0, 2.0, 3.0]), np.random.default_rng(1).normal(0, 0.01, (2, 100, 1))
    >>> small, large = 0.5 + 0 * T, 1.25 - 0.5 * T
    >>> found = crossing(T, Curve(small, small + noise[0]), Curve(large, large + noise[1]))
    >>> found.temperature, found.height, found.found
    (1.5, 0.5, 1.0)
    """
    T = checks.ascending_temperatures("temperature", temperature)
    small, large = (
        checked_curve(name, curve, T.size) for name, curve in (("small", small), ("large", large))
    )
    if len(small.resamples) != len(large.resamples):
        numbers = f"{len(small.resamples)} and {len(large.resamples)}"
        raise ValueError(f"large: got {numbers} resamples, allowed: as many as of small")
    at, height = _cross(T, small.value[None], large.value[None])
    spread_at, spread_height = _cross(T, small.resamples, large.resamples)
    crossed = np.isfinite(spread_at)
    many = crossed.sum() > 1
    return Crossing(
        temperature=float(at[0]),
        temperature_error=_spread(spread_at[crossed]) if many else float("nan"),
        height=float(height[0]),
        height_error=_spread(spread_height[crossed]) if many else float("nan"),
        found=float(crossed.mean()),
    )


def checked_curve(name: str, curve: Curve, size: int) -> Curve:
    """Refuse what is no curve of so many temperatures; values may be nan."""
    allowed = f"a Curve of {size} temperatures and at least 2 resamples"
    checks.instance(name, curve, Curve, allowed)
    value, resamples = (checks.array(name, part, allowed) for part in curve)
    for part in (value, resamples):
        if part.dtype.kind not in "iuf":
            raise TypeError(checks.describe(name, f"an array of {part.dtype}", allowed))
    fits = value.shape == (size,) and resamples.ndim == 2 and resamples.shape[1] == size
    if not fits or len(resamples) < 2:
        shapes = f"{value.shape} and {resamples.shape}"
        raise ValueError(f"{name}: got shapes {shapes}, allowed: {allowed}")
    return Curve(value, resamples)


def _spread(values: Array) -> float:
    """Standard deviation, of values whose squares may overflow."""
    unit = blocking.unit(values)
    return float(unit * (values / unit).std(ddof=1))


def _curve(
    function: Callable[..., Any], samples: bool, resamples: int, seed: int, *moments: Array
) -> Curve:
    """Function of the averages of moments (samples?, M, pairs, draws), and its resamples."""
    resamples, seed = (
        checks.count("resamples", resamples, 2, MOST_RESAMPLES),
        checks.seed("seed", seed),
    )
    if moments[0].ndim != 3 + samples:
        allowed = "(samples, M, pairs, draws)" if samples else "(M, pairs, draws)"
        raise ValueError(f"overlap: got shape {moments[0].shape}, allowed: {allowed}")
    if samples:
        units = np.stack([m.mean(axis=(-2, -1)) for m in moments])
    else:
        units = _independent(np.stack([m.mean(axis=-2) for m in moments]))
    count = units.shape[1]
    check_memory(
        f"resamples: {resamples} of {count} units", 8 * resamples * (3 * count + units.size)
    )
    rng = np.random.default_rng(seed)
    # How often each sample or block was drawn; the averages are then matrix products.
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=resamples) / count
    return Curve(function(*units.mean(axis=1)), function(*(drawn @ units)))


def _independent(series: Array) -> Array:
    """Means (moments, blocks, M) of blocks of draws long enough for the slowest of the series."""
    tau = float(np.max(statistics.autocorrelation_time(series).tau))
    length = blocking.length(tau, 1, series.shape[-1])
    return np.moveaxis(blocking.means(series[..., None, :], length), -1, 1)


def _cross(T: Array, small: Array, large: Array) -> tuple[Array, Array]:
    """Temperature and height of the crossing in each row of (rows, M), nan where there is none."""
    with np.errstate(over="ignore", invalid="ignore"):  # curves may have no value somewhere
        return _crossed(T, small, large)


def _crossed(T: Array, small: Array, large: Array) -> tuple[Array, Array]:
    d = large - small
    # Up to the largest running sum d is positive on the whole, after it negative, and so are the
    # two neighbours of that place.
    left = np.cumsum(np.nan_to_num(d), axis=1).argmax(axis=1)
    inside = left < d.shape[1] - 1
    left = np.where(inside, left, 0)
    row = np.arange(len(d))
    before, after = d[row, left], d[row, left + 1]
    inside &= (before > 0) & (after <= 0)
    share = np.where(inside, before, np.nan) / np.where(inside, before - after, 1.0)
    at = T[left] + share * (T[left + 1] - T[left])
    return at, small[row, left] + share * (small[row, left + 1] - small[row, left])
