"""Maximum likelihood by Monte Carlo: persistent chains, and Newton's steps of what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._engines import registry
from multispin._engines.moments import moment_sums
from multispin.learn.inverse.metric import Metric
from multispin.learn.inverse.optimization import violation, within_signs
from multispin.learn.inverse.standardization import Coordinates
from multispin.learn.inverse.strata import Strata, Tilted
from multispin.models import Pairwise
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.learn.inverse.completion import Completion
    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.supports import Support
    from multispin.learn.place import Place

    Array = NDArray[np.float64]

#: Sweeps between two measurements at first, and the fewest and most there can be; they are as many
#: as make measurements independent. After a step chains get so many times as many.
_SWEEPS, _FEWEST, _MOST = 10, 2, 1000
_FOLLOW = 2
_THERMALIZATION = 100  # sweeps before the first measurement
_BETTER = 4.0  # by so much another start has to be better than the first
#: Groups of chains, by whose differences the noise of moments is known.
_GROUPS = 8
_MEASUREMENTS = 4
#: States of which covariances are made, at most: for each parameter, but so many in any case.
_PER_PARAMETER, _STATES = 4, 1 << 15
#: The first, the greatest and the least length of a step; its square is twice the divergence of the
#: new distribution from the old. What chains do not tell has no such length: so far a parameter
#: goes in one step.
_RADIUS, _LONGEST, _SHORTEST = 0.5, 4.0, 1e-4
_FARTHEST = 1.0
#: What is added to variances, for each parameter and state.
_DAMPING = 0.5
#: How far beyond the highest point a step may end, by its slopes; and how much larger squares of
#: deviations may be then.
_OVERSHOT, _WORSE = 0.5, 2.0
#: Steps in a row that bring moments no nearer than they have been, after which it is left alone.
_PATIENCE = 60
#: After so many steps in a row that are taken back, it may be the begin that was measured wrong.
_AGAIN = 2
#: How far the square of what is missing is above its noise, or moments are measured more often.
_CLEAR = 6.0
#: Up to how many times its noise it can be by chance, where nothing is missing.
_ALL_NOISE = 2.0
#: How far within its sampling error a moment has to be, in standard deviations of its measurement:
#: of all moments some are by chance nearer than they will be the next time.
_MARGIN = 2.0
#: Samples of the model for each sample of the data, up to which they are compared.
_FINAL = 40
#: A coupling of 0 would be no edge, and edges have to stay: it changes no probability.
_LEAST = 1e-14


@dataclass
class Chains:
    """Persistent chains: a sampler, and how many sweeps make its moments independent."""

    sampler: Sampler
    support: Support
    place: Place
    n_chains: int
    interval: float = _SWEEPS
    strata: Strata = field(default_factory=lambda: Strata(None))
    seen: list[NDArray[np.int8]] = field(default_factory=list)  # at the latest measurements
    counts: Array = field(default_factory=lambda: np.zeros((_GROUPS, 1)))  # of kinds of states
    total: int = 0  # states that have been measured
    ups: Array = field(default_factory=lambda: np.zeros(2))  # mean and mean square of Σ_i s_i

    @classmethod
    def started(
        cls, support: Support, x: Array, start: NDArray[np.int8], seed: int, place: Place
    ) -> Chains:
        """Start chains of the states given, (chains, N)."""
        sampler = Sampler(
            model_of(support, x), 1.0, replicas=len(start), init=start, seed=seed,
            threads=place.threads, device=place.device, engine="real",
        )  # fmt: skip
        return cls(sampler, support, place, len(start))

    def of_kinds(self, strata: Strata, x: Array, seed: int) -> Chains:
        """Return chains that stay where the number of spins up is one that the data has, or near.

        Pairs may have others by far, from which chains would not come back. An order of its own
        makes the way of a sweep as likely as that back, so that not to go there is right.
        """
        spins = self.spins()
        inside = np.flatnonzero(strata.within(spins))
        start = spins[inside[np.arange(self.n_chains) % len(inside)]]
        sampler = Sampler(
            model_of(self.support, x), 1.0, replicas=self.n_chains, init=start, seed=seed,
            threads=self.place.threads, device=self.place.device, engine="real", order="random",
        )  # fmt: skip
        return replace(self, sampler=sampler, strata=strata)

    def sweep(self, intervals: int) -> None:
        """Let chains go on, as many sweeps as make a measurement independent, so many times."""
        sweeps = math.ceil(self.interval)
        if len(self.strata) == 1:
            self.sampler.sweep(intervals * sweeps)
            return
        for _ in range(intervals):
            before = self.spins()
            self.sampler.sweep(sweeps)
            after = self.spins()
            inside = self.strata.within(after)
            if not inside.all():
                self.sampler.set_spins(np.where(inside[:, None], after, before))

    def follow(self, x: Array, times: int) -> None:
        """Take other parameters, and let chains go to where these send them, before `times`."""
        self.sampler.model = model_of(self.support, x)
        self.sweep(max(_FOLLOW, times // 4))

    def measured(self, times: int) -> tuple[Array, Array]:
        """Mean features over chains and `times` measurements, and the variances of these means.

        Of groups of chains, which know nothing of each other. Sweeps between measurements are
        made more where the variance is larger than that of independent measurements, and fewer
        where it is not.
        """
        sums = np.zeros((_GROUPS, len(self.strata), self.support.size))
        self.counts, self.total = np.zeros(sums.shape[:2]), times * self.n_chains
        self.ups = np.zeros(2)
        wanted = max(_PER_PARAMETER * self.support.size, _STATES)
        kept = math.ceil(wanted / self.n_chains)
        self.seen = []
        threads = registry.threads(self.place.threads)
        for k in range(times):
            if k > 0:
                self.sweep(1)
            spins = self.spins()
            if times - k <= kept:
                self.seen.append(spins)
            whole = spins.sum(axis=1, dtype=np.int64).astype(np.float64)
            self.ups += np.array([whole.mean(), (whole**2).mean()]) / times
            for g, group in enumerate(np.array_split(spins, _GROUPS)):
                for kind, part in self.strata.parts(group):
                    first, second, count = moment_sums(part, None, threads)
                    sums[g, kind] += self.support.vector(
                        np.asarray(second, np.float64), np.asarray(first, np.float64)
                    )
                    self.counts[g, kind] += count
        together = _together(sums.sum(axis=1), self.counts.sum(axis=1, keepdims=True))
        if times > 1:
            change = 1.5 if together > 1.6 else 1 / 1.2 if together < 1.2 else 1.0
            self.interval = min(max(self.interval * change, _FEWEST), _MOST)
        mean, worth = self.strata.mean(sums.sum(axis=0), self.counts.sum(axis=0))
        return mean, np.maximum(1.0 - mean**2, 1e-12) / worth * max(together, 1.0)

    def beside(self) -> Array:
        """Return what pairs lack of the mean and the variance of the number of spins up.

        Along fields, and couplings, that are all the same, which a potential would do for: chains
        are where the data is then, but for what is out of their reach.
        """
        found, n, c = np.zeros(self.support.size), self.support.n, self.support.n_pairs
        if len(self.strata) > 1:
            first, second = self.strata.moments(self.counts.sum(axis=0)) - self.ups
            found[c:], found[:c] = first / n, second / (n * (n - 1))
        return found

    def tilted(self, x: Array) -> Tilted:
        """Return the model of K spins up that parameters are of, by the latest measurements."""
        J, h = self.support.matrix(x), self.support.fields(x).copy()
        return Tilted(J, h, self.strata.potential(self.counts.sum(axis=0), self.total))

    def spins(self) -> NDArray[np.int8]:
        """Return the states (chains, N)."""
        found: NDArray[np.int8] = on_host(self.sampler.spins())
        return found


def _together(sums: Array, counts: Array) -> float:
    """Return how much more group means (groups, features) vary than those of independent states."""
    mean = sums.sum(axis=0) / counts.sum()
    between = (sums / counts).var(axis=0, ddof=1) / _GROUPS
    alone = np.maximum(1.0 - mean**2, 1e-12) / counts.sum()
    return float(between.sum() / alone.sum())


def model_of(support: Support, x: Array) -> Pairwise:
    """Return the model of parameters; all pairs of the support are its edges."""
    couplings = x[: support.n_pairs]
    couplings = np.where(couplings == 0.0, _LEAST, couplings)
    if support.n_pairs == support.n * (support.n - 1) // 2 > 0:  # no list has to be looked through
        return Pairwise(support.matrix(couplings), support.fields(x))
    edges = np.stack([support.rows, support.columns], axis=1)
    return Pairwise.from_edges(support.n, edges, couplings, support.fields(x))


@dataclass
class Learned:
    """What learning came to."""

    x: Array
    converged: bool
    n_iter: int
    errors: list[float]  # largest deviation, in sampling errors


class _Missing(NamedTuple):
    """What the model's moments lack; and mean squares in sampling errors, of it and its noise.

    With l1, what is lacking is what violates the conditions of a minimum; mean squares are of
    parameters that are not held at 0.
    """

    slopes: Array  # of the likelihood and l2
    violation: Array
    square: float
    noise: float


class _Learning:
    """Parameters on their way, and how well their moments are known."""

    def __init__(
        self,
        chains: Chains,
        starts: list[Array],
        data: Moments,
        l1: float,
        l2: float,
        completion: Completion | None,
    ) -> None:
        support = chains.support
        self.chains, self._completion = chains, completion
        self._target = support.vector(data.second, data.mean)
        spread = np.maximum(1.0 - self._target**2, 1.0 / data.n_samples)
        self._error = np.sqrt(spread / data.n_samples)
        self._coordinates = Coordinates(
            support.rows, support.columns, data.mean, joint=True, size=support.size
        )
        self._l1 = np.full(support.n_pairs, l1)
        self._ridge = np.zeros(support.size)
        self._ridge[: support.n_pairs] = 2 * l2
        self._most = max(_MEASUREMENTS, math.ceil(_FINAL * data.n_samples / chains.n_chains))
        self._times = _MEASUREMENTS
        self._radius, self._damping = _RADIUS, 1.0
        self._nearest, self._in_vain = math.inf, 0
        self._refused = 0  # steps in a row
        self._begin(starts)

    def _begin(self, starts: list[Array]) -> None:
        """Begin where moments are nearest to those of the data, with chains that are there.

        At the first, unless another is better by far: where chains have not been before, they may
        still be on their way to states that have nothing to do with the data.
        """
        states, tried = self.chains.spins(), []
        for x in starts:
            self.x = x
            self.chains.sampler.set_spins(states)
            self.chains.sampler.model = model_of(self.chains.support, x)
            self.chains.sweep(math.ceil(_THERMALIZATION / self.chains.interval))
            tried.append((self._measured(), x, self.chains.spins(), self.chains.seen))
        self.missing, self.x, states, self.chains.seen = min(
            tried, key=lambda one: one[0].square * (1 if one[1] is starts[0] else _BETTER)
        )
        self.chains.sampler.model = model_of(self.chains.support, self.x)
        self.chains.sampler.set_spins(states)

    @property
    def stuck(self) -> bool:
        """Whether steps are too short to matter, or have not brought moments nearer for long."""
        return self._radius < _SHORTEST or self._in_vain >= _PATIENCE

    @property
    def worst(self) -> float:
        """The largest deviation of a moment from what it has to be, in sampling errors."""
        return float((np.abs(self.missing.violation) / self._error).max())

    @property
    def done(self) -> bool:
        """Whether all moments agree, and will if they are measured again.

        Which couplings are 0 with l1 depends on less than sampling errors: all that moments lack
        has to be noise then.
        """
        if self.worst >= 1.0 - _MARGIN * math.sqrt(self.missing.noise):
            return False
        if self._l1.any():
            return self._quiet and self.missing.square < _ALL_NOISE * self.missing.noise
        return True

    @property
    def _quiet(self) -> bool:
        return self.missing.noise < 1.0 / _FINAL or self._times >= self._most

    def _measured(self) -> _Missing:
        support, chains = self.chains.support, self.chains
        model, variances = chains.measured(self._times)
        data = self._target
        if self._completion is not None:
            self._completion.follow(model_of(support, self.x), math.ceil(_FOLLOW * chains.interval))
            times = min(self._times, _MEASUREMENTS)
            data = self._completion.features(support, times, math.ceil(chains.interval))
        slopes = data - model - self._ridge * self.x + chains.beside()
        missing = -violation(-slopes, self.x, self._l1, support.n_pairs)
        free = self._free(self.x, missing)
        square = float(np.mean((missing / self._error)[free] ** 2))
        noise = float(np.mean((variances / self._error**2)[free]))
        return _Missing(slopes, missing, square, noise)

    def step(self) -> bool:
        """Look closer if all there is to see is noise; else take a step. Whether one was taken."""
        missing = self.missing
        if not self._quiet and missing.square < _CLEAR * missing.noise:
            self._times *= 2
            self.missing = self._measured()
            return False
        before, states = self.x, self.chains.spins()
        self.x = self._next()
        self.chains.follow(self.x, self._times)
        self.missing = self._measured()
        self._in_vain = 0 if self.missing.square < self._nearest else self._in_vain + 1
        self._nearest = min(self._nearest, self.missing.square)
        # The likelihood is concave, and this is its slope along the step, at its begin and its end.
        begin, end = self._slopes(before, missing), self._slopes(before, self.missing)
        most = _WORSE * missing.square + missing.noise
        if end >= -_OVERSHOT * begin and self.missing.square <= most:
            self._radius = min(1.5 * self._radius, _LONGEST)
            self._damping, self._refused = self._damping / 1.5, 0
            return True
        self.x, self.missing = before, missing
        self.chains.sampler.model = model_of(self.chains.support, before)
        self.chains.sampler.set_spins(states)
        self._radius, self._damping = self._radius / 2, min(4 * self._damping, 1.0)
        self._refused += 1
        if self._refused % _AGAIN == 0:
            self.missing = self._measured()
        return True

    def _free(self, x: Array, violated: Array) -> NDArray[np.bool_]:
        """Which parameters are not held at 0 by l1."""
        found: NDArray[np.bool_] = (x != 0) | (violated != 0) | (not self._l1.any())
        found[self.chains.support.n_pairs :] = True
        return found

    def _slopes(self, before: Array, missing: _Missing) -> float:
        """The slope of what is maximized along the step from `before`, where moments were these."""
        along, c = self.x - before, self.chains.support.n_pairs
        signs = np.where(before[:c] != 0, np.sign(before[:c]), np.sign(along[:c]))
        return float(missing.slopes @ along - self._l1 * signs @ along[:c])

    def _next(self) -> Array:
        """Parameters after a step."""
        states = np.concatenate(self.chains.seen)
        # Covariances of few states look smaller along some directions than they are.
        self._damping = max(self._damping, _DAMPING * len(self.x) / len(states))
        to, c = self._coordinates, self.chains.support.n_pairs
        y, l1 = to.standardized(self.x), self._l1 * to.scale[:c]
        violated = violation(-to.gradient(self.missing.slopes), y, l1, c)
        metric = Metric(self.chains.support, states, self.chains.strata)
        free = self._free(y, violated)
        direction, length = metric.solved(-violated, free, to, self._ridge, self._damping)
        # Of what is noise, nothing is learned.
        share = 1.0 - min(self.missing.noise / self.missing.square, 0.9)
        farthest = float(np.abs(to.parameters(direction)).max())
        fits = min(self._radius / max(length, 1e-300), _FARTHEST / max(farthest, 1e-300))
        end = within_signs(y, direction * min(share, fits), violated, l1, c)
        found: Array = self.x + to.parameters(end - y)
        found[:c][end[:c] == 0] = 0.0  # where rounding leaves something of it
        return found


def learn(
    chains: Chains,
    starts: list[Array],
    data: Moments,
    l1: float,
    l2: float,
    max_iter: int,
    progress: Callable[[float], None] | None = None,
    completion: Completion | None = None,
) -> Learned:
    """Fit moments until all are within the data's sampling errors.

    The step solves (F + damping) d = ⟨φ⟩_data − ⟨φ⟩_model − 2 l2 J, F the covariances of features
    over the chains, and is cut to a length in F: the distribution moves by less than chains can
    follow. With l1 it is a step of couplings that are not 0 and of those whose moments deviate by
    more than l1, and couplings that would change their signs become 0. A step that ends far beyond
    the highest point along it is taken back, and the next is shorter. How often chains are measured
    grows as deviations shrink into the noise of the measurement.

    Parameters
    ----------
    chains
        Of any states.
    starts
        Parameters to begin with, of which the best is taken.
    data
        Moments to fit.
    l1, l2
        Penalties l1 Σ|J| + l2 Σ J².
    max_iter
        Most steps.
    progress
        Called with the largest deviation after each step.
    completion
        Samples with missing values: moments of the data are then those of samples that are
        completed anew for each measurement, and `data` is what they are about.
    """
    learning = _Learning(chains, starts, data, l1, l2, completion)
    errors: list[float] = []
    n_iter = 0
    while True:
        errors.append(learning.worst)
        if progress is not None:
            progress(errors[-1])
        if learning.done or learning.stuck or n_iter == max_iter:
            break
        n_iter += learning.step()
    return Learned(learning.x, learning.done, n_iter, errors)
