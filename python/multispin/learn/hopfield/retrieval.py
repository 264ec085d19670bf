"""How cues become states, and what these are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin.models import Hopfield
from multispin.sampling.device_array import on_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from numpy.typing import NDArray

    from multispin.learn.hopfield.directed import DirectedWalk
    from multispin.sampling.sampler import Sampler

    Walk: TypeAlias = Sampler | DirectedWalk

#: What a final state may be.
KINDS = ("pattern", "reversed", "mixture", "spurious")


@dataclass(frozen=True)
class Retrieval:
    """What a network made of cues: arrays of (cues, replicas, …).

    Attributes
    ----------
    state
        Final states ±1, (cues, replicas, *shape) int8.
    overlap
        Overlaps m = (1/N) Σ_i ξ_i s_i of the final states with all patterns, (cues, replicas, P)
        float64. With ``covariance``, of patterns of mean b, Σ_i (ξ_i − b) s_i / (N (1 − b²)).
    energy
        Energies of the final states, (cues, replicas) float64. Where couplings act one way,
        −½ Σ J_ij s_i s_j, which need not fall on the way.
    converged
        Whether a state repeats itself, (cues, replicas) bool: a fixed point, or with parallel
        dynamics a cycle of two. At T > 0 nothing does.
    sweeps
        Sweeps after which it did first, or all that were made, (cues, replicas) int64.
    winner
        The pattern whose overlap is largest in size, (cues, replicas) int64.
    kind
        What the final state is, (cues, replicas) str: the ``"pattern"``, or it ``"reversed"``;
        a ``"mixture"`` of three patterns, the sign of their sum with some signs; or ``"spurious"``.
    history
        Overlaps along the way, (draws, cues, replicas, P) float64, after the sweeps of `times`; of
        no draw unless asked for.
    times
        Sweeps after which `history` was taken, (draws,) int64.
    """

    state: NDArray[np.int8]
    overlap: NDArray[np.float64]
    energy: NDArray[np.float64]
    converged: NDArray[np.bool_]
    sweeps: NDArray[np.int64]
    winner: NDArray[np.int64]
    kind: NDArray[np.str_]
    history: NDArray[np.float64]
    times: NDArray[np.int64]


class Watch:
    """Notices when states repeat themselves: (replicas,) each."""

    def __init__(self, sampler: Walk, replicas: int, cycles: bool) -> None:
        self._before = [_packed(sampler)]
        self._cycles = cycles
        self.converged = np.zeros(replicas, dtype=np.bool_)
        self.sweeps = np.zeros(replicas, dtype=np.int64)

    def look(self, sampler: Walk) -> bool:
        """Compare with the states before, and say whether all repeat themselves."""
        now = _packed(sampler)
        same = self._unchanged(now, self._before[-1])
        if self._cycles and len(self._before) > 1:
            same |= self._unchanged(now, self._before[-2])
        self.sweeps[~self.converged] += 1
        self.converged |= same
        self._before = [self._before[-1], now]
        return bool(self.converged.all())

    def _unchanged(self, a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.bool_]:
        changed = np.bitwise_or.reduce(a ^ b, axis=0)
        bits = np.unpackbits(
            changed.astype("<u8").view(np.uint8), count=len(self.converged), bitorder="little"
        )
        unchanged: NDArray[np.bool_] = bits == 0
        return unchanged


def _packed(sampler: Walk) -> NDArray[np.uint64]:
    """Return spins as bits, (N, words): bit r % 64 of word r // 64 is replica r."""
    words = on_host(sampler.packed())
    return words.reshape(-1, words.shape[-1])


def sweep_and_look(
    sampler: Walk, memory: Memory, sweeps: int, every: int | None, watch: Watch | None
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Sweep until all states repeat themselves, and yield (sweeps, overlaps) every so many."""
    if every is not None:
        yield 0, memory.overlaps(sampler)
    done = 0
    while done < sweeps:
        step = 1 if watch is not None else min(every or sweeps, sweeps - done)
        sampler.sweep(step)
        done += step
        if every is not None and done % every == 0:
            yield done, memory.overlaps(sampler)
        if watch is not None and watch.look(sampler):
            return


@dataclass(frozen=True)
class Memory:
    """What is stored, and how overlaps with it are meant."""

    patterns: Hopfield
    bias: float  # b of m = Σ_i (ξ_i − b) s_i / (N (1 − b²)): 0 but for biased patterns
    of_neurons: bool  # whether couplings and threshold are those of neurons 0 and 1

    def overlaps(self, sampler: Walk) -> NDArray[np.float64]:
        """Return the overlaps of all replicas with the patterns, (replicas, P)."""
        if isinstance(sampler.model, Hopfield):
            return sampler.pattern_overlap()
        spins = on_host(sampler.spins())
        plain = self.patterns.overlap(spins)
        if self.bias == 0.0:
            return plain
        mean = spins.reshape(len(spins), -1).mean(axis=1)
        return np.asarray((plain - self.bias * mean[:, None]) / (1.0 - self.bias**2))


def kinds(
    states: NDArray[np.int8], overlaps: NDArray[np.float64], memory: Hopfield, least: float
) -> NDArray[np.str_]:
    """Return what states (C, N) are, of which the overlaps (C, P) with the patterns are known."""
    found = np.full(len(states), "spurious", dtype="<U8")
    largest = np.argmax(np.abs(overlaps), axis=1)
    value = overlaps[np.arange(len(states)), largest]
    found[value >= least] = "pattern"
    found[value <= -least] = "reversed"
    if overlaps.shape[1] >= 3:
        rest = np.flatnonzero(found == "spurious")
        found[rest[_are_mixtures(states[rest], overlaps[rest], memory, least)]] = "mixture"
    return found


def _are_mixtures(
    states: NDArray[np.int8], overlaps: NDArray[np.float64], memory: Hopfield, least: float
) -> NDArray[np.bool_]:
    """Whether states are the sign of the sum of the three patterns that they overlap with most."""
    three = np.argpartition(-np.abs(overlaps), 2, axis=1)[:, :3]
    found = np.zeros(len(states), dtype=np.bool_)
    for c, (state, numbers) in enumerate(zip(states, three, strict=True)):
        votes = sum(np.sign(overlaps[c, k]) * memory.pattern(int(k)).ravel() for k in numbers)
        found[c] = abs(float(np.sign(votes) @ state)) / len(state) >= least
    return found
