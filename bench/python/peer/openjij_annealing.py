"""OpenJij: simulated annealing in C++, here at one constant temperature."""

from __future__ import annotations

import numpy as np
import openjij
from openjij.model.model import BinaryQuadraticModel

from peer import physics
from peer.interface import Peer


class OpenJijAnnealing(Peer):
    """Metropolis in the order of the sites; every call starts from the state of the last."""

    distributions = ("openjij",)
    dynamics = "Metropolis, row by row; double of xorshift when ΔE > 0"
    sizes = (64, 128)

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.rng = np.random.default_rng(seed)
        self.sampler = openjij.SASampler()
        first, second = physics.square_bonds(size)
        # OpenJij's energy is +Σ J s s.
        bonds = dict.fromkeys(zip(first.tolist(), second.tolist(), strict=True), -1.0)
        self.model = BinaryQuadraticModel({}, bonds, 0.0, "SPIN", sparse=True)
        self.order = np.array(self.model.variables)

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Keep the inverse temperature and the state for the calls."""
        self.beta = 1 / temperature
        self.spins = physics.initial_spins((self.size**2,), self.rng, ordered=ordered)

    def sweep(self, sweeps: int) -> None:
        """One read of a schedule with a single point."""
        answer = self.sampler.sample(
            self.model,
            schedule=[(self.beta, sweeps)],
            num_reads=1,
            initial_state=self.spins[self.order].tolist(),
            seed=int(self.rng.integers(1, 2**31)),
        )
        self.spins[self.order] = answer.record.sample[0]

    def energy_per_spin(self) -> float:
        """Energy of the state, computed here."""
        return physics.lattice_energy(self.spins.reshape(self.size, self.size))


PEER = OpenJijAnnealing
