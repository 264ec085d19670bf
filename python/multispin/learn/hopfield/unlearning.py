"""Unlearning: what a network dreams of is taken out of its couplings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin.learn.hopfield.rules import without_diagonal
from multispin.models import Pairwise
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SWEEPS = 50  # after which a dream is one, whether it has ended or not


def unlearned(
    J: NDArray[np.float64], steps: int, strength: float, batch: int, seed: int
) -> NDArray[np.float64]:
    """Return couplings (N, N) less what random starts end in: J_ij -= (ε/N) s_i s_j, `steps` times.

    Of a batch of states at a time, each with a share of ε.
    """
    n = len(J)
    rng = np.random.Generator(np.random.Philox(seed))
    for _ in range(steps):
        number = int(rng.integers(2**63))
        sampler = Sampler(
            Pairwise(J), 0.0, batch, "glauber", seed=number, device="cpu", order="random"
        )
        before = None
        for _ in range(_SWEEPS):
            sampler.sweep(1)
            now = np.asarray(sampler.packed())
            if before is not None and np.array_equal(before, now):
                break
            before = now
        s = np.asarray(sampler.spins(), dtype=np.float64)
        J = without_diagonal(J - strength / (n * batch) * (s.T @ s))
    return J
