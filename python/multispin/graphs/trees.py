"""Trees: graphs without loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory

if TYPE_CHECKING:
    from multispin.graphs._edges import Edges

__all__ = ["cayley_tree"]

_MOST_GENERATIONS = 2**40


def cayley_tree(coordination: int, generations: int) -> Edges:
    """Cayley tree: a site with z neighbours, each of which has z - 1 more, and so on.

    Most of its sites are leaves, with one neighbour: its averages are not those of the Bethe
    lattice, which is what is found deep inside (`theory.bethe`). Without a field its partition
    function is that of a chain of as many edges, 2 (2 cosh(J/T))^E, and it never orders. A graph
    whose sites are all like those of the Bethe lattice is `random_regular`.

    Parameters
    ----------
    coordination : int
        Neighbours z of each site that is no leaf, at least 2.
    generations : int
        How many there are around the first site, at least 1.

    Returns
    -------
    ndarray
        (N - 1, 2) int64: edge x joins site x + 1 to the one that it branches off. Sites are
        numbered generation by generation; there are N = 1 + z ((z-1)^g - 1)/(z - 2) of them, and
        1 + 2g for z = 2.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.
    MemoryError
        If the tree does not fit; the message says what it needs and what there is.

    Notes
    -----
    M. E. Fisher & J. W. Essam, J. Math. Phys. 2, 609 (1961). T. P. Eggarter, Phys. Rev. B 9, 2989
    (1974).

    Examples
    --------
    >>> from multispin import graphs
    >>> graphs.cayley_tree(3, 2).tolist()
    [[0, 1], [0, 2], [0, 3], [1, 4], [1, 5], [2, 6], [2, 7], [3, 8], [3, 9]]
    """
    z = checks.count("coordination", coordination, 2, checks.MOST_SITES - 1)
    g = checks.count("generations", generations, 1, _MOST_GENERATIONS)
    count = _sites(z, g)
    check_memory(f"generations: a tree of {count} sites", 8 * 6 * count)
    child = np.arange(1, count, dtype=np.int64)
    # The first z sites branch off site 0, and z - 1 off each other one.
    parent = np.where(child <= z, 0, (child - z - 1) // (z - 1) + 1)
    return np.stack([parent, child], axis=1)


def _sites(z: int, generations: int) -> int:
    """Return how many sites there are, if they are fewer than 2⁶³."""
    if z == 2:
        return 1 + 2 * generations
    count, last = 1 + z, z
    for _ in range(1, generations):
        last *= z - 1
        count += last
        if count > checks.MOST_SITES:
            allowed = f"generations of fewer than 2**63 sites, for coordination={z}"
            raise ValueError(checks.describe("generations", generations, allowed))
    return count
