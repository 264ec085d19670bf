"""Has a run reached equilibrium? Logarithmic binning of its measurements.

A glass forgets its start over a time that nobody knows beforehand, and no measurement within a run
shows that the run is long enough for the next valley to be found. What can be shown is that nothing
has changed over the last decades of time: averages over the draws (t/2, t] for t = n, n/2, n/4, …
agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import blocking, statistics

__all__ = ["LogarithmicBins", "logarithmic_bins"]

Array = npt.NDArray[np.float64]

_COMPARED = 3


class LogarithmicBins(NamedTuple):
    """Averages over (t/2, t], and whether the last three agree.

    ``stop`` (bins,) is t in draws, ascending, each about twice the one before; ``value`` and
    ``error`` (..., bins) are of the averages. ``difference`` (..., 2) is the last average minus the
    third last and minus the second last, ``difference_error`` the standard errors of these, and
    ``equilibrated`` (...) says whether both are small enough.
    """

    stop: npt.NDArray[np.int64]
    value: Array
    error: Array
    difference: Array
    difference_error: Array
    equilibrated: npt.NDArray[np.bool_]


def logarithmic_bins(
    series: npt.ArrayLike, samples: bool = False, tolerance: float = 3.0
) -> LogarithmicBins:
    """Averages over the second half, the second quarter, … of a run, and whether they have settled.

    With disorder samples the bins are compared sample by sample, so that the spread between samples
    drops out of the differences; with a single one the bins count as independent, which they are
    up to τ_int draws at their borders.

    Parameters
    ----------
    series : array_like
        Real, (..., replicas or pairs, draws), from the first sweep on without thermalization; with
        ``samples=True`` (samples, ..., replicas or pairs, draws). Energy, q², and the link overlap
        settle differently fast: look at each.
    samples : bool
        Whether the first axis holds disorder samples.
    tolerance : float
        Standard errors by which averages may differ.

    Returns
    -------
    LogarithmicBins
        In the units of the series. Each of the two differences of an equilibrated run exceeds 3
        errors with probability 0.3 % (by Student's t 1.5 % with 10 samples, and 10 % with 3).
        A ``False`` is believed more easily than a ``True``: see above.

    Raises
    ------
    TypeError
        If the series is not real.
    ValueError
        If an axis is missing, the tolerance is not positive, there are fewer than 2 samples, fewer
        than 8 draws, or with a single sample fewer than 160 (20 for each error).

    Notes
    -----
    H. G. Katzgraber, M. Körner & A. P. Young, Phys. Rev. B 73, 224432 (2006), section II.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.equilibration import logarithmic_bins
    >>> rng, t = np.random.default_rng(1), np.arange(4096)
    >>> fast, slow = np.exp(-t / 10), np.exp(-t / 1000)
    >>> noise = rng.normal(0, 0.1, size=(20, 2, 1, 4096))
    >>> logarithmic_bins(np.stack([fast, slow])[:, None] + noise, samples=True).equilibrated
    array([ True, False])
    """
    tolerance = checks.positive_finite("tolerance", tolerance)
    x = _series(series, samples)
    fewest = 1 if samples else statistics.MIN_DRAWS
    n = x.shape[-1]
    if n >> _COMPARED < fewest:
        raise ValueError(f"series: got {n} draws, allowed: at least {fewest << _COMPARED}")
    unit = blocking.unit(x)
    x = (x / unit).mean(axis=-2)
    bounds = _bounds(n, fewest)
    stop = np.array([last for _, last in bounds], dtype=np.int64)
    if samples:
        each = np.stack([x[..., a:b].mean(axis=-1) for a, b in bounds], axis=-1)
        value, error = _over_samples(each)
        difference, difference_error = _over_samples(each[..., -1:] - each[..., -_COMPARED:-1])
    else:
        found = [statistics.mean(x[..., a:b]) for a, b in bounds]
        value = np.stack([one.value for one in found], axis=-1)
        error = np.stack([one.error for one in found], axis=-1)
        difference = value[..., -1:] - value[..., -_COMPARED:-1]
        difference_error = np.hypot(error[..., -1:], error[..., -_COMPARED:-1])
    # Series that stand still have no errors, and averages that differ by rounding only.
    rounding = 1e-12 * np.abs(x).max()
    with np.errstate(over="ignore"):  # by a huge tolerance
        settled = np.abs(difference) <= tolerance * difference_error + rounding
    return LogarithmicBins(
        stop,
        value * unit,
        error * unit,
        difference * unit,
        difference_error * unit,
        np.asarray(settled.all(axis=-1))[()],
    )


def _bounds(draws: int, fewest: int) -> list[tuple[int, int]]:
    """Bins (t/2, t] of at least `fewest` draws, in order of time."""
    bounds = []
    while draws - draws // 2 >= fewest:
        bounds.append((draws // 2, draws))
        draws //= 2
    return bounds[::-1]


def _over_samples(values: Array) -> tuple[Array, Array]:
    """Mean and standard error over the first axis."""
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))


def _series(series: npt.ArrayLike, samples: bool) -> Array:
    """Check a series and return it as float64 (samples?, ..., replicas, draws)."""
    x = checks.numbers("series", series, "finite real numbers", "fiub")
    samples = checks.flag("samples", samples)
    if x.ndim < 2 + samples or x.size == 0:
        shape = "(samples, ..., replicas, draws)" if samples else "(..., replicas, draws)"
        raise ValueError(f"series: got shape {x.shape}, allowed: {shape}, none of them empty")
    if samples and len(x) < 2:
        raise ValueError(f"series: got {len(x)} sample, allowed: at least 2")
    return x
