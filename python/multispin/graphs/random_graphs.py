"""Random graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.graphs._words import REGULAR, SMALL_WORLD, words

if TYPE_CHECKING:
    from multispin.graphs._edges import Edges

__all__ = ["random_regular", "small_world"]

_MOST_SITES = 2**31  # pairs of sites are numbered by 64-bit integers
_WORDS = 8  # that a half-edge takes while they are paired, or a pair while pairs are listed


def random_regular(n: int, degree: int, seed: int = 0) -> Edges:
    """Random graph in which each site has the same number of neighbours, and no pair has two edges.

    Each site has `degree` half-edges. All are paired at random, the pairs that would be loops or
    repeated edges are dissolved, and their half-edges paired again, until none is left; if the
    rest cannot be paired, all begins anew. Where more than half of all pairs are joined, this makes
    the pairs that are not. The result is asymptotically uniform: the probability
    of every such graph tends to the same value as n grows at fixed degree (Steger & Wormald 1999;
    Kim & Vu 2003). For a handful of sites it is not uniform: of cubic graphs of 6 sites, each K₃,₃
    comes 2.7 times as often as each prism.

    It is the Bethe lattice as far as a graph of few sites can be: loops are some ln n long, all
    sites are alike, and as n grows energies tend to those of `theory.bethe`. (`cayley_tree` has no
    loops at all, but most of its sites are leaves.)

    Parameters
    ----------
    n : int
        Number of sites.
    degree : int
        Neighbours of each site, 0 to n - 1; n · degree is even.
    seed : int
        0 to 2⁶⁴ − 1. The graph is the same for a seed on every machine.

    Returns
    -------
    ndarray
        (n · degree / 2, 2) int64 with i < j, in ascending order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the graph does not fit; the message says what it needs and what there is.

    Notes
    -----
    A. Steger & N. C. Wormald, Comb. Probab. Comput. 8, 377 (1999). J. H. Kim & V. H. Vu, Proc. 35th
    ACM Symp. Theory of Computing, 213 (2003). Pairing half-edges: B. Bollobás, Eur. J. Comb. 1,
    311 (1980).

    Examples
    --------
    >>> import numpy as np
    >>> from multispin import graphs
    >>> edges = graphs.random_regular(100, 3, seed=1)
    >>> edges.shape, set(np.bincount(edges.ravel()).tolist())
    ((150, 2), {3})
    """
    n = checks.count("n", n, 1, _MOST_SITES)
    degree = checks.count("degree", degree, 0, n - 1)
    if n * degree % 2:
        raise ValueError(checks.describe("degree", degree, f"an even number for n={n}, an odd one"))
    generator = words(seed, REGULAR)
    fewer = min(degree, n - 1 - degree)
    pairs = n * (n - 1) // 2 if fewer < degree else 0
    check_memory(f"n: a graph of {n} sites", 8 * (n + _WORDS * n * fewer + _WORDS * pairs))
    keys = None
    while keys is None:
        keys = _paired(n, fewer, generator)
    if 2 * degree >= n:  # few pairings of so many half-edges succeed: those of the rest do
        i, j = np.triu_indices(n, 1)
        keys = np.setdiff1d(i * n + j, keys, assume_unique=True)
    return np.stack(np.divmod(keys, n), axis=1)


def small_world(n: int, degree: int, rewiring: float, seed: int = 0) -> Edges:
    """Small world of Watts and Strogatz: a ring on which some edges lead anywhere.

    On a ring each site is joined to the `degree`/2 next ones on either side. Edge after edge, the
    closest neighbours first, the far end is then moved with probability `rewiring` to a site drawn
    from all that are not joined to the near one yet.

    Parameters
    ----------
    n : int
        Number of sites, more than `degree`.
    degree : int
        Neighbours of each site on the ring, an even number >= 2; on average afterwards too.
    rewiring : float
        Probability with which an edge is moved, 0 to 1, rounded up to a multiple of 2⁻⁵³.
    seed : int
        0 to 2⁶⁴ − 1. The graph is the same for a seed on every machine.

    Returns
    -------
    ndarray
        (n · degree / 2, 2) int64: first all edges between neighbours on the ring, edge x from site
        x, then those between second neighbours, and so on.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the graph does not fit; the message says what it needs and what there is.

    Notes
    -----
    D. J. Watts & S. H. Strogatz, Nature 393, 440 (1998). An edge whose near end is joined to all
    others stays.

    Examples
    --------
    >>> from multispin import graphs
    >>> graphs.small_world(6, 2, 0.0).tolist()
    [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]]
    >>> len(graphs.small_world(1000, 6, 0.1, seed=1))
    3000
    """
    n = checks.count("n", n, 3, _MOST_SITES)
    degree = checks.count("degree", degree, 2, n - 1)
    if degree % 2:
        raise ValueError(checks.describe("degree", degree, "an even number"))
    share = checks.finite("rewiring", rewiring, "a probability, from 0 to 1")
    if not 0.0 <= share <= 1.0:
        raise ValueError(checks.describe("rewiring", rewiring, "a probability, from 0 to 1"))
    generator = words(seed, SMALL_WORLD)
    count = n * degree // 2
    check_memory(f"n: a graph of {count} edges", 400 * count)  # neighbours are kept in sets
    near = np.tile(np.arange(n, dtype=np.int64), degree // 2)
    far = (near + np.repeat(np.arange(1, degree // 2 + 1), n)) % n
    moved = np.flatnonzero(_fractions(generator, count) < share)
    if len(moved) == 0:
        return np.stack([near, far], axis=1)
    joined: list[set[int]] = [set() for _ in range(n)]
    for i, j in zip(near.tolist(), far.tolist(), strict=True):
        joined[i].add(j)
        joined[j].add(i)
    for edge in moved.tolist():
        i, j = int(near[edge]), int(far[edge])
        if len(joined[i]) == n - 1:
            continue
        there = i
        while there == i or there in joined[i]:
            there = int(_fractions(generator, 1)[0] * n)
        joined[i] ^= {j, there}
        joined[j].remove(i)
        joined[there].add(i)
        far[edge] = there
    return np.stack([near, far], axis=1)


def _fractions(generator: np.random.Philox, count: int) -> npt.NDArray[np.float64]:
    """Return random numbers from 0 to 1, of 53 bits."""
    fractions: npt.NDArray[np.float64] = (generator.random_raw(count) >> np.uint64(11)) * 2.0**-53
    return fractions


def _paired(n: int, degree: int, generator: np.random.Philox) -> Edges | None:
    """Pair all half-edges, as keys i · n + j in ascending order, or return None if that fails."""
    keys = np.empty(0, dtype=np.int64)
    rest = np.repeat(np.arange(n), degree)
    while len(rest):
        # Sorting random words shuffles in a way that NumPy guarantees not to change.
        shuffled = rest[np.argsort(generator.random_raw(len(rest)), kind="stable")]
        i, j = np.sort(shuffled.reshape(-1, 2), axis=1).T
        wanted = i * n + j
        first = np.zeros(len(wanted), dtype=bool)
        first[np.unique(wanted, return_index=True)[1]] = True
        good = first & (i != j) & ~np.isin(wanted, keys)
        rest = np.concatenate([i[~good], j[~good]])
        if not good.any() and not _can_be_paired(np.unique(rest), keys, n):
            return None
        keys = np.sort(np.concatenate([keys, wanted[good]]))
    return keys


def _can_be_paired(sites: Edges, keys: Edges, n: int) -> bool:
    """Whether some two of the sites, in ascending order, are not joined yet."""
    i, j = sites[np.stack(np.triu_indices(len(sites), 1))]
    return not bool(np.isin(i * n + j, keys).all())
