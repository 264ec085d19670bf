"""Samples with missing values, completed by chains that hold what has been observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._engines import registry
from multispin._engines.moments import moment_sums
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Observations
    from multispin.learn.inverse.supports import Support
    from multispin.learn.place import Place
    from multispin.models import Pairwise

    Array = NDArray[np.float64]


class Completion:
    """A chain for each incomplete sample, whose observed spins are held.

    Parameters
    ----------
    observations
        Samples, some of them incomplete.
    model
        What the missing spins are drawn of at first.
    seed, place
        Of the chains.
    """

    def __init__(
        self, observations: Observations, model: Pairwise, seed: int, place: Place
    ) -> None:
        self._spins: NDArray[np.int8] = observations.spins.copy()
        self._weights = observations.weights
        self._threads = registry.threads(place.threads)
        missing = self._spins == 0
        self._rows = np.flatnonzero(missing.any(axis=1))
        holes = missing[self._rows]
        start = self._spins[self._rows]
        start[holes] = np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), holes.sum())
        self._sampler = Sampler(
            model, 1.0, replicas=len(start), init=start, dynamics="glauber", clamp=~holes,
            seed=seed, threads=place.threads, device=place.device, engine="real",
        )  # fmt: skip

    def follow(self, model: Pairwise, sweeps: int) -> None:
        """Take another model, and sweep."""
        self._sampler.model = model
        self._sampler.sweep(sweeps)

    def spins(self) -> NDArray[np.int8]:
        """All samples, complete: (M, N)."""
        self._spins[self._rows] = on_host(self._sampler.spins())
        return self._spins

    def features(self, support: Support, times: int, interval: int) -> Array:
        """Mean features of completed samples, over `times` completions."""
        found = np.zeros(support.size)
        for k in range(times):
            if k > 0:
                self._sampler.sweep(interval)
            first, second, total = moment_sums(self.spins(), self._weights, self._threads)
            found += support.vector(second / total, first / total)
        return found / times
