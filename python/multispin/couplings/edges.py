"""Couplings and fields in files of lines ``i j J`` and ``i i h``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.couplings._pairs import check_strength, merged
from multispin.couplings._text import (
    Entries,
    PathLike,
    Text,
    constant_line,
    entry_lines,
    integer,
    write_lines,
)
from multispin.couplings.problem import Problem
from multispin.models import Pairwise, SignedGraph, fields

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike


def read_edges(
    path: PathLike, n_spins: int | None = None, h: ArrayLike = 0.0, first_site: int | None = None
) -> Pairwise:
    r"""Read couplings from lines ``i j J``, and fields from lines ``i i h``.

    Blank lines, lines ``c ...`` and what comes after ``#`` or ``%`` mean nothing; there is no
    header. Commas may part numbers. If no line has a number J, all are 1 (and there are no fields).
    A coupling of 0 is no edge. Numbers are of ASCII digits; a byte-order mark at the start is
    skipped. The energy is -J s_i s_j - h s_i: files of dimod (COO), whose biases have the other
    sign or are of variables 0 and 1, are refused where they say so (``# vartype=``).
    `read_problem` also reads the constant that `write_edges` keeps in a comment.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    n_spins : int, optional
        Number of sites N, where it is more than the largest number in the file and one.
    h : float or array_like
        Field h_i of the model, if the file has none: a number for all sites, or (N,).
    first_site : 0 or 1, optional
        Number of the first site. By default sites are numbered from 0, and a file without a site 0
        is refused unless this or `n_spins` says how it is meant.

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
        ``path:line:column:``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "triangle.txt"
    ...     _ = path.write_text("# i j J\n0 1 1\n1 2 -1\n0 2 0.5\n2 2 0.25\n")
    ...     model = ms.couplings.read_edges(path)
    >>> model.couplings.tolist(), model.h.tolist()
    ([1.0, 0.5, -1.0], [0.0, 0.0, 0.25])
    """
    return read_edges_problem(path, n_spins, h, first_site).model


def read_edges_problem(
    path: PathLike, n_spins: int | None = None, h: ArrayLike = 0.0, first_site: int | None = None
) -> Problem:
    """Read what `read_edges` reads, and the constant in a comment."""
    path = checks.path("path", path)
    if n_spins is not None:
        n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    if first_site is not None:
        first_site = checks.count("first_site", first_site, 0, 1)
    text = Text(path, loose=True)
    entries = Entries(text, first_site or 0, n_spins, diagonal=True)
    first, number = "", 0
    for line in text.lines():
        if line.split()[0] == "p":
            allowed = "i j J (read_dimacs reads such files, with couplings -w)"
            raise text.error(line, 0, "'p', a header of DIMACS", allowed)
        if not first:
            first, number = line, text.number
        entries.add_alike(line)
    if first and not entries.weighted:
        _demand_no_header(path, first, number, entries)
    if n_spins is None:
        if not entries.values:
            raise ValueError(f"{path}: got no edges, allowed: some, or n_spins given")
        if first_site is None and min(min(pair) for pair in entries.line_of) > 0:
            raise ValueError(
                f"{path}: got no site 0, allowed: sites from 0, or first_site given (1 "
                "for files that count from 1, 0 if the first sites have no edges)"
            )
        n_spins = 1 + max(max(pair) for pair in entries.line_of)
    check_strength(
        str(path), [text.constant, *entries.values], "couplings and fields of which Σ|J| + Σ|h|"
    )
    pairs, couplings, sites, values = entries.parted()
    if sites:
        if not (np.isscalar(h) and h == 0):
            raise ValueError(checks.describe("h", h, f"0, as {path} has fields of its own"))
        check_memory(f"{path}: fields of {n_spins} sites", 16 * n_spins)
        field = np.zeros(n_spins)
        field[sites] = values
        h = field
    return Problem(Pairwise.from_edges(n_spins, pairs, couplings, h), text.constant)


def _demand_no_header(path: Path, first: str, number: int, entries: Entries) -> None:
    """Refuse a first line that may be one ``n m`` of what follows, in a file without numbers."""
    n, m = (integer(word) for word in first.split())
    others = [site for pair in list(entries.line_of)[1:] for site in pair]
    if m == len(entries.values) - 1 and others and n >= max(others) + entries.first_site:
        got = f"{checks.shown(first.strip())}, which may be an edge or a header n m"
        allowed = "numbers J in all lines (read_max_cut reads files with a header)"
        raise ValueError(f"{path}:{number}:1: got {got}, allowed: {allowed}")


def write_edges(path: PathLike, model: SignedGraph | Problem) -> None:
    """Write a model's couplings as lines ``i j J`` with i < j, and its fields as lines ``i i h``.

    The first line is a comment, and so is ``# constant c``, the offset of a `Problem` that has
    one. At any moment the file is the old one or the new one, whole. Numbers come back bit for
    bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : SignedGraph or Problem
        One set of couplings.

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
    path = checks.path("path", path)
    constant = model.offset if isinstance(model, Problem) else 0.0
    model = model.model if isinstance(model, Problem) else model
    edges, couplings = merged(model)
    h = fields.at_sites(model.h, model.n_spins)
    (sites,) = np.nonzero(h)
    lines = ["# i j J\n", *constant_line(constant), *entry_lines(edges, couplings)]
    write_lines(path, [*lines, *entry_lines(np.stack([sites, sites], axis=1), h[sites])])
