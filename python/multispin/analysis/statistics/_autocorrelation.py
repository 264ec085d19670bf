"""Autocorrelation times, by Wolff's automatic window, and means with errors that allow for them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin.analysis import blocking
from multispin.analysis.statistics._series import MIN_BLOCKS, Estimate, pooled, unwrapped

Array = npt.NDArray[np.float64]

# Wolff's S: the window closes where truncation and noise of τ balance if ρ decays with S τ_int.
_WINDOW_FACTOR = 1.5
# A series that measures itself worth fewer independent draws than this is too short to tell.
_MIN_EFFECTIVE = 7


class Autocorrelation(NamedTuple):
    """Integrated autocorrelation time, its standard error, and the window it was summed over."""

    tau: Array
    error: Array
    window: npt.NDArray[np.int64]


def autocorrelation_time(series: npt.ArrayLike, replicas: bool = False) -> Autocorrelation:
    """Integrated autocorrelation time with Wolff's automatic window.

    ::

        τ(W) = ½ + Σ_{t=1}^{W} ρ(t),   ρ(t) = Γ(t)/Γ(0)

    The window W is the first at which exp(−W/τ_W) < τ_W/√(W n), τ_W = 1.5/ln((2τ + 1)/(2τ − 1)).
    The biases from subtracting the series' own mean and from the tail beyond W are removed. The
    error is τ √(4|W + ½ − τ|/n). For anticorrelated series (ρ(1) < 0) τ_W is at least
    −1.5/ln|ρ(1)|. A τ that makes the error of the mean two standard deviations smaller than √n
    blocks (8 at least) do is raised to there, and one above n/14 becomes n/2 (see ``mean``).

    Parameters
    ----------
    series : array_like
        Real and finite, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Autocorrelation
        ``tau`` and ``error`` in draws, ``window``; shape (...). A constant series has τ = ½ ± 0.

    Raises
    ------
    TypeError
        If the series is not real.
    ValueError
        If it has fewer than 20 draws, or values that are not finite.

    Notes
    -----
    Wolff (2004): error of τ, eq. (42); bias, eq. (49); the automatic window follows there. The
    estimate means something only if the series is much longer than τ.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> rng = np.random.default_rng(1)
    >>> result = statistics.autocorrelation_time(rng.normal(size=100_000))
    >>> bool(abs(result.tau - 0.5) < 0.02)
    True
    """
    return windowed(pooled("series", series, replicas))[0]


def effective_draws(series: npt.ArrayLike, replicas: bool = False) -> Array:
    """Number of independent draws that the series is worth, n/(2τ_int).

    Parameters
    ----------
    series : array_like
        Real, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    ndarray
        float64, shape (...).

    Raises
    ------
    TypeError, ValueError
        As ``autocorrelation_time``.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> float(statistics.effective_draws(np.ones(100)))
    100.0
    """
    x = pooled("series", series, replicas)
    return unwrapped(x.shape[-2] * x.shape[-1] / (2 * windowed(x)[0].tau))


def mean(series: npt.ArrayLike, replicas: bool = False) -> Estimate:
    """Mean with its standard error √(2τ_int Γ(0)/n).

    The error is right on average for series of 30 τ_int or more. A series that measures itself
    shorter than 14 τ_int, worth 7 independent draws, has no τ that can be believed and counts as
    one draw, τ_int = n/2: down to 2 τ_int the mean error is within a factor 1.75 of the exact one.
    Shorter series than that may never have left one corner: no error is to be believed.

    Parameters
    ----------
    series : array_like
        Real, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` and ``error`` in the units of the series, ``tau`` in draws; shape (...).

    Raises
    ------
    TypeError, ValueError
        As ``autocorrelation_time``.

    Notes
    -----
    Sokal (1997), section 3; Wolff (2004), section 3.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> estimate = statistics.mean(np.full(100, 3.0))
    >>> float(estimate.value), float(estimate.error)
    (3.0, 0.0)
    """
    x = pooled("series", series, replicas)
    autocorrelation, error = windowed(x)
    return Estimate(unwrapped(x.mean(axis=(-2, -1))), unwrapped(error), autocorrelation.tau)


def windowed(x: Array) -> tuple[Autocorrelation, Array]:
    """Autocorrelation time in Wolff's window, and the error of the mean, √(2τΓ(0)/n)."""
    unit = blocking.unit(x, axis=(-2, -1))
    x = x / unit
    gamma, total = _autocovariance(x)
    variance = gamma[..., :1]
    constant = variance[..., 0] == 0
    rho = gamma / np.where(variance > 0, variance, 1.0)
    tau = np.cumsum(rho, axis=-1) - 0.5
    w = np.arange(gamma.shape[-1])
    decay = _decay(tau)
    # That vanishes for τ ≤ ½. Anticorrelated draws (Metropolis at high T flips nearly every spin)
    # need a window all the same: as wide as ρ(1) says, but not so wide that it closes at once.
    alternating = -1 / np.log(np.clip(-rho[..., 1:2], 1e-300, 1 - 1e-12))
    decay = _WINDOW_FACTOR * np.maximum(decay, np.minimum(alternating, np.sqrt(total) / 8))
    with np.errstate(under="ignore"):
        closed = np.exp(-w / decay) < decay / np.sqrt(np.maximum(w, 1) * total)
    closed[..., 0], closed[..., -1] = False, True
    window = closed.argmax(axis=-1)
    raw = np.take_along_axis(tau, window[..., None], axis=-1)[..., 0]
    # Γ is short of C/n at every lag, as the mean was taken from the same series (eq. 49), and the
    # window cuts off a tail, taken for that of one exponential.
    with np.errstate(under="ignore"):
        tail = np.exp(-window / _decay(raw))
    spread = np.maximum(2 * raw * variance[..., 0], 0) / total
    spread = spread / ((1 - (2 * window + 1) / total) * (1 - tail))
    # Noise can make that arbitrarily small; long blocks say where it is too small to be true, and
    # where they all agree (strictly alternating draws) a last draw too many still shifts the mean.
    blocks = blocking.means(x, _long_block(*x.shape[-2:]))
    count = blocks.shape[-1]
    seen = blocks.var(axis=-1, ddof=1) / count
    seen = np.maximum(seen / (1 + 2 * np.sqrt(2 / (count - 1))), variance[..., 0] / total**2)
    spread = np.maximum(spread, seen)
    zero = variance[..., 0] + spread
    # A series of few τ shows too short a τ; what can still be said is that it is one draw.
    spread = np.where(zero < _MIN_EFFECTIVE * spread, zero, spread)
    best = np.where(constant, 0.5, total * spread / np.where(constant, 1.0, 2 * zero))
    error = best * np.sqrt(4 * np.abs(window + 0.5 - best) / total)
    error = np.where(constant, 0.0, error)
    found = Autocorrelation(unwrapped(best), unwrapped(error), np.asarray(window)[()])
    return found, unit[..., 0, 0] * np.where(constant, 0.0, np.sqrt(spread))


def padded(draws: int) -> int:
    """Return how long a series is when it is transformed: with zeros behind, a power of two."""
    return 1 << (2 * draws - 1).bit_length()


def _autocovariance(x: Array) -> tuple[Array, int]:
    """Γ(t) over all replicas, (..., draws // 2), of (..., replicas, draws); and all their draws."""
    replicas, draws = x.shape[-2:]
    centred = x - x.mean(axis=(-2, -1), keepdims=True)
    # A constant series must come out as exactly constant, whatever rounding does to its mean.
    constant = np.ptp(x, axis=(-2, -1), keepdims=True) == 0
    centred = np.where(constant, 0.0, centred)
    size = padded(draws)
    lags = draws // 2
    power = np.abs(np.fft.rfft(centred, n=size, axis=-1)) ** 2
    sums = np.fft.irfft(power.sum(axis=-2), n=size, axis=-1)[..., :lags]
    return sums / (replicas * (draws - np.arange(lags))), replicas * draws


def _decay(tau: Array) -> Array:
    """Time constant of the one exponential that has this τ_int; 0 for τ_int ≤ ½."""
    return np.asarray(0.5 / np.arctanh(1 / np.maximum(2 * tau, 1 + 1e-12)))


def _long_block(replicas: int, draws: int) -> int:
    """Draws in a block if there are to be √n blocks over all replicas, at least 8 and one each."""
    blocks = max(MIN_BLOCKS, math.isqrt(replicas * draws))
    return draws // -(-blocks // replicas)
