"""Samples of a learned model, each the end of a chain of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.models import Pairwise

_AT_ONCE = 1 << 16  # chains


def drawn(model: Pairwise, n: int, sweeps: int, seed: int, place: Place) -> NDArray[np.int8]:
    """Return n samples at temperature 1, (n, N), of chains that begin at random."""
    parts = []
    for first in range(0, n, _AT_ONCE):
        chains = min(_AT_ONCE, n - first)
        sampler = Sampler(
            model, 1.0, replicas=chains, dynamics="glauber", seed=seed, first_stream=first,
            threads=place.threads, device=place.device, engine="real",
        )  # fmt: skip
        sampler.sweep(sweeps)
        parts.append(on_host(sampler.spins()))
    return np.concatenate(parts)
