"""What every peer of the comparison provides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar


class Peer(ABC):
    """Ferromagnetic Ising model (J = 1, h = 0) on a periodic L x L square lattice, one thread.

    Building the object is the setup (graphs, compilation) that no figure contains.

    Parameters
    ----------
    size : int
        L, even.
    seed : int
        Seed of the initial state and of the updates, where the peer takes one.
    """

    distributions: ClassVar[tuple[str, ...]]
    """Names on PyPI: the peer first, then what else decides its speed."""

    dynamics: ClassVar[str]
    """Acceptance rule, order of the updates and random numbers, for the table."""

    sizes: ClassVar[tuple[int, ...]]
    """Lattice sizes to choose from; the run takes the one at which the peer is fastest."""

    chunk: int = 1
    """`sweep` takes multiples of this."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.seed = seed

    @classmethod
    def chains(cls, size: int) -> int:
        """Independent lattices that are updated together; the peer's own best way to work."""
        del size
        return 1

    @property
    def n_spins(self) -> int:
        """Spins of all chains together."""
        return self.chains(self.size) * self.size**2

    def notes(self) -> str:
        """What the peer itself says about how it runs, after `start`; for the report."""
        return ""

    @abstractmethod
    def start(self, temperature: float, *, ordered: bool) -> None:
        """Set the temperature and a fresh state: all spins up, or random."""

    @abstractmethod
    def sweep(self, sweeps: int) -> None:
        """Attempt `sweeps` updates of every spin; return when they are done."""

    @abstractmethod
    def energy_per_spin(self) -> float:
        """Energy per spin of the present state, mean over the chains."""
