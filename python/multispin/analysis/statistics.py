"""Errors of time series: autocorrelation times, binning, and the jackknife.

Every function takes series whose last axis counts the draws, in the order in which they were made
and equally spaced, and reduces that axis; the axes before it are separate series (temperatures,
say). With ``replicas=True`` the axis before the last holds independent runs of the *same* system,
which are pooled: one mean, one autocorrelation time, one error for all of them.

Times are in draws (multiply by the interval between draws for sweeps) and follow the convention
τ_int = ½ + Σ_{t≥1} ρ(t): independent draws have τ_int = ½, and n draws are worth n/(2τ_int)
independent ones.

References
----------
A. Sokal, in: Functional Integration, NATO ASI B 361, 131 (1997). U. Wolff, Comput. Phys. Commun.
156, 143 (2004). H. Flyvbjerg & H. G. Petersen, J. Chem. Phys. 91, 461 (1989). B. Efron, The
Jackknife, the Bootstrap and Other Resampling Plans, SIAM (1982).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import blocking

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Autocorrelation",
    "Binning",
    "Estimate",
    "autocorrelation_time",
    "binder_cumulant",
    "binning",
    "correlation_length",
    "effective_draws",
    "jackknife",
    "mean",
    "sample_jackknife",
    "specific_heat",
    "susceptibility",
]

Array = npt.NDArray[np.float64]

MIN_DRAWS = 20
"""Fewest draws of a series that any error is estimated from."""

# Wolff's S: the window closes where truncation and noise of τ balance if ρ decays with S τ_int.
_WINDOW_FACTOR = 1.5
_MIN_BINS = 8
# A series that measures itself worth fewer independent draws than this is too short to tell.
_MIN_EFFECTIVE = 7
_LARGEST = 1e290  # sums of values, of as many as there can be, are to be finite


class Estimate(NamedTuple):
    """A value, its standard error, and the autocorrelation time (in draws) behind the error."""

    value: Array
    error: Array
    tau: Array


class Autocorrelation(NamedTuple):
    """Integrated autocorrelation time, its standard error, and the window it was summed over."""

    tau: Array
    error: Array
    window: npt.NDArray[np.int64]


class Binning(NamedTuple):
    """Standard error of the mean as it appears at each block length.

    ``length`` (levels,) in draws; ``error`` and ``uncertainty`` (the error's own standard error),
    both (..., levels). A plateau of ``error`` is the true standard error; no plateau, no error.
    """

    length: npt.NDArray[np.int64]
    error: Array
    uncertainty: Array


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
    return _window(_pooled("series", series, replicas))[0]


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
    x = _pooled("series", series, replicas)
    return _value(x.shape[-2] * x.shape[-1] / (2 * _window(x)[0].tau))


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
    x = _pooled("series", series, replicas)
    autocorrelation, error = _window(x)
    return Estimate(_value(x.mean(axis=(-2, -1))), _value(error), autocorrelation.tau)


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
    x = _pooled("series", series, replicas)
    unit = blocking.unit(x, axis=(-2, -1))
    x = x / unit
    lengths = [1]
    while x.shape[-2] * (x.shape[-1] // (2 * lengths[-1])) >= _MIN_BINS:
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


def jackknife(
    function: Callable[..., Any], *series: npt.ArrayLike, replicas: bool = False
) -> Estimate:
    """Function of the means of several series, with its jackknife error.

    The draws are cut into B blocks; θ_k is the function of the means without block k::

        value = B θ − (B − 1) θ̄,   error = √((B − 1)/B Σ (θ_k − θ̄)²)

    Blocks are 10 τ_int long, with the largest τ_int of the series, but there are at least 20; what
    correlation is left between them is allowed for as that of one exponential. The error has a
    spread of at most 16 % in a run of more than 200 τ_int draws; for short ones see ``mean``.

    Parameters
    ----------
    function : callable
        Takes as many arrays as there are series, and returns an array of the same shape, element by
        element.
    *series : array_like
        Real, one shape: (..., draws), or (..., replicas, draws) with ``replicas=True``.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` with the bias of order 1/B removed, ``error``, ``tau`` in draws; shape (...).
        ``nan`` where the function has no finite value.

    Raises
    ------
    TypeError
        If a series is not real, or `function` is none or does not return numbers.
    ValueError
        If there is no series, their shapes differ, or they have fewer than 20 draws or values that
        are not finite, or if `function` returns an array of another shape.

    Notes
    -----
    Efron (1982), chapters 2 and 3.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> x = np.random.default_rng(1).normal(2.0, 1.0, size=10_000)
    >>> estimate = statistics.jackknife(lambda a: a**2, x)
    >>> bool(abs(estimate.value - 4) < 4 * estimate.error < 0.2)
    True
    """
    if not series:
        raise ValueError("series: got none, allowed: one or more")
    arrays = [_pooled("series", one, replicas) for one in series]
    if any(one.shape != arrays[0].shape for one in arrays):
        shapes = ", ".join(str(np.shape(one)) for one in series)
        raise ValueError(f"series: got shapes {shapes}, allowed: all the same")
    return _jackknife(function, arrays)


def _jackknife(function: Callable[..., Any], arrays: list[Array]) -> Estimate:
    """Return what `jackknife` does, of series that have been checked."""
    shape = arrays[0].shape
    tau = np.max([_window(one)[0].tau for one in arrays], axis=0)
    value, error = np.empty(shape[:-2]), np.empty(shape[:-2])
    for index in np.ndindex(*shape[:-2]):
        length = blocking.length(float(tau[index]), shape[-2], shape[-1])
        blocks = [blocking.means(one[index], length) for one in arrays]
        value[index], error[index] = blocking.jackknife(function, blocks)
        error[index] *= blocking.widening(shape[-1], length, float(tau[index]))
    return Estimate(_value(value), _value(error), _value(tau))


def sample_jackknife(function: Callable[..., Any], *values: npt.ArrayLike) -> Estimate:
    """Function of the means over disorder samples, with its jackknife error.

    As ``jackknife``, with samples in place of blocks: θ_k is the function of the means without
    sample k. Samples differ by their couplings, so they are independent by construction, and their
    spread contains the thermal noise in each of them.

    Parameters
    ----------
    function : callable
        Takes as many arrays as there are values, and works on them element by element; it may
        reduce their last axes.
    *values : array_like
        Thermal averages of each sample, real, one shape (samples, ...).

    Returns
    -------
    Estimate
        ``value`` with the bias of order 1/samples removed, ``error``, and ``tau``, which is ½;
        shape (...).

    Raises
    ------
    TypeError
        If values are not real, or `function` is none or does not return numbers.
    ValueError
        If there are none, their shapes differ, values are not finite, there are fewer than 2
        samples, or `function` returns an array of another shape.

    Notes
    -----
    Efron (1982), chapters 2 and 3. From S samples the error itself is uncertain by 1/√(2S).

    Examples
    --------
    >>> from multispin.analysis import statistics
    >>> estimate = statistics.sample_jackknife(lambda a: a, [1.0, 2.0, 3.0, 6.0])
    >>> print(f"{estimate.value:.2f} ± {estimate.error:.2f}")
    3.00 ± 1.08
    """
    if not values:
        raise ValueError("values: got none, allowed: one or more")
    arrays = [_real("values", one) for one in values]
    if any(one.shape != arrays[0].shape for one in arrays):
        shapes = ", ".join(str(one.shape) for one in arrays)
        raise ValueError(f"values: got shapes {shapes}, allowed: all the same")
    if len(arrays[0]) < 2 or arrays[0].size == 0:
        raise ValueError(f"values: got {len(arrays[0])} sample, allowed: at least 2")
    value, error = blocking.jackknife(function, arrays)
    return Estimate(_value(value), _value(error), _value(np.full(value.shape, 0.5)))


def binder_cumulant(magnetization: npt.ArrayLike, replicas: bool = False) -> Estimate:
    """Binder's cumulant U₄ = 1 − ⟨m⁴⟩/(3⟨m²⟩²), with its jackknife error.

    2/3 in the ordered phase, 0 for a Gaussian m; its curves for different sizes cross near T_c. Not
    to be taken for the ratio g of spin glasses, `analysis.overlaps.binder_ratio`, which is 1 in an
    ordered phase: of the same moments U₄ = 2g/3.

    Parameters
    ----------
    magnetization : array_like
        Magnetization, (..., draws), or (..., replicas, draws) with ``replicas=True``; any unit.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` and ``error`` (no unit), ``tau`` of m² or m⁴ in draws; shape (...). ``nan`` if
        m is always 0.

    Raises
    ------
    TypeError, ValueError
        As ``jackknife``.

    Notes
    -----
    K. Binder, Z. Phys. B 43, 119 (1981).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> print(f"{statistics.binder_cumulant(np.full(100, 0.9)).value:.6f}")
    0.666667
    """
    m = _pooled("magnetization", magnetization, replicas)
    scale = np.abs(m).max(axis=(-2, -1), keepdims=True)
    m = m / np.where(scale > 0, scale, 1.0)  # U₄ has no unit; m⁴ must not underflow

    def cumulant(m2: Array, m4: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray(1 - m4 / (3 * m2**2))

    return _jackknife(cumulant, [m**2, m**4])


def susceptibility(
    magnetization: npt.ArrayLike,
    temperature: npt.ArrayLike,
    n_spins: int,
    replicas: bool = False,
) -> Estimate:
    """Magnetic susceptibility per spin χ = N (⟨m²⟩ − ⟨|m|⟩²)/T, with its jackknife error.

    The modulus makes it the connected one also below T_c, where a finite lattice turns over. (Above
    T_c the response is N⟨m²⟩/T, and this one is 1 − 2/π of it in the limit of large N.)

    Parameters
    ----------
    magnetization : array_like
        Magnetization per spin, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    temperature : array_like
        In units of J (k_B = 1); a number, or of the shape (...) of the result.
    n_spins : int
        Number of spins N.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` and ``error`` in units of 1/J, ``tau`` in draws; shape (...).

    Raises
    ------
    TypeError, ValueError
        As ``jackknife``; also if the temperature or ``n_spins`` is not positive.

    Notes
    -----
    K. Binder & D. W. Heermann, Monte Carlo Simulation in Statistical Physics, section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> m = 0.5 + 0.01 * np.random.default_rng(1).normal(size=10_000)
    >>> print(f"{statistics.susceptibility(m, 2.0, 400).value:.2f}")  # 400 × 0.01² / 2
    0.02
    """
    n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    T = checks.positive_numbers("temperature", temperature)
    m = np.abs(_pooled("magnetization", magnetization, replicas))
    return _fluctuation("magnetization", m, T, lambda variance: n_spins * variance / T)


def specific_heat(
    energy: npt.ArrayLike,
    temperature: npt.ArrayLike,
    n_spins: int,
    replicas: bool = False,
) -> Estimate:
    """Specific heat per spin C = (⟨E²⟩ − ⟨E⟩²)/(N T²), with its jackknife error.

    Parameters
    ----------
    energy : array_like
        Total energy E, (..., draws), or (..., replicas, draws) with ``replicas=True``.
    temperature : array_like
        In units of J (k_B = 1); a number, or of the shape (...) of the result.
    n_spins : int
        Number of spins N.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` and ``error`` in units of k_B, ``tau`` in draws; shape (...).

    Raises
    ------
    TypeError, ValueError
        As ``jackknife``; also if the temperature or ``n_spins`` is not positive.

    Notes
    -----
    K. Binder & D. W. Heermann, Monte Carlo Simulation in Statistical Physics, section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.analysis import statistics
    >>> E = -500 + 20 * np.random.default_rng(1).normal(size=10_000)
    >>> print(f"{statistics.specific_heat(E, 2.0, 400).value:.2f}")  # 20² / (400 × 2²)
    0.25
    """
    n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    T = checks.positive_numbers("temperature", temperature)
    E = _pooled("energy", energy, replicas)
    return _fluctuation("energy", E, T, lambda variance: variance / n_spins / T / T)  # T² may be 0


# --- Pieces --------------------------------------------------------------------------------------


def correlation_length(
    at_zero: npt.ArrayLike, at_k: npt.ArrayLike, length: int, replicas: bool = False
) -> Estimate:
    """Second-moment correlation length of spins, with its jackknife error.

    ::

        ξ = √(⟨S(0)⟩/⟨S(k_min)⟩ − 1) / (2 sin(k_min/2)),   k_min = 2π/L

    of the structure factor S(k) = |Σ_x s_x exp(ik·x)|² / N. It is the length of exponential decay
    where S(k) is Lorentzian, as far above a transition; ξ/L has no scaling dimension, and its
    curves for different sizes cross at the transition.

    Parameters
    ----------
    at_zero, at_k : array_like
        S(0) and S(k_min), the latter along one axis or averaged over all of equal length, of one
        shape: (..., draws), or (..., replicas, draws) with ``replicas=True``.
    length : int
        Side L of the lattice along k_min, at least 2.
    replicas : bool
        Whether the axis before the last holds independent runs to pool.

    Returns
    -------
    Estimate
        ``value`` and ``error`` in lattice constants, ``tau`` in draws; shape (...). ``nan`` where
        ⟨S(k_min)⟩ exceeds ⟨S(0)⟩, which noise can do if ξ is small.

    Raises
    ------
    TypeError, ValueError
        If they are not finite and real, are negative, have other shapes or fewer than 20 draws, or
        `length` is not an integer >= 2.

    Notes
    -----
    F. Cooper, B. Freedman & D. Preston, Nucl. Phys. B 210, 210 (1982).

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.analysis import statistics
    >>> run = ms.simulate(
    ...     ms.Ising((64, 64)),
    ...     2.6,
    ...     sweeps=2000,
    ...     thermalization=500,
    ...     interval=10,
    ...     replicas=4,
    ...     seed=1,
    ...     observables=["structure_factor"],
    ... )
    >>> S = run.structure_factor[0]
    >>> k = S.sel(wave_vector=["1,0", "0,1"]).mean("wave_vector")
    >>> xi = statistics.correlation_length(S.sel(wave_vector="0,0"), k, 64, replicas=True)
    >>> bool(3.5 < xi.value < 5.5)
    True
    """
    length = checks.count("length", length, 2, checks.MOST_SITES)
    arrays = [_pooled(name, one, replicas) for name, one in (("at_zero", at_zero), ("at_k", at_k))]
    for name, one in zip(("at_zero", "at_k"), arrays, strict=True):
        if one.min() < 0.0:
            raise ValueError(checks.describe(name, float(one.min()), "numbers >= 0"))
    if arrays[0].shape != arrays[1].shape:
        shapes = f"{np.shape(at_zero)} and {np.shape(at_k)}"
        raise ValueError(f"at_k: got series of shapes {shapes}, allowed: one shape")

    return _jackknife(lambda zero, k: length_of_moments(zero, k, length), arrays)


def length_of_moments(at_zero: Array, at_k: Array, length: int) -> Array:
    """Correlation length from averages at k = 0 and k_min; nan where the second is larger."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(at_zero / at_k - 1) / (2 * np.sin(np.pi / length)))


def _fluctuation(name: str, x: Array, T: Array, multiple: Callable[[Array], Array]) -> Estimate:
    """Return a multiple of the variance of x (..., replicas, draws) at the temperatures T."""
    shape = x.shape[:-2]
    if T.ndim > len(shape) or any(
        one not in (1, other) for one, other in zip(T.shape[::-1], shape[::-1], strict=False)
    ):
        allowed = f"one number, or one for each of the series {shape}"
        raise ValueError(checks.describe("temperature", f"shape {T.shape}", allowed))
    # A variance does not depend on the origin, but its digits do: a huge lattice has ⟨E⟩² ≫ Var(E).
    x = x - x.mean(axis=(-2, -1), keepdims=True)
    unit = blocking.unit(x, axis=(-2, -1))
    x = x / unit
    result = _jackknife(lambda first, second: second - first**2, [x, x**2])
    unit = unit[..., 0, 0]
    with np.errstate(all="ignore"):  # what comes out is looked at
        variance, error = (part * unit * unit for part in (result.value, result.error))
        if not np.isfinite(variance + error).all():
            allowed = "numbers whose variance is a finite one"
            raise ValueError(checks.describe(name, float(unit.max()), allowed))
        estimate = Estimate(_value(multiple(variance)), _value(multiple(error)), result.tau)
    if not np.isfinite(estimate.value + estimate.error).all():
        allowed = "numbers > 0 at which the result is finite"
        raise ValueError(checks.describe("temperature", float(T.min()), allowed))
    return estimate


def _autocovariance(x: Array) -> tuple[Array, int]:
    """Γ(t) over all replicas, (..., draws // 2), of (..., replicas, draws); and all their draws."""
    replicas, draws = x.shape[-2:]
    centred = x - x.mean(axis=(-2, -1), keepdims=True)
    # A constant series must come out as exactly constant, whatever rounding does to its mean.
    constant = np.ptp(x, axis=(-2, -1), keepdims=True) == 0
    centred = np.where(constant, 0.0, centred)
    size = 1 << (2 * draws - 1).bit_length()
    lags = draws // 2
    power = np.abs(np.fft.rfft(centred, n=size, axis=-1)) ** 2
    sums = np.fft.irfft(power.sum(axis=-2), n=size, axis=-1)[..., :lags]
    return sums / (replicas * (draws - np.arange(lags))), replicas * draws


def _window(x: Array) -> tuple[Autocorrelation, Array]:
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
    found = Autocorrelation(_value(best), _value(error), np.asarray(window)[()])
    return found, unit[..., 0, 0] * np.where(constant, 0.0, np.sqrt(spread))


def _decay(tau: Array) -> Array:
    """Time constant of the one exponential that has this τ_int; 0 for τ_int ≤ ½."""
    return np.asarray(0.5 / np.arctanh(1 / np.maximum(2 * tau, 1 + 1e-12)))


def _long_block(replicas: int, draws: int) -> int:
    """Draws in a block if there are to be √n blocks over all replicas, at least 8 and one each."""
    blocks = max(_MIN_BINS, math.isqrt(replicas * draws))
    return draws // -(-blocks // replicas)


def _pooled(name: str, series: npt.ArrayLike, replicas: bool) -> Array:
    """Check a series and return it as (..., replicas, draws)."""
    x = _real(name, series)
    replicas = checks.flag("replicas", replicas)
    if replicas and x.ndim < 2:
        raise ValueError(f"{name}: got shape {x.shape}, allowed: (..., replicas, draws)")
    if x.shape[-1] < MIN_DRAWS:
        raise ValueError(f"{name}: got {x.shape[-1]} draws, allowed: at least {MIN_DRAWS}")
    if x.size == 0:
        raise ValueError(f"{name}: got shape {x.shape}, allowed: (..., draws), none of them empty")
    return x if replicas else x[..., None, :]


def _real(name: str, values: npt.ArrayLike) -> Array:
    """Return real numbers, of which a sum over all is one too, as an array of float64."""
    array = checks.numbers(name, values, "finite real numbers, a series (..., draws)", "fiub")
    if array.ndim == 0:
        raise ValueError(checks.describe(name, values, "a series (..., draws)"))
    largest = float(np.abs(array).max(initial=0.0))
    if largest > _LARGEST:
        allowed = f"finite real numbers up to {_LARGEST:g}"
        raise ValueError(checks.describe(name, largest, allowed))
    return array


def _value(array: npt.ArrayLike) -> Array:
    """Return an array, or a 0-d result as a float64 scalar."""
    return np.asarray(array, dtype=np.float64)[()]
