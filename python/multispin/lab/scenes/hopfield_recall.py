"""Recall, an eighth of a sweep at a time, so that an eye can follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin.learn.hopfield.retrieval import kinds
from multispin.models import Hopfield
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn import HopfieldNetwork

#: Pieces of an asynchronous sweep.
PIECES = 8
#: Overlap from which on a state counts as a pattern.
RETRIEVED_AT = 0.9
_MOST_POINTS = 400


class Recall:
    """A state on its way from a cue, with the energies and overlaps that it has had.

    Asynchronous: a random order of the neurons, drawn for each sweep, is cut into pieces; while one
    of them follows its fields, all others are held. In parallel: all at once, a sweep is one piece.

    Parameters
    ----------
    network
        What is stored.
    cue
        ±1, and 0 for what is not known, which begins at random.
    evidence
        Whether what is known is held.
    temperature, parallel, seed
        As of `Sampler`.
    """

    def __init__(
        self,
        network: HopfieldNetwork,
        cue: NDArray[np.int8],
        evidence: bool,
        temperature: float,
        parallel: bool,
        seed: int,
    ) -> None:
        self._memory = Hopfield(network.patterns_)
        self._parallel = parallel
        self._rng = np.random.default_rng(seed)
        noise = 2 * self._rng.integers(0, 2, cue.shape) - 1
        start = np.where(cue == 0, noise, cue).astype(np.int8)
        self._held = (cue != 0) if evidence else np.zeros(cue.shape, np.bool_)
        self._free = np.flatnonzero(~self._held)
        assert network.model_ is not None
        self._sampler = Sampler(
            network.model_, temperature, dynamics="parallel" if parallel else "glauber",
            init=start, seed=seed, device="cpu", threads=1,
        )  # fmt: skip
        self.pieces = 0
        self.done = not len(self._free)
        self._order = self._free
        self._before = [start]  # of the last sweeps
        self._every = 1
        self.points: list[tuple[float, float, NDArray[np.float32]]] = []  # sweep, energy, overlaps
        self._look()

    @property
    def per_sweep(self) -> int:
        """How many pieces a sweep has."""
        return 1 if self._parallel else max(1, min(PIECES, len(self._free)))

    @property
    def state(self) -> NDArray[np.int8]:
        """The state, ±1 (side, side)."""
        found: NDArray[np.int8] = np.asarray(self._sampler.spins())[0]
        return found

    @property
    def sweeps(self) -> float:
        """Sweeps so far."""
        return self.pieces / self.per_sweep

    def set_temperature(self, temperature: float) -> None:
        """Go on at another temperature."""
        self._sampler.temperature = temperature
        self.done = not len(self._free)

    def step(self) -> None:
        """Let the next piece follow its fields."""
        if self.done:
            return
        part = self.pieces % self.per_sweep
        clamp = self._held
        if not self._parallel:
            if part == 0:
                self._order = self._rng.permutation(self._free)
            clamp = np.ones(self._held.shape, np.bool_)
            clamp.ravel()[self._order[part :: self.per_sweep]] = False
        self._sampler.clamp = clamp
        self._sampler.sweep()
        self.pieces += 1
        if self.pieces % self._every == 0:
            self._look()
        if self.pieces % self.per_sweep == 0:
            self._end_sweep()

    def overlaps(self) -> NDArray[np.float64]:
        """Return the overlaps with all patterns, (P,)."""
        return np.asarray(self._memory.overlap(self.state))

    def winner(self) -> tuple[int, str]:
        """Return the pattern with the largest overlap, and what the state is of it.

        "pattern", "reversed", "mixture" or "spurious", as `HopfieldNetwork.retrieve` says.
        """
        m = self.overlaps()[None]
        kind = kinds(self.state.reshape(1, -1), m, self._memory, RETRIEVED_AT)
        return int(np.argmax(np.abs(m))), str(kind[0])

    def energy(self) -> float:
        """Return the energy of the state."""
        return float(self._sampler.energy()[0])

    def _end_sweep(self) -> None:
        """At temperature 0, see whether the state repeats itself; in parallel, after two sweeps."""
        now = self.state
        if self._sampler.temperature == 0.0:
            seen = self._before[-2:] if self._parallel else self._before[-1:]
            self.done = any(np.array_equal(now, one) for one in seen)
        self._before = [self._before[-1], now]

    def _look(self) -> None:
        self.points.append((self.sweeps, self.energy(), self.overlaps().astype(np.float32)))
        if len(self.points) > _MOST_POINTS:
            self.points, self._every = self.points[::2], 2 * self._every
