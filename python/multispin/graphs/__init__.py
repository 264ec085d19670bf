"""Graphs: which sites are neighbours.

Each function returns edges, (E, 2) int64: the sites that each edge joins, for
`Pairwise.from_edges`. Sites of a lattice are numbered in the row-major order of its shape.

=============== ==================================================================================
`lattices`      `hypercubic`, `triangular`, `honeycomb`, `kagome`, `bcc` and `fcc`, with periodic,
                open or (of one site a cell) helical boundaries; `next_nearest` neighbours
`random_graphs` `random_regular`, `small_world`
`trees`         `cayley_tree`
`dilution`      `dilute_bonds` and `dilute_sites` leave out some, of any graph; `without_isolated`
                leaves out the sites that are joined to no other
=============== ==================================================================================

Edges of several kinds are joined by `numpy.concatenate`, with couplings of each.
"""

from multispin.graphs.dilution import dilute_bonds, dilute_sites, without_isolated
from multispin.graphs.lattices import (
    bcc,
    fcc,
    honeycomb,
    hypercubic,
    kagome,
    next_nearest,
    triangular,
)
from multispin.graphs.random_graphs import random_regular, small_world
from multispin.graphs.trees import cayley_tree

__all__ = [
    "bcc",
    "cayley_tree",
    "dilute_bonds",
    "dilute_sites",
    "fcc",
    "honeycomb",
    "hypercubic",
    "kagome",
    "next_nearest",
    "random_regular",
    "small_world",
    "triangular",
    "without_isolated",
]
