"""The trajectory of the real engine, site by site, as docs/trajectory.md defines it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from reference.lattice import derive
from reference.philox import philox4x32
from reference.planes import MASK_32, PHILOX_ROUNDS, aes_planes, philox_planes

Spins = npt.NDArray[np.int8]
Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]

INITIAL_SPINS, AES, PHILOX, ORDER = 9, 10, 11, 12  # purposes of a stream
STREAM_SHIFT = 26
GROUP_ATTEMPTS, GROUP_WORDS = 64, 16
FIELD_LIMIT = 2**30
LAZY_SHIFT = 10
LN_2 = float.fromhex("0x1.62e42fefa39efp-1")
# q(x) of log2(1 + x) = x + x (1 - x) q(x), highest power first.
Q_OF_X = [
    np.float32(float.fromhex(coefficient))
    for coefficient in (
        "0x1.cca556p-9",
        "-0x1.43764ep-6",
        "0x1.aa6318p-5",
        "-0x1.710660p-4",
        "0x1.fc55d4p-4",
        "-0x1.424ec0p-3",
        "0x1.9e0150p-3",
        "-0x1.1d5632p-2",
        "0x1.c551d8p-2",
    )
]


class Scale(NamedTuple):
    """What makes a threshold, in steps of energy, of a logarithm; of each temperature."""

    cap: Words
    factor: Words
    shift: Words


class Rounded(NamedTuple):
    """Couplings and fields of one disorder sample in steps, and the largest local field."""

    couplings: Integers
    fields: Integers
    largest: int


# --- rounding ------------------------------------------------------------------------------------


def step_of(edges: Integers, couplings: Doubles, fields: Doubles) -> float:
    """Return the step of all samples together; couplings are (samples, edges)."""
    most = max(_largest(edges, J, fields) for J in couplings)
    if most == 0:
        return 1.0
    degree = np.ones(len(fields), dtype=np.int64)
    for i, j in edges.tolist():
        degree[i] += 1
        degree[j] += 1
    room = FIELD_LIMIT - 1 - int(degree.max()) // 2 - 64
    exponent = math.frexp(most / room)[1]
    return math.ldexp(1.0, max(exponent, -1000))


def _largest(edges: Integers, couplings: npt.NDArray[Any], fields: npt.NDArray[Any]) -> Any:
    """Return what the local field of a site could add up to, of the site where it is most."""
    total = [abs(h) for h in fields.tolist()]
    for (i, j), coupling in zip(edges.tolist(), couplings.tolist(), strict=True):
        total[i] += abs(coupling)
        total[j] += abs(coupling)
    return max(total)


def rounded(edges: Integers, couplings: Doubles, fields: Doubles, step: float) -> Rounded:
    """Couplings (edges,) and fields to the nearest multiple of a step, ties to even."""
    J = np.rint(couplings / step).astype(np.int64)
    h = np.rint(fields / step).astype(np.int64)
    return Rounded(J, h, _largest(edges, J, h))


def rounding_error(edges: Integers, couplings: Doubles, fields: Doubles, step: float) -> float:
    """Return the largest root of a site's sum of squares of what is rounded away."""
    worst = 0.0
    for J in couplings:
        lost = (fields / step - np.rint(fields / step)) ** 2
        of_edges = (J / step - np.rint(J / step)) ** 2
        for (i, j), square in zip(edges.tolist(), of_edges.tolist(), strict=True):
            lost[i] += square
            lost[j] += square
        worst = max(worst, math.sqrt(lost.max()))
    return worst * step


def scale_of(temperatures: npt.ArrayLike, step: float) -> Scale:
    """Return what turns logarithms in steps of 2^-26 into thresholds, (temperatures,) each."""
    scales = []
    for temperature in np.atleast_1d(np.asarray(temperatures, dtype=np.float64)).tolist():
        a = min(temperature / step * (LN_2 * 2.0**-27), 2.0**28)
        shift = 0
        while a > 2**shift:
            shift += 1
        factor = min(round(math.ldexp(a, 32 - shift)), MASK_32)  # round() takes ties to even
        cap = min(math.ceil(2.0**30 / a) + 1, MASK_32) if a > 2.0**-10 else MASK_32
        cap = cap if a > 0.0 else 0
        scales.append((cap, factor, shift))
    return Scale(*np.array(scales, dtype=np.uint64).T)


# --- noise ---------------------------------------------------------------------------------------


def minus_log2(value: npt.NDArray[np.float32], one: int) -> Integers:
    """Return -log2(value / 2^(one / 2^23 - 127)) in steps of 2^-26, in steps of float32."""
    bits = value.view(np.int32)
    x = ((bits & np.int32(0x007FFFFF)) | np.int32(0x3F800000)).view(np.float32) - np.float32(1)
    q = np.full(x.shape, Q_OF_X[0], dtype=np.float32)
    for coefficient in Q_OF_X[1:]:
        q = q * x
        q = q + coefficient
    above = (x * (np.float32(1) - x)) * q
    assert above.dtype == np.float32
    whole = (one - bits.astype(np.int64)) * 8
    return whole - (above * np.float32(2**26)).astype(np.int64)


def uniform(numbers: Words) -> npt.NDArray[np.float32]:
    """Return the float32 nearest to v, 31 bits of which the lowest is one."""
    return ((numbers >> np.uint64(1)) | np.uint64(1)).astype(np.int32).astype(np.float32)


def exponential(numbers: Words) -> Integers:
    """Return -log2 u in steps of 2^-26."""
    return minus_log2(uniform(numbers), (127 + 31) << 23)


def logistic(numbers: Words) -> Integers:
    """Return -log2(u / (2 - u)) in steps of 2^-26."""
    u = uniform(numbers) * np.float32(2.0**-31)
    return minus_log2(u / (np.float32(2) - u), 127 << 23)


def thresholds(logarithms: Integers, scale: Scale) -> Integers:
    """Return floor(min(logarithm, cap) 2^shift factor / 2^32) of (..., temperatures)."""
    most = np.minimum(logarithms.astype(np.uint64), scale.cap) << scale.shift
    assert np.all(most < 2**32)
    return (most * scale.factor >> np.uint64(32)).astype(np.int64)


# --- the engine ----------------------------------------------------------------------------------


class Real:
    """Replicas: spins of ±1, (replicas, sites) int8, and the number of sweeps done.

    `couplings` are (edges,), or (samples, edges): of the first replicas the first sample's.
    """

    def __init__(
        self,
        sites: int,
        edges: npt.ArrayLike,
        couplings: npt.ArrayLike,
        fields: npt.ArrayLike,
        temperatures: npt.ArrayLike,
        dynamics: str = "metropolis",
        order: str = "fixed",
        rng: str = "aes",
        seed: int = 1,
        first_stream: int = 0,
    ) -> None:
        self.temperatures = np.asarray(temperatures, dtype=np.float64)
        self.replicas, self.sites = len(self.temperatures), sites
        self.edges = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        self.dynamics, self.order, self.rng, self.seed = dynamics, order, rng, seed
        self.streams = (first_stream + np.arange(self.replicas)).astype(np.uint64)
        self.held: Booleans = np.zeros((self.replicas, sites), dtype=np.bool_)
        self.sweeps_done = 0
        self.set_couplings(couplings, fields)
        self.spins = self._random_spins()

    def set_couplings(self, couplings: npt.ArrayLike, fields: npt.ArrayLike) -> None:
        """Round others, in place of those there are."""
        J = np.atleast_2d(np.asarray(couplings, dtype=np.float64))
        h = np.asarray(fields, dtype=np.float64)
        self.step = step_of(self.edges, J, h)
        self.rounding_error = rounding_error(self.edges, J, h, self.step)
        rows = [rounded(self.edges, of_one, h, self.step) for of_one in J]
        sample = np.arange(self.replicas) // (self.replicas // len(rows))
        self.fields = rows[0].fields
        self.lazy = np.array([rows[k].largest >> LAZY_SHIFT for k in sample])
        # (samples, sites, sites); edges between the same sites add up.
        matrix = np.zeros((len(rows), self.sites, self.sites), dtype=np.int64)
        for k, row in enumerate(rows):
            for (i, j), coupling in zip(self.edges.tolist(), row.couplings.tolist(), strict=True):
                matrix[k, i, j] += coupling
                matrix[k, j, i] += coupling
        self.couplings = matrix

    def local_fields(self, site: int) -> Integers:
        """Return the local field of a site in steps, of each replica."""
        each = self.spins.reshape(len(self.couplings), -1, self.sites).astype(np.int64)
        pairs = np.matmul(each, self.couplings[:, site, :, None])
        return np.asarray(self.fields[site] + pairs.ravel())

    def minus_energies(self) -> Integers:
        """Return -E in steps, of each replica."""
        f = np.stack([self.local_fields(site) for site in range(self.sites)], axis=1)
        return np.asarray((self.spins * (f + self.fields)).sum(axis=1) // 2)

    def sweep(self, n: int = 1) -> None:
        """Attempt every site n times."""
        for _ in range(n):
            numbers = self._numbers()
            logarithms = (exponential if self.dynamics == "metropolis" else logistic)(numbers)
            sizes = thresholds(logarithms.T, scale_of(self.temperatures, self.step))
            coins = (numbers & np.uint64(1)).astype(np.bool_).T
            if self.dynamics == "parallel":
                after = [self._after(i, sizes[i], coins[i]) for i in range(self.sites)]
                self.spins = np.stack(after, axis=1)
            else:
                for p, site in enumerate(self._order()):
                    self.spins[:, site] = self._after(site, sizes[p], coins[p])
            self.sweeps_done += 1

    def _after(self, site: int, sizes: Integers, coins: Booleans) -> Spins:
        """Return the spins of a site of all replicas after an attempt."""
        f, s = self.local_fields(site), self.spins[:, site]
        if self.dynamics == "metropolis":
            flips = (s * f <= sizes) & ((np.abs(f) > self.lazy) | ~coins)
            after = np.where(flips, -s, s)
        else:
            after = np.where(f > np.where(coins, -sizes - 1, sizes), 1, -1)
            cold = scale_of(self.temperatures, self.step).cap == 0
            after = np.where(cold & (f == 0), s, after)
        return np.where(self.held[:, site], s, after).astype(np.int8)

    # --- random numbers --------------------------------------------------------------------------

    def _numbers(self) -> Words:
        """32-bit numbers of the attempts of a sweep, (replicas, positions)."""
        p = np.arange(self.sites)
        k = p % GROUP_ATTEMPTS
        words, word = np.unique(
            p // GROUP_ATTEMPTS * GROUP_WORDS + k % 32 // 2, return_inverse=True
        )
        flat = self.streams[:, None] << np.uint64(STREAM_SHIFT) | words.astype(np.uint64)
        planes = self._aes_planes(flat) if self.rng == "aes" else self._philox_planes(flat)
        of_attempt = np.where(k < 32, planes[0][:, word], planes[1][:, word])
        return of_attempt >> np.uint64(32) * (k % 2).astype(np.uint64) & np.uint64(MASK_32)

    def _philox_planes(self, flat: Words) -> tuple[Words, Words]:
        """Planes 0 and 1 of these words."""
        return philox_planes(derive(self.seed, 0, PHILOX, 0), flat, 0, self.sweeps_done)

    def _aes_planes(self, flat: Words) -> tuple[Words, Words]:
        """Planes 0 and 1 of these words."""
        keys = (derive(self.seed, 0, AES, k) for k in (0, 1))
        even, odd = aes_planes(*keys, flat, self.sweeps_done << 8, 2)
        return even, odd

    def _order(self) -> list[int]:
        """Sites in the order of this sweep's attempts."""
        order = list(range(self.sites))
        if self.order == "fixed":
            return order
        k0, k1 = derive(self.seed, 0, ORDER, 0)[:2]
        t = self.sweeps_done
        for draw, i in enumerate(range(self.sites - 1, 0, -1)):
            counter = (draw // 4, 0, t & MASK_32, t >> 32 << 16)
            x = int(philox4x32(counter, (k0, k1), PHILOX_ROUNDS)[draw % 4])
            other = x * (i + 1) >> 32
            order[i], order[other] = order[other], order[i]
        return order

    def _random_spins(self) -> Spins:
        words = np.arange(-(-self.sites // 64), dtype=np.uint64)
        flat = self.streams[:, None] << np.uint64(STREAM_SHIFT) | words
        plane, _ = philox_planes(derive(self.seed, 0, INITIAL_SPINS, 0), flat, 0, 0)
        site = np.arange(self.sites)
        up = plane[:, site // 64] >> (site % 64).astype(np.uint64) & np.uint64(1)
        return np.where(up, 1, -1).astype(np.int8)
