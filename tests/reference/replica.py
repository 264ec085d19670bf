"""The trajectory of the replica engine, site by site, as docs/trajectory.md defines it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from reference.lattice import COARSE_PLANES, Draws, derive, nearly_free
from reference.planes import MASK_32, TAIL_PLANES, aes_planes, philox_planes

Spins = npt.NDArray[np.int8]
Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

INITIAL_SPINS, AES, PHILOX, SHARED_AES, SHARED_PHILOX = 3, 4, 5, 6, 7  # purposes of a stream
LANE_WORD_BITS, POSITION_BITS = 20, 28
SHARING_LANES = 512
FEW_BONDS = 12  # sites with more draw a geometric variate
ALL = slice(None)


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
        self.set_temperatures(temperatures)
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
        self.lazy = self._lazy_sites() if h == 0 and dynamics == "metropolis" else set()
        self.words, self.word_of = np.unique(self.streams // 64, return_inverse=True)
        self.spins = self._random_spins()

    def set_temperatures(self, temperatures: npt.ArrayLike) -> None:
        """Give each replica a temperature."""
        self.temperatures = np.asarray(temperatures, dtype=np.float64)
        self._tables: dict[tuple[int, bool], npt.NDArray[Any]] = {}

    def sweep(self, n: int = 1) -> None:
        """Update every site n times, in the order of positions."""
        for _ in range(n):
            draws = self._shared_draws() if self.shared else self._draws()
            for position, site in enumerate(self.order):
                if len(self.neighbours[site]) > FEW_BONDS:
                    self._update_with_many_bonds(position, site)
                else:
                    self._update(site, Draws(*(of_all[position] for of_all in draws)))
            self.sweeps_done += 1

    def colours(self) -> list[int]:
        """Site by site, the lowest colour that no neighbour has yet."""
        colour: list[int] = [-1] * len(self.neighbours)
        for site, ends in enumerate(self.neighbours):
            taken = {colour[other] for other, _ in ends}
            colour[site] = min(c for c in range(len(ends) + 1) if c not in taken)
        return colour

    def _lazy_sites(self) -> set[int]:
        """Sites of rings, with double bonds, and one of each part without odd sites."""
        even = {i for i, ends in enumerate(self.neighbours) if len(ends) % 2 == 0}
        lazy = set()
        for site in even:
            others = [other for other, _ in self.neighbours[site]]
            if len(others) <= 2 or len(set(others)) < len(others):
                lazy.add(site)
        for part in self._parts():
            if part <= even:
                lazy.add(min(part))
        return {site for site in lazy if len(self.neighbours[site]) < 12}

    def _parts(self) -> list[set[int]]:
        """Sets of sites that bonds connect."""
        part_of = [{site} for site in range(len(self.neighbours))]
        for i, j in self.edges.tolist():
            if part_of[i] is not part_of[j]:
                part_of[i] |= part_of[j]
                for site in part_of[j]:
                    part_of[site] = part_of[i]
        return list({id(part): part for part in part_of}.values())

    # --- one site --------------------------------------------------------------------------------

    def _order(self) -> list[int]:
        colour = self.colours()
        return sorted(
            range(len(colour)), key=lambda site: (colour[site], len(self.neighbours[site]), site)
        )

    def _update(self, site: int, draws: Draws) -> None:
        """Update a site of all replicas; every step is one of each replica by itself."""
        degree = len(self.neighbours[site])
        up = (self._neighbour_sums(site) + degree) // 2  # bonds that favour +1
        preferred = np.where(self.J * (2 * up - degree) + self.h >= 0, 1, -1)
        heat_bath = np.array([self._heat_bath(degree, n) for n in range(degree + 1)])
        may_leave = (self.spins[:, site] == preferred) | heat_bath[up]
        if site in self.lazy:  # without a local field, either spin leaves by chance
            free = 2 * up == degree
            preferred = np.where(free, self.spins[:, site], preferred)
            may_leave |= free
        leaves = self._accepted(degree, site in self.lazy, up, draws) & may_leave
        self.spins[:, site] = np.where(leaves, -preferred, preferred)

    def _neighbour_sums(self, site: int) -> Integers:
        """Sums of sign times spin over the bonds of a site."""
        sums = np.zeros(self.replicas, dtype=np.int64)
        for other, number in self.neighbours[site]:
            sums += self.signs[:, number] * self.spins[:, other]
        return sums

    def _update_with_many_bonds(self, position: int, site: int) -> None:
        """Flip where 2 u + G reaches d: u of d bonds unsatisfied, G geometric."""
        assert self.h == 0
        assert self.dynamics == "metropolis"
        assert not self.shared
        d = len(self.neighbours[site])
        twice_unsatisfied = d - self.spins[:, site] * self._neighbour_sums(site)
        bits = max(2, d.bit_length() - 5)
        G = np.zeros(self.replicas, dtype=np.int64)
        for bit in range(bits):
            if d % 2 == 1 or bit > 0:  # an even sum is compared with an even number otherwise
                weights = self._weights(bit)
                chances = [weight / (1 + weight) for weight in weights]
                G += self._succeeds(position, bit, chances).astype(np.int64) << bit
        going_on = np.ones(self.replicas, dtype=np.bool_)
        for tail in range(-(-d >> bits)):  # with more of it G would reach d by itself
            going_on &= self._succeeds(position, bits + tail, self._weights(bits))
            G += going_on.astype(np.int64) << bits
        self.spins[twice_unsatisfied + G >= d, site] *= -1

    def _weights(self, bit: int) -> list[float]:
        """Of 2^bit bonds that are satisfied and would not be, for each replica."""
        return [math.exp(-2 * self.J * (1 << bit) / T) for T in self.temperatures.tolist()]

    def _succeeds(self, position: int, draw: int, chances: list[float]) -> Booleans:
        """Where the given chances come true in the draw with this number."""
        scale = 1 << (COARSE_PLANES[self.rng] + TAIL_PLANES)
        Q = np.array([round(chance * scale) for chance in chances], dtype=np.int64)
        draws = self._draws(slice(position, position + 1), draw)
        return self._below(Q, Draws(*(of_all[0] for of_all in draws)))

    def _accepted(self, degree: int, lazy: bool, up: Integers, draws: Draws) -> Booleans:
        Q = self._limits(degree, lazy)[up, np.arange(self.replicas)]
        return draws.r < Q if self.shared else self._below(Q, draws)

    def _below(self, Q: Integers, draws: Draws) -> Booleans:
        K = COARSE_PLANES[self.rng]
        t, fraction = Q >> TAIL_PLANES, Q & MASK_32
        step = 1 << (TAIL_PLANES - K)
        V = t * step + fraction
        over = (V >= 1 << TAIL_PLANES) & (t < 1 << K)
        t, V = t + over, V + over * (step - (1 << TAIL_PLANES))
        return np.where(draws.again, draws.v < V, draws.r < t)

    def _limits(self, degree: int, lazy: bool) -> npt.NDArray[Any]:
        """How many of all random numbers accept, (bonds that favour +1, replicas)."""
        if (degree, lazy) not in self._tables:
            bits = 64 if self.shared else COARSE_PLANES[self.rng] + TAIL_PLANES
            temperatures = self.temperatures.tolist()
            self._tables[degree, lazy] = np.array(
                [
                    [
                        round(self._probability(degree, lazy, up, T) * (1 << bits))
                        for T in temperatures
                    ]
                    for up in range(degree + 1)
                ],
                dtype=object if self.shared else np.int64,  # 2^64 may be among the shared ones
            )
        return self._tables[degree, lazy]

    def _probability(self, degree: int, lazy: bool, up: int, temperature: float) -> float:
        if lazy and 2 * up == degree:
            return 0.5
        x = 2 * abs(self.J * (2 * up - degree) + self.h) / temperature
        return 1 / (1 + math.exp(x)) if self._heat_bath(degree, up) else math.exp(-x)

    def _heat_bath(self, degree: int, up: int) -> bool:
        """Whether the old spin does not matter, with so many bonds that favour +1."""
        field = self.J * (2 * up - degree) + self.h
        return self.dynamics == "glauber" or nearly_free(field, degree, self.J, self.h)

    # --- random numbers --------------------------------------------------------------------------

    def _draws(self, positions: slice = ALL, draw: int = 0) -> Draws:
        """For each position and replica: K-bit number, whether it draws again, 32-bit tail."""
        K = COARSE_PLANES[self.rng]
        numbers = self._lane_words()[positions]
        planes = self._planes(numbers, K + 1 + TAIL_PLANES, (AES, PHILOX), draw)[..., self.word_of]
        lane = (self.streams % 64).astype(np.uint64)
        bits = (planes >> lane & np.uint64(1)).astype(np.int64)
        r = sum(bits[k] << k for k in range(K))
        v = sum(bits[K + 1 + i] << (TAIL_PLANES - 1 - i) for i in range(TAIL_PLANES))
        # One lane of 16 may draw again: the one that 16 bits name, if they are small.
        sixteen = np.uint64(16)
        field = planes[K] >> (lane // sixteen * sixteen) & np.uint64(0xFFFF)
        again = (field < 1 << (20 - K)) & (field % sixteen == lane % sixteen)
        return Draws(r, again, v)

    def _shared_draws(self) -> Draws:
        """For each position and replica: one 64-bit number for all of a block of 512 streams."""
        positions = np.arange(len(self.order), dtype=np.uint64)[:, None]
        blocks = (self.streams // SHARING_LANES).astype(np.uint64)
        number = blocks << np.uint64(POSITION_BITS) | positions
        r = self._planes(number, 1, (SHARED_AES, SHARED_PHILOX))[0]
        return Draws(r, np.zeros(r.shape, dtype=np.bool_), np.zeros(r.shape, dtype=np.int64))

    def _lane_words(self) -> Words:
        """Numbers of the words of 64 lanes, (positions, words)."""
        positions = np.arange(len(self.order), dtype=np.uint64)[:, None]
        return positions << np.uint64(LANE_WORD_BITS) | self.words.astype(np.uint64)

    def _planes(
        self, numbers: Words, count: int, purposes: tuple[int, int], draw: int = 0
    ) -> Words:
        """Random words of the words with these numbers, (count, *numbers.shape)."""
        if self.rng == "aes":
            keys = (derive(self.seed, 0, purposes[0], k) for k in (0, 1))
            return np.array(aes_planes(*keys, numbers, self.sweeps_done << 8 | draw, count))
        key = derive(self.seed, 0, purposes[1], 0)[:2]
        blocks = range(draw << 8, (draw << 8) + -(-count // 2))
        pairs = [philox_planes(key, numbers, q, self.sweeps_done) for q in blocks]
        return np.concatenate(pairs)[:count]

    def _random_spins(self) -> Spins:
        key = derive(self.seed, 0, INITIAL_SPINS, 0)[:2]
        plane = philox_planes(key, self._lane_words(), 0, 0)[0][:, self.word_of]
        up = plane >> (self.streams % 64).astype(np.uint64) & np.uint64(1)
        spins = np.empty((self.replicas, len(self.order)), dtype=np.int8)
        spins[:, self.order] = np.where(up, 1, -1).T
        return spins
