"""How parameters scatter, by fits of data sets drawn from the data: Efron's bootstrap."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError, Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.errors import ExecutorError
from multispin.learn.inverse._states import distinct
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.observations import Observations, observed
from multispin.learn.inverse.solving import like, solved, task_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.solving import Start
    from multispin.learn.inverse.supports import Support
    from multispin.learn.inverse.uncertainty import StandardErrors

    Array = NDArray[np.float64]

__all__ = ["Bootstrap", "Interval", "bootstrap"]

_MOST_REPLICATES = 10**6
_MOST_SAMPLES = 2**53  # integers that float64 has


class Interval(NamedTuple):
    """Lower and upper ends of intervals, of couplings (2, N, N) and of fields (2, N)."""

    J: NDArray[np.float64]
    h: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap:
    """Parameters of B replicates of the data.

    Attributes
    ----------
    J, h
        Couplings (B, N, N) and fields (B, N); nan of a replicate that the method has no solution
        for.
    counts
        In how many replicates each coupling is not 0, (N, N).
    degenerate
        Number of replicates in which a spin is constant or a pair lacks one of its four states:
        without a penalty their parameters are as large as the fit went.
    not_converged
        Number of replicates whose fits did not reach `tol`.
    failed
        Number of replicates without a solution.
    """

    J: NDArray[np.float64]
    h: NDArray[np.float64]
    counts: NDArray[np.int64]
    degenerate: int
    not_converged: int
    failed: int

    @property
    def edge_frequency(self) -> NDArray[np.float64]:
        """Share of replicates in which each coupling is not 0, (N, N); what has failed left out."""
        found: Array = self.counts / max(1, len(self.J) - self.failed)
        return found

    def standard_errors(self) -> StandardErrors:
        """Return the standard deviation over replicates of J (N, N) and of h (N,).

        Raises
        ------
        ValueError
            If fewer than two replicates have a solution.
        """
        from multispin.learn.inverse.uncertainty import StandardErrors

        J, h = self._known()
        return StandardErrors(J.std(axis=0, ddof=1), h.std(axis=0, ddof=1))

    def interval(self, level: float = 0.95) -> Interval:
        """Return intervals between quantiles (1 ± `level`)/2 of the replicates.

        Raises
        ------
        TypeError, ValueError
            If `level` is no number between 0 and 1, or fewer than two replicates have a solution.
        """
        number = checks.positive_finite("level", level)
        if number >= 1.0:
            raise ValueError(checks.describe("level", level, "a number between 0 and 1"))
        ends = [(1 - number) / 2, (1 + number) / 2]
        J, h = self._known()
        return Interval(np.quantile(J, ends, axis=0), np.quantile(h, ends, axis=0))

    def _known(self) -> tuple[Array, Array]:
        known = np.isfinite(self.h).all(axis=1)
        if known.sum() < 2:
            allowed = "two or more that have a solution"
            raise ValueError(f"replicates: got {known.sum()} with a solution, allowed: {allowed}")
        return self.J[known], self.h[known]

    def __repr__(self) -> str:
        b, n = self.h.shape
        bad = f"{self.degenerate} degenerate, {self.not_converged} not converged"
        return f"Bootstrap({b} replicates of {n} spins: {bad}, {self.failed} failed)"


def bootstrap(
    estimator: InverseIsing,
    samples: Any,
    replicates: int = 100,
    sample_weight: ArrayLike | None = None,
    random_state: int | None = None,
    executor: Executor | None = None,
) -> Bootstrap:
    """Fit data sets that are drawn, with replacement, from the samples.

    Each replicate has as many samples as there are. Of distinct states only the numbers are drawn,
    by a multinomial distribution. Samples that follow each other in time have to be thinned until
    they are independent: errors are too small otherwise.

    Parameters
    ----------
    estimator
        What fits each replicate; it stays as it is. If it is fitted, replicates begin there.
    samples
        (M, N) of the two values of the estimator's `units`, none missing.
    replicates
        Their number B, from 1 to 10⁶.
    sample_weight
        (M,): how often each was seen. Their sum, rounded, is the number of samples, >= 2.
    random_state
        Seed; a fresh one if not given. Results depend on it and not on the executor.
    executor
        Where replicates are fitted at the same time, with one thread each unless the estimator says
        otherwise.

    Returns
    -------
    Bootstrap
        Parameters of all replicates, with `standard_errors`, `interval` and `edge_frequency`.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this kind.
    MemoryError
        If parameters of all replicates do not fit.
    ExecutorError
        If the executor broke or was shut down.

    Notes
    -----
    B. Efron & R. J. Tibshirani, An Introduction to the Bootstrap (Chapman & Hall, 1993), chapters 6
    and 13; shares of replicates that have an edge: N. Meinshausen & P. Bühlmann, J. R. Stat. Soc. B
    72, 417 (2010).

    Examples
    --------
    >>> import multispin as ms
    >>> from multispin.learn.inverse.bootstrap import bootstrap
    >>> states, counts = [[1, 1], [1, -1], [-1, 1], [-1, -1]], [50, 20, 10, 40]
    >>> found = bootstrap(ms.InverseIsing("exact"), states, 200, counts, random_state=1)
    >>> round(float(found.standard_errors().J[0, 1]), 1), found.degenerate
    (0.1, 0)
    """
    checks.instance("estimator", estimator, InverseIsing, "an InverseIsing")
    b = checks.count("replicates", replicates, 1, _MOST_REPLICATES)
    seed = checks.seed_or_fresh("random_state", random_state)
    if executor is not None:
        checks.instance("executor", executor, Executor, "None or a concurrent.futures.Executor")
    observations = observed(samples, sample_weight, estimator.units)
    n = observations.n_features
    check_memory(f"replicates: parameters of {b}", 16 * b * n * (n + 1))
    alone = executor is not None and estimator.threads is None
    same = like(estimator, threads=1) if alone else like(estimator)
    start = (estimator.J_, estimator.h_) if getattr(estimator, "n_features_in_", 0) == n else None
    draw = _Draw.of(same, observations, seed, start)
    fits = _fitted(draw, b, executor)
    J, h = np.stack([fit.J for fit in fits]), np.stack([fit.h for fit in fits])
    counts = (np.nan_to_num(J) != 0.0).sum(axis=0).astype(np.int64)
    return Bootstrap(
        J, h, counts,
        degenerate=sum(fit.degenerate for fit in fits),
        not_converged=sum(not fit.converged for fit in fits),
        failed=sum(fit.failed for fit in fits),
    )  # fmt: skip


class _Fit(NamedTuple):
    J: Array
    h: Array
    degenerate: bool
    converged: bool
    failed: bool


@dataclass(frozen=True)
class _Draw:
    """What a worker needs to draw and fit any replicate."""

    estimator: InverseIsing
    spins: NDArray[np.int8]
    shares: Array
    n_samples: int
    seed: int
    start: Start | None

    @classmethod
    def of(
        cls, estimator: InverseIsing, observations: Observations, seed: int, start: Start | None
    ) -> _Draw:
        count = observations.n_samples
        if not 1.5 <= count <= _MOST_SAMPLES:
            what = "samples" if observations.weights is None else "sample_weight"
            allowed = "from 2 to 2**53, as that many are drawn"
            raise ValueError(f"{what}: got {count:g} samples altogether, allowed: {allowed}")
        spins, place = distinct(observations.spins)
        # Sums of integers are exact, so that the order of samples does not matter.
        seen: Array = np.bincount(place, observations.weights).astype(np.float64)
        # Refuses what the estimator cannot fit, once and before any worker has to.
        task_of(estimator, Observations(spins, seen, None, False))
        return cls(estimator, spins, seen / seen.sum(), round(count), seed, start)

    def fit(self, number: int) -> _Fit:
        """Draw a replicate and fit it."""
        rng = np.random.default_rng([self.seed, number])
        counts = rng.multinomial(self.n_samples, self.shares)
        drawn = counts > 0
        weights = counts[drawn].astype(np.float64)
        observations = Observations(self.spins[drawn], weights, None, False)
        task = task_of(self.estimator, observations)
        degenerate = _degenerate(observations.moments(task.threads), task.support)
        try:
            with np.errstate(all="ignore"):
                outcome = solved(task, self.estimator.method, self.start)
        except ValueError:  # what methods say of data that they have no solution for
            outcome = None
        if outcome is None or not (np.isfinite(outcome.J).all() and np.isfinite(outcome.h).all()):
            n = task.support.n
            return _Fit(np.full((n, n), np.nan), np.full(n, np.nan), degenerate, True, True)
        return _Fit(outcome.J, outcome.h, degenerate, outcome.converged, False)


def _fitted(draw: _Draw, replicates: int, executor: Executor | None) -> list[_Fit]:
    fit = partial(_Draw.fit, draw)
    if executor is None:
        return [fit(number) for number in range(replicates)]
    workers = getattr(executor, "_max_workers", None)
    at_a_time = max(1, replicates // (4 * workers)) if isinstance(workers, int) else 1
    try:
        return list(executor.map(fit, range(replicates), chunksize=at_a_time))
    except (BrokenExecutor, CancelledError) as error:
        raise ExecutorError(f"executor: it broke while replicates were fitted: {error}") from error
    except RuntimeError as error:  # of one that was shut down
        raise ExecutorError(f"executor: got one that takes no work ({error})") from error


def _degenerate(moments: Moments, support: Support) -> bool:
    """Whether a spin is constant, or a pair of the support is never in one of its four states."""
    half = 0.5 / moments.n_samples
    m, i, j = moments.mean, support.rows, support.columns
    least = float((1 - np.abs(m)).min()) / 2
    for a in (1, -1):
        for b in (1, -1):
            cells = (1 + a * m[i] + b * m[j] + a * b * moments.second[i, j]) / 4
            least = min(least, float(cells.min(initial=1.0)))
    return least < half
