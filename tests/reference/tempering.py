"""Parallel tempering over the slow twin of the replica engine, as docs/trajectory.md defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reference.lattice import MASK_32, derive
from reference.philox import Words, philox4x32

if TYPE_CHECKING:
    from reference.replica import Replicas

EXCHANGE = 8  # purpose of the stream
EXCHANGES, CLUSTERS = 0, 1  # its uses


class Tempering:
    """Walkers of `ladders` ladders: walker w of ladder l is replica l * M + w of `replicas`."""

    def __init__(
        self, replicas: Replicas, temperatures: npt.ArrayLike, cluster_moves: bool = False
    ) -> None:
        self.replicas = replicas
        self.T = np.asarray(temperatures, dtype=np.float64)
        self.cluster_moves = cluster_moves
        self.index = np.tile(np.arange(len(self.T)), replicas.replicas // len(self.T))
        self.exchanges_done = self.accepted = 0
        self.replicas.set_temperatures(self.T[self.index])

    def energies(self) -> npt.NDArray[np.float64]:
        """Total energy of each replica."""
        r = self.replicas
        s = r.spins.astype(np.int64)
        bonds = r.signs * s[:, r.edges[:, 0]] * s[:, r.edges[:, 1]]
        return np.asarray(-r.J * bonds.sum(axis=1) - r.h * s.sum(axis=1), dtype=np.float64)

    def step(self, sweeps: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Sweep, then exchange; return what is in between.

        That is energies by (ladder, temperature), and temperature indices by (ladder, walker).
        """
        self.replicas.sweep(sweeps)
        ladders = self.index.reshape(-1, len(self.T)).copy()
        before = np.take_along_axis(
            self.energies().reshape(ladders.shape), np.argsort(ladders, axis=1), axis=1
        )
        if self.cluster_moves:
            for ladder in range(0, len(ladders) - 1, 2):
                for i in range(len(self.T)):
                    self._cluster(ladder, i)
        energies = self.energies()
        for i in range(self.exchanges_done % 2, len(self.T) - 1, 2):
            low, high = self._walkers(i), self._walkers(i + 1)
            d = (1 / self.T[i] - 1 / self.T[i + 1]) * (energies[low] - energies[high])
            exchanged = self.accepts(i, d)
            self.index[low[exchanged]], self.index[high[exchanged]] = i + 1, i
            self.accepted += int(exchanged.sum())
        self.exchanges_done += 1
        self.replicas.set_temperatures(self.T[self.index])
        return before, ladders

    def accepts(self, i: int, d: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which ladders exchange temperatures i and i + 1."""
        x0, x1 = self._numbers(EXCHANGES, np.arange(len(d)), i)
        u = ((x0 | x1 << np.uint64(32)) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return (d >= 0) | (u < np.exp(np.minimum(d, 0)))

    def _walkers(self, i: int) -> npt.NDArray[np.int64]:
        """Who is at temperature i, ladder by ladder."""
        return np.flatnonzero(self.index == i)

    def _numbers(self, use: int, ladders: npt.ArrayLike, i: int) -> tuple[Words, Words]:
        key = derive(self.replicas.seed, 0, EXCHANGE, use)[:2]
        t = self.exchanges_done
        return philox4x32((ladders, i, t & MASK_32, t >> 32), (key[0], key[1]), 10)[:2]

    def _cluster(self, ladder: int, i: int) -> None:
        r = self.replicas
        a, b = self._walkers(i)[[ladder, ladder + 1]]
        differ = r.spins[a] != r.spins[b]
        sites = [site for site in r.order if differ[site]]
        if not sites:
            return
        x0, x1 = self._numbers(CLUSTERS, ladder, i)
        cluster = {sites[(int(x0) | int(x1) << 32) % len(sites)]}
        open_sites = list(cluster)
        while open_sites:
            for other, _ in r.neighbours[open_sites.pop()]:
                if differ[other] and other not in cluster:
                    cluster.add(other)
                    open_sites.append(other)
        members = list(cluster)
        r.spins[np.ix_([a, b], members)] *= -1
