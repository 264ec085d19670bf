"""The square lattice at J = 1: its exact energy, its bonds, and the check of every peer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from peer.interface import Peer

CRITICAL_TEMPERATURE = 2 / math.log(1 + math.sqrt(2))

# The check runs on both sides of the transition, where a lattice that fills the figures of the
# table comes to equilibrium within tens of sweeps. At T_c itself that would take L^2.17 sweeps.
CHECK_TEMPERATURES = (2.0, 3.0)
CHECK_BURN_IN = 160
CHECK_SPACING = 16
CHECK_SPINS = 2**20
CHECK_DEVIATIONS = 5.0


def onsager_energy(temperature: float) -> float:
    """Exact energy per spin of the infinite lattice.

    e = -coth(2/T) [1 + x / agm(1, |x|)] with x = 2 tanh²(2/T) - 1, which is Onsager's result
    (Phys. Rev. 65, 117 (1944), eq. 116) with the elliptic integral written as an
    arithmetic-geometric mean.
    """
    x = 2 * math.tanh(2 / temperature) ** 2 - 1
    return -(1 + (x / _agm(1.0, abs(x)) if x else 0.0)) / math.tanh(2 / temperature)


def _agm(a: float, b: float) -> float:
    while abs(a - b) > 1e-15 * a:
        a, b = (a + b) / 2, math.sqrt(a * b)
    return a


def energy_deviation(temperature: float, spins: int) -> float:
    """Standard deviation of the energy per spin of one draw: sqrt(T² C / N), C = de/dT."""
    step = 1e-4
    rise = onsager_energy(temperature + step) - onsager_energy(temperature - step)
    return temperature * math.sqrt(rise / (2 * step) / spins)


def lattice_energy(spins: npt.NDArray[np.int8]) -> float:
    """Energy per spin of ±1 arrays (..., L, L), mean over the leading axes."""
    bonds = 0
    for axis in (-1, -2):
        bonds += int(np.sum(spins * np.roll(spins, -1, axis), dtype=np.int64))
    return -bonds / spins.size


def square_bonds(size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Ends of the 2 L² bonds; site (r, c) is r L + c."""
    site = np.arange(size * size, dtype=np.int64).reshape(size, size)
    first = np.concatenate([site.ravel(), site.ravel()])
    second = np.concatenate([np.roll(site, -1, 1).ravel(), np.roll(site, -1, 0).ravel()])
    return first, second


def initial_spins(
    shape: tuple[int, ...], rng: np.random.Generator, *, ordered: bool
) -> npt.NDArray[np.int8]:
    """All up, or independent fair ±1."""
    if ordered:
        return np.ones(shape, dtype=np.int8)
    return (2 * rng.integers(0, 2, shape, dtype=np.int8) - 1).astype(np.int8)


@dataclass(frozen=True)
class Check:
    """A peer's mean energy per spin beside the exact one."""

    temperature: float
    exact: float
    measured: float
    tolerance: float
    draws: int

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance (a NaN is not)."""
        return abs(self.measured - self.exact) <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**vars(self), "passed": self.passed}


def check_energy(peer: Peer, temperature: float) -> Check:
    """Thermalise `peer` away from T_c and compare its energy with Onsager's.

    The start is ordered below T_c and random above, so that no domain walls have to be waited
    for. The tolerance is CHECK_DEVIATIONS standard deviations of the mean of independent draws
    (sqrt(T² C / N / draws)): a correct peer fails with probability 6e-7 for draws that are
    independent, a few times more often for the weak correlation that CHECK_SPACING leaves.
    """
    peer.start(temperature, ordered=temperature < CRITICAL_TEMPERATURE)
    peer.sweep(_whole_chunks(CHECK_BURN_IN, peer.chunk))
    draws = min(256, max(8, CHECK_SPINS // peer.n_spins))
    energies = []
    for _ in range(draws):
        peer.sweep(_whole_chunks(CHECK_SPACING, peer.chunk))
        energies.append(peer.energy_per_spin())
    tolerance = CHECK_DEVIATIONS * energy_deviation(temperature, draws * peer.n_spins)
    return Check(
        temperature, onsager_energy(temperature), float(np.mean(energies)), tolerance, draws
    )


def _whole_chunks(sweeps: int, chunk: int) -> int:
    return -(-sweeps // chunk) * chunk
