"""How the statistical error of a mean falls with the number of replicas.

Replicas that share nothing but their couplings are worth 1/√R: the error of a mean over R of them,
in a run of fixed length. Replicas that share random numbers are worth less, and this shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import blocking, statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReplicaError", "replica_error"]

Array = npt.NDArray[np.float64]


class ReplicaError(NamedTuple):
    """Standard error of the mean of a run with 1, 2, 4, … replicas, and its power law.

    ``replicas`` (sizes,), ``error`` and ``uncertainty`` (the error's own standard error), both
    (sizes,); log error = ``slope`` · log replicas + const, with ``slope_error``.
    """

    replicas: npt.NDArray[np.int64]
    error: Array
    uncertainty: Array
    slope: float
    slope_error: float


def replica_error(series: npt.ArrayLike) -> ReplicaError:
    """Error of the mean over 1, 2, 4, … replicas, and the slope of its logarithm.

    The run is cut into B blocks of draws, of 10 τ_int or so, and its replicas into G disjoint
    groups of R. With Y_gk the mean of group g in block k ::

        error²(R) = Σ_gk (Y_gk − Ȳ)² / (B (G B − 1)),   slope = d ln error / d ln R

    with what correlation is left between blocks allowed for as in `statistics.jackknife`. All sizes
    see the same noise, so uncertainties, and that of the slope, are by jackknife over blocks.

    Parameters
    ----------
    series : array_like
        Real, (replicas, draws), in equilibrium, at least 2 replicas. Replicas beyond the largest
        multiple of R are left out for that R.

    Returns
    -------
    ReplicaError
        ``error`` in the units of the series. The slope of independent replicas is −½, and that of
        replicas that move in step 0; it is fitted by unweighted least squares, and ``nan`` if some
        error is 0.

    Raises
    ------
    TypeError
        If the series is not real.
    ValueError
        If it is not (replicas, draws) with at least 2 replicas and 20 draws, or has values that are
        not finite.

    Notes
    -----
    Blocks: H. Flyvbjerg & H. G. Petersen, J. Chem. Phys. 91, 461 (1989). Jackknife: B. Efron, The
    Jackknife, the Bootstrap and Other Resampling Plans, SIAM (1982).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis.replica_error import replica_error
    >>> found = replica_error(np.random.default_rng(1).normal(size=(16, 4000)))
    >>> found.replicas.tolist(), bool(abs(found.slope + 0.5) < 4 * found.slope_error < 0.3)
    ([1, 2, 4, 8, 16], True)
    """
    x = checks.numbers("series", series, "finite real numbers", "fiub")
    if x.ndim != 2 or len(x) < 2:
        raise ValueError(f"series: got shape {x.shape}, allowed: (replicas, draws), 2 replicas")
    tau = float(statistics.autocorrelation_time(x, replicas=True).tau)
    replicas = 2 ** np.arange(len(x).bit_length())
    return error_of_groups(replicas, [group_means(x, int(R)) for R in replicas], tau)


# --- Pieces, shared with replica_sweeps -----------------------------------------------------------


def group_means(x: Array, size: int) -> Array:
    """Means over groups of `size` replicas, of (replicas, draws, ...): (groups, draws, ...)."""
    groups = len(x) // size
    return np.asarray(x[: groups * size].reshape(groups, size, *x.shape[1:]).mean(axis=1))


def error_of_groups(
    replicas: npt.NDArray[np.int64], groups: Sequence[Array], tau: float
) -> ReplicaError:
    """Error of whatever disjoint groups of replicas measured.

    `groups` holds, for each size in `replicas`, a series for each group: (groups, draws). `tau` is
    the longest autocorrelation time, in draws.
    """
    draws = groups[0].shape[-1]
    length = blocking.length(tau, 1, draws)
    unit = max(blocking.unit(one) for one in groups)
    variances = np.stack([_variances(one / unit, length) for one in groups], axis=-1)
    factor = blocking.widening(draws, length, tau)
    error = statistics.sample_jackknife(lambda v: factor * np.sqrt(v), variances)
    log_replicas = np.log(replicas) - np.log(replicas).mean()

    def slope_of(variance: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            # Without noise there is no power law: nan, rather than a slope of -inf.
            log_error = np.log(np.where(variance > 0, variance, np.nan)) / 2
            return np.asarray(log_error @ log_replicas / (log_replicas @ log_replicas))

    slope = statistics.sample_jackknife(slope_of, variances)
    return ReplicaError(
        replicas=replicas,
        error=error.value * unit,
        uncertainty=error.error * unit,
        slope=float(slope.value),
        slope_error=float(slope.error),
    )


def _variances(groups: Array, length: int) -> Array:
    """What each block of draws says of the squared error of the mean of a group: (blocks,)."""
    means = blocking.means(groups[:, None, :], length)
    # Equal values must give no error, whatever rounding does to their mean.
    mean = means.mean() if np.ptp(means) else means.flat[0]
    squares = ((means - mean) ** 2).sum(axis=0)
    return np.asarray(squares / (means.size - 1))
