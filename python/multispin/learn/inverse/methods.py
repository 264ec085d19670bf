"""The methods of inverse Ising by name: what each asks for, and how its parameters are found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from multispin._base.callers import warn
from multispin._engines.conditionals import Conditionals, packed
from multispin.errors import NotConvergedWarning
from multispin.learn.inverse import boltzmann, enumeration, firth, mean_field
from multispin.learn.inverse.completion import Completion
from multispin.learn.inverse.conditional import Losses
from multispin.learn.inverse.optimization import Minimum, Ridge, Smooth, minimize
from multispin.learn.inverse.standardization import Coordinates, Standardized
from multispin.learn.inverse.strata import Strata
from multispin.learn.place import Place
from multispin.learn.seeds import seed_for
from multispin.models import Pairwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Moments, Observations
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]


_OF_KINDS = 0x6B696E64  # what a seed is for


@dataclass(frozen=True)
class Task:
    """What is to be fitted, and how."""

    observations: Observations | None  # None: only moments are known
    moments: Moments
    support: Support
    l1: float
    l2: float
    tol: float
    max_iter: int
    chains: int
    k_pairwise: bool
    seed: int
    threads: int
    progress: Callable[[float], None] | None
    firth: bool = False
    device: str = "cpu"
    start: tuple[Array, Array] | None = None  # J (N, N) and h (N,), where a search may begin

    @property
    def place(self) -> Place:
        """Where chains are."""
        return Place(self.threads, self.device)

    def known(self) -> Observations:
        """Return the samples of a method that asks for them."""
        assert self.observations is not None
        return self.observations


@dataclass(frozen=True)
class Outcome:
    """Parameters, and how they were found."""

    J: Array
    h: Array
    n_iter: int = 0
    converged: bool = True
    optimality: float = 0.0
    history: list[float] = field(default_factory=list)
    potential: Array | None = None  # V_K, of K-pairwise models
    pairs: tuple[Array, Array] | None = None  # J and h that need less of a potential
    rows: Array | None = None  # J_ij before it is averaged with J_ji


class Solve(Protocol):
    """Finds the parameters of a task."""

    def __call__(self, task: Task) -> Outcome:
        """Return parameters."""
        ...


@dataclass(frozen=True)
class Method:
    """A method, and what of a task it can do something with."""

    solve: Solve
    samples: bool = False  # needs samples: moments do not tell what it fits
    penalties: tuple[str, ...] = ()
    support: bool = False
    missing: bool = False
    k_pairwise: bool = False
    firth: bool = False
    chains: bool = False  # learns by chains, which may be on a GPU


def _closed(formula: Callable[[Any, Any], tuple[Array, Array]]) -> Method:
    def solve(task: Task) -> Outcome:
        return Outcome(*formula(task.moments.mean, task.moments.covariance))

    return Method(solve)


# --- maximum likelihood ---------------------------------------------------------------------------


def _exact(task: Task) -> Outcome:
    if task.firth:
        best = firth.of_all_states(task.moments, task.support, task.tol, task.max_iter)
        J, h = task.support.matrix(best.x), task.support.fields(best.x).copy()
        reached = best.optimality <= task.tol
        return Outcome(J, h, best.n_iter, reached, best.optimality, best.values)
    states = enumeration.States(task.support.n)
    if _incomplete(task):
        observed = enumeration.ObservedLikelihood(states, task.support, task.known())
        return _joint(task.support, _minimum(task, observed, _independent(task), newton=False))
    numbers = by_number(task.known()) if task.k_pairwise else None
    likelihood = enumeration.Likelihood(states, task.support, task.moments, numbers)
    start = np.zeros(likelihood.size)
    begin = _independent(task) if task.start is None else task.support.vector(*task.start)
    start[: task.support.size] = begin
    found = _minimum(task, likelihood, start)
    outcome = _joint(task.support, found)
    return replace(outcome, potential=likelihood.potential(found.x)) if task.k_pairwise else outcome


def _boltzmann(task: Task) -> Outcome:
    support, moments, observations = task.support, task.moments, task.observations
    starts = [_independent(task)]
    completion = _completion(task, starts[0]) if _incomplete(task) else None
    if observations is not None and completion is None:
        # Mostly near enough, and far sooner than chains would come there.
        l2 = max(task.l2, 1.0 / moments.n_samples)
        # Pseudo-likelihoods have each coupling twice.
        rough = replace(task, l1=2 * task.l1, l2=l2, tol=1e-3)
        losses = losses_of(task, "logistic", joint=True)
        starts.append(_minimum(rough, losses, starts[0], newton=False).x)
    random = np.random.default_rng(task.seed)
    up = (1 + moments.mean) / 2
    states = np.where(random.random((task.chains, support.n)) < up, 1, -1).astype(np.int8)
    seed = int(random.integers(2**63))
    chains = boltzmann.Chains.started(support, starts[0], states, seed, task.place)
    found = boltzmann.learn(
        chains, starts, moments, task.l1, task.l2, task.max_iter, task.progress, completion,
        rough=task.k_pairwise,
    )  # fmt: skip
    J, h = support.matrix(found.x), support.fields(found.x).copy()
    outcome = Outcome(J, h, found.n_iter, found.converged, found.errors[-1], found.errors)
    return _tilted(task, chains, found, outcome) if task.k_pairwise else outcome


def _tilted(
    task: Task, chains: boltzmann.Chains, pairs: boltzmann.Learned, outcome: Outcome
) -> Outcome:
    """Go on from pairs that are nearly the best, and have nearly as many spins up as samples have.

    Moments are measured at least once: it is what tells whether they agree.
    """
    strata = Strata(by_number(task.known()))
    chains = chains.of_kinds(strata, pairs.x, seed_for(task.seed, _OF_KINDS))
    most = max(task.max_iter - pairs.n_iter, 1)
    found = boltzmann.learn(chains, [pairs.x], task.moments, 0.0, 0.0, most, task.progress, None)
    unseen = strata.unseen(chains.numbers)
    if len(unseen):
        numbers = ", ".join(map(str, unseen[:5])) + (", ..." if len(unseen) > 5 else "")
        warn(
            f"boltzmann: no chain had as many spins up as some samples have ({numbers}), and V_K "
            "of them is a guess; more chains may do",
            NotConvergedWarning,
        )
    beside = chains.tilted(found.x)
    whole = beside.canonical()
    first, second, _ = strata.small(beside.potential)
    pairs_beside = (beside.J + first * ~np.eye(len(beside.J), dtype=np.bool_), beside.h + second)
    return replace(
        outcome, J=whole.J, h=whole.h, potential=whole.potential, pairs=pairs_beside,
        n_iter=outcome.n_iter + found.n_iter, converged=found.converged,
        optimality=found.errors[-1], history=[*outcome.history, *found.errors],
    )  # fmt: skip


def _incomplete(task: Task) -> bool:
    return task.observations is not None and task.observations.incomplete


def _completion(task: Task, x: Array) -> Completion:
    model = boltzmann.model_of(task.support, x)
    return Completion(task.known(), model, task.seed, task.place)


def by_number(observations: Observations) -> Array:
    """Shares of samples with K spins up, (N + 1,)."""
    ups = (observations.spins > 0).sum(axis=1)
    found = np.bincount(ups, observations.shares, minlength=observations.n_features + 1)
    return found.astype(np.float64)


# --- losses of conditional probabilities ----------------------------------------------------------


def _conditional(loss: str, joint: bool, exclude: bool = False) -> Solve:
    def solve(task: Task) -> Outcome:
        if task.firth:
            return _of_few(task)
        if _incomplete(task):
            return _of_completed(task, loss, joint)
        losses = losses_of(task, loss, joint, exclude)
        n = task.support.n
        start = losses.vector(*(task.start or (np.zeros((n, n)), np.zeros(n))))
        found = _minimum(task, losses, start, joint=joint)
        J, h = losses.symmetric(found.x)
        rows = losses.matrix(found.x)
        return Outcome(
            J, h, found.n_iter, found.converged, found.optimality, found.values, rows=rows
        )

    return solve


def _of_few(task: Task) -> Outcome:
    """Logistic regression of each spin with Firth's penalty."""
    n, mask = task.support.n, task.support.mask
    rows, h = np.zeros((n, n)), np.zeros(n)
    found = [firth.of_spin(task.known(), mask[i], i, task.tol, task.max_iter) for i in range(n)]
    for i, one in enumerate(found):
        rows[i, mask[i]], h[i] = one.x[:-1], one.x[-1]
    worst = max(one.optimality for one in found)
    steps = max(one.n_iter for one in found)
    # One that is there already stays as it is.
    history = [sum(one.values[min(k, one.n_iter)] for one in found) for k in range(steps + 1)]
    J = (rows + rows.T) / 2
    return Outcome(J, h, steps, worst <= task.tol, worst, history, rows=rows)


#: Rounds of completing samples and fitting them, and of these the last ones, which are averaged.
_ROUNDS, _AVERAGED, _BETWEEN = 20, 10, 10


def _of_completed(task: Task, loss: str, joint: bool) -> Outcome:
    """Complete the samples by what was learned of them, learn again, and so on; then average."""
    completion = _completion(task, _independent(task))
    moments = task.moments
    fits: list[Outcome] = []
    for _ in range(_ROUNDS):
        spins = completion.spins()
        complete = replace(task.known(), spins=spins.copy(), incomplete=False)
        moments = complete.moments(task.threads)
        fits.append(
            _conditional(loss, joint)(replace(task, observations=complete, moments=moments))
        )
        completion.follow(Pairwise(fits[-1].J, fits[-1].h), _BETWEEN)
    last = fits[-_AVERAGED:]
    return replace(
        fits[-1],
        J=np.mean([fit.J for fit in last], axis=0),
        h=np.mean([fit.h for fit in last], axis=0),
        n_iter=sum(fit.n_iter for fit in fits),
        converged=all(fit.converged for fit in last),
        history=[fit.history[-1] for fit in fits],
    )


def losses_of(task: Task, loss: str, joint: bool, exclude: bool = False) -> Losses:
    """Return the losses of a task's samples."""
    observations = task.known()
    skip = _neighbours(observations.spins) if exclude else None
    conditionals = Conditionals.of_spins(
        observations.spins, weights=observations.shares, skip=skip, threads=task.threads
    )
    return Losses(conditionals, task.support, loss, joint)


def _neighbours(spins: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Whether a sample with one spin turned is among the samples too, (M, N).

    Raises
    ------
    ValueError
        If all are: there is no flow out of the data.
    """
    bits = packed(spins > 0)
    of_states = f"V{bits.shape[1]}"
    known = np.unique(bits.view(of_states).ravel())
    found = np.zeros(spins.shape, dtype=np.bool_)
    for i in range(spins.shape[1]):
        turned = bits.copy()
        turned[:, i // 8] ^= np.uint8(1 << (i % 8))
        found[:, i] = np.isin(turned.view(of_states).ravel(), known)
    if bool(found.all()):
        raise ValueError(
            "method: got 'mpf_excluding' for samples whose neighbours are all among them, "
            "allowed: 'mpf', which does not exclude them"
        )
    return found


def _minimum(
    task: Task, smooth: Smooth, start: Array, newton: bool = True, joint: bool = True
) -> Minimum:
    """Minimize a function and the penalties of a task."""
    support = task.support
    rows, columns = (support.rows, support.columns) if joint else np.nonzero(support.mask)
    mean = task.moments.mean
    coordinates = Coordinates(rows, columns, mean, joint, smooth.size)
    standardized = Standardized(Ridge(smooth, task.l2), coordinates)
    l1 = task.l1 * coordinates.scale[: smooth.n_couplings]
    found = minimize(
        standardized, coordinates.standardized(start), l1, task.tol, task.max_iter, newton
    )
    return replace(found, x=coordinates.parameters(found.x))


def _joint(support: Support, found: Minimum) -> Outcome:
    J, h = support.matrix(found.x), found.x[support.n_pairs : support.size].copy()
    return Outcome(J, h, found.n_iter, found.converged, found.optimality, found.values)


def _independent(task: Task) -> Array:
    """Return parameters without couplings."""
    return np.concatenate([np.zeros(task.support.n_pairs), independent_fields(task)])


def independent_fields(task: Task) -> Array:
    """Return fields of spins without couplings, (N,); of a constant spin, one that is not quite."""
    closest = 1.0 - 1.0 / max(task.moments.n_samples, 2.0)
    found: Array = np.arctanh(np.clip(task.moments.mean, -closest, closest))
    return found


_PENALTIES = ("l1", "l2")


def _over_spins(loss: str, joint: bool, exclude: bool = False) -> Method:
    solve, missing = _conditional(loss, joint, exclude), loss == "logistic"
    return Method(solve, True, _PENALTIES, support=True, missing=missing)


METHODS: dict[str, Method] = {
    "independent": _closed(mean_field.independent),
    "pair": _closed(mean_field.pair),
    "mean_field": _closed(mean_field.mean_field),
    "tap": _closed(mean_field.tap),
    "sessak_monasson": _closed(mean_field.sessak_monasson),
    "bethe": _closed(mean_field.bethe),
    "pseudolikelihood": _over_spins("logistic", joint=True),
    "pseudolikelihood_averaged": replace(_over_spins("logistic", joint=False), firth=True),
    "mpf": _over_spins("exponential", joint=True),
    "mpf_excluding": _over_spins("exponential", joint=True, exclude=True),
    "rise": _over_spins("exponential", joint=False),
    "logrise": _over_spins("log_exponential", joint=False),
    "exact": Method(
        _exact, False, _PENALTIES, support=True, missing=True, k_pairwise=True, firth=True
    ),
    "boltzmann": Method(
        _boltzmann, False, _PENALTIES, support=True, missing=True, k_pairwise=True, chains=True
    ),
}
