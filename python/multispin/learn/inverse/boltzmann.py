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
from multispin.learn.inverse.strata import Steered, Strata, Tilted
from multispin.models import Pairwise
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from multispin.learn.inverse.completion import Completion
    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.supports import Support
    from multispin.learn.place import Place

    Array = NDArray[np.float64]
    Integers = NDArray[np.int64]

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

    sampler: Sampler | Steered
    support: Support
    place: Place
    n_chains: int
    interval: float = _SWEEPS
    strata: Strata = field(default_factory=lambda: Strata(None))
    seen: list[NDArray[np.int8]] = field(default_factory=list)  # at the latest measurements
    # Of a K-pairwise model: the potential that goes with the parameters, and how many states had K
    # spins up at the latest measurements.
    potential: Array = field(default_factory=lambda: np.zeros(1))
    numbers: Array = field(default_factory=lambda: np.zeros(1))
    _used: Array = field(default_factory=lambda: np.zeros(1))  # the potential when they were taken

    @classmethod
    def started(
        cls, support: Support, x: Array, start: NDArray[np.int8], seed: int, place: Place
    ) -> Chains:
        """Start chains of the states given, (chains, N)."""
        # Metropolis forgets next to nothing where couplings are weak, as they are to begin with.
        sampler = Sampler(
            model_of(support, x), 1.0, replicas=len(start), init=start, dynamics="glauber",
            seed=seed, threads=place.threads, device=place.device, engine="real",
        )  # fmt: skip
        return cls(sampler, support, place, len(start))

    def of_kinds(self, strata: Strata, x: Array, seed: int) -> Chains:
        """Return chains that come to have as many spins up as the data, not as the pairs alone."""
        spins = self.spins()
        inside = np.flatnonzero(strata.within(spins))
        start = spins[inside[np.arange(self.n_chains) % len(inside)]] if len(inside) else spins
        J, h = self.support.matrix(_kept_apart(x[: self.support.n_pairs])), self.support.fields(x)
        V = strata.start()
        steered = Steered(J, h, start, V, seed, self.place)
        return replace(self, sampler=steered, strata=strata, potential=V, _used=V)

    def take(self, x: Array) -> None:
        """Have chains be of these parameters, and of the potential that is the latest known."""
        if isinstance(self.sampler, Sampler):
            self.sampler.model = model_of(self.support, x)
            return
        first, second, rest = self.strata.small(self.potential)
        self._used, c = self.potential, self.support.n_pairs
        J = self.support.matrix(_kept_apart(x[:c] + first))
        self.sampler.take(J, self.support.fields(x) + second, rest)

    def kept(self) -> tuple[NDArray[np.int8], Array]:
        """Return what chains go back to."""
        return self.spins(), self.potential

    def go_back(self, x: Array, kept: tuple[NDArray[np.int8], Array]) -> None:
        """Have chains be where they were, of parameters x."""
        spins, self.potential = kept
        self.take(x)
        self.sampler.set_spins(spins)

    def sweep(self, intervals: int) -> None:
        """Let chains go on, as many sweeps as make a measurement independent, so many times."""
        self.sampler.sweep(intervals * math.ceil(self.interval))

    def follow(self, x: Array, times: int) -> None:
        """Take other parameters, and let chains go to where these send them, before `times`."""
        self.take(x)
        self.sweep(max(_FOLLOW, times // 4))

    def measured(self, times: int) -> tuple[Array, Array]:
        """Mean features over chains and `times` measurements, and the variances of these means.

        Of groups of chains, which know nothing of each other. Sweeps between measurements are
        made more where the variance is larger than that of independent measurements, and fewer
        where it is not.
        """
        sums = np.zeros((_GROUPS, len(self.strata), self.support.size))
        counts, numbers = np.zeros(sums.shape[:2]), np.zeros(self.support.n + 1)
        wanted = max(_PER_PARAMETER * self.support.size, _STATES)
        kept = math.ceil(wanted / self.n_chains)
        self.seen = []
        for k in range(times):
            if k > 0:
                self.sweep(1)
            if times - k <= kept:
                self.seen.append(self.spins())
            if isinstance(self.sampler, Steered):
                up = (self.sampler.spins() > 0).sum(axis=1)
                numbers += np.bincount(up, minlength=len(numbers))
            for g, kind, first, second, count in self._sums_of_groups():
                sums[g, kind] += self.support.vector(
                    np.asarray(second, np.float64), np.asarray(first, np.float64)
                )
                counts[g, kind] += count
        together = _together(*zip(*map(self.strata.mean, sums, counts), strict=True))
        if times > 1:
            change = 1.5 if together > 1.6 else 1 / 1.2 if together < 1.2 else 1.0
            self.interval = min(max(self.interval * change, _FEWEST), _MOST)
        if isinstance(self.sampler, Steered):
            self.numbers, self.potential = numbers, self.strata.steered(self._used, numbers)
        mean, worth = self.strata.mean(sums.sum(axis=0), counts.sum(axis=0))
        return mean, np.maximum(1.0 - mean**2, 1e-12) / worth * max(together, 1.0)

    def _sums_of_groups(self) -> Iterator[tuple[int, int, Integers, Integers, int]]:
        """Yield the number of a group, and of a kind of its states; of these the sums and how many.

        They are sums of s_i (N,) and of s_i s_j (N, N).
        """
        sizes = [len(part) for part in np.array_split(np.arange(self.n_chains), _GROUPS)]
        if isinstance(self.sampler, Sampler):  # of one kind: added up where the chains are
            bounds = np.cumsum([0, *sizes], dtype=np.int64)
            for g, (first, second) in enumerate(self.sampler._engine.moment_sums(bounds)):
                yield g, 0, first, second, sizes[g]
            return
        threads = registry.threads(self.place.threads)
        for g, group in enumerate(np.split(self.spins(), np.cumsum(sizes[:-1]))):
            for kind, part in self.strata.parts(group):
                yield g, kind, *moment_sums(part, None, threads)

    def tilted(self, x: Array) -> Tilted:
        """Return the model of K spins up that parameters are of, by the latest measurements."""
        J, h = self.support.matrix(x), self.support.fields(x).copy()
        return Tilted(J, h, self.strata.of_data(self.potential))

    def spins(self) -> NDArray[np.int8]:
        """Return the states (chains, N)."""
        found: NDArray[np.int8] = on_host(self.sampler.spins())
        return found


def _together(means: Sequence[Array], worths: Sequence[float]) -> float:
    """Return how much more means of groups vary than those of so many independent states."""
    between = np.var(means, axis=0, ddof=1) / _GROUPS
    alone = np.maximum(1.0 - np.mean(means, axis=0) ** 2, 1e-12) / sum(worths)
    return float(between.sum() / alone.sum())


def model_of(support: Support, x: Array) -> Pairwise:
    """Return the model of parameters; all pairs of the support are its edges."""
    couplings = _kept_apart(x[: support.n_pairs])
    if support.n_pairs == support.n * (support.n - 1) // 2 > 0:  # no list has to be looked through
        return Pairwise(support.matrix(couplings), support.fields(x))
    edges = np.stack([support.rows, support.columns], axis=1)
    return Pairwise.from_edges(support.n, edges, couplings, support.fields(x))


def _kept_apart(couplings: Array) -> Array:
    return np.where(couplings == 0.0, _LEAST, couplings)


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
        first, tried = self.chains.kept(), []
        for x in starts:
            self.x = x
            self.chains.go_back(x, first)
            self.chains.sweep(math.ceil(_THERMALIZATION / self.chains.interval))
            tried.append((self._measured(), x, self.chains.kept(), self.chains.seen))
        self.missing, self.x, best, self.chains.seen = min(
            tried, key=lambda one: one[0].square * (1 if one[1] is starts[0] else _BETTER)
        )
        self.chains.go_back(self.x, best)

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
    def near(self) -> bool:
        """Whether it took more than a few measurements to see what is missing."""
        return self._times > _MEASUREMENTS

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
        slopes = data - model - self._ridge * self.x
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
        before, kept = self.x, self.chains.kept()
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
        self.chains.go_back(before, kept)
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
    rough: bool = False,
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
    rough
        Whether it is enough that a few measurements tell nothing more.
    """
    learning = _Learning(chains, starts, data, l1, l2, completion)
    errors: list[float] = []
    n_iter = 0
    while True:
        errors.append(learning.worst)
        if progress is not None:
            progress(errors[-1])
        if learning.done or learning.stuck or n_iter == max_iter or (rough and learning.near):
            break
        n_iter += learning.step()
    return Learned(learning.x, learning.done, n_iter, errors)
