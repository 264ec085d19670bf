"""An engine in a hundred lines of Python: any couplings, one spin after the other.

It joins the registry with one line and then has to keep the contract like all others. What it does
is what an engine of real couplings does: local fields of floating-point numbers, sites in order.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._engines.base import Engine
from multispin.models.signed_graph import SignedGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin._engines.base import Request


class SlowEngine(Engine):
    """Pairs with couplings of any magnitude."""

    name = "slow"

    @classmethod
    def refuses(cls, request: Request) -> str:
        if not isinstance(request.model, SignedGraph):
            return f"model: got {request.model!r}, allowed with the slow engine: pairs"
        if request.turns_clusters:
            return f"engine: got 'slow' with dynamics={request.dynamics!r}, allowed: 'cluster'"
        if request.shared_random_numbers:
            return "shared_random_numbers: got True, allowed with the slow engine: False"
        return ""

    @classmethod
    def bytes_held(cls, request: Request) -> int:
        return request.spins

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        model = request.model
        assert isinstance(model, SignedGraph)
        n, samples = model.n_spins, request.samples
        self._edges, self._h = model.edges, np.broadcast_to(model.h, model.shape).ravel()
        self._J = np.zeros((samples, n, n))
        i, j = model.edges.T
        for couplings, values in zip(self._J, np.atleast_2d(model.couplings), strict=True):
            np.add.at(couplings, (i, j), values)
            np.add.at(couplings, (j, i), values)
        self._spins = np.ones((request.replicas, n), dtype=np.int8)
        self.set_temperatures(np.ones(request.replicas))
        self._sweeps_done = 0
        self._busy = threading.Lock()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._busy.acquire(blocking=False):
            raise RuntimeError("sampler: another thread is using it; allowed: one call at a time")
        try:
            yield
        finally:
            self._busy.release()

    def _uniforms(self, purpose: int, sweep: int) -> NDArray[np.float64]:
        """Draw a number for each site of each replica, from what names the sweep."""
        request = self.request
        streams = request.first_stream + np.arange(request.replicas)
        rows = [
            np.random.Generator(
                np.random.Philox(key=[request.seed, stream], counter=[0, 0, purpose, sweep])
            ).random(request.model.n_spins)
            for stream in streams.tolist()
        ]
        return np.array(rows)

    def sweep(self, sweeps: int) -> None:
        with self._alone():
            for _ in range(sweeps):
                swept = self._spins.copy()
                u = self._uniforms(0, self._sweeps_done)
                for site in range(swept.shape[1]):
                    self._update(swept, site, u[:, site])
                # At once, so that Ctrl-C leaves whole sweeps.
                self._spins, self._sweeps_done = swept, self._sweeps_done + 1

    def _update(self, spins: NDArray[np.int8], site: int, u: NDArray[np.float64]) -> None:
        of_samples = spins.reshape(self.request.samples, -1, spins.shape[1])
        field = np.einsum("krn,kn->kr", of_samples, self._J[:, site]).ravel() + self._h[site]
        beta = self._beta
        if self.request.dynamics == "glauber":
            x = np.clip(-2.0 * field * beta, -700.0, 700.0)
            spins[:, site] = np.where(u < 1.0 / (1.0 + np.exp(x)), 1, -1)
        else:
            cost = 2.0 * spins[:, site] * field
            spins[u < np.exp(-np.maximum(cost, 0.0) * beta), site] *= -1

    @property
    def sweeps_done(self) -> int:
        return self._sweeps_done

    def record(self, draws: int, interval: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        energies = np.empty((draws, self.request.replicas))
        spins = np.empty((draws, self.request.replicas), dtype=np.int64)
        for draw in range(draws):
            self.sweep(interval)
            energies[draw], spins[draw] = self.energies(), self.spin_sums()
        return energies, spins

    @property
    def temperatures(self) -> NDArray[np.float64]:
        return self._temperatures.copy()

    def set_temperatures(self, temperatures: NDArray[np.float64]) -> None:
        self._temperatures = temperatures.copy()  # of which 0 and infinity have these inverses
        self._beta = np.divide(1.0, temperatures, out=np.full(len(temperatures), 1e300),
                               where=temperatures > 0.0)  # fmt: skip

    def energies(self) -> NDArray[np.float64]:
        model, samples = self.request.model, self.request.samples
        lead = () if model.samples is None else (samples,)
        return model.energy(self._spins.reshape(*lead, -1, *model.shape)).ravel()

    def spin_sums(self) -> NDArray[np.int64]:
        return self._spins.sum(axis=1, dtype=np.int64)

    def overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        first, second = self._spins[pairs.T]
        return (first * second).sum(axis=1, dtype=np.int64)

    @property
    def n_bonds(self) -> int:
        return len(self._edges)

    def link_overlaps(self, pairs: NDArray[np.uint32]) -> NDArray[np.int64]:
        first, second = self._spins[pairs.T]
        i, j = self._edges.T
        return (first[:, i] * first[:, j] * second[:, i] * second[:, j]).sum(axis=1, dtype=np.int64)

    def spins(self) -> NDArray[np.int8]:
        return self._spins.reshape(-1, *self.request.model.shape).copy()

    def spins_of(self, replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        return self.spins()[replicas]

    def info(self) -> dict[str, Any]:
        return {
            "device": "cpu", "instruction_set": "python", "threads": 1,
            "generator": self.request.rng, "planes": 53, "tail_planes": 0,
        }  # fmt: skip

    def randomize(self) -> None:
        self._spins = np.where(self._uniforms(1, 0) < 0.5, 1, -1).astype(np.int8)

    def fill(self, up: bool) -> None:
        self._spins[:] = 1 if up else -1

    def set_spins(self, spins: NDArray[np.int8]) -> None:
        self._spins = spins.reshape(self._spins.shape).copy()

    def packed(self) -> NDArray[np.uint64]:
        return (self._spins > 0).astype(np.uint64)

    def state(self) -> tuple[int, NDArray[np.float64], NDArray[np.uint64]]:
        return self._sweeps_done, self.temperatures, self.packed()

    def restore(self, sweeps_done: int, packed: NDArray[np.uint64]) -> None:
        self._spins = np.where(packed.reshape(self._spins.shape) == 1, 1, -1).astype(np.int8)
        self._sweeps_done = sweeps_done
