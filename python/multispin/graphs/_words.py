"""Random words of graphs, apart from all others."""

from __future__ import annotations

import numpy as np

from multispin._base import checks

# Keeps the words apart from those of disorder samples, whose keys are (seed, sample).
_GRAPH_KEY = 2**64 - 1

# The highest word of the counter: what is drawn for one has nothing to do with what is for another.
REGULAR, BONDS, SITES, SMALL_WORLD = 0, 1, 2, 3


def words(seed: int, purpose: int) -> np.random.Philox:
    """Return the generator whose words are for a purpose."""
    key = np.array([checks.seed("seed", seed), _GRAPH_KEY], dtype=np.uint64)
    counter = np.array([0, 0, 0, purpose], dtype=np.uint64)
    return np.random.Philox(counter=counter, key=key)
