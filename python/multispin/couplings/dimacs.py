"""Graphs in files of DIMACS, as instances of max-cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.couplings._pairs import check_no_field, merged
from multispin.couplings._text import Entries, PathLike, Text, entry_lines, write_lines
from multispin.couplings.max_cut import of_weights

if TYPE_CHECKING:
    from multispin.models import Pairwise, SignedGraph


def read_dimacs(path: PathLike) -> Pairwise:
    r"""Read a graph of DIMACS as a max-cut instance, with couplings J = −w.

    A line ``p NAME n m`` comes first, of any name (``edge``, ``col``), then m lines ``e i j`` or
    ``e i j w`` with vertices from 1; a weight w that is not there is 1. Blank lines and comments,
    ``c ...``, and from ``#`` or ``%`` on, mean nothing, and commas may part numbers. The cut of
    largest weight is the ground state; `cut_value` gives it.

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
        If `path` is no path; or a line is not of this kind, an edge is listed twice, or there are
        not m of them, with a message that begins with ``path:line:column:``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "path.col"
    ...     _ = path.write_text("c a path\np edge 3 2\ne 1 2\ne 2 3 -1\n")
    ...     model = ms.couplings.read_dimacs(path)
    >>> model.edges.tolist(), model.couplings.tolist()
    ([[0, 1], [1, 2]], [-1.0, 1.0])
    """
    text = Text(checks.path("path", path), loose=True)
    lines = text.lines()
    header = next(lines, "")
    allowed = "p NAME n m, at least one vertex and how many edges"
    words = header.split()
    if words[:1] != ["p"]:
        raise text.error(header, 0, checks.shown(words[0]) if words else "nothing", allowed)
    if words[1:2] == ["qubo"]:
        got = "'qubo', a file of qbsolv, whose numbers are of variables 0 and 1"
        raise text.error(header, 1, got, allowed)
    n_spins, n_edges = text.counts(header, (1, 0), allowed, skipped=2)
    edges = Entries(text, first_site=1, n_sites=n_spins)
    for line in lines:
        kind = line.split(maxsplit=1)[0]
        if kind != "e":
            raise text.error(line, 0, checks.shown(kind), "e i j, an edge, or c, a comment")
        edges.add(line, skipped=1, value=1.0)
    edges.demand(n_edges, "the line p")
    return of_weights(edges, n_spins)


def write_dimacs(path: PathLike, model: SignedGraph) -> None:
    """Write a model as a graph of DIMACS: ``p edge n m``, then ``e i j w`` with w = −J.

    If all weights are 1 they are left out. At any moment the file is the old one or the new one,
    whole. Numbers come back bit for bit.

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
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.couplings.write_dimacs(folder + "/ring.col", ms.Ising((3,), J=-1.0))
    ...     Path(folder, "ring.col").read_text().splitlines()
    ['p edge 3 3', 'e 1 2', 'e 1 3', 'e 2 3']
    """
    path = checks.path("path", path)
    check_no_field(model)
    edges, couplings = merged(model)
    head = f"p edge {model.n_spins} {len(edges)}\n"
    if bool(np.all(couplings == -1)):
        write_lines(path, [head, *(f"e {i} {j}\n" for i, j in (edges + 1).tolist())])
    else:
        write_lines(path, [head, *entry_lines(edges + 1, -couplings, before="e ")])
