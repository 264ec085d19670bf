"""numba with NumPy's own generator: the checkerboard loop as a careful user writes it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from peer import checkerboard, physics
from peer.interface import Peer


@njit()
def _sweep(
    halves: npt.NDArray[np.int8],
    table: npt.NDArray[np.float32],
    sweeps: int,
    rng: np.random.Generator,
) -> None:
    _, rows, half = halves.shape
    uniform = np.empty(half, np.float32)
    beside = np.empty(half, np.int8)
    one, two, always = table[1], table[2], table[0]
    for step in range(2 * sweeps):
        colour = step & 1
        for row in range(rows):
            mine, centre = halves[colour, row], halves[1 - colour, row]
            above = halves[1 - colour, row - 1 if row > 0 else rows - 1]
            below = halves[1 - colour, row + 1 if row < rows - 1 else 0]
            if (row + colour) & 1:
                beside[:-1] = centre[1:]
                beside[-1] = centre[0]
            else:
                beside[1:] = centre[:-1]
                beside[0] = centre[-1]
            for k in range(half):
                uniform[k] = np.float32(rng.random())
            # No branch on the state: LLVM turns this loop into SIMD.
            for k in range(half):
                aligned = np.int32(mine[k]) * (
                    np.int32(above[k])
                    + np.int32(below[k])
                    + np.int32(centre[k])
                    + np.int32(beside[k])
                )
                threshold = two if aligned == 4 else (one if aligned == 2 else always)
                mine[k] = -mine[k] if uniform[k] < threshold else mine[k]


class NumbaCheckerboard(Peer):
    """Metropolis, parallel off, int8 spins, acceptance computed beforehand."""

    distributions = ("numba",)
    dynamics = "Metropolis, checkerboard; one SFC64 draw a spin"
    sizes = (512, 1024, 2048)

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.rng = np.random.Generator(np.random.SFC64(seed))
        self.start(physics.CRITICAL_TEMPERATURE, ordered=False)
        self.sweep(1)  # compiles

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Tabulate the acceptance for s_i Σ s_j <= 0, = 2, = 4; 2 is above every draw."""
        costs = np.exp(-np.array([4.0, 8.0]) / temperature)
        self.table = np.array([2.0, *costs], dtype=np.float32)
        spins = physics.initial_spins((self.size, self.size), self.rng, ordered=ordered)
        self.halves = checkerboard.split(spins)

    def sweep(self, sweeps: int) -> None:
        """Run the compiled loop."""
        _sweep(self.halves, self.table, sweeps, self.rng)

    def energy_per_spin(self) -> float:
        """Energy of the joined lattice."""
        return physics.lattice_energy(checkerboard.join(self.halves))


PEER = NumbaCheckerboard
