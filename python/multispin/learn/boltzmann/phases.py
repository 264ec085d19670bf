"""Chains of both phases: of the model by itself, and where visible units are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._engines import registry
from multispin._engines.moments import moment_sums
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.supports import Support
    from multispin.learn.place import Place
    from multispin.models import Pairwise

    Array = NDArray[np.float64]
    Spins = NDArray[np.int8]


def mean_features(support: Support, spins: Spins, weights: Array | None, threads: int) -> Array:
    """Return means of s_i s_j over the pairs of a support, and of s_i, as one vector."""
    first, second, total = moment_sums(spins, weights, threads)
    return support.vector(second / total, first / total)


class Free:
    """Persistent chains of all units."""

    def __init__(self, model: Pairwise, start: Spins, seed: int, place: Place) -> None:
        self.sampler = Sampler(
            model, 1.0, replicas=len(start), init=start, dynamics="glauber", seed=seed,
            threads=place.threads, device=place.device, engine="real",
        )  # fmt: skip

    @property
    def states(self) -> Spins:
        """States of the chains."""
        return on_host(self.sampler.spins())

    @states.setter
    def states(self, spins: Spins) -> None:
        self.sampler.set_spins(spins)

    def average(self, model: Pairwise, support: Support, sweeps: int) -> Array:
        """Take other parameters, let chains go on, and average over them."""
        self.sampler.model = model
        self.sampler.sweep(sweeps)
        mean, second = self.sampler.moments()
        return support.vector(second, mean)


class Clamped:
    """Chains of hidden units for each sample, which begin where the sample's last ones ended.

    Without hidden units there is nothing to sample, and averages are those of the data.

    Parameters
    ----------
    visible, weights
        Samples (M, n_visible), and their weights or None.
    hidden
        States of hidden units to begin with, (M, chains, n_hidden).
    seed, place
        Of the chains.
    """

    def __init__(
        self, visible: Spins, weights: Array | None, hidden: Spins, seed: int, place: Place
    ) -> None:
        self._visible, self._weights, self._states = visible, weights, hidden
        self._seed, self._place = seed, place
        self._threads = registry.threads(place.threads)
        self._samplers: dict[int, Sampler] = {}  # by number of samples: batches have two sizes
        self._rows: NDArray[np.intp] | None = None  # whose chains the sampler has

    @property
    def states(self) -> Spins:
        """States of the hidden units."""
        return self._states

    @states.setter
    def states(self, hidden: Spins) -> None:
        self._states, self._rows = hidden, None

    def average(
        self, model: Pairwise, support: Support, rows: NDArray[np.intp], sweeps: int
    ) -> Array:
        """Let the chains of some samples go on, and average over them."""
        _, each, n_hidden = self.states.shape
        weights = None if self._weights is None else self._weights[rows]
        if n_hidden == 0:
            return mean_features(support, self._visible[rows], weights, self._threads)
        visible = np.repeat(self._visible[rows], each, axis=0)
        start = np.concatenate([visible, self.states[rows].reshape(-1, n_hidden)], axis=1)
        has_them = self._rows is not None and np.array_equal(self._rows, rows)
        sampler = self._sampler(model, start, has_them)
        self._rows = rows.copy()
        sampler.sweep(sweeps)
        spins = on_host(sampler.spins())
        self._states[rows] = spins[:, visible.shape[1] :].reshape(-1, each, n_hidden)
        if weights is not None:
            weights = np.repeat(weights, each)
        return mean_features(support, spins, weights, self._threads)

    def _sampler(self, model: Pairwise, spins: Spins, has_them: bool) -> Sampler:
        n = len(spins)
        if n in self._samplers:
            self._samplers[n].model = model
            if not has_them:
                self._samplers[n].set_spins(spins)
        else:
            held = np.arange(spins.shape[1]) < self._visible.shape[1]
            seeds = np.random.SeedSequence([self._seed, n]).generate_state(1, np.uint64)
            self._samplers[n] = Sampler(
                model, 1.0, replicas=n, init=spins, dynamics="glauber", clamp=held,
                seed=int(seeds[0]), threads=self._place.threads, device=self._place.device,
                engine="real",
            )  # fmt: skip
        return self._samplers[n]
