"""Couplings in files of lines ``i j J``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin._base import checks
from multispin.couplings._pairs import check_no_field, check_strength, merged
from multispin.couplings._text import Edges, PathLike, lines_of, write_lines
from multispin.models import Pairwise, SignedGraph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def read_edges(
    path: PathLike, n_spins: int | None = None, h: ArrayLike = 0.0, first_site: int | None = None
) -> Pairwise:
    r"""Read couplings from lines ``i j J``.

    Blank lines and lines that begin with ``#`` mean nothing; there is no header. A coupling of 0 is
    no edge. Numbers are of ASCII digits; a byte-order mark at the start is skipped. The energy is
    -J s_i s_j: files of dimod (COO), whose biases have the other sign or are of variables 0 and 1,
    are refused where they say so (``# vartype=``).

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    n_spins : int, optional
        Number of sites N, where it is more than the largest number in the file and one.
    h : float or array_like
        Field h_i of the model, as the file has none: a number for all sites, or (N,).
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
        ``path:line:``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "triangle.txt"
    ...     _ = path.write_text("# i j J\n0 1 1\n1 2 -1\n0 2 0.5\n")
    ...     ms.couplings.read_edges(path).couplings.tolist()
    [1.0, 0.5, -1.0]
    """
    path = checks.path("path", path)
    if n_spins is not None:
        n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    if first_site is not None:
        first_site = checks.count("first_site", first_site, 0, 1)
    edges = Edges(path, first_site or 0, n_spins)
    for number, line in lines_of(path):
        edges.add(number, line)
    if n_spins is None:
        if not edges.couplings:
            raise ValueError(f"{path}: got no edges, allowed: some, or n_spins given")
        if first_site is None and min(min(pair) for pair in edges.line_of) > 0:
            raise ValueError(
                f"{path}: got no site 0, allowed: sites from 0, or first_site given (1 "
                "for files that count from 1, 0 if the first sites have no edges)"
            )
        n_spins = 1 + max(max(pair) for pair in edges.line_of)
    check_strength(str(path), edges.couplings)
    return Pairwise.from_edges(n_spins, list(edges.line_of), edges.couplings, h)


def write_edges(path: PathLike, model: SignedGraph) -> None:
    """Write a model's couplings as lines ``i j J`` with i < j, below a comment.

    At any moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : SignedGraph
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
    path = checks.path("path", path)
    check_no_field(model)
    edges, couplings = merged(model)
    write_lines(path, "# i j J", edges, couplings)
