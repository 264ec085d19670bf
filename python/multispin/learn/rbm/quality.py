"""How good samples are: whether they can be told from data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 24  # distances in memory


def own_neighbours(data: NDArray[Any], samples: NDArray[Any]) -> tuple[float, float]:
    """Return the shares of data, and of samples, whose nearest neighbour is of their own kind.

    Of as many of each. Where nobody can tell them apart, both are 1/2; where samples are copies of
    data both are less; samples of one kind, or unlike any data, have more.
    """
    assert len(data) == len(samples)
    of_data, of_samples = (nearest(own, own, True) for own in (data, samples))
    # Halves of ties, which bits have many of.
    across = nearest(data, samples, False), nearest(samples, data, False)
    found = [
        float(((own < other) + 0.5 * (own == other)).mean())
        for own, other in zip((of_data, of_samples), across, strict=True)
    ]
    return found[0], found[1]


def nearest(of: NDArray[Any], to: NDArray[Any], others: bool) -> Array:
    """Return squared distances to the nearest, or to the nearest that is not of the same number."""
    of, to = of.astype(np.float64), to.astype(np.float64)
    squares, found = (to**2).sum(axis=1), np.empty(len(of))
    height = max(1, _AT_ONCE // len(to))
    for first in range(0, len(of), height):
        part = of[first : first + height]
        apart = (part**2).sum(axis=1)[:, None] + squares - 2 * part @ to.T
        if others:
            rows = np.arange(len(part))
            apart[rows, first + rows] = np.inf
        found[first : first + height] = apart.min(axis=1)
    return found
