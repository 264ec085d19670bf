"""peapods: Monte Carlo of Ising lattices and glasses in Rust."""

from __future__ import annotations

import numpy as np
from peapods import Ising

from peer.interface import Peer


class PeapodsIsing(Peer):
    """Its Metropolis sweep, sequential, without measurements. It takes no seed."""

    distributions = ("peapods",)
    dynamics = "Metropolis, row by row; 24 bits of xoshiro256** a spin"
    sizes = (128, 256, 512)

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Start at random; from there Swendsen-Wang updates make the ordered phase."""
        self.model = Ising((self.size, self.size), temperatures=np.array([temperature]))
        if ordered:
            self._sample(100, warmup_ratio=1.0, cluster_update_interval=1)

    def sweep(self, sweeps: int) -> None:
        """Sweep as warm-up, which is the part of a run that measures nothing."""
        self._sample(sweeps, warmup_ratio=1.0)

    def energy_per_spin(self) -> float:
        """One more sweep and its energy, which peapods gives with the sign of +Σ s_i s_j."""
        self._sample(1, warmup_ratio=0.0)
        return -float(self.model.get_energies()[0])

    def _sample(self, sweeps: int, **options: float) -> None:
        # The Binder cumulant of no measurement is 0/0.
        with np.errstate(invalid="ignore", divide="ignore"):
            self.model.sample(sweeps, sequential=True, **options)


PEER = PeapodsIsing
