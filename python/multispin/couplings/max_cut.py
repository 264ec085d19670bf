"""Instances of max-cut, whose weights are −J."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.couplings._pairs import check_no_field, check_strength, merged
from multispin.couplings._text import Entries, PathLike, Text, entry_lines, write_lines
from multispin.models import Pairwise, SignedGraph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def read_max_cut(path: PathLike) -> Pairwise:
    r"""Read a max-cut instance: a line ``n m``, then m lines ``i j w``, with vertices from 1.

    The couplings are J = −w: the cut of largest weight is then the ground state. Further numbers
    in the first line, as in the DIMACS torus set, and blank lines mean nothing, and so do lines
    ``c ...`` and what comes after ``#`` or ``%``. Commas may part numbers. If no edge has a weight,
    all are 1. A weight of 0 is no edge.

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
    TypeError, ValueError
        If `path` is no path; or a line is not of this kind, or there are not m edges, with a
        message that begins with ``path:line:column:``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "path.mc"
    ...     _ = path.write_text("3 2\n1 2 1\n2 3 -1\n")
    ...     model = ms.couplings.read_max_cut(path)
    >>> model.edges.tolist(), model.couplings.tolist()
    ([[0, 1], [1, 2]], [-1.0, 1.0])
    """
    text = Text(checks.path("path", path), loose=True)
    lines = text.lines()
    allowed = "n m, at least one vertex and how many edges"
    n_spins, n_edges = text.counts(next(lines, ""), (1, 0), allowed, more=True)
    edges = Entries(text, first_site=1, n_sites=n_spins)
    for line in lines:
        edges.add_alike(line)
    edges.demand(n_edges, "the first line")
    return of_weights(edges, n_spins)


def write_max_cut(path: PathLike, model: SignedGraph) -> None:
    """Write a model as a max-cut instance: ``n m``, then ``i j w`` with w = −J, vertices from 1.

    At any moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : SignedGraph
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
    path = checks.path("path", path)
    check_no_field(model)
    edges, couplings = merged(model)
    write_lines(path, [f"{model.n_spins} {len(edges)}\n", *entry_lines(edges + 1, -couplings)])


def cut_value(model: SignedGraph, spins: ArrayLike) -> NDArray[np.float64]:
    r"""Weight of the cut between the spins up and the spins down, for the weights w = −J.

    .. math:: \mathrm{cut} = \sum_{i<j,\ s_i \ne s_j} w_{ij} = \frac{1}{2}
              \Bigl(\sum_{i<j} w_{ij} - E(s)\Bigr), \qquad w_{ij} = -J_{ij}

    Parameters
    ----------
    model : SignedGraph
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
    check_no_field(model)
    energy = model.energy(spins)
    total = -model.couplings.sum(axis=-1)
    return np.asarray((total.reshape(total.shape + (1,) * (energy.ndim - total.ndim)) - energy) / 2)


def of_weights(edges: Entries, n_spins: int) -> Pairwise:
    """Return the model of edges whose values are weights."""
    check_strength(str(edges.text.path), edges.values)
    return Pairwise.from_edges(n_spins, list(edges.line_of), -np.array(edges.values))
