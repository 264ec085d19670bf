"""What is random in learning beside chains: seeds for other purposes, and the order of samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORDER = 0x6F72646572


def seed_for(seed: int, *purpose: int) -> int:
    """Return a seed for something else than learning with this seed."""
    words = np.random.SeedSequence([seed, *purpose]).generate_state(1, np.uint64)
    return int(words[0]) >> 1


def shuffled(seed: int, epoch: int, m: int, batch_size: int) -> list[NDArray[np.intp]]:
    """Return the rows of an epoch's batches, in an order of its own and of even sizes."""
    words = np.random.Philox(key=[seed, _ORDER], counter=[0, epoch, 0, 0]).random_raw(m)
    return np.array_split(np.argsort(words, kind="stable"), -(-m // batch_size))
