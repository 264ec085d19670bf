"""numba with the generator inside the loop: what a specialist gets out of one byte a spin.

Not a package that anybody could install, but the strongest opponent written in Python.
xoshiro128++ (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47,
36 (2021)) runs once for every column of the half lattice, so that LLVM vectorises the draws too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, uint32

from peer import checkerboard, physics
from peer.interface import Peer


@njit()
def _draw(state: npt.NDArray[np.uint32], out: npt.NDArray[np.uint32]) -> None:
    # numba widens a sum of uint32 to uint64: every step is cut back.
    for k in range(out.size):
        a, b, c, d = state[0, k], state[1, k], state[2, k], state[3, k]
        total = uint32(a + d)
        out[k] = uint32(uint32(uint32(total << uint32(7)) | (total >> uint32(25))) + a)
        shifted = uint32(b << uint32(9))
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = uint32(uint32(d << uint32(11)) | (d >> uint32(21)))
        state[0, k], state[1, k], state[2, k], state[3, k] = a, b, c, d


@njit()
def _update_row(
    mine: npt.NDArray[np.int8],
    above: npt.NDArray[np.int8],
    below: npt.NDArray[np.int8],
    centre: npt.NDArray[np.int8],
    beside: npt.NDArray[np.int8],
    draws: npt.NDArray[np.uint32],
    thresholds: npt.NDArray[np.uint32],
) -> None:
    always, one, two = thresholds[0], thresholds[1], thresholds[2]
    for k in range(draws.size):
        aligned = np.int8(mine[k] * np.int8(above[k] + below[k] + centre[k] + beside[k]))
        threshold = two if aligned == 4 else (one if aligned == 2 else always)
        mine[k] = np.int8(-mine[k]) if draws[k] <= threshold else mine[k]


@njit()
def _sweep(
    halves: npt.NDArray[np.int8],
    thresholds: npt.NDArray[np.uint32],
    sweeps: int,
    state: npt.NDArray[np.uint32],
) -> None:
    _, rows, half = halves.shape
    draws = np.empty(half, np.uint32)
    beside = np.empty(half, np.int8)
    for step in range(2 * sweeps):
        colour = step & 1
        for row in range(rows):
            centre = halves[1 - colour, row]
            above = halves[1 - colour, row - 1 if row > 0 else rows - 1]
            below = halves[1 - colour, row + 1 if row < rows - 1 else 0]
            if (row + colour) & 1:
                beside[:-1] = centre[1:]
                beside[-1] = centre[0]
            else:
                beside[1:] = centre[:-1]
                beside[0] = centre[-1]
            _draw(state, draws)
            _update_row(halves[colour, row], above, below, centre, beside, draws, thresholds)


class NumbaSimd(Peer):
    """Metropolis, parallel off, int8 spins, a 32-bit generator a column."""

    distributions = ("numba",)
    dynamics = "Metropolis, checkerboard; 32 bits of xoshiro128++ a spin, inlined"
    sizes = (512, 1024, 2048)

    def __init__(self, size: int, seed: int) -> None:
        super().__init__(size, seed)
        self.rng = np.random.default_rng(seed)
        words = np.random.SeedSequence(seed).generate_state(2 * size, dtype=np.uint32)
        self.state = words.reshape(4, size // 2)
        self.start(physics.CRITICAL_TEMPERATURE, ordered=False)
        self.sweep(1)  # compiles

    def start(self, temperature: float, *, ordered: bool) -> None:
        """Accept a draw <= threshold, where the threshold is exp(-ΔE/T) 2³² - 1, rounded."""
        costs = np.exp(-np.array([0.0, 4.0, 8.0]) / temperature)
        self.thresholds = (np.rint(costs * 2**32) - 1).astype(np.uint32)
        spins = physics.initial_spins((self.size, self.size), self.rng, ordered=ordered)
        self.halves = checkerboard.split(spins)

    def sweep(self, sweeps: int) -> None:
        """Run the compiled loop."""
        _sweep(self.halves, self.thresholds, sweeps, self.state)

    def energy_per_spin(self) -> float:
        """Energy of the joined lattice."""
        return physics.lattice_energy(checkerboard.join(self.halves))


PEER = NumbaSimd
