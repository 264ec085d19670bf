"""The trajectory of the lattice engine, site by site, as docs/trajectory.md defines it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reference.philox import philox4x32
from reference.planes import MASK_32, TAIL_PLANES, aes_planes, philox_planes, threshold

Spins = npt.NDArray[np.int8]
Words = npt.NDArray[np.uint64]

COARSE_PLANES = {"aes": 16, "philox": 13}
DERIVE_ROUNDS = 10
INITIAL_SPINS, SWEEP_AES, SWEEP_PHILOX = 0, 1, 2  # purposes of a stream


class Layout(NamedTuple):
    """Where the sites of one colour are in the words of its array.

    Rows are counted through all planes: row r of plane z is number z · rows + r.
    """

    planes: int
    rows: int  # of a plane
    cols: int
    lanes: int
    words: int
    stride: int

    def flat_index(self) -> Words:
        """Position in its array of each word of the lattice, (planes · rows, words)."""
        r, w = np.indices((self.planes * self.rows, self.words))
        return (r * self.stride + w).astype(np.uint64)

    def columns(self, colour: int) -> npt.NDArray[np.int64]:
        """Column of each site k of each row of a colour, (planes · rows, cols / 2)."""
        z, r, k = np.indices((self.planes, self.rows, self.cols // 2))
        return (2 * k + (z + r + colour) % 2).reshape(-1, self.cols // 2)

    def lane_bits(self, words: Words) -> npt.NDArray[np.uint64]:
        """Bits of words by site: k = bit · words + word, (planes · rows, cols / 2)."""
        lane = np.arange(self.lanes, dtype=np.uint64)[:, None]
        bits = (words[:, None, :] >> lane) & np.uint64(1)
        return bits.reshape(len(words), -1)


class Draws(NamedTuple):
    """What each site draws: a K-bit number, whether it draws again, and its 32-bit tail if so."""

    r: Words
    again: npt.NDArray[np.bool_]
    v: Words


def layout(shape: tuple[int, ...]) -> Layout:
    """Lay out a square lattice (rows, cols) or a cubic one (planes, rows, cols), sides even."""
    if len(shape) not in (2, 3) or any(side < 2 or side % 2 for side in shape):
        raise ValueError(f"shape={shape}: two or three sides, even and at least 2")
    planes, rows, cols = shape if len(shape) == 3 else (1, *shape)
    sites = cols // 2
    lanes = max(b for b in range(1, 65) if sites % b == 0)
    words = sites // lanes
    stride = words if words <= 2 else 4 * -(-words // 4) if words <= 4 else words + words % 2
    return Layout(planes, rows, cols, lanes, words, stride)


def derive(seed: int, stream: int, purpose: int, i: int) -> tuple[int, int, int, int]:
    """Four 32-bit words of key material."""
    counter = (stream & MASK_32, stream >> 32, purpose, i)
    words = philox4x32(counter, (seed & MASK_32, seed >> 32), DERIVE_ROUNDS)
    return tuple(int(word) for word in words)  # type: ignore[return-value]


def nearly_free(field: float, degree: int, J: float, h: float) -> bool:
    """Whether Metropolis leaves a site with this local field to the heat bath."""
    return (h != 0 or J == 0) and abs(field) <= 2**-10 * (degree * abs(J) + abs(h))


class Lattice:
    """One replica: spins of ±1, int8 of the lattice's shape, and the number of sweeps done."""

    def __init__(
        self,
        shape: tuple[int, ...],
        temperature: float,
        J: float = 1.0,
        h: float = 0.0,
        dynamics: str = "metropolis",
        rng: str = "aes",
        seed: int = 1,
        stream: int = 0,
        init: str | Spins = "random",
    ) -> None:
        self.layout = layout(shape)
        self.neighbours = 2 * len(shape)
        self.temperature, self.J, self.h = temperature, J, h
        self.dynamics, self.rng = dynamics, rng
        self.seed, self.stream = seed, stream
        self.coarse_planes = COARSE_PLANES[rng]
        self.sweeps_done = 0
        if isinstance(init, str):
            fixed = {"up": 1, "down": -1}
            self.spins = (
                self._random_spins().reshape(shape)
                if init == "random"
                else np.full(shape, fixed[init], dtype=np.int8)
            )
        else:
            self.spins = np.array(init, dtype=np.int8)

    def sweep(self, n: int = 1) -> None:
        """Update every site n times: colour 0, then colour 1."""
        for _ in range(n):
            for colour in (0, 1):
                self._update(colour)
            self.sweeps_done += 1

    def packed(self) -> Words:
        """The words of both arrays, (2, [planes,] rows, words), bits not in use zero."""
        spins = self._rows(self.spins)
        packed = np.zeros((2, len(spins), self.layout.words), dtype=np.uint64)
        for colour in (0, 1):
            up = np.take_along_axis(spins, self.layout.columns(colour), axis=1) > 0
            for k in range(up.shape[1]):
                bit, word = divmod(k, self.layout.words)
                packed[colour, :, word] |= up[:, k].astype(np.uint64) << np.uint64(bit)
        return packed.reshape(2, *self.spins.shape[:-1], self.layout.words)

    def _rows(self, sites: Any) -> Any:
        """All rows of an array with an element a site, plane after plane; a view."""
        return sites.reshape(-1, self.layout.cols)

    # --- one colour ------------------------------------------------------------------------------

    def _update(self, colour: int) -> None:
        site_columns = self.layout.columns(colour)
        up = (self.spins > 0).astype(np.int64)
        neighbours = sum(np.roll(up, step, axis) for step in (1, -1) for axis in range(up.ndim))
        n_up = np.take_along_axis(self._rows(neighbours), site_columns, axis=1)
        old = np.take_along_axis(self._rows(self.spins), site_columns, axis=1)
        draws = self._random_numbers(colour)
        new = old.copy()
        for n in range(self.neighbours + 1):
            here = n_up == n
            new[here] = self._decide(old[here], n, Draws(*(each[here] for each in draws)))
        np.put_along_axis(self._rows(self.spins), site_columns, new, axis=1)

    def _decide(self, old: Spins, n_up: int, draws: Draws) -> Spins:
        """New spins of sites with n_up neighbours up."""
        field = self.J * (2 * n_up - self.neighbours) + self.h
        preferred = 1 if field >= 0 else -1
        x = 2 * abs(field) / self.temperature
        if self.dynamics == "metropolis" and not nearly_free(
            field, self.neighbours, self.J, self.h
        ):
            accepted = self._accepted(math.exp(-x), draws)
            against = accepted & (old == preferred)
        else:
            against = self._accepted(1 / (1 + _exp(x)), draws)
        return np.where(against, -preferred, preferred).astype(np.int8)

    def _accepted(self, probability: float, draws: Draws) -> npt.NDArray[np.bool_]:
        """Compare with a threshold: P = Q / 2^(K + 32), Q the nearest integer."""
        t, V = threshold(probability, self.coarse_planes)
        return np.where(draws.again, draws.v < V, draws.r < t)

    # --- random numbers --------------------------------------------------------------------------

    def _random_numbers(self, colour: int) -> Draws:
        """Draws of each site of a colour, (planes · rows, cols / 2) each."""
        K = self.coarse_planes
        r = np.zeros(self.layout.columns(colour).shape, dtype=np.uint64)
        v = np.zeros_like(r)
        *coarse, choice = self._planes(colour, K + 1)
        for j, plane in enumerate(coarse):
            r |= self.layout.lane_bits(plane) << np.uint64(j)
        again = self.layout.lane_bits(self._drawing_again(choice)).astype(bool)
        if np.any(again):  # nobody looks at the tail of the others
            for i, plane in enumerate(self._planes(colour, K + 1 + TAIL_PLANES)[K + 1 :]):
                v |= self.layout.lane_bits(plane) << np.uint64(TAIL_PLANES - 1 - i)
        return Draws(r, again, v)

    def _drawing_again(self, plane: Words) -> Words:
        """Lanes that draw again, as bits of each word."""
        lanes = np.zeros_like(plane)
        for first in range(0, 64, 16):
            field = (plane >> np.uint64(first)) & np.uint64(0xFFFF)
            lane = np.uint64(first) + field % np.uint64(16)
            chosen = field < 1 << (20 - self.coarse_planes)
            lanes |= np.where(chosen, np.uint64(1) << lane, np.uint64(0))
        return lanes

    def _planes(self, colour: int, count: int) -> list[Words]:
        """Random words by plane of bits, (planes · rows, words) each."""
        if self.rng == "aes":
            return self._aes_planes(colour, count)
        key = derive(self.seed, self.stream, SWEEP_PHILOX, 0)[:2]
        flat, planes = self.layout.flat_index(), list[Words]()
        for q in range(-(-count // 2)):
            planes += philox_planes(key, flat, q | colour << 8, self.sweeps_done)
        return planes[:count]

    def _aes_planes(self, colour: int, count: int) -> list[Words]:
        keys = (derive(self.seed, self.stream, SWEEP_AES, k) for k in (0, 1))
        return aes_planes(*keys, self.layout.flat_index(), self.sweeps_done << 8 | colour, count)

    def _random_spins(self) -> Spins:
        """Rows of random spins, (planes · rows, cols)."""
        key = derive(self.seed, self.stream, INITIAL_SPINS, 0)[:2]
        spins = np.empty((self.layout.planes * self.layout.rows, self.layout.cols), dtype=np.int8)
        for colour in (0, 1):
            words = philox_planes(key, self.layout.flat_index(), colour << 8, 0)[0]
            value = 2 * self.layout.lane_bits(words).astype(np.int8) - 1
            np.put_along_axis(spins, self.layout.columns(colour), value, axis=1)
        return spins


def _exp(x: float) -> float:
    """Return exp(x) as C does: infinite where Python's raises."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
