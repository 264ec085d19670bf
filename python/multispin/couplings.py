"""Couplings in files and in other packages' objects.

=================================================== =======================================
`read_edges`, `write_edges`                         text, ``i j J`` with sites from 0
`read_max_cut`, `write_max_cut`, `cut_value`        max-cut instances, whose weights are −J
`Pairwise`, `to_sparse`                             scipy.sparse
`from_networkx`, `to_networkx`                      graphs of NetworkX
`from_dimod_negating`, `to_dimod_negating`          binary quadratic models of dimod
=================================================== =======================================

What is read becomes a `Pairwise`. Every model can be written; of one with disorder samples it is
``model.sample(k)``. Double bonds, as along a side of 2, are added up, and a sum of 0 is left out.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.extras import require
from multispin.models import Model, Pairwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "cut_value",
    "from_dimod_negating",
    "from_networkx",
    "read_edges",
    "read_max_cut",
    "to_dimod_negating",
    "to_networkx",
    "to_sparse",
    "write_edges",
    "write_max_cut",
]

_PathLike = str | os.PathLike[str]

# --- text files -----------------------------------------------------------------------------------


def read_edges(path: _PathLike, n_spins: int | None = None, h: float = 0.0) -> Pairwise:
    r"""Read couplings from lines ``i j J``.

    Sites are numbered from 0. Blank lines and lines that begin with ``#`` mean nothing; there is
    no header. A coupling of 0 is no edge.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    n_spins : int, optional
        Number of sites N, where it is more than the largest number in the file and one.
    h : float
        Uniform field of the model; the file has none.

    Returns
    -------
    Pairwise
        The model.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument is not of this kind, or a line is not: the message begins with
        ``path:line:``.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "triangle.txt"
    ...     _ = path.write_text("# i j J\n0 1 1\n1 2 -1\n0 2 0.5\n")
    ...     ms.couplings.read_edges(path).couplings.tolist()
    [1.0, 0.5, -1.0]
    """
    if n_spins is not None:
        n_spins = checks.count("n_spins", n_spins, 1)
    edges = _Edges(path, first_site=0, n_spins=n_spins)
    for number, line in _lines(path):
        edges.add(number, line)
    if n_spins is None:
        if not edges.couplings:
            raise ValueError(f"{os.fspath(path)}: got no edges, allowed: some, or n_spins given")
        n_spins = 1 + max(max(pair) for pair in edges.line_of)
    return Pairwise.from_edges(n_spins, list(edges.line_of), edges.couplings, h)


def write_edges(path: _PathLike, model: Model) -> None:
    """Write a model's couplings as lines ``i j J`` with i < j, below a comment.

    At any moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : Model
        One set of couplings, and h = 0, as the file has no place for a field.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If the model is not of this kind.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.couplings.write_edges(folder + "/glass.txt", glass)
    ...     again = ms.couplings.read_edges(folder + "/glass.txt")
    >>> (
    ...     again.edges.shape,
    ...     bool((ms.couplings.to_sparse(again) != ms.couplings.to_sparse(glass)).nnz),
    ... )
    ((192, 2), False)
    """
    _check_no_field(model)
    edges, couplings = _merged(model)
    _write_lines(path, "# i j J", edges, couplings)


def read_max_cut(path: _PathLike) -> Pairwise:
    r"""Read a max-cut instance: a line ``n m``, then m lines ``i j w``, with vertices from 1.

    The couplings are J = −w: the cut of largest weight is then the ground state. Further numbers
    in the first line, as in the DIMACS torus set, and blank lines mean nothing, and so do lines
    that begin with ``#``. A weight of 0 is no edge.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    Pairwise
        The model, of n sites.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is not of this kind, or there are not m edges: the message begins with
        ``path:line:``.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "path.mc"
    ...     _ = path.write_text("3 2\n1 2 1\n2 3 -1\n")
    ...     model = ms.couplings.read_max_cut(path)
    >>> model.edges.tolist(), model.couplings.tolist()
    ([[0, 1], [1, 2]], [-1.0, 1.0])
    """
    lines = _lines(path)
    number, header = next(lines, (1, ""))
    n_spins, n_edges = _header(path, number, header)
    edges = _Edges(path, first_site=1, n_spins=n_spins)
    for number, line in lines:
        edges.add(number, line)
    if len(edges.couplings) != n_edges:
        raise ValueError(
            f"{os.fspath(path)}:{number}: got {len(edges.couplings)} edges at the end, "
            f"allowed: {n_edges}, as the first line says"
        )
    return Pairwise.from_edges(n_spins, list(edges.line_of), -np.array(edges.couplings))


def write_max_cut(path: _PathLike, model: Model) -> None:
    """Write a model as a max-cut instance: ``n m``, then ``i j w`` with w = −J, vertices from 1.

    At any moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : Model
        One set of couplings, and h = 0: a cut has no field.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If the model is not of this kind.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> glass = ms.EdwardsAnderson((4, 4, 4), seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.couplings.write_max_cut(folder + "/glass.txt", glass)
    ...     again = ms.couplings.read_max_cut(folder + "/glass.txt")
    >>> (
    ...     again.edges.shape,
    ...     bool((ms.couplings.to_sparse(again) != ms.couplings.to_sparse(glass)).nnz),
    ... )
    ((192, 2), False)
    """
    _check_no_field(model)
    edges, couplings = _merged(model)
    _write_lines(path, f"{model.n_spins} {len(edges)}", edges + 1, -couplings)


def cut_value(model: Model, spins: ArrayLike) -> NDArray[np.float64]:
    r"""Weight of the cut between the spins up and the spins down, for the weights w = −J.

    .. math:: \mathrm{cut} = \sum_{i<j,\ s_i \ne s_j} w_{ij} = \frac{1}{2}
              \Bigl(\sum_{i<j} w_{ij} - E(s)\Bigr), \qquad w_{ij} = -J_{ij}

    Parameters
    ----------
    model : Model
        Any model with h = 0, since a cut has no field.
    spins : array_like
        +1 and -1, (..., *shape); (samples, ..., *shape) for a model with disorder samples.

    Returns
    -------
    ndarray
        (...) or (samples, ...) float64.

    Raises
    ------
    TypeError, ValueError
        If the model or the spins are not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> square = ms.Ising((4,), J=-1.0)  # a ring of 4 edges of weight 1
    >>> float(ms.couplings.cut_value(square, [1, -1, 1, -1]))
    4.0
    """
    _check_no_field(model)
    energy = model.energy(spins)
    total = -model.couplings.sum(axis=-1)
    return np.asarray((total.reshape(total.shape + (1,) * (energy.ndim - total.ndim)) - energy) / 2)


class _Edges:
    """Edges read so far, in the order of the file; a line that is not one is refused."""

    def __init__(self, path: _PathLike, first_site: int, n_spins: int | None) -> None:
        self.path, self.first_site, self.n_spins = os.fspath(path), first_site, n_spins
        self.line_of: dict[tuple[int, int], int] = {}  # by pair of sites from 0
        self.couplings: list[float] = []

    def add(self, number: int, line: str) -> None:
        """Take in line `number`, ``i j J``."""
        try:
            first, second, value = line.split()
            if "_" in line:  # 1_0 is 10 in Python, and in no other program
                raise ValueError
            i, j = int(first) - self.first_site, int(second) - self.first_site
            coupling = float(value)
        except ValueError:
            raise self._error(number, repr(line)) from None
        last = math.inf if self.n_spins is None else self.n_spins - 1
        if not (0 <= min(i, j) < max(i, j) <= last and math.isfinite(coupling)):
            raise self._error(number, repr(line))
        pair = (min(i, j), max(i, j))
        if pair in self.line_of:
            raise self._error(number, f"{line!r}, the pair of line {self.line_of[pair]}")
        self.line_of[pair] = number
        self.couplings.append(coupling)

    def _error(self, number: int, got: str) -> ValueError:
        sites = f"two different sites from {self.first_site}"
        if self.n_spins is not None:
            sites += f" to {self.n_spins - 1 + self.first_site}"
        allowed = f"{sites} and a finite number, each pair once"
        return ValueError(f"{self.path}:{number}: got {got}, allowed: {allowed}")


def _lines(path: _PathLike) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that are neither blank nor a comment."""
    # Bytes that are no text are shown in the message about their line.
    with Path(path).open(encoding="utf-8", errors="backslashreplace") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if text and not text.startswith("#"):
                yield number, text


def _header(path: _PathLike, number: int, line: str) -> tuple[int, int]:
    """Return numbers of sites and of edges."""
    words = line.split()[:2]
    try:
        if any("_" in word for word in words):
            raise ValueError
        n_spins, n_edges = (int(word) for word in words)
    except ValueError:
        n_spins = n_edges = 0
    if n_spins < 1 or n_edges < 0:
        allowed = "n m, at least one vertex and how many edges"
        raise ValueError(f"{os.fspath(path)}:{number}: got {line!r}, allowed: {allowed}")
    return n_spins, n_edges


def _write_lines(
    path: _PathLike, head: str, edges: NDArray[np.int64], values: NDArray[np.float64]
) -> None:
    lines = (
        f"{i} {j} {int(value) if value.is_integer() else value!r}\n"
        for (i, j), value in zip(edges.tolist(), values.tolist(), strict=True)
    )
    text = f"{head}\n{''.join(lines)}".encode()
    with io.replacing(path) as file:
        file.write(text)


# --- other packages -------------------------------------------------------------------------------


def to_sparse(model: Model) -> Any:
    """Return a model's couplings as a scipy.sparse array; `Pairwise` is the way back.

    Parameters
    ----------
    model : Model
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
    _check_no_field(model)
    (i, j), couplings = (part.T for part in _merged(model))
    rows, columns = np.concatenate([i, j]), np.concatenate([j, i])
    entries = (np.concatenate([couplings, couplings]), (rows, columns))
    return sparse.csr_array(entries, shape=(model.n_spins, model.n_spins))


def from_networkx(graph: Any, weight: str = "J", h: float = 0.0) -> Pairwise:
    """Make the model of a NetworkX graph.

    Parameters
    ----------
    graph : networkx.Graph
        Undirected, of at least one node, without parallel edges or loops. Site k is the k-th of
        ``graph.nodes``.
    weight : str
        The attribute that is the coupling of an edge. Each edge has to have it.
    h : float
        Uniform field.

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
    if not (hasattr(graph, "is_directed") and hasattr(graph, "is_multigraph")):
        raise TypeError(checks.describe("graph", graph, allowed))
    if graph.is_directed() or graph.is_multigraph():
        raise ValueError(f"graph: got a {type(graph).__name__}, allowed: {allowed}")
    if len(graph) == 0:
        raise ValueError("graph: got one without nodes, allowed: at least one node")
    site = {node: k for k, node in enumerate(graph.nodes)}
    edges, couplings = [], []
    for one, other, coupling in graph.edges(data=weight):
        if coupling is None:
            got = f"an edge ({one!r}, {other!r}) without it"
            raise ValueError(f"weight: got {weight!r}, and {got}, allowed: one that all edges have")
        if one == other:
            raise ValueError(f"graph: got a loop at the node {one!r}, allowed: edges of two nodes")
        edges.append((site[one], site[other]))
        couplings.append(checks.finite(f"graph[{one!r}][{other!r}][{weight!r}]", coupling))
    return Pairwise.from_edges(len(site), edges, couplings, h)


def to_networkx(model: Model, weight: str = "J") -> Any:
    """Return a model's couplings as a NetworkX graph.

    Parameters
    ----------
    model : Model
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
    _check_no_field(model)
    edges, couplings = _merged(model)
    graph = networkx.Graph()
    graph.add_nodes_from(range(model.n_spins))
    triples = zip(*edges.T.tolist(), couplings.tolist(), strict=True)
    graph.add_weighted_edges_from(triples, weight=weight)
    return graph


def from_dimod_negating(bqm: Any) -> Pairwise:
    """Make the model of a dimod binary quadratic model, with the signs of all biases changed.

    dimod's energy is +Σ J s s + Σ h s + offset, multispin's is −Σ J s s − Σ h s. With both signs
    changed they are the same but for the offset: ``bqm.energy(s) = model.energy(s) + bqm.offset``.

    Parameters
    ----------
    bqm : dimod.BinaryQuadraticModel
        Of vartype SPIN, with one linear bias for all variables. Site k is the k-th of
        ``bqm.variables``.

    Returns
    -------
    Pairwise
        The model, with h minus the linear bias.

    Raises
    ------
    TypeError, ValueError
        If the binary quadratic model is not of this kind.

    Examples
    --------
    >>> import dimod
    >>> import multispin as ms
    >>> bqm = dimod.BinaryQuadraticModel({}, {("a", "b"): 1.0}, 0.0, "SPIN")  # antiferromagnetic
    >>> ms.couplings.from_dimod_negating(bqm).couplings.tolist()
    [-1.0]
    """
    if not (hasattr(bqm, "vartype") and hasattr(bqm, "to_numpy_vectors")):
        allowed = "a dimod.BinaryQuadraticModel"
        raise TypeError(checks.describe("bqm", bqm, allowed))
    if bqm.vartype.name != "SPIN":
        allowed = "SPIN, which bqm.change_vartype('SPIN') makes it"
        raise ValueError(checks.describe("bqm.vartype", bqm.vartype.name, allowed))
    if len(bqm.variables) == 0:
        raise ValueError("bqm: got one without variables, allowed: at least one variable")
    linear, (i, j, quadratic), _ = bqm.to_numpy_vectors(variable_order=list(bqm.variables))
    if not bool(np.all(linear == linear[0])):
        allowed = "one for all variables; fields that differ from site to site are not supported"
        raise ValueError(checks.describe("bqm.linear", linear, allowed))
    edges = np.stack([i, j], axis=1).astype(np.int64)
    return Pairwise.from_edges(len(linear), edges, -quadratic, -float(linear[0]))


def to_dimod_negating(model: Model) -> Any:
    """Return the dimod binary quadratic model of the same energy: all signs are changed.

    dimod's energy is +Σ J s s + Σ h s, multispin's is −Σ J s s − Σ h s. So the quadratic biases
    are −J and the linear ones −h, and ``bqm.energy(s) = model.energy(s)``.

    Parameters
    ----------
    model : Model
        One set of couplings.

    Returns
    -------
    dimod.BinaryQuadraticModel
        Of vartype SPIN, with the variables 0 to N − 1.

    Raises
    ------
    MissingExtraError
        If dimod is not installed.
    TypeError, ValueError
        If the model is not of this kind.

    Examples
    --------
    >>> import multispin as ms
    >>> bqm = ms.couplings.to_dimod_negating(ms.Ising((3,), h=0.5))
    >>> float(bqm.energy({0: 1, 1: 1, 2: 1}))
    -4.5
    """
    dimod = require("dimod", "graphs")
    edges, couplings = _merged(model)
    linear = np.full(model.n_spins, -model.h)
    return dimod.BinaryQuadraticModel.from_numpy_vectors(
        linear, (*edges.T, -couplings), 0.0, "SPIN"
    )


def _merged(model: Model) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return edges i < j in ascending order and their couplings; double bonds are added up."""
    checks.instance("model", model, Model, "a model of multispin")
    if model.samples is not None:
        got = f"{model.samples} disorder samples"
        raise ValueError(checks.describe("model", got, "one set of couplings: model.sample(k)"))
    pairs, place = np.unique(np.sort(model.edges, axis=1), axis=0, return_inverse=True)
    couplings = np.zeros(len(pairs))
    np.add.at(couplings, place.ravel(), model.couplings)
    joined = couplings != 0
    return pairs[joined], couplings[joined]


def _check_no_field(model: Model) -> None:
    checks.instance("model", model, Model, "a model of multispin")
    if model.h != 0:
        raise ValueError(checks.describe("model.h", model.h, "0, as there is no place for a field"))
