"""How well methods recover couplings that are known: over models, temperatures, samples, sizes."""

from __future__ import annotations

import math
import time
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.learn.inverse import enumeration
from multispin.learn.inverse._states import dense
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.methods import METHODS
from multispin.learn.inverse.planted import (
    KINDS,
    LATTICES,
    independent_samples,
    planted,
    sides,
)
from multispin.studies.unkept import study_perhaps_kept

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from multispin.models import Pairwise
    from multispin.progress import StudyProgress

_MOST_SPINS, _MOST, _MOST_SAMPLES = 1000, 10**6, 10**8
_WARMEST, _COLDEST = 1e-3, 1e3
_CHOSEN = ("mean_field", "bethe", "pseudolikelihood", "mpf", "rise")
#: What is measured of each fit.
_MEASURED = ("gamma", "edges_right", "seconds", "converged")


def inverse_benchmark(
    models: str | Sequence[str] = KINDS,
    n_spins: ArrayLike = 16,
    betas: ArrayLike = 0.3,
    samples: ArrayLike = (100, 1000, 10_000),
    methods: str | Sequence[str] = _CHOSEN,
    repetitions: int = 3,
    sweeps: int = 1000,
    random_state: int | None = None,
    path: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    progress: bool | Callable[[StudyProgress], object] | None = None,
) -> xr.Dataset:
    r"""Plant couplings, draw samples, and see how well each method recovers what was planted.

    .. math:: \gamma = \sqrt{\frac{\sum_{i<j} (J_{ij} - J^*_{ij})^2}{\sum_{i<j} J^{*2}_{ij}}}

    with :math:`J^*` the couplings that were planted, β included. A method without couplings has
    γ = 1; one that is consistent has an error of order M^(−1/2).

    Parameters
    ----------
    models
        Some of ``ferromagnet`` (periodic square lattice, J = 1), ``glass`` (the same, J = ±1),
        ``sk`` (all pairs, Gaussian numbers of variance 1/N), ``random_graph`` (each pair with the
        same probability, 4 bonds a spin on average, J = ±1) and ``hopfield`` (N/10 random patterns,
        at least 2, by Hebb's rule).
    n_spins
        Numbers of spins N, 4 to 1000, one or several; for lattices a product of two numbers from 3
        on.
    betas
        Inverse temperatures β, 0.001 to 1000, by which couplings are multiplied.
    samples
        Numbers of samples M, 2 to 10⁸. Fewer samples are the first ones of more.
    methods
        Of `multispin.InverseIsing`, without penalties; ``exact`` up to 22 spins.
    repetitions
        Draws of couplings and samples, 2 or more.
    sweeps
        Sweeps of each sample's own chain beyond 22 spins. Up to 22 samples are exact.
    random_state
        Seed of everything; a fresh one if not given. With a path it has to be.
    path, executor, progress
        As of `multispin.study`, of which every fit is a point: a file that keeps what is finished,
        and workers, with one thread each. Without a path nothing is kept.

    Returns
    -------
    xarray.Dataset
        Over model, n_spins, beta, samples and algorithm, one of `methods`, means over repetitions:
        ``gamma``; ``edges_right``, the share of the E largest \|J\| that are edges, where E of the
        pairs are edges in truth, nan where all pairs are; ``seconds`` of a fit on one thread;
        ``converged``, the share of fits that reached their end; and ``gamma_error``, a standard
        error. What each repetition gave is ``gamma_of_repetition`` and so on. A method that finds
        no solution, as closed formulas with fewer samples than spins, has not converged and has a
        γ of nan, which means leave out.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of its kind.
    StudyError, ExecutorError, CheckpointError, OSError
        As `multispin.study`.
    MissingExtraError
        If xarray (extra ``[run]``) or SciPy (extra ``[learn]``) is not installed.

    Notes
    -----
    The measure and the comparison are those of H. C. Nguyen, R. Zecchina & J. Berg, Adv. Phys. 66,
    197 (2017), where methods of equilibrium are compared.

    Examples
    --------
    >>> from multispin.learn import inverse_benchmark
    >>> data = inverse_benchmark(
    ...     "glass", 9, 0.4, [1000, 100_000], ["mean_field", "exact"], random_state=1
    ... )
    >>> gamma = data.gamma.squeeze()
    >>> bool(gamma.sel(samples=100_000, algorithm="exact") < 0.05)
    True
    """
    require("xarray", "run")
    if path is not None and random_state is None:
        allowed = "a seed with a path, so that the same call goes on with the file"
        raise ValueError(checks.describe("random_state", None, allowed))
    seed = checks.seed_or_fresh("random_state", random_state)
    grid: dict[str, Any] = {
        "model": _words("models", models, KINDS),
        "n_spins": _integers("n_spins", n_spins, 4, _MOST_SPINS),
        "beta": _betas(betas),
        "samples": _integers("samples", samples, 2, _MOST_SAMPLES),
        "repetition": list(range(checks.count("repetitions", repetitions, 2, _MOST))),
        "algorithm": _words("methods", methods, tuple(METHODS)),  # the last: data are drawn once
    }
    _check_sizes(grid)
    points = {**grid, "sweeps": checks.count("sweeps", sweeps, 1, _MOST), "seed": seed}
    return _with_errors(study_perhaps_kept(recover_one, points, path, executor, progress))


def recover_one(
    model: str,
    n_spins: int,
    beta: float,
    samples: int,
    repetition: int,
    algorithm: str,
    sweeps: int,
    seed: int,
) -> dict[str, float]:
    """Fit one method to one draw of couplings and samples: a point of the study."""
    truth, spins, of_fit = _drawn(model, n_spins, beta, samples, repetition, sweeps, seed)
    J = dense("model", truth)[0][np.triu_indices(n_spins, 1)]
    estimator = InverseIsing(algorithm, random_state=of_fit, threads=1)
    begun = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of maxima at infinity; `converged` says the rest
            found = estimator.fit(spins).J_[np.triu_indices(n_spins, 1)]
    except ValueError:  # there is no solution
        found = np.full(len(J), math.nan)
    seconds = time.perf_counter() - begun
    solved = bool(np.isfinite(found).all())
    return {
        "gamma": float(np.sqrt(((found - J) ** 2).sum() / (J**2).sum())),
        "edges_right": _edges_right(found, J) if solved else math.nan,
        "seconds": seconds,
        "converged": float(solved and estimator.converged_),
    }


@lru_cache(maxsize=2)
def _drawn(
    model: str, n_spins: int, beta: float, samples: int, repetition: int, sweeps: int, seed: int
) -> tuple[Pairwise, NDArray[np.int8], int]:
    """Return what is planted, samples of it, and a seed for the fit."""
    number = (KINDS.index(model), n_spins, *np.array([beta]).view(np.uint32).tolist(), repetition)
    words = np.random.SeedSequence([seed, *number]).generate_state(3, np.uint64)
    of_couplings, of_samples, of_fit = (int(word) for word in words)
    truth = planted(model, n_spins, beta, of_couplings)
    spins = independent_samples(truth, samples, sweeps, of_samples, threads=1)
    return truth, spins, of_fit


def _edges_right(found: NDArray[np.float64], J: NDArray[np.float64]) -> float:
    edges = int((J != 0).sum())
    if edges == len(J):
        return math.nan
    largest = np.argsort(-np.abs(found), kind="stable")[:edges]
    return float((J[largest] != 0).mean())


def _with_errors(data: xr.Dataset) -> xr.Dataset:
    """Return means over repetitions, with the error of γ, beside what each gave."""
    found: xr.Dataset = data.drop_vars(_MEASURED)
    for name in _MEASURED:
        found[name] = data[name].mean("repetition")
        found[f"{name}_of_repetition"] = data[name]
    known = data.gamma.notnull().sum("repetition")
    # Of one repetition that is left there is no error, and no degree of freedom to divide by.
    squares = ((data.gamma - found.gamma) ** 2).sum("repetition").where(known > 1)
    found["gamma_error"] = np.sqrt(squares / (known * (known - 1)).clip(1))
    return found


def _check_sizes(grid: dict[str, Any]) -> None:
    largest = max(grid["n_spins"])
    if "exact" in grid["algorithm"] and largest > enumeration.MOST_SPINS:
        allowed = f"methods without 'exact' beyond {enumeration.MOST_SPINS} spins: got {largest}"
        raise ValueError(checks.describe("methods", "exact", allowed))
    if set(LATTICES) & set(grid["model"]):
        for n in grid["n_spins"]:
            sides(n)


def _words(name: str, given: object, known: tuple[str, ...]) -> list[str]:
    allowed = f"one or several of {', '.join(known)}, each once"
    words = [given] if isinstance(given, str) else given
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise TypeError(checks.describe(name, given, allowed))
    if not words or len(set(words)) < len(words) or not set(words) <= set(known):
        raise ValueError(checks.describe(name, given, allowed))
    return list(words)


def _betas(betas: ArrayLike) -> list[float]:
    allowed = f"a number from {_WARMEST:g} to {_COLDEST:g}, or a sequence of distinct ones"
    found = np.atleast_1d(checks.numbers("betas", betas, allowed))
    good = found.ndim == 1 and found.size > 0 and len(np.unique(found)) == found.size
    if not good or not bool(((found >= _WARMEST) & (found <= _COLDEST)).all()):
        raise ValueError(checks.describe("betas", betas, allowed))
    return [float(beta) for beta in found]


def _integers(name: str, given: ArrayLike, least: int, most: int) -> list[int]:
    allowed = f"an integer from {least} to {most}, or a sequence of distinct ones"
    found = np.atleast_1d(checks.array(name, given, allowed))
    if found.dtype.kind not in "iu":
        raise TypeError(checks.describe(name, given, allowed))
    if found.ndim != 1 or len(np.unique(found)) < max(found.size, 1):
        raise ValueError(checks.describe(name, given, allowed))
    return [checks.count(name, number, least, most) for number in found.tolist()]
