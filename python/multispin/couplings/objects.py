"""Couplings in objects of other packages: scipy.sparse, NetworkX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._base.extras import require
from multispin.couplings._pairs import check_no_field, check_strength, merged
from multispin.models import Pairwise, SignedGraph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def to_sparse(model: SignedGraph) -> Any:
    """Return a model's couplings as a scipy.sparse array; `Pairwise` is the way back.

    Parameters
    ----------
    model : SignedGraph
        One set of couplings, and h = 0, as the array has no place for a field.

    Returns
    -------
    scipy.sparse.csr_array
        Symmetric, (N, N) float64.

    Raises
    ------
    MissingExtraError
        If SciPy is not installed.
    TypeError, ValueError
        If the model is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> ms.couplings.to_sparse(ms.Ising((3,), J=-1.0)).toarray().tolist()
    [[0.0, -1.0, -1.0], [-1.0, 0.0, -1.0], [-1.0, -1.0, 0.0]]
    """
    sparse = require("scipy.sparse", "graphs")
    check_no_field(model)
    (i, j), couplings = (part.T for part in merged(model))
    rows, columns = np.concatenate([i, j]), np.concatenate([j, i])
    entries = (np.concatenate([couplings, couplings]), (rows, columns))
    return sparse.csr_array(entries, shape=(model.n_spins, model.n_spins))


def from_networkx(graph: Any, weight: str | None = None, h: ArrayLike = 0.0) -> Pairwise:
    """Make the model of a NetworkX graph.

    Parameters
    ----------
    graph : networkx.Graph
        Undirected, of at least one node, without parallel edges or loops. Site k is the k-th of
        ``graph.nodes``.
    weight : str, optional
        The attribute that is the coupling of an edge. Each edge has to have it. By default "J" if
        the edges have that, else "weight"; where edges have no attribute at all, couplings are 1.
    h : float or array_like
        Field h_i: a number for all sites, or (N,).

    Returns
    -------
    Pairwise
        The model.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import networkx
    >>> import multispin as ms
    >>> graph = networkx.Graph()
    >>> graph.add_edge("a", "b", J=-1.0)
    >>> ms.couplings.from_networkx(graph).couplings.tolist()
    [-1.0]
    """
    allowed = "an undirected graph of NetworkX without parallel edges"
    kind = type(graph)
    if not (hasattr(kind, "is_directed") and hasattr(kind, "is_multigraph")):
        raise TypeError(checks.describe("graph", graph, allowed))
    if graph.is_directed() or graph.is_multigraph():
        raise ValueError(f"graph: got a {type(graph).__name__}, allowed: {allowed}")
    if weight is not None:
        checks.instance("weight", weight, str, "None, or the name of an attribute")
    if len(graph) == 0:
        raise ValueError("graph: got one without nodes, allowed: at least one node")
    weight = _weight(graph) if weight is None else weight
    site = {node: k for k, node in enumerate(graph.nodes)}
    edges, couplings = [], []
    for one, other, coupling in graph.edges(data=weight or "J", default=None if weight else 1.0):
        if coupling is None:
            got = f"an edge ({one!r}, {other!r}) without it"
            raise ValueError(f"weight: got {weight!r}, and {got}, allowed: one that all edges have")
        if one == other:
            raise ValueError(f"graph: got a loop at the node {one!r}, allowed: edges of two nodes")
        edges.append((site[one], site[other]))
        couplings.append(checks.finite(f"graph[{one!r}][{other!r}][{weight!r}]", coupling))
    check_strength("graph", couplings)
    return Pairwise.from_edges(len(site), edges, couplings, h)


def _weight(graph: Any) -> str | None:
    """Return which attribute of the edges is the coupling; None if they have no attributes."""
    names: set[str] = set()
    for one, other, attributes in graph.edges(data=True):
        found = [name for name in ("J", "weight") if name in attributes]
        if len(found) == 2:
            got = f"an edge ({one!r}, {other!r}) with J and weight"
            raise ValueError(f"weight: got None, and {got}, allowed: the one that is the coupling")
        names.update(found or attributes)
    if "J" in names or "weight" in names:
        return "J" if "J" in names else "weight"
    if names:
        got = f"edges with {', '.join(map(checks.shown, sorted(map(str, names))[:3]))}"
        raise ValueError(f"weight: got None, and {got}, allowed: the one that is the coupling")
    return None


def to_networkx(model: SignedGraph, weight: str = "J") -> Any:
    """Return a model's couplings as a NetworkX graph.

    Parameters
    ----------
    model : SignedGraph
        One set of couplings, and h = 0, as the graph has no place for a field.
    weight : str
        The attribute to put the couplings into, float.

    Returns
    -------
    networkx.Graph
        With the nodes 0 to N − 1, in this order.

    Raises
    ------
    MissingExtraError
        If NetworkX is not installed.
    TypeError, ValueError
        If the model is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> graph = ms.couplings.to_networkx(ms.Ising((4, 4)))
    >>> graph.degree[0], graph[0][1]
    (4, {'J': 1.0})
    """
    networkx = require("networkx", "graphs")
    checks.instance("weight", weight, str, "the name of an attribute")
    check_no_field(model)
    edges, couplings = merged(model)
    graph = networkx.Graph()
    graph.add_nodes_from(range(model.n_spins))
    triples = zip(*edges.T.tolist(), couplings.tolist(), strict=True)
    graph.add_weighted_edges_from(triples, weight=weight)
    return graph
