"""The trajectory of the replica engine, site by site, as docs/trajectory.md defines it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from reference.aes import aes_round
from reference.lattice import (
    AES_KEY_ROUNDS,
    AES_START_ROUNDS,
    COARSE_PLANES,
    MASK_32,
    PHILOX_ROUNDS,
    TAIL_PLANES,
    derive,
)
from reference.philox import philox4x32

Spins = npt.NDArray[np.int8]
Words = npt.NDArray[np.uint64]

INITIAL_SPINS, AES, PHILOX, SHARED_AES, SHARED_PHILOX = 3, 4, 5, 6, 7  # purposes of a stream
LANE_WORD_BITS, POSITION_BITS = 20, 28
SHARING_LANES = 512


class Replicas:
    """Replicas of one graph: spins of ±1, (replicas, sites) int8, and the number of sweeps done.

    `signs` are (edges,), or (replicas, edges) if each has its own.
    """

    def __init__(
        self,
        sites: int,
        edges: npt.ArrayLike,
        signs: npt.ArrayLike,
        temperatures: npt.ArrayLike,
        J: float = 1.0,
        h: float = 0.0,
        dynamics: str = "metropolis",
        rng: str = "aes",
        seed: int = 1,
        first_stream: int = 0,
        shared: bool = False,
    ) -> None:
        self.temperatures = np.asarray(temperatures, dtype=np.float64)
        self.replicas = len(self.temperatures)
        self.edges = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        signs = np.asarray(signs, dtype=np.int64)
        self.signs = np.broadcast_to(signs, (self.replicas, len(self.edges)))
        self.J, self.h, self.dynamics, self.rng, self.seed = J, h, dynamics, rng, seed
        self.streams = first_stream + np.arange(self.replicas)
        self.shared = shared
        self.sweeps_done = 0
        self.neighbours: list[list[tuple[int, int]]] = [[] for _ in range(sites)]
        for number, (i, j) in enumerate(self.edges.tolist()):
            self.neighbours[i].append((j, number))
            self.neighbours[j].append((i, number))
        self.order = self._order()
        self.spins = self._random_spins()

    def sweep(self, n: int = 1) -> None:
        """Update every site n times, in the order of positions."""
        for _ in range(n):
            for position, site in enumerate(self.order):
                self._update(position, site)
            self.sweeps_done += 1

    def colours(self) -> list[int]:
        """Site by site, the lowest colour that no neighbour has yet."""
        colour: list[int] = [-1] * len(self.neighbours)
        for site, ends in enumerate(self.neighbours):
            taken = {colour[other] for other, _ in ends}
            colour[site] = min(c for c in range(len(ends) + 1) if c not in taken)
        return colour

    # --- one site --------------------------------------------------------------------------------

    def _order(self) -> list[int]:
        colour = self.colours()
        return sorted(
            range(len(colour)), key=lambda site: (colour[site], len(self.neighbours[site]), site)
        )

    def _update(self, position: int, site: int) -> None:
        ends = self.neighbours[site]
        degree = len(ends)
        sums = np.zeros(self.replicas, dtype=np.int64)
        for other, number in ends:
            sums += self.signs[:, number] * self.spins[:, other]
        numbers = self._shared_numbers(position) if self.shared else self._numbers(position)
        for r in range(self.replicas):
            up = (int(sums[r]) + degree) // 2  # bonds that favour +1
            field = self.J * (2 * up - degree) + self.h
            preferred = 1 if field >= 0 else -1
            x = 2 * abs(field) / self.temperatures[r]
            heat_bath = self.dynamics == "glauber"
            probability = 1 / (1 + math.exp(x)) if heat_bath else math.exp(-x)
            accepted = self._accepted(probability, numbers[r])
            leaves = accepted and (heat_bath or self.spins[r, site] == preferred)
            self.spins[r, site] = -preferred if leaves else preferred

    def _accepted(self, probability: float, number: tuple[int, bool, int]) -> bool:
        r, again, v = number
        if self.shared:
            return r < round(probability * (1 << 64))
        K = COARSE_PLANES[self.rng]
        Q = round(probability * (1 << (K + TAIL_PLANES)))
        t, fraction = Q >> TAIL_PLANES, Q & MASK_32
        step = 1 << (TAIL_PLANES - K)
        V = t * step + fraction
        if V >= 1 << TAIL_PLANES and t < 1 << K:
            t, V = t + 1, V + step - (1 << TAIL_PLANES)
        return v < V if again else r < t

    # --- random numbers --------------------------------------------------------------------------

    def _numbers(self, position: int) -> list[tuple[int, bool, int]]:
        """For each replica: K-bit number, whether it draws again, 32-bit tail."""
        K = COARSE_PLANES[self.rng]
        out = []
        words: dict[int, tuple[list[int], int]] = {}
        for stream in self.streams.tolist():
            word, bit = divmod(stream, 64)
            if word not in words:
                number = position << LANE_WORD_BITS | word
                purposes = (AES, PHILOX)
                planes = self._planes(number, K + 1 + TAIL_PLANES, purposes)
                words[word] = planes, self._drawing_again(planes[K])
            planes, chosen = words[word]
            bits = [plane >> bit & 1 for plane in planes]
            r = sum(b << j for j, b in enumerate(bits[:K]))
            v = sum(b << (TAIL_PLANES - 1 - i) for i, b in enumerate(bits[K + 1 :]))
            out.append((r, bool(chosen >> bit & 1), v))
        return out

    def _shared_numbers(self, position: int) -> list[tuple[int, bool, int]]:
        """One 64-bit number for all replicas of a block of 512 streams."""
        purposes = (SHARED_AES, SHARED_PHILOX)
        blocks = (self.streams // SHARING_LANES).tolist()
        of_block = {
            block: self._planes(block << POSITION_BITS | position, 1, purposes)[0]
            for block in set(blocks)
        }
        return [(of_block[block], False, 0) for block in blocks]

    def _drawing_again(self, plane: int) -> int:
        lanes = 0
        for first in range(0, 64, 16):
            field = plane >> first & 0xFFFF
            if field < 1 << (20 - COARSE_PLANES[self.rng]):
                lanes |= 1 << (first + field % 16)
        return lanes

    def _planes(self, number: int, count: int, purposes: tuple[int, int]) -> list[int]:
        """Random words of the word with this number."""
        if self.rng == "aes":
            return self._aes_planes(number, count, purposes[0])
        key = derive(self.seed, 0, purposes[1], 0)[:2]
        planes: list[int] = []
        for q in range(-(-count // 2)):
            planes += _philox_planes(key, number, q, self.sweeps_done)
        return planes[:count]

    def _aes_planes(self, number: int, count: int, purpose: int) -> list[int]:
        start = _block(derive(self.seed, 0, purpose, 0)).view("<u8")
        key = _block(derive(self.seed, 0, purpose, 1))
        counter = np.array([number >> 1, self.sweeps_done << 8], dtype="<u8")
        block = (counter + start).view(np.uint8)
        for _ in range(AES_KEY_ROUNDS):
            block = aes_round(block, key)
        block_key = block
        for _ in range(AES_START_ROUNDS):
            block = aes_round(block, key)
        planes = []
        for _ in range(count):
            block = aes_round(block, block_key)
            planes.append(int(np.ascontiguousarray(block).view("<u8")[number & 1]))
        return planes

    def _random_spins(self) -> Spins:
        key = derive(self.seed, 0, INITIAL_SPINS, 0)[:2]
        spins = np.empty((self.replicas, len(self.order)), dtype=np.int8)
        for position, site in enumerate(self.order):
            for r, stream in enumerate(self.streams.tolist()):
                word, bit = divmod(stream, 64)
                plane = _philox_planes(key, position << LANE_WORD_BITS | word, 0, 0)[0]
                spins[r, site] = 1 if plane >> bit & 1 else -1
        return spins


def _philox_planes(key: tuple[int, ...], number: int, q: int, t: int) -> list[int]:
    """Planes 2q and 2q + 1."""
    counter = (number & MASK_32, q, t & MASK_32, number >> 32 | t >> 32 << 16)
    x0, x1, x2, x3 = (int(x) for x in philox4x32(counter, (key[0], key[1]), PHILOX_ROUNDS))
    return [x0 | x1 << 32, x2 | x3 << 32]


def _block(words: tuple[int, int, int, int]) -> npt.NDArray[np.uint8]:
    return np.array(words, dtype="<u4").view(np.uint8)
