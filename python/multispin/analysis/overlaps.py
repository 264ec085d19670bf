"""Spin-glass order: what two replicas with the same couplings have in common.

The overlap of replicas a and b is q = (1/N) Σ_i s_i^a s_i^b, and at wave vector k
q(k) = (1/N) Σ_i s_i^a s_i^b exp(i k·x_i). Replicas are independent given their couplings, so
averages of powers of q over draws are unbiased, however few draws there are.

Every function takes overlaps whose last two axes are pairs of replicas and draws; the axes before
them are separate series (temperatures, say) and shape the result. With ``samples=True`` the first
axis of all holds disorder samples, which are averaged: ⟨…⟩ is the thermal average over pairs and
draws, […] the one over samples, and errors are by jackknife over samples. With a single sample they
are by jackknife over blocks of draws, after the average over pairs: pairs share replicas, so they
are not independent, while blocks of draws are.

Such errors know what the draws know. A glass that is stuck has no error bar that can be believed;
see `analysis.equilibration`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.analysis import statistics

if TYPE_CHECKING:
    from collections.abc import Callable

    from multispin.analysis.statistics import Estimate

__all__ = [
    "OverlapDistribution",
    "binder_ratio",
    "correlation_length",
    "distribution",
    "susceptibility",
]

Array = npt.NDArray[np.float64]

# The histograms of single draws would be as large as the draws times the bins; blocks are as good
# for the errors, which allow for correlation between them.
_HISTOGRAM_BLOCKS = 1024
_BYTES = 32  # of a possible value, in the table of their bins and on the way to it

#: Most bins of P(q), unless told otherwise.
MOST_BINS = 101


class OverlapDistribution(NamedTuple):
    """P(q) in bins: ``q`` centres and ``width`` (bins,), ``density`` and ``error`` (..., bins)."""

    q: Array
    width: Array
    density: Array
    error: Array


def distribution(
    overlap: npt.ArrayLike,
    n_spins: int,
    bins: int = MOST_BINS,
    symmetric: bool = False,
    samples: bool = False,
) -> OverlapDistribution:
    """Distribution of the overlap, P(q) = [⟨δ(q − q_ab)⟩], with standard errors.

    Of N spins q has the N + 1 values −1, −1 + 2/N, …, 1. A bin holds the same odd number of them
    (the smallest that makes do with `bins` bins), the two outermost ones may hold fewer, and all
    together lie symmetrically about q = 0. Σ density·width = 1.

    Parameters
    ----------
    overlap : array_like
        q, (..., pairs, draws), or (samples, ..., pairs, draws) with ``samples=True``.
    n_spins : int
        Number of spins N; for link overlaps, the number of links.
    bins : int
        Most bins to use; at least 3.
    symmetric : bool
        Whether to return ½[P(q) + P(−q)]. That is the same distribution, with smaller errors, if
        the energy does not change when all spins are turned: not in a field, and not for link
        overlaps.
    samples : bool
        Whether the first axis holds disorder samples.

    Returns
    -------
    OverlapDistribution
        ``density`` per unit of q, and its ``error`` over samples; with one sample, over draws, with
        their autocorrelation.

    Raises
    ------
    TypeError
        If overlaps are not real, or a number is not an integer.
    ValueError
        If overlaps are not multiples of 1/N in [−1, 1], an axis is missing, there are fewer than 2
        samples, or fewer than 20 draws of a single one.
    MemoryError
        If a table of the bins of N + 1 values, or the bins of all series, do not fit.

    Notes
    -----
    G. Parisi, Phys. Rev. Lett. 50, 1946 (1983); A. P. Young, Phys. Rev. Lett. 51, 1206 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import overlaps
    >>> q = np.random.default_rng(1).choice([-0.5, 0.5], size=(1, 1000))
    >>> found = overlaps.distribution(q, 4, symmetric=True)
    >>> found.q.tolist(), found.density.tolist()
    ([-1.0, -0.5, 0.0, 0.5, 1.0], [0.0, 1.0, 0.0, 1.0, 0.0])
    """
    n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    bins = min(
        checks.count("bins", bins, 3, checks.MOST_SITES), n_spins + 2
    )  # more cannot be filled
    check_memory(f"n_spins: bins of {n_spins} spins", _BYTES * n_spins)
    edges = _edges(n_spins, bins)
    # Edges lie halfway between possible values, which are numbered from 0 (q = −1) to N (q = 1).
    number = _value_number(checked("overlap", overlap, samples), n_spins)
    blocks = 1 if samples else min(_HISTOGRAM_BLOCKS, number.shape[-1])
    series = number.size // (number.shape[-1] * number.shape[-2])
    check_memory(f"bins: {len(edges) - 1} of {series} series", 32 * len(edges) * series * blocks)
    shares = _histograms(number, edges, blocks)
    if checks.flag("symmetric", symmetric):
        shares = (shares + shares[..., ::-1]) / 2
    return _distribution(shares[..., 0, :] if samples else shares, edges, n_spins, samples)


def binder_ratio(overlap: npt.ArrayLike, samples: bool = False) -> Estimate:
    """Binder's ratio of the overlap, g = ½(3 − [⟨q⁴⟩]/[⟨q²⟩]²), with its jackknife error.

    0 for a Gaussian q, so in the paramagnet of infinite size, and 1 if |q| has one value; the
    curves of different sizes cross or merge at the transition. It is 3/2 of what the cumulant
    1 − ⟨q⁴⟩/(3⟨q²⟩²) would be, which magnetizations have: `analysis.statistics.binder_cumulant`.

    Parameters
    ----------
    overlap : array_like
        q, (..., pairs, draws), or (samples, ..., pairs, draws) with ``samples=True``.
    samples : bool
        Whether the first axis holds disorder samples.

    Returns
    -------
    Estimate
        ``value`` and ``error`` (no unit), ``tau`` in draws (½ over samples); shape (...).

    Raises
    ------
    TypeError
        If overlaps are not real.
    ValueError
        If overlaps are not in [−1, 1], an axis is missing, there are fewer than 2 samples, or fewer
        than 20 draws of a single one.

    Notes
    -----
    R. N. Bhatt & A. P. Young, Phys. Rev. Lett. 54, 924 (1985).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import overlaps
    >>> float(overlaps.binder_ratio(np.full((1, 100), -0.5)).value)
    1.0
    """
    q = checked("overlap", overlap, samples)
    return _estimate(ratio_of_moments, samples, q**2, q**4)


def susceptibility(overlap: npt.ArrayLike, n_spins: int, samples: bool = False) -> Estimate:
    """Spin-glass susceptibility χ_SG = N [⟨q²⟩], with its jackknife error.

    Parameters
    ----------
    overlap : array_like
        q, (..., pairs, draws), or (samples, ..., pairs, draws) with ``samples=True``.
    n_spins : int
        Number of spins N.
    samples : bool
        Whether the first axis holds disorder samples.

    Returns
    -------
    Estimate
        ``value`` and ``error`` (no unit), ``tau`` in draws (½ over samples); shape (...).

    Raises
    ------
    TypeError, ValueError
        As ``binder_ratio``; also if ``n_spins`` is not a positive integer.

    Notes
    -----
    K. Binder & A. P. Young, Rev. Mod. Phys. 58, 801 (1986).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import overlaps
    >>> float(overlaps.susceptibility(np.full((1, 100), -0.5), 64).value)
    16.0
    """
    n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    q = checked("overlap", overlap, samples)
    return _estimate(lambda q2: n_spins * q2, samples, q**2)


def correlation_length(
    overlap: npt.ArrayLike, overlap_k2: npt.ArrayLike, length: int, samples: bool = False
) -> Estimate:
    """Finite-size correlation length of the overlap, with its jackknife error.

    ::

        ξ = √(χ(0)/χ(k_min) − 1) / (2 sin(k_min/2)),   χ(k) = N [⟨|q(k)|²⟩],   k_min = 2π/L

    ξ/L has no scaling dimension: its curves for different sizes cross at the transition.

    Parameters
    ----------
    overlap : array_like
        q, (..., pairs, draws), or (samples, ..., pairs, draws) with ``samples=True``.
    overlap_k2 : array_like
        |q(k_min)|², averaged over the axes of the lattice; of the same shape.
    length : int
        Side L of the lattice, at least 2.
    samples : bool
        Whether the first axis holds disorder samples.

    Returns
    -------
    Estimate
        ``value`` and ``error`` in lattice constants, ``tau`` in draws (½ over samples); shape
        (...). ``nan`` where χ(k_min) exceeds χ(0), which noise can do if ξ is small; an error of
        ``nan`` says that it did so without one of the samples or blocks.

    Raises
    ------
    TypeError, ValueError
        As ``binder_ratio``; also if the shapes differ or ``length`` is not an integer >= 2.

    Notes
    -----
    F. Cooper, B. Freedman & D. Preston, Nucl. Phys. B 210, 210 (1982). M. Palassini &
    S. Caracciolo, Phys. Rev. Lett. 82, 5128 (1999). H. G. Katzgraber, M. Körner & A. P. Young,
    Phys. Rev. B 73, 224432 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import overlaps
    >>> q, k2 = np.full((1, 100), 0.5), np.full((1, 100), 0.05)
    >>> print(f"{overlaps.correlation_length(q, k2, 6).value:.6f}")  # k_min = π/3, √(5 − 1)
    2.000000
    """
    length = checks.count("length", length, 2, checks.MOST_SITES)
    q, k2 = checked_pair(overlap, overlap_k2, samples)
    return _estimate(
        lambda first, second: length_of_moments(first, second, length), samples, q**2, k2
    )


# --- Pieces, shared with crossing, summary and replica_sweeps -------------------------------------


def shares_of_draw(overlap: Array, n_spins: int, bins: int = MOST_BINS) -> Array:
    """Shares of the bins of `distribution` in the overlaps (..., pairs) of one draw: (..., bins).

    With many replicas there are too many pairs for those of all draws to be kept.
    """
    number = _value_number(checked("overlap", overlap[..., None], False, 1), n_spins)
    return _histograms(number, _edges(n_spins, bins), 1)[..., 0, :]


def distribution_of_shares(
    shares: Array, n_spins: int, bins: int = MOST_BINS, samples: bool = False
) -> OverlapDistribution:
    """`distribution` from the shares of the bins: (draws, bins), or (samples, bins) over draws."""
    return _distribution(shares, _edges(n_spins, bins), n_spins, samples)


def ratio_of_moments(q2: Array, q4: Array) -> Array:
    """Binder's ratio from the moments of q; nan if q is always 0."""
    with np.errstate(invalid="ignore"):
        return np.asarray((3 - q4 / q2**2) / 2)


def length_of_moments(q2: Array, k2: Array, length: int) -> Array:
    """Correlation length from ⟨q²⟩ and ⟨|q(k_min)|²⟩; nan where the second is larger."""
    return statistics.length_of_moments(q2, k2, length)


def checked(
    name: str, values: npt.ArrayLike, samples: bool, fewest: int = statistics.MIN_DRAWS
) -> Array:
    """Check overlaps and return them as float64 (samples?, ..., pairs, draws).

    Of a single sample there have to be at least `fewest` draws.
    """
    q = checks.numbers(name, values, "real numbers from -1 to 1")
    samples = checks.flag("samples", samples)
    shape = "(samples, ..., pairs, draws)" if samples else "(..., pairs, draws)"
    if q.ndim < 2 + samples or q.size == 0:
        raise ValueError(f"{name}: got shape {q.shape}, allowed: {shape}, none of them empty")
    if samples and len(q) < 2:
        raise ValueError(f"{name}: got {len(q)} sample, allowed: at least 2")
    if not samples and q.shape[-1] < fewest:
        raise ValueError(f"{name}: got {q.shape[-1]} draws, allowed: at least {fewest}")
    beyond = np.abs(q) > 1 + 1e-6
    if beyond.any():
        raise ValueError(checks.describe(name, float(q[beyond][0]), "numbers from -1 to 1"))
    return q


def checked_pair(
    overlap: npt.ArrayLike, overlap_k2: npt.ArrayLike, samples: bool
) -> tuple[Array, Array]:
    """Check overlaps and their |q(k)|², and return them as arrays of one shape."""
    q = checked("overlap", overlap, samples)
    k2 = checked("overlap_k2", overlap_k2, samples)
    if q.shape != k2.shape:
        raise ValueError(f"overlap_k2: got shape {k2.shape}, allowed: that of overlap, {q.shape}")
    return q, k2


def _estimate(function: Callable[..., Any], samples: bool, *moments: Array) -> Estimate:
    """Function of the averages of moments (samples?, ..., pairs, draws), with its error."""
    if samples:
        return statistics.sample_jackknife(function, *(m.mean(axis=(-2, -1)) for m in moments))
    return statistics.jackknife(function, *(m.mean(axis=-2) for m in moments))


def _distribution(shares: Array, edges: Array, n_spins: int, samples: bool) -> OverlapDistribution:
    """Density and error from shares of the bins: (samples, ..., bins), or (..., draws, bins)."""
    if samples:
        value, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(len(shares))
    else:
        value, error, _ = statistics.mean(np.swapaxes(shares, -1, -2))
    width = 2 / n_spins * np.diff(edges)
    centre = (edges[:-1] + edges[1:]) / n_spins - 1
    return OverlapDistribution(centre, width, value / width, error / width)


def _edges(n_spins: int, bins: int) -> Array:
    """Edges of the bins in numbers of the possible values 0 … N, halfway between them."""
    values = n_spins + 1
    each = -(-values // bins)
    each += 1 - each % 2
    while True:
        # An odd number of values needs a bin in the middle, an even number an edge there.
        whole = values // each
        whole -= (values - whole) % 2
        rest = (values - whole * each) // 2
        inner = rest + each * np.arange(whole + 1)
        edges = np.unique([0, *inner, values])
        if len(edges) - 1 <= bins:
            return edges - 0.5
        each += 2


def _value_number(q: Array, n_spins: int) -> npt.NDArray[np.int64]:
    """Number of each q among the possible values, 0 for −1 and N for 1."""
    exact = (q + 1) * (n_spins / 2)
    number = np.rint(exact)
    # Values may have been kept in single precision, but those of another N must not pass.
    if np.any(np.abs(exact - number) > 0.1):
        allowed = f"multiples of 2/N, N = {n_spins}, counted from -1"
        odd = q.flat[int(np.argmax(np.abs(exact - number)))]
        raise ValueError(checks.describe("overlap", float(odd), allowed))
    return number.astype(np.int64)


def _histograms(number: npt.NDArray[np.int64], edges: Array, most_blocks: int) -> Array:
    """Shares of the bins in each block of draws over all pairs: (..., blocks, bins)."""
    bins = len(edges) - 1
    bin_of_value = np.repeat(np.arange(bins), np.diff(edges).astype(np.int64))
    draws = number.shape[-1]
    length = -(-draws // most_blocks)
    blocks = draws // length
    block = np.arange(blocks * length) // length
    shares = np.empty((*number.shape[:-2], blocks, bins))
    for index in np.ndindex(*number.shape[:-2]):
        kept = bin_of_value[number[index][:, draws - blocks * length :]]
        counts = np.bincount((block * bins + kept).ravel(), minlength=blocks * bins)
        shares[index] = counts.reshape(blocks, bins) / (number.shape[-2] * length)
    return shares
