"""Couplings cut, the smallest first, until the pseudolikelihood says that it hurts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin._base import checks
from multispin.learn.inverse import criteria, supports
from multispin.learn.inverse.estimator import InverseIsing
from multispin.learn.inverse.methods import independent_fields
from multispin.learn.inverse.observations import observed
from multispin.learn.inverse.solving import task_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from multispin.learn.inverse.methods import Task
    from multispin.learn.inverse.solving import Start

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Decimation", "decimate"]

_METHOD = "pseudolikelihood"
_TOL = 1e-5  # of fits on the way
_GAMMA = 0.5  # of the criterion that tells a graph from none
_FALLEN = 0.5  # share of the maximum below which it was one


@dataclass(frozen=True, eq=False, repr=False)
class Decimation:
    """How the pseudolikelihood fell as couplings were cut, and the fit where to stop.

    Attributes
    ----------
    estimator
        `multispin.InverseIsing`, fitted on `support` by "pseudolikelihood".
    support
        Pairs that are coupled, (N, N) bool, symmetric.
    edges
        Numbers of couplings that were fitted, descending, (K,).
    log_pseudolikelihood
        L = Σ_i ⟨ln P(s_i | others)⟩ with each, (K,).
    tilted
        L − x L_max − (1 − x) L_0, (K,), with the share x of couplings that are left; its maximum
        is where to stop.
    best
        Number of that maximum.
    """

    estimator: InverseIsing
    support: NDArray[np.bool_]
    edges: NDArray[np.int64]
    log_pseudolikelihood: NDArray[np.float64]
    tilted: NDArray[np.float64]
    best: int

    def __repr__(self) -> str:
        left = int(self.support.sum()) // 2
        return f"Decimation({left} of {self.edges[0]} couplings are left)"


def decimate(
    samples: Any,
    sample_weight: ArrayLike | None = None,
    *,
    step: float = 0.05,
    l2: float = 0.0,
    units: str = "spin",
    support: ArrayLike | None = None,
    threads: int | None = None,
) -> Decimation:
    r"""Cut the smallest couplings and maximize the pseudolikelihood, again and again.

    Without couplings that are noise, L = Σ_i ⟨ln P(s_i | others)⟩ falls little; with a share x of
    them left, the tilted pseudolikelihood

    .. math:: L_t(x) = L(x) - x L(1) - (1 - x) L(0)

    rises until couplings are cut that there are, and is 0 at both ends. Its maximum is where to
    stop, with no penalty to be chosen. Cutting goes on until it has fallen to half of it; around
    it, couplings are then cut one by one. What it cannot tell is whether there is any coupling at
    all: a graph is returned only if EBIC with γ = ½ (`multispin.learn.inverse.selection`) prefers
    it to none.

    Parameters
    ----------
    samples
        (M, N) of the two values of `units`, none missing.
    sample_weight
        (M,): how often each was seen.
    step
        Share of the couplings that are left which is cut at a time, at least one, between 0 and 1.
    l2
        A penalty l2 Σ J² of all fits, which keeps couplings finite.
    units
        "spin", −1 and +1, or "binary", 0 and 1.
    support
        Pairs to begin with, a symmetric (N, N) of bool; None is all of them.
    threads
        Number of threads; None takes as many as the process may use.

    Returns
    -------
    Decimation
        The fitted `estimator`, its `support`, and L and L_t over the number of couplings.

    Raises
    ------
    TypeError, ValueError
        For arguments that are not of this kind.

    Notes
    -----
    A. Decelle & F. Ricci-Tersenghi, Phys. Rev. Lett. 112, 070603 (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin.learn.inverse.decimation import decimate
    >>> J = np.zeros((5, 5))
    >>> J[[0, 1, 3], [1, 2, 4]] = 0.5, -0.5, 0.4
    >>> states = 2 * (np.arange(32)[:, None] >> np.arange(5) & 1) - 1
    >>> weights = np.exp(((states @ J) * states).sum(axis=1))
    >>> found = decimate(states, np.round(5000 * weights / weights.sum()))
    >>> found
    Decimation(3 of 10 couplings are left)
    >>> np.argwhere(np.triu(found.support)).tolist()
    [[0, 1], [1, 2], [3, 4]]
    """
    share = checks.positive_finite("step", step)
    if share >= 1.0:
        raise ValueError(checks.describe("step", step, "a number between 0 and 1"))
    estimator = InverseIsing(
        _METHOD, l2=l2, units=units, support=support, tol=_TOL, threads=threads
    )
    task = task_of(estimator, observed(samples, sample_weight, units))
    cuts, tilted = _cut(task, share)
    best = int(np.argmax(tilted))
    chosen = cuts[best].mask if _is_any(task, cuts[best], cuts[-1]) else np.zeros_like(cuts[0].mask)
    final = InverseIsing(_METHOD, l2=l2, units=units, support=chosen, threads=threads)
    final.fit(samples, sample_weight=sample_weight)
    edges = np.array([cut.edges for cut in cuts])
    return Decimation(final, chosen, edges, np.array([cut.value for cut in cuts]), tilted, best)


class _Cut(NamedTuple):
    """A fit on some couplings."""

    mask: Mask
    edges: int
    value: float
    start: Start


def _cut(task: Task, share: float) -> tuple[list[_Cut], Array]:
    """Fits with fewer and fewer couplings, at last with none, and tilted pseudolikelihoods."""
    n = task.support.n
    none = _fitted(
        task, np.zeros((n, n), dtype=np.bool_), (np.zeros((n, n)), independent_fields(task))
    )
    first = _fitted(task, task.support.mask, none.start)
    cuts, highest = [first], 0.0
    while cuts[-1].edges > 1:
        cuts.append(_fitted(task, *_without(cuts[-1], max(1, int(share * cuts[-1].edges)))))
        height = _tilted(cuts[-1], first, none)
        highest = max(highest, height)
        if height <= _FALLEN * highest:
            break
    heights = [_tilted(cut, first, none) for cut in cuts]
    cuts = _one_by_one(task, cuts, int(np.argmax(heights)))
    if cuts[-1].edges:
        cuts.append(none)
    return cuts, np.array([_tilted(cut, first, none) for cut in cuts])


def _one_by_one(task: Task, cuts: list[_Cut], best: int) -> list[_Cut]:
    """Put all cuts between the neighbours of the best one in place of it."""
    before, after = max(best - 1, 0), min(best + 1, len(cuts) - 1)
    found = cuts[: before + 1]
    while found[-1].edges > cuts[after].edges + 1:
        found.append(_fitted(task, *_without(found[-1], 1)))
    return found + cuts[after if after > before else after + 1 :]


def _fitted(task: Task, mask: Mask, start: Start) -> _Cut:
    reduced = replace(task, support=supports.given(mask, task.support.n))
    value, outcome = criteria.maximum(reduced, _METHOD, start)
    return _Cut(mask, reduced.support.n_pairs, value, (outcome.J, outcome.h))


def _without(cut: _Cut, number: int) -> tuple[Mask, Start]:
    """The support without its smallest couplings."""
    J = cut.start[0]
    i, j = np.nonzero(np.triu(cut.mask))
    least = np.argsort(np.abs(J[i, j]), kind="stable")[:number]
    mask = cut.mask.copy()
    mask[i[least], j[least]] = mask[j[least], i[least]] = False
    return mask, (np.where(mask, J, 0.0), cut.start[1])


def _tilted(cut: _Cut, first: _Cut, none: _Cut) -> float:
    x = cut.edges / max(first.edges, 1)
    return cut.value - x * first.value - (1 - x) * none.value


def _is_any(task: Task, cut: _Cut, none: _Cut) -> bool:
    """Whether a graph is preferred to one without edges."""
    n_samples, n = task.moments.n_samples, task.support.n
    with_it, without = (
        criteria.ebic(one.value, n_samples, n, one.edges, _GAMMA, exact=False)
        for one in (cut, none)
    )
    return with_it < without
