"""States by how many of their spins are up: chains that stand for a K-pairwise model.

A K-pairwise model is P(s) ∝ exp(Σ_{i<j} J_ij s_i s_j + Σ_i h_i s_i + V_K), and where V is at its
best the distribution of K is that of the data. Means over states with K spins up do not depend on
V: those of the model are averages of these, times how many states of the data have K. Chains need
a V for nothing but to be where the data is, and any that brings them there will do; where they are
found too often it is lowered, and raised where too seldom. Couplings J + a of all pairs and fields
h + b, with a V_K that takes both away, are the same model: chains take those that leave V small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin.learn import sampling
from multispin.learn.seeds import seed_for
from multispin.models import Pairwise
from multispin.sampling.device_array import on_host
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 16  # chains
_FIRST = 1024  # chains, at least
_FEWEST = 1e-3  # share of states that are kept, at least
_ACCEPTED, _TRY = 0x61636365, 0x747279  # what uniform numbers are for


class Strata:
    """Shares that the data has of states with K spins up; of None all states are of one kind."""

    def __init__(self, shares: Array | None) -> None:
        self.shares = np.ones(1) if shares is None else shares
        self._index = None if shares is None else np.cumsum(shares > 0) - 1
        self._seen = np.flatnonzero(self.shares > 0)
        # ln of how many of the chains shall have K spins up: between K of the data, on their way.
        self._wanted = np.interp(
            np.arange(len(self.shares)), self._seen, np.log(self.shares[self._seen]),
            left=-np.inf, right=-np.inf,
        )  # fmt: skip
        self._wanted -= np.log(np.exp(self._wanted).sum())

    def __len__(self) -> int:
        return len(self._seen)

    def parts(self, spins: NDArray[np.int8]) -> list[tuple[int, NDArray[np.int8]]]:
        """Return states of each kind that the data has, with its number."""
        if self._index is None:
            return [(0, spins)]
        up = (spins > 0).sum(axis=1)
        known = self.shares[up] > 0
        kinds = self._index[up[known]]
        order = np.argsort(kinds, kind="stable")
        found, first = np.unique(kinds[order], return_index=True)
        ends = [*first[1:], len(kinds)]
        states = spins[known][order]
        return [(int(kind), states[a:b]) for kind, a, b in zip(found, first, ends, strict=False)]

    def within(self, spins: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Return which states have as many spins up as some of the data, or a number between."""
        found: NDArray[np.bool_] = np.isfinite(self._wanted)[(spins > 0).sum(axis=1)]
        return found

    def weights(self, spins: NDArray[np.int8]) -> tuple[NDArray[np.intp], Array]:
        """Return the kind of each state, and what it counts for; those of no kind have kind 0."""
        if self._index is None:
            return np.zeros(len(spins), np.intp), np.full(len(spins), 1.0 / len(spins))
        up = (spins > 0).sum(axis=1)
        known = self.shares[up] > 0
        kinds = np.where(known, self._index[up], 0)
        counts = np.bincount(kinds[known], minlength=len(self)).astype(np.float64)
        of_each = self._shares(counts) / np.maximum(counts, 1)
        return kinds, np.where(known, of_each[kinds], 0.0)

    def mean(self, sums: Array, counts: Array) -> tuple[Array, float]:
        """Return the mean of features, as the data has kinds, and how many states it is worth.

        Of sums (kinds, features) and counts (kinds,). What has not been seen is left out.
        """
        shares = self._shares(counts)
        at_least = np.maximum(counts, 1)
        return shares @ (sums / at_least[:, None]), float(1.0 / (shares**2 / at_least).sum())

    def start(self) -> Array:
        """Return a V to begin with, (N + 1,): that chains may be where the data is."""
        return np.where(np.isfinite(self._wanted), 0.0, -np.inf)

    def steered(self, potential: Array, numbers: Array) -> Array:
        """Return the V that would have had as many chains at each K as there shall be.

        Of `potential`, with which there were so many, `numbers` (N + 1,). Of a K where there was
        none it is as if there had been half a chain.
        """
        found: Array = potential + self._wanted - np.log(np.maximum(numbers, 0.5) / numbers.sum())
        return found

    def small(self, potential: Array) -> tuple[float, float, Array]:
        """Return a and b of couplings J + a and fields h + b, and the V that is left for them.

        It varies least over the K of the data and those between: of rare ones as of others, or
        pairs that are right where samples are mostly may have another phase beyond.
        """
        terms = _sums_by_number(len(potential) - 1)
        at = np.isfinite(potential)
        # Without means: of few K a constant, which says nothing, would else come to be couplings.
        away, height = terms[at] - terms[at].mean(axis=0), potential[at] - potential[at].mean()
        b, a = np.linalg.lstsq(away, height, rcond=None)[0]
        rest = potential - terms @ np.array([b, a])
        return float(a), float(b), rest - rest[at].mean()

    def _shares(self, counts: Array) -> Array:
        found: Array = self.shares[self._seen] * (counts > 0)
        found /= found.sum()
        return found

    def unseen(self, numbers: Array) -> NDArray[np.intp]:
        """Return the K that the data has and chains have not come to."""
        found: NDArray[np.intp] = self._seen[numbers[self._seen] == 0]
        return found

    def of_data(self, potential: Array) -> Array:
        """Return V of a model, −∞ where the data has no state."""
        return np.where(self.shares > 0, potential, -np.inf)


class Steered:
    """Chains of pairs, whose sweeps are taken or left so that they are of a potential as well.

    A sweep there and one back, over the sites in reverse, are together as likely as in reverse, in
    the distribution of the pairs; taken with probability min(1, exp(V_K' − V_K)), chains come to
    P_0(s) exp(V_K). A sweep in one direction alone is not, and one in an order drawn for all chains
    is so for each chain, but not for all of them at a time.
    """

    def __init__(
        self, J: Array, h: Array, start: NDArray[np.int8], potential: Array, seed: int, place: Place
    ) -> None:
        self._there, self._back = (
            Sampler(
                model, 1.0, replicas=len(start), init=spins, seed=seed_for(seed, way),
                threads=place.threads, device=place.device, engine="real", dynamics="glauber",
            )
            for way, (model, spins) in enumerate(
                zip(_there_and_back(J, h), (start, start[:, ::-1]), strict=True)
            )
        )  # fmt: skip
        self._spins, self.potential = start, potential
        self._seed, self._tries = seed, 0

    def take(self, J: Array, h: Array, potential: Array) -> None:
        """Be of other parameters, of the same pairs."""
        self._there.model, self._back.model = _there_and_back(J, h)
        self.potential = potential

    def spins(self) -> NDArray[np.int8]:
        """Return the states (chains, N)."""
        return self._spins

    def set_spins(self, spins: NDArray[np.int8]) -> None:
        """Go on from other states."""
        self._spins = spins

    def sweep(self, sweeps: int) -> None:
        """Let each chain try so many sweeps, or one more."""
        for _ in range(0, sweeps, 2):
            self._there.set_spins(self._spins)
            self._there.sweep(1)
            self._back.set_spins(on_host(self._there.spins())[:, ::-1])
            self._back.sweep(1)
            after = on_host(self._back.spins())[:, ::-1]
            at, to = (self.potential[(s > 0).sum(axis=1)] for s in (self._spins, after))
            random = np.random.Generator(np.random.Philox(seed_for(self._seed, _TRY, self._tries)))
            self._tries += 1
            # From where the potential is −∞ any way is one out.
            taken = np.isneginf(at) | (at + np.log1p(-random.random(len(at))) <= to)
            self._spins = np.where(taken[:, None], after, self._spins)


def _there_and_back(J: Array, h: Array) -> tuple[Pairwise, Pairwise]:
    return Pairwise(J, h), Pairwise(J[::-1, ::-1], h[::-1])


def _sums_by_number(n: int) -> Array:
    """Return Σ_i s_i and Σ_{i<j} s_i s_j of states with K spins up, (N + 1, 2)."""
    spins = 2.0 * np.arange(n + 1) - n
    return np.stack([spins, (spins**2 - n) / 2], axis=1)


@dataclass(frozen=True)
class Tilted:
    """A model of pairs, and the potential that makes a K-pairwise model of it."""

    J: Array
    h: Array
    potential: Array  # (N + 1,)

    def canonical(self) -> Tilted:
        """Return the same distribution with V_K = 0 of the three smallest K that it has."""
        n = len(self.h)
        terms = np.column_stack([np.ones(n + 1), _sums_by_number(n)])
        first = np.flatnonzero(np.isfinite(self.potential))[:3]
        shift = np.linalg.lstsq(terms[first], self.potential[first], rcond=None)[0]
        rest = self.potential - terms @ shift
        rest[first] = 0.0
        off = ~np.eye(n, dtype=np.bool_)
        return Tilted(self.J + shift[2] * off, self.h + shift[1], rest)

    def seen_from(self, J: Array, h: Array) -> Array:
        """Return the potential that these couplings and fields, of another such model, need."""
        spins, pairs = _sums_by_number(len(self.h)).T
        rest: Array = self.potential + (self.J - J)[0, -1] * pairs + (self.h - h)[0] * spins
        return rest


def drawn(
    model: Pairwise, potential: Array, n: int, sweeps: int, seed: int, place: Place
) -> NDArray[np.int8]:
    """Return n samples of the pairs and the potential, each of a chain that begins at random.

    A state of the pairs is kept with probability exp(V_K − V_max), V_max the highest potential of a
    number of spins up that one of the first chains has come to.

    Raises
    ------
    RuntimeError
        If hardly any state is kept.
    """
    parts: list[NDArray[np.int8]] = []
    chains, tried, kept, highest = min(max(n, _FIRST), _AT_ONCE), 0, 0, -np.inf
    while kept < n:
        spins = sampling.drawn(model, chains, sweeps, seed_for(seed, tried), place)
        of_each = potential[(spins > 0).sum(axis=1)]
        highest = of_each.max() if tried == 0 else highest
        random = np.random.Generator(np.random.Philox(seed_for(seed, _ACCEPTED, tried)))
        if np.isfinite(highest):
            parts.append(spins[np.log1p(-random.random(chains)) < of_each - highest])
            kept += len(parts[-1])
        tried += chains
        if kept < tried * _FEWEST:
            raise RuntimeError(
                f"sample: {kept} of {tried} states of the pairs are as many spins up as the "
                "potential asks for: it is too far from that of any pairs"
            )
        chains = min(max(int(1.1 * (n - kept) * tried / kept), _FIRST), _AT_ONCE)
    return np.concatenate(parts)[:n]
