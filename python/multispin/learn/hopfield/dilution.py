"""Couplings cut at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def diluted(J: NDArray[np.float64], share: float, seed: int) -> NDArray[np.float64]:
    """Return symmetric couplings (N, N) of which a share is cut, the others larger by as much."""
    rng = np.random.Generator(np.random.Philox(seed))
    kept = np.triu(rng.random(J.shape) >= share, 1)
    return np.asarray(J * (kept | kept.T) / (1.0 - share))
