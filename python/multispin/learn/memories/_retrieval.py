"""How cues become states: one spin after the other, or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin.learn.memories._overlaps import NUMBERS, Contenders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.memories._interactions import Interaction

    Spins = NDArray[np.int8]

#: Spins whose fields are computed together. The more, the faster is a matrix product, and the more
#: of it is lost where a spin turns.
BLOCK = 32


def bytes_held(cues: int, n_patterns: int, n_units: int) -> int:
    """Return the memory that a retrieval takes, its result included."""
    # Overlaps and weights, each while new ones are made, and indices of a table; signs of patterns,
    # those of some spins or patterns once more, and some of them as floats.
    of_patterns = 48 * cues + 2 * n_units + 8 * BLOCK
    return n_patterns * of_patterns + 24 * cues * n_units + 4 * max(NUMBERS, n_units)


class Walk:
    """Cues (C, N) on their way: spins, the overlaps that follow from them, weights of patterns."""

    _weights: NDArray[np.float64]
    _total: NDArray[np.float64]
    _slack: NDArray[np.float64]

    def __init__(
        self,
        interaction: Interaction,
        patterns: Spins,
        cues: Spins,
        held: NDArray[np.bool_],
        temperature: float,
    ) -> None:
        self._interaction, self._temperature = interaction, temperature
        self._held = held
        self.spins = cues.copy()
        self._seen = Contenders(patterns, cues, interaction.reach, BLOCK)
        if not bool(self.spins.all()):
            self._decide_erased()
        self._weigh()

    def sequential(self, draws: NDArray[np.float64] | None) -> NDArray[np.bool_]:
        """Update spin after spin of each cue, and return which cues changed (C,)."""
        changed = np.zeros(len(self.spins), dtype=np.bool_)
        for sites in self._blocks():
            if self._seen.follow(self.spins):
                self._weigh()
            changed |= self._one_after_the_other(sites, draws)
        return changed

    def parallel(self, draws: NDArray[np.float64] | None) -> NDArray[np.bool_]:
        """Update all spins at once, and return which cues changed (C,)."""
        before, everyone = self.spins.copy(), np.arange(len(self.spins))
        for sites in self._blocks():
            sums = self._weights @ self._seen.signs[sites].astype(np.float64).T
            # No field is of a spin that is new: weights are those of the spins before.
            self.spins[:, sites] = self._wanted(sums, everyone, sites, draws)
        changed: NDArray[np.bool_] = (self.spins != before).any(axis=1)
        if changed.any():
            self._seen.compare(self.spins)
            self._weigh()
        return changed

    def leave(self, finished: NDArray[np.bool_]) -> None:
        """Go on without some of the cues."""
        stay = ~finished
        self.spins, self._held = self.spins[stay], self._held[stay]
        self._seen.leave(stay)
        self._weights = self._weights[stay]
        self._total, self._slack = self._total[stay], self._slack[stay]

    def _weigh(self) -> None:
        self._weights, self._total, self._slack = self._interaction.weigh(self._seen.overlaps)

    def _blocks(self) -> list[slice]:
        n = self.spins.shape[1]
        return [slice(first, min(first + BLOCK, n)) for first in range(0, n, BLOCK)]

    def _one_after_the_other(
        self, sites: slice, draws: NDArray[np.float64] | None
    ) -> NDArray[np.bool_]:
        """Update a block of spins in order, and return which cues changed (C,).

        Up to the first spin that turns, fields are those of the cue as it is: most cues get through
        the whole block like this, together. The fields of others are computed anew from there on.
        """
        signs = self._seen.signs[sites].astype(np.float64)
        rows = np.arange(len(self.spins))
        turns = self._turns(self._weights @ signs.T, rows, sites, draws)
        some: NDArray[np.bool_] = np.any(turns, axis=1)
        changed = some
        while some.any():
            rows, site = rows[some], turns[some].argmax(axis=1)
            weights = self._turn(rows, site + sites.start)
            turns = self._turns(weights @ signs.T, rows, sites, draws)
            turns &= np.arange(len(signs)) > site[:, None]
            some = np.any(turns, axis=1)
        return changed

    def _turn(self, rows: NDArray[np.intp], sites: NDArray[np.intp]) -> NDArray[np.float64]:
        """Turn a spin of each of some cues, and return their weights of patterns."""
        self.spins[rows, sites] *= -1
        steps = 2 * self.spins[rows, sites, None]
        overlaps = self._seen.overlaps[rows] + steps * self._seen.signs[sites]
        self._seen.overlaps[rows] = overlaps
        weights, self._total[rows], self._slack[rows] = self._interaction.weigh(overlaps)
        self._weights[rows] = weights
        return weights

    def _turns(
        self,
        sums: NDArray[np.float64],
        rows: NDArray[np.intp],
        sites: slice,
        draws: NDArray[np.float64] | None,
    ) -> NDArray[np.bool_]:
        """Return which spins of some cues are to turn, each given all others."""
        turns: NDArray[np.bool_] = self._wanted(sums, rows, sites, draws) != self.spins[rows, sites]
        return turns

    def _wanted(
        self,
        sums: NDArray[np.float64],
        rows: NDArray[np.intp],
        sites: slice,
        draws: NDArray[np.float64] | None,
    ) -> Spins:
        """Return what spins of some cues are to become, each given all others."""
        spins = self.spins[rows, sites]
        total, slack = self._total[rows, None], self._slack[rows, None]
        gaps = self._interaction.gaps(sums, spins, total, slack)
        if draws is None:
            wanted = np.where(gaps == 0.0, spins, np.sign(gaps))
        else:
            with np.errstate(over="ignore"):  # tanh knows infinity
                up = 0.5 + 0.5 * np.tanh(gaps / (2.0 * self._temperature))
            wanted = np.where(draws[rows, sites] < up, 1, -1)
        return np.where(self._held[rows, sites], spins, wanted).astype(np.int8)

    def _decide_erased(self) -> None:
        """Give spins that have none the signs of their fields, of the spins that there are."""
        weights, _, slack = self._interaction.slopes(self._seen.overlaps)
        for sites in self._blocks():
            sums = weights @ self._seen.signs[sites].astype(np.float64).T
            start = np.where(sums >= -slack[:, None], 1, -1)
            erased = self.spins[:, sites] == 0
            self.spins[:, sites][erased] = start[erased]
        self._seen.compare(self.spins)
