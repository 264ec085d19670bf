"""Bonds and sites of a graph left out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.graphs._edges import Edges, checked_edges
from multispin.graphs._words import BONDS, SITES, words

__all__ = ["dilute_bonds", "dilute_sites", "without_isolated"]


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
    pairs = checked_edges(edges, checks.MOST_SITES)
    return pairs[_kept("edges", len(pairs), dilution, seed, BONDS)]


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
    pairs = checked_edges(edges, n_sites)
    kept = _kept("n_sites", n_sites, dilution, seed, SITES)
    number = np.cumsum(kept) - 1
    return number[pairs[kept[pairs].all(axis=1)]], np.flatnonzero(kept)


def without_isolated(edges: npt.ArrayLike, n_sites: int) -> tuple[Edges, npt.NDArray[np.int64]]:
    """Leave out the sites that no edge joins to another.

    The spin of such a site is free, and its share of the magnetization is noise. The sites that are
    left are numbered anew, in their order: a model of them has its magnetization, and all that is
    per spin, per occupied site. ``sites[edges]`` are the edges in the numbers that the sites had.

    Parameters
    ----------
    edges : array_like
        (E, 2) integers from 0 to `n_sites` - 1, the sites that each edge joins.
    n_sites : int
        Number of sites, at least 1.

    Returns
    -------
    edges : ndarray
        (E, 2) int64: the edges, in their order and in new numbers.
    sites : ndarray
        (N',) int64: the numbers that the sites had, in ascending order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the numbers of the sites do not fit; the message says what they need and what there is.

    Examples
    --------
    >>> import multispin as ms
    >>> square = ms.graphs.dilute_bonds(ms.graphs.hypercubic((32, 32)), 0.6, seed=1)
    >>> edges, sites = ms.graphs.without_isolated(square, 1024)
    >>> model = ms.Pairwise.from_edges(len(sites), edges)
    >>> model.n_spins < 1024, (sites[edges] == square).all()
    (True, np.True_)
    """
    n_sites = checks.count("n_sites", n_sites, 1, checks.MOST_SITES)
    pairs = checked_edges(edges, n_sites)
    check_memory(f"n_sites: numbers of {n_sites} sites", 16 * n_sites)
    occupied = np.zeros(n_sites, dtype=bool)
    occupied[pairs] = True
    return (np.cumsum(occupied) - 1)[pairs], np.flatnonzero(occupied)


def _kept(name: str, count: int, dilution: float, seed: int, purpose: int) -> npt.NDArray[np.bool_]:
    """Draw which of `count` things are not left out; `name` is the argument that says how many."""
    left_out = checks.finite("dilution", dilution, "a probability, from 0 to 1")
    if not 0.0 <= left_out <= 1.0:
        raise ValueError(checks.describe("dilution", dilution, "a probability, from 0 to 1"))
    generator = words(seed, purpose)
    check_memory(f"{name}: numbers for {count} of them", 24 * count)
    drawn = generator.random_raw(count)
    kept: npt.NDArray[np.bool_] = (drawn >> np.uint64(11)) * 2.0**-53 >= left_out
    return kept
