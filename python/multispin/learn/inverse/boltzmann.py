"""Maximum likelihood by Monte Carlo: persistent chains, and Newton's steps of what they say."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from multispin._engines.moments import moment_sums
from multispin.models import Pairwise
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from multispin.learn.inverse.completion import Completion
    from multispin.learn.inverse.observations import Moments
    from multispin.learn.inverse.supports import Support

    Array = NDArray[np.float64]

#: Sweeps between two measurements at first, and the fewest and most there can be; they are as many
#: as make measurements independent. After a step chains get so many times as many.
_SWEEPS, _FEWEST, _MOST = 10, 2, 1000
_FOLLOW = 2
#: Groups of chains, by whose differences the noise of moments is known.
_GROUPS = 8
_MEASUREMENTS = 4
#: States of which covariances are made, at most, for each parameter.
_PER_PARAMETER = 4
#: Of a step: conjugate-gradient steps, the first and the longest length (twice the divergence of
#: the new distribution from the old), and what is added to variances, so that what chains do not
#: tell stays as it is.
_SOLVER_STEPS = 12
_RADIUS, _LONGEST = 0.5, 4.0
_DAMPING = 0.02
#: Samples of the model for each sample of the data: from how many on their moments may be found
#: to agree, and up to how many they are compared.
_ENOUGH, _FINAL = 9, 40
#: A coupling of 0 would be no edge, and edges have to stay: it changes no probability.
_LEAST = 1e-14


@dataclass
class Chains:
    """Persistent chains: a sampler, and how many sweeps make its moments independent."""

    sampler: Sampler
    support: Support
    threads: int
    n_chains: int
    interval: float = _SWEEPS
    seen: list[NDArray[np.int8]] = field(default_factory=list)  # at the latest measurements

    @classmethod
    def started(
        cls, support: Support, x: Array, start: NDArray[np.int8], seed: int, threads: int
    ) -> Chains:
        """Start chains of the states given, (chains, N)."""
        sampler = Sampler(
            model_of(support, x), 1.0, replicas=len(start), init=start, seed=seed,
            threads=threads, engine="real",
        )  # fmt: skip
        return cls(sampler, support, threads, len(start))

    def follow(self, x: Array, times: int) -> None:
        """Take other parameters, and let chains go to where these send them, before `times`."""
        self.sampler.model = model_of(self.support, x)
        self.sampler.sweep(math.ceil(max(_FOLLOW, times // 4) * self.interval))

    def measured(self, times: int) -> tuple[Array, Array]:
        """Mean features over chains and `times` measurements, and the variances of these means.

        Of groups of chains, which know nothing of each other. Sweeps between measurements are
        made more where the variance is larger than that of independent measurements, and fewer
        where it is not.
        """
        sums = np.zeros((_GROUPS, self.support.size))
        counts = np.zeros((_GROUPS, 1))
        kept = math.ceil(_PER_PARAMETER * self.support.size / self.n_chains)
        self.seen = []
        for k in range(times):
            if k > 0:
                self.sampler.sweep(math.ceil(self.interval))
            spins = self.spins()
            if times - k <= kept:
                self.seen.append(spins)
            for g, part in enumerate(np.array_split(spins, _GROUPS)):
                first, second, total = moment_sums(part, None, self.threads)
                sums[g] += self.support.vector(
                    np.asarray(second, np.float64), np.asarray(first, np.float64)
                )
                counts[g] += total
        mean = sums.sum(axis=0) / counts.sum()
        between = (sums / counts).var(axis=0, ddof=1) / _GROUPS
        alone = np.maximum(1.0 - mean**2, 1e-12) / counts.sum()
        together = float(between.sum() / alone.sum())  # 1 if all are independent
        if times > 1:
            change = 1.5 if together > 1.6 else 1 / 1.2 if together < 1.2 else 1.0
            self.interval = min(max(self.interval * change, _FEWEST), _MOST)
        return mean, alone * max(together, 1.0)

    def spins(self) -> NDArray[np.int8]:
        """Return the states (chains, N)."""
        found: NDArray[np.int8] = np.asarray(self.sampler.spins())
        return found


def model_of(support: Support, x: Array) -> Pairwise:
    """Return the model of parameters; all pairs of the support are its edges."""
    couplings = x[: support.n_pairs]
    couplings = np.where(couplings == 0.0, _LEAST, couplings)
    edges = np.stack([support.rows, support.columns], axis=1)
    return Pairwise.from_edges(support.n, edges, couplings, support.fields(x))


class Metric:
    """The covariances of features over chains, which is the Hessian of the likelihood."""

    def __init__(self, support: Support, spins: NDArray[np.int8]) -> None:
        self._support = support
        self._spins = spins.astype(np.float32)

    def product(self, v: Array) -> Array:
        """Return the covariances times a vector."""
        J = self._support.matrix(v).astype(np.float32)
        h = self._support.fields(v).astype(np.float32)
        s = self._spins
        along = ((s @ J) * s).sum(axis=1) / 2 + s @ h
        weights = (along - along.mean()) / np.float32(len(s))
        second = s.T @ (weights[:, None] * s)
        found = self._support.vector(second.astype(np.float64), np.zeros(self._support.n))
        found[self._support.n_pairs :] = weights @ s
        return found

    def solved(self, right: Array, damping: float | Array) -> tuple[Array, float]:
        """Some conjugate-gradient steps from 0; and the length of the result in this metric."""
        x, residual = np.zeros_like(right), right.copy()
        direction, square = residual.copy(), float(residual @ residual)
        first = square
        for _ in range(_SOLVER_STEPS):
            if square <= 1e-4 * first or square == 0.0:
                break
            image = self.product(direction) + damping * direction
            step = square / float(direction @ image)
            x += step * direction
            residual -= step * image
            left = float(residual @ residual)
            direction = residual + (left / square) * direction
            square = left
        return x, math.sqrt(max(float(x @ self.product(x)), 0.0))


@dataclass
class Learned:
    """What learning came to."""

    x: Array
    converged: bool
    n_iter: int
    errors: list[float] = field(default_factory=list)  # largest deviation, in sampling errors
    spins: NDArray[np.int8] | None = None


def learn(
    chains: Chains,
    x: Array,
    data: Moments,
    l2: float,
    max_iter: int,
    progress: Callable[[float], None] | None = None,
    completion: Completion | None = None,
) -> Learned:
    """Fit moments until all are within the data's sampling errors.

    The step solves (F + damping) d = ⟨φ⟩_data − ⟨φ⟩_model − 2 l2 J, F the covariances of features
    over the chains, and is cut to a length in F: the distribution moves by less than chains can
    follow. A step that leaves moments worse than they were is taken back, and the next is shorter.
    How often chains are measured grows as deviations shrink into the noise of the measurement.

    Parameters
    ----------
    chains
        In equilibrium with `x`, about.
    x
        Parameters to begin with.
    data
        Moments to fit.
    l2
        Penalty l2 Σ J².
    max_iter
        Most steps.
    progress
        Called with the largest deviation after each step.
    completion
        Samples with missing values: moments of the data are then those of samples that are
        completed anew for each measurement, and `data` is what they are about.
    """
    support = chains.support
    target = support.vector(data.second, data.mean)
    spread = np.maximum(1.0 - target**2, 1.0 / data.n_samples)
    error = np.sqrt(spread / data.n_samples)
    ridge = np.zeros(support.size)
    ridge[: support.n_pairs] = 2 * l2
    most = max(_MEASUREMENTS, math.ceil(_FINAL * data.n_samples / chains.n_chains))
    radius, damping, times = _RADIUS, _DAMPING, _MEASUREMENTS
    found = Learned(x, False, 0)

    def measured() -> tuple[Array, float, float]:
        model, variances = chains.measured(times)
        seen = target
        if completion is not None:
            interval = math.ceil(chains.interval)
            completion.follow(model_of(support, x), math.ceil(_FOLLOW * chains.interval))
            seen = completion.features(support, min(times, _MEASUREMENTS), interval)
        missing = seen - model - ridge * x
        return missing, float(np.mean((missing / error) ** 2)), float(np.mean(variances / error**2))

    missing, square, noise = measured()
    for step in range(max_iter):
        worst = float((np.abs(missing) / error).max())
        found.errors.append(worst)
        if progress is not None:
            progress(worst)
        quiet = noise < 1.0 / _FINAL or times >= most
        if worst < 1.0 and (quiet or noise < 1.0 / _ENOUGH):
            found.converged = True
            break
        if not quiet and square < 3.0 * noise:
            times = times * 2
            missing, square, noise = measured()
            continue
        direction, length = Metric(support, np.concatenate(chains.seen)).solved(
            missing, damping + ridge
        )
        # Of what is noise, nothing is learned.
        direction *= min(1.0 - min(noise / square, 0.9), radius / max(length, 1e-300))
        before, states, was = x, chains.spins(), (missing, square, noise)
        x = x + direction
        chains.follow(x, times)
        missing, square, noise = measured()
        found.n_iter = step + 1
        if square > was[1] + 2.0 * max(was[2], noise):
            x, radius, damping = before, radius / 2, min(4 * damping, 1.0)
            chains.sampler.model = model_of(support, x)
            chains.sampler.set_spins(states)
            missing, square, noise = was
            continue
        radius, damping = min(1.5 * radius, _LONGEST), max(damping / 1.5, 1e-3)
    found.x, found.spins = x, chains.spins()
    return found
