"""Graphs: which sites are neighbours.

Each function returns edges, (E, 2) int64: the sites that each edge joins, for
`Pairwise.from_edges`. Sites of a lattice are numbered in the row-major order of its shape.
`dilute_bonds` and `dilute_sites` leave out some, of any graph.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory

__all__ = [
    "dilute_bonds",
    "dilute_sites",
    "honeycomb",
    "hypercubic",
    "random_regular",
    "triangular",
]

Edges = npt.NDArray[np.int64]

# Keeps the random words apart from those of disorder samples, whose keys are (seed, sample).
_GRAPH_KEY = 2**64 - 1

# The highest word of the counter: bonds and sites are diluted by other words than graphs are made.
_BONDS, _SITES = 1, 2

_MOST_SITES = 2**31  # of a random graph: pairs of sites are numbered by 64-bit integers
_WORDS = 8  # that a half-edge takes while they are paired, or a pair while pairs are listed


def hypercubic(shape: tuple[int, ...]) -> Edges:
    """Periodic lattice of one to four dimensions; every site has 2 · ndim neighbours.

    Parameters
    ----------
    shape : tuple of int
        One to four sides of at least 2. Along a side of 2 two neighbours are joined twice, and
        both edges are listed: one goes up, the other around.

    Returns
    -------
    ndarray
        (ndim · N, 2) int64. Edge a · N + x goes from site x one step up axis a.

    Raises
    ------
    TypeError, ValueError
        If the shape is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> graphs.hypercubic((3,)).tolist()
    [[0, 1], [1, 2], [2, 0]]
    """
    shape = checks.lattice_shape(shape)
    steps = [tuple(int(a == axis) for a in range(len(shape))) for axis in range(len(shape))]
    return _steps(shape, steps)


def triangular(shape: tuple[int, int]) -> Edges:
    """Periodic triangular lattice; every site has 6 neighbours.

    It is the square lattice with one diagonal in each square: site (r, c) has neighbours
    (r, c ± 1), (r ± 1, c), (r + 1, c + 1) and (r - 1, c - 1).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, each at least 3 (with less, neighbours would be joined twice). All
        sublattices have the same size if both are multiples of 3.

    Returns
    -------
    ndarray
        (3N, 2) int64: all edges along rows, then along columns, then the diagonals; edge
        k · N + x goes from site x.

    Raises
    ------
    TypeError, ValueError
        If the shape is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> len(graphs.triangular((4, 5)))
    60
    """
    return _steps(_two_sides(shape, 3), [(0, 1), (1, 0), (1, 1)])


def honeycomb(shape: tuple[int, int]) -> Edges:
    """Periodic honeycomb lattice; every site has 3 neighbours.

    It is drawn as a brick wall: site (r, c) has neighbours (r, c ± 1), and (r + 1, c) if r + c is
    even, (r - 1, c) if it is odd. A unit cell is two sites of a row.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, both even, at least 2 rows and 4 columns.

    Returns
    -------
    ndarray
        (3N/2, 2) int64: the N edges along rows, edge x from site x to the right; then those
        along columns, from the sites with even r + c.

    Raises
    ------
    TypeError, ValueError
        If the shape is not of this kind.
    MemoryError
        If the edges do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> from multispin import graphs
    >>> len(graphs.honeycomb((4, 6)))
    36
    """
    sides = _two_sides(shape, 2)
    if sides[0] % 2 or sides[1] % 2 or sides[1] < 4:
        allowed = "(rows, columns), both even, at least (2, 4)"
        raise ValueError(checks.describe("shape", shape, allowed))
    along, down = np.split(_steps(sides, [(0, 1), (1, 0)]), 2)
    r, c = np.divmod(down[:, 0], sides[1])
    return np.concatenate([along, down[(r + c) % 2 == 0]])


def random_regular(n: int, degree: int, seed: int = 0) -> Edges:
    """Random graph in which each site has the same number of neighbours, and no pair has two edges.

    Each site has `degree` half-edges. All are paired at random, the pairs that would be loops or
    repeated edges are dissolved, and their half-edges paired again, until none is left; if the
    rest cannot be paired, all begins anew. Where more than half of all pairs are joined, this makes
    the pairs that are not. The result is asymptotically uniform: the probability
    of every such graph tends to the same value as n grows at fixed degree (Steger & Wormald 1999;
    Kim & Vu 2003). For a handful of sites it is not uniform: of cubic graphs of 6 sites, each K₃,₃
    comes 2.7 times as often as each prism.

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
    words = np.random.Philox(key=np.array([checks.seed("seed", seed), _GRAPH_KEY], dtype=np.uint64))
    fewer = min(degree, n - 1 - degree)
    pairs = n * (n - 1) // 2 if fewer < degree else 0
    check_memory(f"n: a graph of {n} sites", 8 * (n + _WORDS * n * fewer + _WORDS * pairs))
    keys = None
    while keys is None:
        keys = _paired(n, fewer, words)
    if 2 * degree >= n:  # few pairings of so many half-edges succeed: those of the rest do
        i, j = np.triu_indices(n, 1)
        keys = np.setdiff1d(i * n + j, keys, assume_unique=True)
    return np.stack(np.divmod(keys, n), axis=1)


def dilute_bonds(edges: npt.ArrayLike, dilution: float, seed: int = 0) -> Edges:
    """Leave out bonds of a graph at random, each on its own: bond percolation.

    Parameters
    ----------
    edges : array_like
        (E, 2) integers from 0 on, the sites that each edge joins.
    dilution : float
        Probability with which an edge is left out, 0 to 1. It is rounded up to a multiple of 2⁻⁵³.
    seed : int
        0 to 2⁶⁴ − 1. What is left is the same for a seed on every machine, and grows as `dilution`
        falls: edge n is left out if word n of Philox4x64-10 for this seed is below it, as a
        fraction of 53 bits.

    Returns
    -------
    ndarray
        (E', 2) int64: the edges that are left, in their order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the numbers drawn do not fit; the message says what they need and what there is.

    Notes
    -----
    S. R. Broadbent & J. M. Hammersley, Proc. Camb. Phil. Soc. 53, 629 (1957).

    Examples
    --------
    >>> import multispin as ms
    >>> square = ms.graphs.hypercubic((64, 64))
    >>> len(square), len(ms.graphs.dilute_bonds(square, 0.5, seed=1))
    (8192, 4063)
    """
    pairs = _checked_edges(edges, checks.MOST_SITES)
    return pairs[_kept("edges", len(pairs), dilution, seed, _BONDS)]


def dilute_sites(
    edges: npt.ArrayLike, n_sites: int, dilution: float, seed: int = 0
) -> tuple[Edges, npt.NDArray[np.int64]]:
    """Leave out sites of a graph at random, each on its own, and with a site its edges.

    The sites that are left are numbered anew, in their order, so that a model of them has no spins
    without a meaning. ``sites[edges]`` are the edges in the numbers that the sites had.

    Parameters
    ----------
    edges : array_like
        (E, 2) integers from 0 to `n_sites` - 1, the sites that each edge joins.
    n_sites : int
        Number of sites, at least 1.
    dilution : float
        Probability with which a site is left out, 0 to 1. It is rounded up to a multiple of 2⁻⁵³.
    seed : int
        0 to 2⁶⁴ − 1. What is left is the same for a seed on every machine, and grows as `dilution`
        falls, as for `dilute_bonds`, of whose words these are independent.

    Returns
    -------
    edges : ndarray
        (E', 2) int64: the edges between sites that are left, in their order and in new numbers.
    sites : ndarray
        (N',) int64: the numbers that the sites had, in ascending order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the numbers drawn do not fit; the message says what they need and what there is.

    Notes
    -----
    D. Stauffer & A. Aharony, Introduction to Percolation Theory, 2nd ed. (1994), ch. 1.

    Examples
    --------
    >>> import multispin as ms
    >>> cube = ms.graphs.hypercubic((8, 8, 8))
    >>> edges, sites = ms.graphs.dilute_sites(cube, 512, 0.2, seed=1)
    >>> ms.Pairwise.from_edges(len(sites), edges).n_spins
    417
    """
    n_sites = checks.count("n_sites", n_sites, 1, checks.MOST_SITES)
    pairs = _checked_edges(edges, n_sites)
    kept = _kept("n_sites", n_sites, dilution, seed, _SITES)
    number = np.cumsum(kept) - 1
    return number[pairs[kept[pairs].all(axis=1)]], np.flatnonzero(kept)


def _kept(name: str, count: int, dilution: float, seed: int, purpose: int) -> npt.NDArray[np.bool_]:
    """Draw which of `count` things are not left out; `name` is the argument that says how many."""
    left_out = checks.finite("dilution", dilution, "a probability, from 0 to 1")
    if not 0.0 <= left_out <= 1.0:
        raise ValueError(checks.describe("dilution", dilution, "a probability, from 0 to 1"))
    key = np.array([checks.seed("seed", seed), _GRAPH_KEY], dtype=np.uint64)
    check_memory(f"{name}: numbers for {count} of them", 24 * count)
    counter = np.array([0, 0, 0, purpose], dtype=np.uint64)
    words = np.random.Philox(counter=counter, key=key).random_raw(count)
    kept: npt.NDArray[np.bool_] = (words >> np.uint64(11)) * 2.0**-53 >= left_out
    return kept


def _checked_edges(edges: npt.ArrayLike, n_sites: int) -> Edges:
    """Return edges (E, 2) of a graph, in which loops and double edges are allowed."""
    allowed = f"(E, 2) sites from 0 to {n_sites - 1}"
    array = checks.array("edges", edges, allowed)
    if array.shape == (0,):
        return np.empty((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(checks.describe("edges", f"an array of shape {array.shape}", allowed))
    if array.dtype.kind not in "iu":
        raise TypeError(checks.describe("edges", f"an array of {array.dtype}", allowed))
    wrong = (array < 0) | (array >= n_sites)
    if bool(wrong.any()):
        raise ValueError(checks.describe("edges", int(array[wrong][0]), allowed))
    return array.astype(np.int64)


def _paired(n: int, degree: int, words: np.random.Philox) -> Edges | None:
    """Pair all half-edges, as keys i · n + j in ascending order, or return None if that fails."""
    keys = np.empty(0, dtype=np.int64)
    rest = np.repeat(np.arange(n), degree)
    while len(rest):
        # Sorting random words shuffles in a way that NumPy guarantees not to change.
        shuffled = rest[np.argsort(words.random_raw(len(rest)), kind="stable")]
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


def _steps(shape: tuple[int, ...], steps: list[tuple[int, ...]]) -> Edges:
    """Edges from every site by each step, the first step's first."""
    n_spins, sides = math.prod(shape), " x ".join(map(str, shape))
    check_memory(f"shape: edges of {sides} sites", 8 * n_spins * (2 + 5 * len(steps)))
    site = np.arange(n_spins, dtype=np.int64).reshape(shape)
    axes = tuple(range(len(shape)))
    ends = [np.roll(site, [-k for k in step], axis=axes).ravel() for step in steps]
    return np.stack([np.tile(site.ravel(), len(steps)), np.concatenate(ends)], axis=1)


def _two_sides(shape: tuple[int, int], minimum: int) -> tuple[int, int]:
    sides = checks.lattice_shape(shape)
    if len(sides) != 2 or min(sides) < minimum:
        allowed = f"a tuple (rows, columns) of two integers >= {minimum}"
        raise ValueError(checks.describe("shape", shape, allowed))
    return sides[0], sides[1]
