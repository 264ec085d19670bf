"""Plain NumPy: whole-array operations on the two colours."""

from __future__ import annotations

import numpy as np

from peer import checkerboard, physics
from peer.interface import Peer


class NumpyCheckerboard(Peer):
    """Metropolis on one colour at a time, temporaries kept, int8 spins."""

    distributions = ("numpy",)
    dynamics = "Metropolis, checkerboard; float32 of SFC64 a spin"
    sizes = (256, 512, 1024)

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.rng = np.random.Generator(np.random.SFC64(seed))
        half = (size, size // 2)
        self.aligned = np.empty(half, dtype=np.int8)
        self.uniform = np.empty(half, dtype=np.float32)
        self.threshold = np.empty(half, dtype=np.float32)

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Tabulate the acceptance by s_i Σ s_j in -4..4; a negative index counts from the end."""
        self.table = np.full(9, 2, dtype=np.float32)
        self.table[2] = np.exp(-4 / temperature)
        self.table[4] = np.exp(-8 / temperature)
        spins = physics.initial_spins((self.size, self.size), self.rng, ordered=ordered)
        self.halves = checkerboard.split(spins)

    def sweep(self, sweeps: int) -> None:
        """Update colour 0, then colour 1."""
        for _ in range(sweeps):
            self._update(0)
            self._update(1)

    def _update(self, colour: int) -> None:
        mine, other, aligned = self.halves[colour], self.halves[1 - colour], self.aligned
        aligned[1:] = other[:-1]
        aligned[0] = other[-1]
        aligned[:-1] += other[1:]
        aligned[-1] += other[0]
        aligned += other
        left, before = aligned[colour::2], other[colour::2]
        left[:, 1:] += before[:, :-1]
        left[:, 0] += before[:, -1]
        right, after = aligned[1 - colour :: 2], other[1 - colour :: 2]
        right[:, :-1] += after[:, 1:]
        right[:, -1] += after[:, 0]
        aligned *= mine
        self.rng.random(out=self.uniform, dtype=np.float32)
        # mode="wrap" is what keeps `take` from buffering its output.
        self.table.take(aligned, out=self.threshold, mode="wrap")
        mine *= 1 - 2 * (self.uniform < self.threshold).view(np.int8)

    def energy_per_spin(self) -> float:
        """Energy of the joined lattice."""
        return physics.lattice_energy(checkerboard.join(self.halves))


PEER = NumpyCheckerboard
