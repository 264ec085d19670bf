"""The standard error of a mean against the length of blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin.analysis import blocking
from multispin.analysis.statistics._series import MIN_BLOCKS, pooled

Array = npt.NDArray[np.float64]


class Binning(NamedTuple):
    """Standard error of the mean as it appears at each block length.

    ``length`` (levels,) in draws; ``error`` and ``uncertainty`` (the error's own standard error),
    both (..., levels). A plateau of ``error`` is the true standard error; no plateau, no error.
    """

    length: npt.NDArray[np.int64]
    error: Array
    uncertainty: Array


def binning(series: npt.ArrayLike, replicas: bool = False) -> Binning:
    """Standard error of the mean from blocks of 1, 2, 4, … draws, down to 8 blocks.

    With B block means b_k the naive error √(Σ(b_k − b̄)²/(B(B − 1))) grows with the block length
    until blocks are independent; (error at the plateau / error at length 1)² = 2τ_int.

    Parameters
    ----------
    series : array_like
        Real, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Binning
        ``length`` (levels,), ``error`` and ``uncertainty`` (..., levels). Draws that do not fill
        a last block are dropped from the start of the series.

    Raises
    ------
    TypeError, ValueError
        As ``autocorrelation_time``.

    Notes
    -----
    Flyvbjerg & Petersen (1989), eq. (28).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> statistics.binning(np.arange(64.0)).length.tolist()
    [1, 2, 4, 8]
    """
    x = pooled("series", series, replicas)
    unit = blocking.unit(x, axis=(-2, -1))
    x = x / unit
    lengths = [1]
    while x.shape[-2] * (x.shape[-1] // (2 * lengths[-1])) >= MIN_BLOCKS:
        lengths.append(2 * lengths[-1])
    errors, uncertainties = [], []
    for length in lengths:
        blocks = blocking.means(x, length)
        count = blocks.shape[-1]
        error = blocks.std(axis=-1, ddof=1) / np.sqrt(count)
        errors.append(error)
        uncertainties.append(error / np.sqrt(2 * (count - 1)))
    return Binning(
        length=np.array(lengths, dtype=np.int64),
        error=unit[..., 0] * np.stack(errors, axis=-1),
        uncertainty=unit[..., 0] * np.stack(uncertainties, axis=-1),
    )
