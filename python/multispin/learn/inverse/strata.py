"""States by how many of their spins are up: chains of pairs that stand for a K-pairwise model.

A K-pairwise model is P(s) ∝ exp(Σ_{i<j} J_ij s_i s_j + Σ_i h_i s_i + V_K), and where V is at its
best the distribution of K is that of the data. Its means are then known of chains that sample the
pairs alone, ``P_0(s)``: averages over states with K spins up, which V does not change, times how
many states of the data have K; and V_K = ln P_data(K) − ln P_0(K). Couplings J + a of all pairs and
fields h + b, with a V_K that takes both away, are the same model: chains take those of which K has
the mean and the variance of the data, so that V is small where the data is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multispin.learn import sampling
from multispin.learn.seeds import seed_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.learn.place import Place
    from multispin.models import Pairwise

    Array = NDArray[np.float64]

_AT_ONCE = 1 << 16  # chains
_FIRST = 1024  # chains, at least
_FEWEST = 1e-3  # share of states that are kept, at least
_ACCEPTED = 0x61636365  # what uniform numbers are for


class Strata:
    """Shares that the data has of states with K spins up; of None all states are of one kind."""

    def __init__(self, shares: Array | None) -> None:
        self.shares = np.ones(1) if shares is None else shares
        self._index = None if shares is None else np.cumsum(shares > 0) - 1
        self._seen = np.flatnonzero(self.shares > 0)

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
        up = (spins > 0).sum(axis=1)
        found: NDArray[np.bool_] = (up >= self._seen[0]) & (up <= self._seen[-1])
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

    def moments(self, counts: Array) -> Array:
        """Return mean and mean square of Σ_i s_i in the data, of kinds that chains have seen."""
        spins = 2.0 * self._seen - (len(self.shares) - 1)
        found: Array = np.stack([spins, spins**2]) @ self._shares(counts)
        return found

    def _shares(self, counts: Array) -> Array:
        found: Array = self.shares[self._seen] * (counts > 0)
        found /= found.sum()
        return found

    def unseen(self, counts: Array) -> NDArray[np.intp]:
        """Return the K that the data has and chains have not come to."""
        found: NDArray[np.intp] = self._seen[counts == 0]
        return found

    def potential(self, counts: Array, total: float) -> Array:
        """Return ln P_data(K) − ln P_0(K), (N + 1,); −∞ where the data has none.

        Of what chains have not come to it is as if they had, half a time.
        """
        found = np.full(len(self.shares), -np.inf)
        of_chains = np.maximum(counts, 0.5) / total
        found[self._seen] = np.log(self.shares[self._seen]) - np.log(of_chains)
        return found


@dataclass(frozen=True)
class Tilted:
    """A model of pairs, and the potential that makes a K-pairwise model of it."""

    J: Array
    h: Array
    potential: Array  # (N + 1,)

    def canonical(self) -> Tilted:
        """Return the same distribution with V_0 = V_1 = V_2 = 0 where they are finite."""
        n = len(self.h)
        spins = 2.0 * np.arange(n + 1) - n
        terms = np.stack([np.ones(n + 1), spins, (spins**2 - n) / 2], axis=1)
        first = np.flatnonzero(np.isfinite(self.potential[:3]))
        shift = np.linalg.lstsq(terms[first], self.potential[first], rcond=None)[0]
        rest = self.potential - terms @ shift
        rest[first] = 0.0
        off = ~np.eye(n, dtype=np.bool_)
        return Tilted(self.J + shift[2] * off, self.h + shift[1], rest)

    def seen_from(self, J: Array, h: Array) -> Array:
        """Return the potential that these couplings and fields, of another such model, need."""
        n = len(self.h)
        spins = 2.0 * np.arange(n + 1) - n
        pairs = (spins**2 - n) / 2
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
