"""What series say of a magnet: cumulant, susceptibility, specific heat, correlation length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin.analysis import blocking
from multispin.analysis.statistics._jackknife import jackknife_of
from multispin.analysis.statistics._series import Estimate, pooled, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable

Array = npt.NDArray[np.float64]


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
    m = pooled("magnetization", magnetization, replicas)
    scale = np.abs(m).max(axis=(-2, -1), keepdims=True)
    m = m / np.where(scale > 0, scale, 1.0)  # U₄ has no unit; m⁴ must not underflow

    def cumulant(m2: Array, m4: Array) -> Array:
        with np.errstate(invalid="ignore"):
            return np.asarray(1 - m4 / (3 * m2**2))

    return jackknife_of(cumulant, [m**2, m**4])


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
    m = np.abs(pooled("magnetization", magnetization, replicas))
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
    E = pooled("energy", energy, replicas)
    return _fluctuation("energy", E, T, lambda variance: variance / n_spins / T / T)  # T² may be 0


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
    arrays = [pooled(name, one, replicas) for name, one in (("at_zero", at_zero), ("at_k", at_k))]
    for name, one in zip(("at_zero", "at_k"), arrays, strict=True):
        if one.min() < 0.0:
            raise ValueError(checks.describe(name, float(one.min()), "numbers >= 0"))
    if arrays[0].shape != arrays[1].shape:
        shapes = f"{np.shape(at_zero)} and {np.shape(at_k)}"
        raise ValueError(f"at_k: got series of shapes {shapes}, allowed: one shape")

    return jackknife_of(lambda zero, k: length_of_moments(zero, k, length), arrays)


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
    result = jackknife_of(lambda first, second: second - first**2, [x, x**2])
    unit = unit[..., 0, 0]
    with np.errstate(all="ignore"):  # what comes out is looked at
        variance, error = (part * unit * unit for part in (result.value, result.error))
        if not np.isfinite(variance + error).all():
            allowed = "numbers whose variance is a finite one"
            raise ValueError(checks.describe(name, float(unit.max()), allowed))
        estimate = Estimate(unwrapped(multiple(variance)), unwrapped(multiple(error)), result.tau)
    if not np.isfinite(estimate.value + estimate.error).all():
        allowed = "numbers > 0 at which the result is finite"
        raise ValueError(checks.describe("temperature", float(T.min()), allowed))
    return estimate
