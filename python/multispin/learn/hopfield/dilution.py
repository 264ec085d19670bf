"""Couplings cut at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def diluted(
    J: NDArray[np.floating[Any]], share: float, seed: int, symmetric: bool
) -> NDArray[np.floating[Any]]:
    """Return couplings (N, N) of which a share is cut, the others larger by as much.

    Both ways together if it is to stay `symmetric`, else each way by itself.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    kept = rng.random(J.shape, dtype=np.float32) >= share
    if symmetric:
        kept = np.triu(kept, 1)
        kept |= kept.T
    scale = J.dtype.type(1.0 / (1.0 - share))
    return np.asarray(J * kept * scale, dtype=J.dtype)
