"""Chains that the model's phase is averaged over, and how they go on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from multispin._engines.bipartite import Numbers
from multispin.learn.rbm.randomness import streams, uniforms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.learn.rbm.kernel import Kernel
    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]
    States = NDArray[Any]


#: What uniform numbers are for.
_EXCHANGES = 0x6578636861


class Ladder(Protocol):
    """Distributions of visible units that chains are exchanged between; the last is the model."""

    def __len__(self) -> int:
        """Return how many distributions there are."""

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters of the last."""

    def advance(self, states: list[States], steps: int, seed: int, step: int) -> list[States]:
        """Let the chains of each distribution go on."""

    def log_weights(self, at: Sequence[int], states: States) -> Array:
        """Return −F of states in some of them, but for constants, (len(at), chains)."""


class Tempered:
    """Weights at temperatures from infinity to 1, over the visible units' means in the data.

    E_β = β E + (1 − β) E_0, where E_0 = −Σ_i b⁰_i v_i has independent units; b⁰ are of units as a
    machine takes them.
    """

    def __init__(self, parameters: Parameters, base: Array, betas: Array, place: Place) -> None:
        self.kernel = parameters.kernel(place)
        self._betas, self._base = betas, base
        self.replace(parameters)

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters."""
        beta, at = self._betas[:, None], parameters.of_machine()
        self.kernel.replace(at)
        visible = beta * at.visible + (1 - beta) * self._base
        self.kernel.set_levels(self._betas, visible, beta * at.hidden)

    def __len__(self) -> int:
        return len(self._betas)

    def advance(self, states: list[States], steps: int, seed: int, step: int) -> list[States]:
        """Let the chains of each temperature go on, all of them in one call."""
        n = len(states[0])
        level = np.repeat(np.arange(len(self)), n)
        numbers = Numbers(seed, streams(0, len(level)), step)
        moved, _ = self.kernel.gibbs(np.concatenate(states), steps, numbers, level)
        return [moved[first : first + n] for first in range(0, len(moved), n)]

    def log_weights(self, at: Sequence[int], states: States) -> Array:
        """Return −F of states at some of the temperatures."""
        return self.kernel.log_weights(states, at)


class Kept:
    """Models kept along the way of training, the first of independent units; the last learns on.

    Notes
    -----
    N. Béreux, A. Decelle, C. Furtlehner, L. Rosset & B. Seoane, arXiv:2405.15376 (2024).
    """

    def __init__(self, models: list[Parameters], place: Place) -> None:
        self.models, self._place = models, place
        self.kernels: list[Kernel] = [one.kernel(place) for one in models]

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters of the last."""
        self.models[-1] = parameters.copy()
        # Of the copy: a kernel holds what it is given, and what learns changes in place.
        self.kernels[-1].replace(self.models[-1])

    def keep(self) -> None:
        """Keep the last as it is now; a copy of it goes on."""
        self.models.append(self.models[-1])
        self.kernels.append(self.models[-1].kernel(self._place))

    def __len__(self) -> int:
        return len(self.models)

    def advance(self, states: list[States], steps: int, seed: int, step: int) -> list[States]:
        """Let the chains of each model go on; those of the first are drawn anew."""
        n = len(states[0])
        free = self.models[0].of_machine().visible
        moved = [self.kernels[0].independent(free, Numbers(seed, streams(0, n), step))]
        for k, kernel in enumerate(self.kernels[1:], start=1):
            numbers = Numbers(seed, streams(k * n, n), step)
            moved.append(kernel.gibbs(states[k], steps, numbers)[0])
        return moved

    def log_weights(self, at: Sequence[int], states: States) -> Array:
        """Return −F of states in some of the models."""
        return np.concatenate([self.kernels[k].log_weights(states) for k in at])


@dataclass
class Exchanges:
    """What exchanging has come to: acceptances between neighbours, and their log weights."""

    accepted: Array  # (levels - 1,) shares
    up: list[Array]  # of each pair: −F_upper + F_lower, of states of the lower
    down: list[Array]  # the same with a minus, of states of the upper


def exchange(ladder: Ladder, states: list[States], seed: int, step: int) -> Exchanges:
    """Exchange states between neighbours, in place: first of pairs (0, 1), (2, 3) and so on.

    With probability min(1, p_a(y) p_b(x) / p_a(x) p_b(y)) of states x of a and y of b.
    """
    n = len(states[0])
    pairs = len(ladder) - 1
    uniform = uniforms(seed, step, _EXCHANGES, (pairs, n))
    accepted, up, down = np.zeros(pairs), [np.zeros(0)] * pairs, [np.zeros(0)] * pairs
    for k in itertools.chain(range(0, pairs, 2), range(1, pairs, 2)):
        lower, upper = (ladder.log_weights((k, k + 1), states[k + i]) for i in (0, 1))
        up[k], down[k] = lower[1] - lower[0], upper[0] - upper[1]
        taken = np.log(uniform[k]) < up[k] + down[k]
        states[k], states[k + 1] = (
            np.where(taken[:, None], states[k + 1], states[k]),
            np.where(taken[:, None], states[k], states[k + 1]),
        )
        accepted[k] = taken.mean()
    return Exchanges(accepted, up, down)
