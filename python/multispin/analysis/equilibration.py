"""Has a run reached equilibrium? Logarithmic binning, and identities between measurements.

A glass forgets its start over a time that nobody knows beforehand, and no measurement within a run
shows that the run is long enough for the next valley to be found. What can be shown is that nothing
has changed over the last decades of time: averages over the draws (t/2, t] for t = n, n/2, n/4, …
agree.

Gaussian couplings allow for more. Integrated by parts, the average over a coupling turns the energy
into squared correlations, which overlaps measure too. In equilibrium both agree for every size and
temperature. After a random start energies come down while overlaps, which begin at those of
strangers, go up, and what the two say of the energy comes together from both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import blocking, statistics

__all__ = [
    "GaussianIdentity",
    "LogarithmicBins",
    "edwards_anderson_identity",
    "logarithmic_bins",
    "sherrington_kirkpatrick_identity",
]

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
    x = _series("series", series, samples)
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


class GaussianIdentity(NamedTuple):
    """Energies per spin as measured, and as overlaps say; all (...).

    ``energy`` and ``from_overlap`` with their standard errors over samples; ``difference`` is the
    first minus the second, averaged sample by sample, so that ``difference_error`` knows what the
    two have in common. ``equilibrated`` says whether it is small enough.
    """

    energy: Array
    energy_error: Array
    from_overlap: Array
    from_overlap_error: Array
    difference: Array
    difference_error: Array
    equilibrated: npt.NDArray[np.bool_]


def sherrington_kirkpatrick_identity(
    energy: npt.ArrayLike,
    overlap: npt.ArrayLike,
    temperature: npt.ArrayLike,
    tolerance: float = 3.0,
) -> GaussianIdentity:
    r"""Hold energies of Gaussian Sherrington-Kirkpatrick glasses against their overlaps.

    .. math:: [e] = -\frac{1}{2T} \left(1 - [\langle q^2 \rangle]\right)

    in equilibrium without a field, exactly, for every number of spins: ⟨…⟩ is the thermal average
    and […] the one over couplings of variance 1/N. A few samples are no average over couplings, and
    at low temperatures many are needed: the error of the difference says how many.

    Parameters
    ----------
    energy : array_like
        Energy per spin, (samples, ..., replicas, draws); the total energies of a run over N.
    overlap : array_like
        Overlap q of pairs of replicas, (samples, ..., pairs, draws).
    temperature : array_like
        T, a number or of the shape (...) of the result.
    tolerance : float
        Standard errors by which the two sides may differ.

    Returns
    -------
    GaussianIdentity
        Of the shape (...). A run in equilibrium differs by 3 errors with probability 0.3 %, and
        more often if samples are few.

    Raises
    ------
    TypeError, ValueError
        If the arrays do not fit each other, there are fewer than 2 samples, overlaps are not from
        -1 to 1, or temperatures not positive.

    Notes
    -----
    By parts, as in `edwards_anderson_identity`, each pair of spins being a bond.

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.analysis.equilibration import sherrington_kirkpatrick_identity
    >>> glass = ms.SherringtonKirkpatrick(32, seed=1, samples=50)
    >>> run = ms.temper(glass, [0.7, 1.0, 1.4], sweeps=100, thermalization=100, seed=1)
    >>> found = sherrington_kirkpatrick_identity(
    ...     run.energy.transpose("sample", "temperature", "replica", "draw") / 32,
    ...     run.overlap.transpose("sample", "temperature", "pair", "draw"),
    ...     run.temperature,
    ... )
    >>> found.equilibrated
    array([ True,  True,  True])
    """
    tolerance = checks.positive_finite("tolerance", tolerance)
    e, q = _series("energy", energy, samples=True), _overlaps("overlap", overlap)
    T = checks.positive_numbers("temperature", temperature)
    return _compared("overlap", e, q**2, T, 0.5, tolerance)


def edwards_anderson_identity(
    energy: npt.ArrayLike,
    link_overlap: npt.ArrayLike,
    temperature: npt.ArrayLike,
    neighbours: int,
    J: float = 1.0,
    tolerance: float = 3.0,
) -> GaussianIdentity:
    r"""Hold energies of Gaussian Edwards-Anderson glasses against their link overlaps.

    .. math:: [e] = -\frac{J^2 z}{2 T} \left(1 - [\langle q_\ell \rangle]\right)

    in equilibrium without a field, exactly, for every lattice of z bonds a site: ⟨…⟩ is the thermal
    average and […] the one over couplings of variance J², all independent.

    Parameters
    ----------
    energy : array_like
        Energy per spin, (samples, ..., replicas, draws); the total energies of a run over N.
    link_overlap : array_like
        Link overlap of pairs of replicas, (samples, ..., pairs, draws).
    temperature : array_like
        T, a number or of the shape (...) of the result.
    neighbours : int
        Bonds of a site z: twice the dimension on a hypercubic lattice.
    J : float
        Standard deviation of the couplings, in the units of the energy.
    tolerance : float
        Standard errors by which the two sides may differ.

    Returns
    -------
    GaussianIdentity
        As of `sherrington_kirkpatrick_identity`.

    Raises
    ------
    TypeError, ValueError
        As `sherrington_kirkpatrick_identity`; also for a wrong number of neighbours, or J.

    Notes
    -----
    H. G. Katzgraber, M. Palassini & A. P. Young, Phys. Rev. B 63, 184422 (2001), section III.

    Examples
    --------
    >>> import numpy as np
    >>> import multispin as ms
    >>> from multispin.analysis.equilibration import edwards_anderson_identity
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1, samples=50, couplings="gaussian")
    >>> run = ms.temper(glass, np.geomspace(0.8, 2.0, 6), sweeps=2, seed=1)  # far too short
    >>> edwards_anderson_identity(
    ...     run.energy.transpose("sample", "temperature", "replica", "draw") / 64,
    ...     run.link_overlap.transpose("sample", "temperature", "pair", "draw"),
    ...     run.temperature,
    ...     neighbours=6,
    ... ).equilibrated
    array([False, False, False, False, False, False])
    """
    tolerance = checks.positive_finite("tolerance", tolerance)
    neighbours = checks.count("neighbours", neighbours, 1, checks.MOST_SITES)
    J = checks.nonnegative_finite("J", J)
    e, q = _series("energy", energy, samples=True), _overlaps("link_overlap", link_overlap)
    T = checks.positive_numbers("temperature", temperature)
    with np.errstate(over="ignore"):
        strength = float(0.5 * neighbours * np.float64(J) * J)
    if not np.isfinite(strength):
        raise ValueError(checks.describe("J", J, "a number whose square times neighbours is one"))
    return _compared("link_overlap", e, q, T, strength, tolerance)


def _compared(
    name: str, energy: Array, correlation: Array, T: Array, strength: float, tolerance: float
) -> GaussianIdentity:
    """Compare e with -strength (1 - correlation)/T; the first axis is of samples."""
    shape = energy.shape[1:-2]
    if correlation.shape[:-2] != (len(energy), *shape):
        allowed = f"({', '.join(map(str, energy.shape[:-2]))}, pairs, draws), as of the energy"
        raise ValueError(f"{name}: got shape {correlation.shape}, allowed: {allowed}")
    if T.ndim > len(shape) or any(
        one not in (1, other) for one, other in zip(T.shape[::-1], shape[::-1], strict=False)
    ):
        allowed = f"one number, or one for each of the series {shape}"
        raise ValueError(checks.describe("temperature", f"shape {T.shape}", allowed))
    unit = blocking.unit(energy)
    with np.errstate(over="ignore", invalid="ignore"):
        measured = (energy / unit).mean(axis=(-2, -1))
        expected = -(strength / unit / T) * (1.0 - correlation.mean(axis=(-2, -1)))
        found = [_over_samples(each) for each in (measured, expected, measured - expected)]
        difference, error = found[2]
        # Sides that stand still have no errors, and differ by rounding only.
        rounding = 1e-12 * np.abs(measured).max()
        settled = np.abs(difference) <= tolerance * error + rounding
        sides = [(value * unit, error * unit) for value, error in found]
    if not all(np.isfinite(one).all() for side in sides for one in side):
        allowed = "temperatures at which the energy of the overlaps is finite"
        raise ValueError(checks.describe("temperature", T, allowed))
    return GaussianIdentity(*sides[0], *sides[1], *sides[2], np.asarray(settled)[()])


def _overlaps(name: str, values: npt.ArrayLike) -> Array:
    q = _series(name, values, samples=True)
    if np.abs(q).max() > 1.0 + 1e-6:
        largest = float(q.flat[np.abs(q).argmax()])
        raise ValueError(checks.describe(name, largest, "numbers from -1 to 1"))
    return q


# --- pieces ---------------------------------------------------------------------------------------


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


def _series(name: str, series: npt.ArrayLike, samples: bool) -> Array:
    """Check a series and return it as float64 (samples?, ..., replicas, draws)."""
    x = checks.numbers(name, series, "finite real numbers", "fiub")
    samples = checks.flag("samples", samples)
    if x.ndim < 2 + samples or x.size == 0:
        shape = "(samples, ..., replicas, draws)" if samples else "(..., replicas, draws)"
        raise ValueError(f"{name}: got shape {x.shape}, allowed: {shape}, none of them empty")
    if samples and len(x) < 2:
        raise ValueError(f"{name}: got {len(x)} sample, allowed: at least 2")
    return x
