"""Overlaps of cues with patterns: of all of them, and of the few that can have a weight soon."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spins = NDArray[np.int8]
    Overlaps = NDArray[np.int32]

#: Numbers of patterns that are floats at a time.
NUMBERS = 2**22

#: Contenders are looked at alone if they are at most this part of all patterns: if they are more,
#: choosing them costs about what is saved.
SHARE = 0.125


def overlaps_of(patterns: Spins, spins: Spins) -> Overlaps:
    """Return the overlaps (C, P), integers from -N to N, of spins (C, N) and patterns (P, N)."""
    found = np.empty((len(spins), len(patterns)), dtype=np.int32)
    # Sums of so few integers are exact in single precision.
    precision = np.float32 if patterns.shape[1] < 2**24 else np.float64
    columns = spins.T.astype(precision)
    together = max(1, NUMBERS // patterns.shape[1])
    for first in range(0, len(patterns), together):
        rows = slice(first, first + together)
        found[:, rows] = (patterns[rows].astype(precision) @ columns).T
    return found


class Contenders:
    """The patterns that C cues on their way look at: all, or those that can have a weight soon.

    Where a pattern has no weight as its overlap is `reach` or more below the largest one of its
    cue, it has none until it has come that close. A turn of a spin changes both overlaps by 2. So
    patterns that are `reach` + 4 `turns` below the largest may be left out for so many turns.
    Overlaps of all patterns are remembered as they were when the contenders of a cue were chosen;
    from then on they change by 2, at most, for each spin that is not as it was.

    Attributes
    ----------
    signs
        Signs (N, U) of the patterns that are looked at.
    overlaps
        The overlaps (C, U) of cues with them, which who turns spins keeps up to date.
    """

    overlaps: Overlaps

    def __init__(self, patterns: Spins, spins: Spins, reach: int | None, turns: int) -> None:
        n_patterns, self._n = patterns.shape
        self._patterns = patterns
        self._window = 0 if reach is None else reach + 4 * turns
        # Overlaps are nowhere more than 2 N below the largest.
        can_leave_out = 0 < self._window < 2 * self._n
        self._most = int(SHARE * n_patterns) if can_leave_out else 0
        self._chosen = np.zeros(n_patterns, dtype=np.bool_)
        self._outside = np.zeros(len(spins), dtype=np.int32)  # (C,) largest overlap of all others
        self.compare(spins)

    @property
    def signs(self) -> Spins:
        return self._all_signs if self._few_signs is None else self._few_signs

    def compare(self, spins: Spins) -> None:
        """Look at all patterns, of overlaps that are computed anew."""
        self._few_signs: Spins | None = None
        self._then = spins.copy()
        self._known = self.overlaps = overlaps_of(self._patterns, spins)

    def follow(self, spins: Spins) -> bool:
        """Choose where it is time to, and return whether other patterns are looked at from now on.

        Between two calls no cue may turn more than `turns` spins.
        """
        if self._most == 0:
            return False
        return self._narrow(spins) if self._few_signs is None else self._widen(spins)

    def leave(self, stay: NDArray[np.bool_]) -> None:
        """Go on with some of the cues."""
        self._then, self._outside = self._then[stay], self._outside[stay]
        known, self._known = self._known, self._known[stay]
        self.overlaps = self._known if self.overlaps is known else self.overlaps[stay]

    @cached_property
    def _all_signs(self) -> Spins:
        return np.ascontiguousarray(self._patterns.T)

    def _narrow(self, spins: Spins) -> bool:
        """Choose for all cues, where all patterns have been looked at up to now."""
        self._then = spins.copy()  # `overlaps` are those that are known, and up to date
        self._chosen[:] = False
        return self._choose(np.arange(len(spins)), spins)

    def _widen(self, spins: Spins) -> bool:
        """Choose anew for the cues to which other patterns may come close."""
        turned = np.count_nonzero(spins != self._then, axis=1)
        apart = self.overlaps.max(axis=1) - self._outside - 2 * turned
        rows = np.flatnonzero(apart < self._window)
        if not rows.size:
            return False
        self._recall(rows, spins)
        if not self._choose(rows, spins):
            self._recall(np.arange(len(spins)), spins)
            self._few_signs, self.overlaps = None, self._known
        return True

    def _recall(self, rows: NDArray[np.intp], spins: Spins) -> None:
        """Bring the overlaps of some cues with all patterns up to date."""
        change = spins[rows] - self._then[rows]
        sites = np.flatnonzero(change.any(axis=0))
        if sites.size:
            self._known[rows] += overlaps_of(self._all_signs[sites].T, change[:, sites])
            self._then[rows] = spins[rows]

    def _choose(self, rows: NDArray[np.intp], spins: Spins) -> bool:
        """Look at the contenders of some cues too, and return False if they become too many."""
        for known in self._known[rows]:
            self._chosen |= known > known.max() - self._window
            if np.count_nonzero(self._chosen) > self._most:
                return False
        for row in rows:
            self._outside[row] = np.where(self._chosen, -self._n, self._known[row]).max()
        few = self._patterns[self._chosen]
        self._few_signs, self.overlaps = np.ascontiguousarray(few.T), overlaps_of(few, spins)
        return True
