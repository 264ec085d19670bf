"""The trajectory of the engine of clusters, bond by bond, as docs/trajectory.md defines it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from reference.lattice import COARSE_PLANES, derive
from reference.planes import MASK_32, TAIL_PLANES, aes_planes, philox_planes, threshold
from reference.real import exponential

if TYPE_CHECKING:
    from collections.abc import Iterator

Words = npt.NDArray[np.uint64]
Spins = npt.NDArray[np.int8]

INITIAL_SPINS, SWEEP_AES, SWEEP_PHILOX, PILOT_AES, PILOT_PHILOX = 15, 16, 17, 18, 19  # purposes
FIELDS, COINS, WOLFF_SITES, WOLFF_BONDS = 3, 4, 5, 6  # sublattices; bonds along axes are 0, 1, 2
PILOT_VISITS = 4


class Numbers:
    """Random words of a stream."""

    def __init__(self, rng: str, seed: int, stream: int, pilot: bool = False) -> None:
        self.rng, self.seed, self.stream = rng, seed, stream
        self.purposes = (PILOT_AES, PILOT_PHILOX) if pilot else (SWEEP_AES, SWEEP_PHILOX)

    def planes(self, flat: Words, sublattice: int, sweep: int, count: int = 1) -> list[Words]:
        """Return `count` planes of words of these numbers."""
        if self.rng == "philox":
            key = derive(self.seed, self.stream, self.purposes[1], 0)[:2]
            pairs = [
                philox_planes(key, flat, q | sublattice << 8, sweep) for q in range(-(-count // 2))
            ]
            return [plane for pair in pairs for plane in pair][:count]
        keys = (derive(self.seed, self.stream, self.purposes[0], k) for k in (0, 1))
        return aes_planes(*keys, flat, sweep << 8 | sublattice, count)

    def chosen(self, words: int, sublattice: int, sweep: int, probability: float) -> list[bool]:
        """Return bits, 64 a word, that are one with a probability."""
        K = COARSE_PLANES[self.rng]
        planes = self.planes(_range(words), sublattice, sweep, K + 1 + TAIL_PLANES)
        t, V = threshold(probability, K)
        out = []
        for w in range(words):
            for b in range(64):
                digits = [int(plane[w]) >> b & 1 for plane in planes]
                field = int(planes[K][w]) >> (b // 16 * 16) & 0xFFFF
                if field < 1 << (20 - K) and field % 16 == b % 16:
                    v = sum(d << (TAIL_PLANES - 1 - i) for i, d in enumerate(digits[K + 1 :]))
                    out.append(v < V)
                else:
                    out.append(sum(d << k for k, d in enumerate(digits[:K])) < t)
        return out

    def coins(self, words: int, sweep: int) -> list[bool]:
        """Return fair bits, 64 a word."""
        plane = self.planes(_range(words), COINS, sweep)[0]
        return [bool(int(word) >> b & 1) for word in plane for b in range(64)]

    def logarithms(self, first: int, count: int, sublattice: int, sweep: int) -> list[int]:
        """Return -log2 of uniform numbers in steps of 2^-26, two a word."""
        flat = _range((count + 1) // 2) + np.uint64(first // 2)  # `first` is even
        plane = self.planes(flat, sublattice, sweep)[0]
        halves = np.stack([plane & np.uint64(MASK_32), plane >> np.uint64(32)], axis=-1).ravel()
        return [int(x) for x in exponential(halves[:count])]


class Clusters:
    """One replica of a model on a lattice, or with `edges` on a graph; spins by site, flat."""

    def __init__(
        self,
        shape: tuple[int, ...],
        temperature: float,
        J: Any = 1.0,
        h: Any = 0.0,
        edges: Any = None,
        dynamics: str = "swendsen-wang",
        rng: str = "aes",
        seed: int = 1,
        stream: int = 0,
        init: str | Spins = "random",
    ) -> None:
        self.shape, self.temperature, self.dynamics = shape, temperature, dynamics
        self.sites = math.prod(shape)
        self.on_lattice = edges is None
        self.edges = (
            _lattice_edges(shape) if edges is None else [(int(i), int(j)) for i, j in edges]
        )
        self.J = np.broadcast_to(np.asarray(J, dtype=float), len(self.edges))
        self.h = np.broadcast_to(np.asarray(h, dtype=float), self.sites)
        self.row = shape[-1] if self.on_lattice else self.sites
        self.words = self.sites // self.row * -(-self.row // 64)
        self.numbers = Numbers(rng, seed, stream)
        self.sweeps_done = 0
        if isinstance(init, str):
            self.spins = self._initial() if init == "random" else np.ones(self.sites, np.int8)
        else:
            self.spins = np.array(init, dtype=np.int8).ravel()

    def bit_of(self, site: int) -> int:
        """Return where a site is among the bits of all words."""
        row, column = divmod(site, self.row)
        return row * -(-self.row // 64) * 64 + column

    def clusters(self) -> list[int]:
        """Return the first site of each one's cluster, of the next sweep of Swendsen and Wang."""
        first = list(range(self.sites))
        for (i, j), active in zip(self.edges, self._active(), strict=True):
            a, b = first[i], first[j]
            if active and a != b:
                first = [min(a, b) if label in (a, b) else label for label in first]
        return first

    def sweep(self, n: int = 1) -> None:
        """Make n sweeps."""
        for _ in range(n):
            if self.dynamics == "wolff":
                self._wolff()
            else:
                self._swendsen_wang()
            self.sweeps_done += 1

    def clusters_per_sweep(self) -> int:
        """Return how many of Wolff's clusters are a sweep."""
        pilot = Clusters(
            self.shape, self.temperature, self.J, self.h, self.edges, "wolff", init="up"
        )
        pilot.on_lattice, pilot.row, pilot.words = self.on_lattice, self.row, self.words
        pilot.numbers = Numbers(self.numbers.rng, 0, 0, pilot=True)
        grown = pilot._growing()
        for _ in range(2):  # the first time it comes to equilibrium
            visited = clusters = 0
            while visited < PILOT_VISITS * self.sites:
                visited += next(grown)
                clusters += 1
        return max(1, math.floor(self.sites / (visited / clusters) + 0.5))

    # --- a sweep ---------------------------------------------------------------------------------

    def _active(self) -> list[bool]:
        satisfied = [
            J * self.spins[i] * self.spins[j] > 0
            for (i, j), J in zip(self.edges, self.J, strict=True)
        ]
        if not self.on_lattice:
            drawn = self.numbers.logarithms(0, len(self.edges), 0, self.sweeps_done)
            limits = [self._limit(J) for J in self.J]
            return [s and x < y for s, x, y in zip(satisfied, drawn, limits, strict=True)]
        axes = [axis for axis, side in enumerate(self.shape[::-1]) if side > 1]
        probability = -math.expm1(-2 * abs(float(self.J[0])) / self.temperature)
        drawn_by_axis = [
            self.numbers.chosen(self.words, axis, self.sweeps_done, probability) for axis in axes
        ]
        drawn = [
            drawn_by_axis[k][self.bit_of(i)] for k in range(len(axes)) for i in range(self.sites)
        ]
        return [s and bool(x) for s, x in zip(satisfied, drawn, strict=True)]

    def _held(self) -> list[bool]:
        along = self.h * self.spins > 0
        if not np.any(self.h):
            return [False] * self.sites
        if self.on_lattice:
            probability = -math.expm1(-2 * abs(float(self.h[0])) / self.temperature)
            bits = self.numbers.chosen(self.words, FIELDS, self.sweeps_done, probability)
            return [bool(a) and bits[self.bit_of(i)] for i, a in enumerate(along)]
        drawn = self.numbers.logarithms(0, self.sites, FIELDS, self.sweeps_done)
        limits = [self._limit(h) for h in self.h]
        return [bool(a) and x < y for a, x, y in zip(along, drawn, limits, strict=True)]

    def _swendsen_wang(self) -> None:
        first, held = self.clusters(), self._held()
        coins = self.numbers.coins(self.words, self.sweeps_done)
        stay = {first[i] for i in range(self.sites) if held[i]}
        for i in range(self.sites):
            if coins[self.bit_of(first[i])] and first[i] not in stay:
                self.spins[i] = -self.spins[i]

    def _wolff(self) -> None:
        grown = self._growing()
        for _ in range(self.clusters_per_sweep()):
            next(grown)

    def _growing(self) -> Iterator[int]:
        """Grow one cluster after the other of a sweep; say how many sites each visits."""
        t = self.sweeps_done
        stream = self._stream(t)
        for word in self._words(t):
            members = [word * self.sites >> 64]
            before = self.spins.copy()
            held = self._add(members[0], stream)
            for i in members:
                if held:
                    break
                for j, J in self._bonds(i):
                    if held or J * self.spins[i] * self.spins[j] >= 0:
                        continue
                    if next(stream) < self._limit(J):
                        held = self._add(j, stream)
                        members.append(j)
            if held:
                self.spins = before
            yield len(members)

    def _words(self, t: int) -> Iterator[int]:
        first = 0
        while True:
            flat = _range(64) + np.uint64(first)
            yield from (int(word) for word in self.numbers.planes(flat, WOLFF_SITES, t)[0])
            first += 64

    def _stream(self, t: int) -> Iterator[int]:
        first = 0
        while True:
            yield from self.numbers.logarithms(first, 256, WOLFF_BONDS, t)
            first += 256

    def _add(self, i: int, stream: Iterator[int]) -> bool:
        h = float(self.h[i])
        held = self._limit(h) != 0 and h * self.spins[i] > 0 and next(stream) < self._limit(h)
        self.spins[i] = -self.spins[i]
        return bool(held)

    def _bonds(self, i: int) -> list[tuple[int, float]]:
        """Neighbours of a site with their couplings, in the order in which they are asked."""
        if not self.on_lattice:
            out = []
            for (a, b), J in zip(self.edges, self.J, strict=True):
                if i in (a, b):
                    out.append((b if a == i else a, float(J)))
            return out
        place, out = list(np.unravel_index(i, self.shape)), []
        for axis in reversed(range(len(self.shape))):
            for step in (1, -1) if self.shape[axis] > 1 else ():
                other = [*place]
                other[axis] = (other[axis] + step) % self.shape[axis]
                out.append((int(np.ravel_multi_index(other, self.shape)), float(self.J[0])))
        return out

    def _limit(self, strength: float) -> int:
        limit = (
            2
            * abs(float(strength))
            / self.temperature
            * float.fromhex("0x1.71547652b82fep+0")
            * 2.0**26
        )
        return int(limit) if limit < 2.0**32 - 1 else MASK_32

    def _initial(self) -> Spins:
        key = derive(self.numbers.seed, self.numbers.stream, INITIAL_SPINS, 0)[:2]
        words = philox_planes(key, _range(self.words), 0, 0)[0]
        bits = [self.bit_of(i) for i in range(self.sites)]
        return np.array([1 if int(words[b // 64]) >> (b % 64) & 1 else -1 for b in bits], np.int8)


def _lattice_edges(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """From each site to the next along an axis, the last axis first."""
    numbers = np.arange(math.prod(shape)).reshape(shape)
    pairs: list[tuple[int, int]] = []
    for axis in reversed(range(len(shape))):
        if shape[axis] > 1:
            pairs += zip(
                numbers.ravel().tolist(), np.roll(numbers, -1, axis).ravel().tolist(), strict=True
            )
    return pairs


def _range(count: int) -> Words:
    return np.arange(count, dtype=np.uint64)
