"""Series of spins as transitions, from what they are to what they are one step later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin.learn.inverse.observations import observed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.inverse.observations import Observations

_BLOCK = 1 << 16  # transitions that are turned into numbers at a time


@dataclass(frozen=True)
class Transitions:
    """States (M, N) and what they became one step later, ±1; and names of units."""

    before: NDArray[np.int8]
    after: NDArray[np.int8]
    names: tuple[str, ...] | None

    @property
    def number(self) -> int:
        """Number of transitions M."""
        return len(self.before)

    def second(self) -> NDArray[np.float64]:
        """⟨s_i(t+1) s_j(t)⟩, (N, N)."""
        n = self.before.shape[1]
        found = np.zeros((n, n))
        for first in range(0, self.number, _BLOCK):
            part = slice(first, first + _BLOCK)
            # Up to 2^24 counts are exact in single precision.
            found += self.after[part].astype(np.float32).T @ self.before[part].astype(np.float32)
        return found / self.number


def transitions(name: str, series: Any, units: str) -> Transitions:
    """Take one recording (T, N), or several: (R, T, N), or a list of (T, N) of any lengths.

    Nothing is made of the end of one recording and the beginning of the next.

    Raises
    ------
    TypeError, ValueError
        If the series is not of this kind.
    """
    parts = [observed(part, None, units, name=which) for which, part in _recordings(name, series)]
    several = len(parts) > 1
    for k, part in enumerate(parts):
        which = f"{name}[{k}]" if several else name
        wanted = parts[0].n_features
        if part.n_features != wanted:
            allowed = f"{wanted}, as {name}[0] has"
            raise ValueError(f"{which}: got {part.n_features} spins, allowed: {allowed}")
        if len(part.spins) < 2:
            raise ValueError(f"{which}: got n_samples = 1 time step, allowed: 2 or more, as (T, N)")
    return _joined(parts)


def _joined(parts: list[Observations]) -> Transitions:
    if len(parts) == 1:
        spins = parts[0].spins
        return Transitions(spins[:-1], spins[1:], parts[0].names)
    before = np.concatenate([part.spins[:-1] for part in parts])
    after = np.concatenate([part.spins[1:] for part in parts])
    return Transitions(before, after, parts[0].names)


def _recordings(name: str, series: Any) -> list[tuple[str, Any]]:
    """Return recordings, and what messages call them."""
    if isinstance(series, (list, tuple)) and len(series) > 0:
        if all(getattr(part, "ndim", None) == 2 for part in series):
            return [(f"{name}[{k}]", part) for k, part in enumerate(series)]
    elif not isinstance(series, np.ndarray):
        return [(name, series)]
    allowed = "an array (T, N) or (R, T, N), or a list of arrays (T, N)"
    given = checks.array(name, series, allowed)
    if given.ndim == 3 and given.size:
        return [(f"{name}[{k}]", part) for k, part in enumerate(given)]
    return [(name, given)]
