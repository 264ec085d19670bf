"""multispin: the `lattice` engine of this repository, one bit a spin."""

from __future__ import annotations

import multispin as ms
from peer import physics
from peer.interface import Peer


class MultispinLattice(Peer):
    """Metropolis with the default generator of the CPU."""

    distributions = ("multispin",)
    dynamics = "Metropolis, checkerboard; a random number a spin, bit plane by bit plane"
    sizes = (8192,)  # the size of the project's goals

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Make a sampler, with one thread."""
        self.sampler = ms.Sampler(
            ms.Ising((self.size, self.size)),
            temperature=temperature,
            dynamics="metropolis",
            init="up" if ordered else "random",
            seed=self.seed,
            device="cpu",
            threads=1,
        )

    def notes(self) -> str:
        """Instruction set, generator and planes."""
        info = self.sampler.info()
        return ", ".join(
            f"{key.replace('_', ' ')} {info[key]}"
            for key in ("instruction_set", "generator", "planes", "tail_planes", "threads")
        )

    def sweep(self, sweeps: int) -> None:
        """Sweep in the core."""
        self.sampler.sweep(sweeps)

    def energy_per_spin(self) -> float:
        """Energy of the unpacked spins, computed here like every other peer's."""
        return physics.lattice_energy(self.sampler.spins()[0])


PEER = MultispinLattice
