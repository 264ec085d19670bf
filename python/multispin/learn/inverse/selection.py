"""Which spins are coupled at all: penalties from large to small, and the graph that is worth it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.learn.inverse import criteria, supports
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.methods import independent_fields, losses_of
from multispin.learn.inverse.observations import observed
from multispin.learn.inverse.solving import solved, task_of
from multispin.learn.inverse.uncertainty import LOSSES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.inverse.methods import Task
    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.solving import Start

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["RegularizationPath", "regularization_path"]

METHODS = (*LOSSES, "exact")
CRITERIA = ("ebic", "cv")
RULES = ("and", "or")

_STEPS = 30  # penalties that are tried unless they are given
_MOST_STEPS = 10_000
_TOL = 1e-5  # of fits on the way, which no more is needed of than which couplings are 0
_NOTHING = 1e-9  # correlations of what is independent, but for rounding


@dataclass(frozen=True, eq=False, repr=False)
class RegularizationPath:
    """Fits with penalties from large to small, and what was made of the best graph.

    Attributes
    ----------
    estimator
        `multispin.InverseIsing`, fitted without l1 on `support`.
    support
        Pairs that are coupled, (N, N) bool, symmetric.
    l1
        Penalties, descending, (L,).
    J
        Couplings with each of them, (L, N, N).
    supports
        Graphs with each of them, (L, N, N) bool.
    score
        EBIC, of which the smallest is the best, or the mean held-out log-pseudolikelihood of a
        sample, of which the largest is, (L,).
    error
        Standard error of `score` over folds, (L,); None of EBIC.
    criterion
        "ebic" or "cv".
    best
        Number of the penalty that was chosen: of equals, the largest.
    """

    estimator: InverseIsing
    support: NDArray[np.bool_]
    l1: NDArray[np.float64]
    J: NDArray[np.float64]
    supports: NDArray[np.bool_]
    score: NDArray[np.float64]
    error: NDArray[np.float64] | None
    criterion: str
    best: int

    @property
    def edges(self) -> NDArray[np.int64]:
        """Number of coupled pairs with each penalty, (L,)."""
        found: NDArray[np.int64] = self.supports.sum(axis=(1, 2), dtype=np.int64) // 2
        return found

    def __repr__(self) -> str:
        chosen = f"l1={self.l1[self.best]:.3g}, {self.edges[self.best]} edges"
        return f"RegularizationPath({len(self.l1)} penalties, {self.criterion}: {chosen})"


def regularization_path(
    samples: Any,
    method: str = "pseudolikelihood_averaged",
    l1: ArrayLike | None = None,
    *,
    criterion: str = "ebic",
    gamma: float = 0.5,
    folds: int = 5,
    rule: str = "and",
    l2: float = 0.0,
    units: str = "spin",
    support: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    random_state: int | None = None,
    threads: int | None = None,
) -> RegularizationPath:
    r"""Find which spins are coupled, and the couplings of these, with penalties l1 Σ|J|.

    Each penalty gives a graph. Graphs are compared by fits without a penalty, as these are what is
    returned, by

    .. math:: \mathrm{EBIC} = -2 n L + 2 |E| \ln n + 4 \gamma |E| \ln N

    with the mean log-pseudolikelihood L = Σ_i ⟨ln P(s_i | others)⟩ of n samples of N spins, on |E|
    coupled pairs: the sum over spins of the criterion of Barber and Drton. Of ``exact`` L is the
    log-likelihood, and |E| ln n enters once. Or by cross-validation: L of samples that were left
    out, which is best for predictions and tends to find too many pairs.

    Parameters
    ----------
    samples
        (M, N) of the two values of `units`, none missing.
    method
        pseudolikelihood, pseudolikelihood_averaged, mpf, rise, logrise or exact, of
        `multispin.InverseIsing`.
    l1
        Penalties > 0, at most 10,000. None takes 30, evenly spaced logarithms from the smallest
        that leaves no coupling down to 1/√n of it (at least 1/1000, at most 1/10), and stops where
        all pairs are coupled.
    criterion
        "ebic" or "cv".
    gamma
        γ >= 0 of EBIC; 0 is BIC. With 0.5 and more there are rarely edges too many, however many
        spins there are.
    folds
        Parts of the samples of which each is left out once, 2 to n.
    rule
        Of methods for each spin alone: whether a pair is coupled if both J_ij and J_ji are not 0,
        "and", or one of them, "or".
    l2
        Another penalty l2 Σ J², of all fits, the last one too: it keeps couplings finite.
    units
        "spin", −1 and +1, or "binary", 0 and 1.
    support
        Pairs that may be coupled, a symmetric (N, N) of bool; None is all of them.
    sample_weight
        (M,): how often each was seen; whole numbers, for "cv".
    random_state
        Seed of the folds; a fresh one if not given.
    threads
        Number of threads; None takes as many as the process may use.

    Returns
    -------
    RegularizationPath
        The fitted `estimator`, its `support`, and penalties, couplings, graphs and scores.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this kind.
    MemoryError
        If couplings of all penalties do not fit.

    Notes
    -----
    P. Ravikumar, M. J. Wainwright & J. D. Lafferty, Ann. Stat. 38, 1287 (2010): the penalty, and
    the rules. R. Foygel & M. Drton, NIPS 23, 604 (2010), eq. (2), and R. F. Barber & M. Drton,
    Electron. J. Stat. 9, 567 (2015), eq. (1.4): the criteria, which find the graph as n grows.

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.learn.inverse.selection import regularization_path
    >>> J = np.zeros((5, 5))
    >>> J[[0, 1, 3], [1, 2, 4]] = 0.5, -0.5, 0.4
    >>> states = 2 * (np.arange(32)[:, None] >> np.arange(5) & 1) - 1
    >>> weights = np.exp(((states @ J) * states).sum(axis=1))
    >>> counts = np.round(5000 * weights / weights.sum())
    >>> found = regularization_path(states, sample_weight=counts)
    >>> np.argwhere(np.triu(found.support)).tolist()
    [[0, 1], [1, 2], [3, 4]]
    >>> round(float(found.estimator.J_[0, 1]), 2)
    0.5
    """
    checks.choice("method", method, METHODS)
    checks.choice("criterion", criterion, CRITERIA)
    checks.choice("rule", rule, RULES)
    gamma = checks.nonnegative_finite("gamma", gamma)
    count = checks.count("folds", folds, 2)
    seed = checks.seed_or_fresh("random_state", random_state)
    estimator = InverseIsing(method, l2=l2, units=units, support=support, tol=_TOL, threads=threads)
    observations = observed(samples, sample_weight, units)
    task = task_of(estimator, observations)
    penalties, may_stop = _penalties(l1, task, method)
    check_memory(
        f"l1: couplings of {len(penalties)} penalties", 10 * len(penalties) * task.support.n**2
    )
    steps = _path(task, method, penalties, rule, may_stop)
    penalties = penalties[: len(steps)]
    if criterion == "ebic":
        score, error = _by_ebic(task, method, steps, gamma), None
        best = int(np.argmin(score))
    else:
        parts = _parts(observations, count, seed)
        score, error = _by_folds(estimator, observations, parts, penalties, rule)
        best = int(np.argmax(score))
    chosen = steps[best].mask
    final = InverseIsing(method, l2=l2, units=units, support=chosen, threads=threads)
    final.fit(samples, sample_weight=sample_weight)
    return RegularizationPath(
        final, chosen, penalties, np.stack([step.J for step in steps]),
        np.stack([step.mask for step in steps]), score, error, criterion, best,
    )  # fmt: skip


# --- the path -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    J: Array
    mask: Mask
    start: Start


def _path(
    task: Task, method: str, penalties: Array, rule: str, may_stop: bool = False
) -> list[_Step]:
    """Fit with each penalty, from where the one before ended."""
    n = task.support.n
    start = (np.zeros((n, n)), independent_fields(task))
    found: list[_Step] = []
    for penalty in penalties:
        outcome = solved(replace(task, l1=float(penalty)), method, start)
        rows = outcome.J if outcome.rows is None else outcome.rows
        some = rows != 0.0
        mask = some & some.T if rule == "and" else some | some.T
        start = (rows, outcome.h)
        found.append(_Step(outcome.J, mask, start))
        if may_stop and mask.sum() == 2 * task.support.n_pairs:
            break
    return found


def _penalties(l1: ArrayLike | None, task: Task, method: str) -> tuple[Array, bool]:
    """Penalties, descending; and whether they may end where all pairs are coupled."""
    if l1 is not None:
        given = checks.positive_numbers("l1", l1)
        if given.ndim != 1 or not 1 <= len(given) <= _MOST_STEPS:
            got = f"an array of shape {given.shape}"
            allowed = f"None, or a sequence of 1 to {_MOST_STEPS} numbers > 0"
            raise ValueError(f"l1: got {got}, allowed: {allowed}")
        return np.unique(given)[::-1], False
    top = _largest(task, method)
    if top < _NOTHING:
        return np.ones(1), True
    ratio = np.clip(task.moments.n_samples**-0.5, 1e-3, 0.1)
    return np.geomspace(top, ratio * top, _STEPS), True


def _largest(task: Task, method: str) -> float:
    """The smallest penalty that leaves no coupling: the largest slope where there are none."""
    fields = independent_fields(task)
    if method == "exact":
        pairs = task.moments.covariance[task.support.rows, task.support.columns]
        return float(np.abs(pairs).max(initial=0.0))
    losses = losses_of(task, *LOSSES[method])
    start = losses.vector(np.zeros((task.support.n,) * 2), fields)
    slopes = losses.evaluate(start)[1][: losses.n_couplings]
    return float(np.abs(slopes).max(initial=0.0))


# --- what each graph is worth ---------------------------------------------------------------------


def _on(task: Task, mask: Mask) -> Task:
    """Return the task without l1, on another support."""
    return replace(task, l1=0.0, support=supports.given(mask, task.support.n))


def _by_ebic(task: Task, method: str, steps: list[_Step], gamma: float) -> Array:
    known: dict[bytes, float] = {}
    found = np.empty(len(steps))
    for k, step in enumerate(steps):
        key = step.mask.tobytes()
        if key not in known:
            value, _ = criteria.maximum(_on(task, step.mask), method, step.start)
            known[key] = criteria.ebic(
                value, task.moments.n_samples, task.support.n, int(step.mask.sum()) // 2, gamma,
                method == "exact",
            )  # fmt: skip
        found[k] = known[key]
    return found


def _by_folds(
    estimator: InverseIsing, observations: Observations, parts: Array, penalties: Array, rule: str
) -> tuple[Array, Array]:
    """Mean over folds of L of what was left out of fits on graphs of what was not, with errors."""
    found = np.empty((len(parts), len(penalties)))
    whole = parts.sum(axis=0)
    for k, part in enumerate(parts):
        rest = whole - part
        left_out = observations.taken(np.flatnonzero(part), part[part > 0])
        task = task_of(estimator, observations.taken(np.flatnonzero(rest), rest[rest > 0]))
        for step, of in enumerate(_path(task, estimator.method, penalties, rule)):
            outcome = solved(_on(task, of.mask), estimator.method, of.start)
            rows = outcome.J if outcome.rows is None else outcome.rows
            found[k, step] = criteria.log_pseudolikelihood(left_out, rows, outcome.h, task.threads)
    error = found.std(axis=0, ddof=1) / np.sqrt(len(parts))
    return found.mean(axis=0), np.asarray(error)


def _parts(observations: Observations, folds: int, seed: int) -> Array:
    """How often each row of the samples is in each fold, (folds, rows), at random."""
    m = len(observations.spins)
    weights = np.ones(m) if observations.weights is None else observations.weights
    whole = np.rint(weights)
    if bool((whole != weights).any()) or weights.sum() > 2**31:
        allowed = "whole numbers that say how often samples were seen, with criterion='cv'"
        raise ValueError(checks.describe("sample_weight", weights, allowed))
    rows = np.repeat(np.arange(m), whole.astype(np.int64))
    if folds > len(rows):
        raise ValueError(checks.describe("folds", folds, f"2 to {len(rows)}, so many samples"))
    check_memory(f"folds: {folds} of {m} rows", 8 * folds * m)
    np.random.default_rng(seed).shuffle(rows)
    return np.array(
        [np.bincount(part, minlength=m) for part in np.array_split(rows, folds)], dtype=np.float64
    )
