"""Couplings that act one way: J_ij of j on i without J_ji, for which there is no energy.

All neurons are updated at once, so that a sweep is a product of matrices, which is the BLAS's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DirectedWalk:
    """States (replicas, *shape) on their way, with what `retrieval` asks of a sampler."""

    model = None

    def __init__(
        self,
        couplings: NDArray[np.float32],
        states: NDArray[np.int8],
        temperature: float,
        seed: int,
        held: NDArray[np.bool_] | None,
    ) -> None:
        self._J, self._shape = couplings, states.shape
        self._spins = states.reshape(len(states), -1).astype(np.float32)
        self._held = None if held is None else held.reshape(self._spins.shape)
        self._random = np.random.Generator(np.random.Philox(seed))
        self.temperature, self.sweeps_done = temperature, 0

    def sweep(self, sweeps: int) -> None:
        """Update all neurons at once, so many times; one without a field stays as it is."""
        for _ in range(sweeps):
            field = self._spins @ self._J.T
            if self.temperature == 0.0:
                after = np.where(field == 0.0, self._spins, np.sign(field))
            else:
                up = 1.0 / (1.0 + np.exp(-2.0 * field.astype(np.float64) / self.temperature))
                after = np.where(self._random.random(field.shape) < up, 1.0, -1.0)
            if self._held is not None:
                after = np.where(self._held, self._spins, after)
            self._spins = after.astype(np.float32)
            self.sweeps_done += 1

    def spins(self) -> NDArray[np.int8]:
        """Return the states, (replicas, *shape)."""
        return self._spins.astype(np.int8).reshape(self._shape)

    def packed(self) -> NDArray[np.uint64]:
        """Return bits (N, words): bit r % 64 of word r // 64 is replica r."""
        replicas, n = self._spins.shape
        words = np.zeros((n, -(-replicas // 64)), dtype="<u8")
        bits = np.packbits(self._spins.T > 0, axis=1, bitorder="little")
        words.view(np.uint8)[:, : bits.shape[1]] = bits
        return words.astype(np.uint64, copy=False)

    def energy(self) -> NDArray[np.float64]:
        """Return -½ Σ J_ij s_i s_j, (replicas,), which dynamics need not lower."""
        fields = self._spins @ self._J.T
        energies: NDArray[np.float64] = (self._spins * fields).sum(axis=1, dtype=np.float64) / -2.0
        return energies


def sequence(patterns: NDArray[np.float64]) -> NDArray[np.float32]:
    r"""J_ij = (1/N) Σ_μ ξ_i^{μ+1} ξ_j^μ, from the last pattern to the first; J_ii = 0."""
    xi = patterns.astype(np.float32)
    J: NDArray[np.float32] = np.roll(xi, -1, axis=0).T @ xi / np.float32(xi.shape[1])
    np.fill_diagonal(J, 0.0)
    return J
