"""dwave-samplers: simulated annealing in C++, here at one constant temperature."""

from __future__ import annotations

import dimod
import numpy as np
from dwave.samplers import SimulatedAnnealingSampler

from peer import physics
from peer.interface import Peer


class DwaveAnnealing(Peer):
    """Metropolis in the order of the sites; every call starts from the state of the last."""

    distributions = ("dwave-samplers", "dimod")
    dynamics = "Metropolis, row by row; xorshift128+ when ΔE > 0"
    sizes = (64, 128, 256)

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.rng = np.random.default_rng(seed)
        self.sampler = SimulatedAnnealingSampler()
        first, second = physics.square_bonds(size)
        # dimod's energy is +Σ J s s.
        self.model = dimod.BinaryQuadraticModel.from_numpy_vectors(
            np.zeros(size * size), (first, second, -np.ones(first.size)), 0.0, dimod.SPIN
        )

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Keep the inverse temperature and the state for the calls."""
        self.beta = 1 / temperature
        self.spins = physics.initial_spins((self.size**2,), self.rng, ordered=ordered)

    def sweep(self, sweeps: int) -> None:
        """One read of a schedule with a single point."""
        answer = self.sampler.sample(
            self.model,
            beta_schedule_type="custom",
            beta_schedule=[self.beta],
            num_sweeps_per_beta=sweeps,
            num_reads=1,
            initial_states=(self.spins[None], range(self.size**2)),
            seed=int(self.rng.integers(1, 2**31)),
            proposal_acceptance_criteria="Metropolis",
        )
        order = np.fromiter(answer.variables, dtype=np.int64, count=self.size**2)
        self.spins = np.empty_like(self.spins)
        self.spins[order] = answer.record.sample[0]

    def energy_per_spin(self) -> float:
        """Energy of the state, computed here."""
        return physics.lattice_energy(self.spins.reshape(self.size, self.size))


PEER = DwaveAnnealing
