"""Chains that the model's phase is averaged over, and how they go on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from multispin._engines.bipartite import Bipartite, Numbers, draw_units, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from multispin.learn.rbm.parameters import Parameters

    Array = NDArray[np.float64]
    Bits = NDArray[np.uint64]


#: What uniform numbers are for.
_EXCHANGES = 0x6578636861


def independent(offsets: Array, numbers: Numbers) -> Bits:
    """Return states of units that do not see each other, one for each stream of the numbers."""
    fields = np.broadcast_to(np.asarray(offsets, np.float32), (len(numbers.streams), len(offsets)))
    return draw_units(np.ascontiguousarray(fields), "visible", numbers)


def streams(first: int, n: int) -> NDArray[np.uint64]:
    """Return the numbers of n random streams."""
    return np.arange(first, first + n, dtype=np.uint64)


class Ladder(Protocol):
    """Distributions of visible units that chains are exchanged between; the last is the model."""

    def __len__(self) -> int:
        """Return how many distributions there are."""

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters of the last."""

    def advance(self, states: list[Bits], steps: int, seed: int, step: int) -> list[Bits]:
        """Let the chains of each distribution go on."""

    def log_weights(self, at: Sequence[int], states: Bits) -> Array:
        """Return −F of states in some of the distributions, (len(at), chains)."""


class Tempered:
    """Weights at temperatures from infinity to 1, over the visible units' means in the data.

    E_β = β E + (1 − β) E_0, where E_0 = −Σ_i b⁰_i v_i has independent units.
    """

    def __init__(
        self, parameters: Parameters, base: Array, betas: Array, threads: int | None
    ) -> None:
        self.kernel = parameters.kernel(threads)
        self._betas, self._base = betas, base
        self.replace(parameters)

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters."""
        beta = self._betas[:, None]
        self.kernel.replace(parameters.weights, parameters.visible, parameters.hidden)
        self._visible = beta * parameters.visible + (1 - beta) * self._base
        self.kernel.set_levels(self._betas, self._visible, beta * parameters.hidden)
        self._n_visible = parameters.shape[1]

    def __len__(self) -> int:
        return len(self._betas)

    def advance(self, states: list[Bits], steps: int, seed: int, step: int) -> list[Bits]:
        """Let the chains of each temperature go on, all of them in one call."""
        n = len(states[0])
        level = np.repeat(np.arange(len(self)), n)
        numbers = Numbers(seed, streams(0, len(level)), step)
        moved, _ = self.kernel.gibbs(np.concatenate(states), steps, numbers, level)
        return [moved[first : first + n] for first in range(0, len(moved), n)]

    def log_weights(self, at: Sequence[int], states: Bits) -> Array:
        """Return −F of states at some of the temperatures."""
        from_hidden = self.kernel.softplus(states, "hidden", at)
        from_visible = dot(states, self._visible[list(at)])
        return np.asarray(from_hidden + from_visible.T)


class Kept:
    """Models kept along the way of training, the first of independent units; the last learns on.

    Notes
    -----
    N. Béreux, A. Decelle, C. Furtlehner, L. Rosset & B. Seoane, arXiv:2405.15376 (2024).
    """

    def __init__(self, models: list[Parameters], threads: int | None) -> None:
        self.models, self._threads = models, threads
        self.kernels: list[Bipartite] = [one.kernel(threads) for one in models]

    def replace(self, parameters: Parameters) -> None:
        """Take other parameters of the last."""
        self.models[-1] = parameters.copy()
        self.kernels[-1].replace(parameters.weights, parameters.visible, parameters.hidden)

    def keep(self) -> None:
        """Keep the last as it is now; a copy of it goes on."""
        self.models.append(self.models[-1])
        self.kernels.append(self.models[-1].kernel(self._threads))

    def __len__(self) -> int:
        return len(self.models)

    def advance(self, states: list[Bits], steps: int, seed: int, step: int) -> list[Bits]:
        """Let the chains of each model go on; those of the first are drawn anew."""
        n = len(states[0])
        moved = [independent(self.models[0].visible, Numbers(seed, streams(0, n), step))]
        for k, kernel in enumerate(self.kernels[1:], start=1):
            numbers = Numbers(seed, streams(k * n, n), step)
            moved.append(kernel.gibbs(states[k], steps, numbers)[0])
        return moved

    def log_weights(self, at: Sequence[int], states: Bits) -> Array:
        """Return −F of states in some of the models."""
        return np.stack(
            [
                self.kernels[k].softplus(states, "hidden")
                + dot(states, np.asarray(self.models[k].visible, np.float64)[None])[:, 0]
                for k in at
            ]
        )


@dataclass
class Exchanges:
    """What exchanging has come to: acceptances between neighbours, and their log weights."""

    accepted: Array  # (levels - 1,) shares
    up: list[Array]  # of each pair: −F_upper + F_lower, of states of the lower
    down: list[Array]  # the same with a minus, of states of the upper


def exchange(ladder: Ladder, states: list[Bits], seed: int, step: int) -> Exchanges:
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


def uniforms(seed: int, step: int, purpose: int, shape: tuple[int, int]) -> Array:
    """Return numbers of (0, 1), a function of seed, step and purpose."""
    generator = np.random.Philox(key=[seed, purpose], counter=[0, step, 0, 0])
    words = generator.random_raw(shape[0] * shape[1]) >> np.uint64(12)
    return np.asarray((words.astype(np.float64) + 0.5) * 2.0**-52).reshape(shape)


def dot(bits: Bits, vectors: Any) -> Array:
    """Return sums of vectors (L, N) over the units that are up, (R, L), in float64."""
    vectors = np.asarray(vectors, np.float64)
    units = unpack(bits, vectors.shape[1]).astype(np.float64)
    # Not a product of matrices: that may depend on the number of threads.
    return np.asarray(np.einsum("ri,li->rl", units, vectors))
