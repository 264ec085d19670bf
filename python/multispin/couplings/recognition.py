"""Which of the formats a file is in, and the problem in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multispin._base import checks
from multispin.couplings._text import PathLike, Text, integer
from multispin.couplings.dimacs import read_dimacs
from multispin.couplings.edges import read_edges_problem
from multispin.couplings.max_cut import read_max_cut
from multispin.couplings.problem import Problem
from multispin.couplings.qubo_files import CONVENTIONS, read_qubo

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("max-cut", "dimacs", "edges", *CONVENTIONS)

_SUFFIXES = {
    ".mc": "max-cut",
    ".rud": "max-cut",
    ".rudy": "max-cut",
    ".col": "dimacs",
    ".dimacs": "dimacs",
    ".sparse": "sparse",
    ".bq": "bq",
}


def recognize(path: PathLike) -> str:
    r"""Tell in which format a file is.

    By its suffix, where that is one that belongs to a format: ``.mc``, ``.rud`` and ``.rudy``
    (max-cut), ``.col`` and ``.dimacs``, ``.sparse``, ``.bq``. Else by what is in it:

    * a first line ``p ...``, but for comments: dimacs;
    * a line of one number, then one of two: orlib;
    * lines of two numbers: max-cut if the second of the first line counts the others, else edges;
    * a line ``n m``, then lines ``i j w``: max-cut, unless some i = j. Those are of a matrix, which
      may be meant as ``sparse`` or as ``bq``: that has to be said;
    * lines of three numbers from the first on: edges, unless m lines without a vertex 0 follow a
      line ``n m 0``, as in the DIMACS torus set: max-cut.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    str
        "max-cut", "dimacs", "edges", "sparse", "bq" or "orlib".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If `path` is no path, or the file is in none of them, or in one of two.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "G0"
    ...     _ = path.write_text("3 2\n1 2 1\n2 3 -1\n")
    ...     ms.couplings.recognize(path)
    'max-cut'
    """
    path = checks.path("path", path)
    suffix = _SUFFIXES.get(path.suffix.lower())
    return suffix or _of_content(path)


def read_problem(
    path: PathLike,
    format: str = "auto",  # noqa: A002
    problem: int | None = None,
) -> Problem:
    r"""Read a problem of optimisation from a file in any of the formats.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    format : {"auto", "max-cut", "dimacs", "edges", "sparse", "bq", "orlib"}
        How it is meant: `read_max_cut`, `read_dimacs`, `read_edges` and `read_qubo` say what that
        is. "auto" is what `recognize` says.
    problem : int, optional
        Which problem of a file of ``orlib``, from 1. It may be left out where there is one.

    Returns
    -------
    Problem
        To be minimised; a `Qubo` if its variables are 0 and 1. The energy of a max-cut instance is
        that of its model, and `cut_value` its cut; the value of one of ``orlib`` is minus the
        energy.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument is not of this kind, or the file is not, with a message that begins with
        its path, for most mistakes ``path:line:column:``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.bq"
    ...     _ = path.write_text("2 3\n1 1 -3\n2 2 -3\n1 2 4\n")
    ...     problem = ms.couplings.read_problem(path)
    >>> problem
    Qubo(<2 variables, 1 pairs>, constant=0.0)
    """
    path = checks.path("path", path)
    checks.choice("format", format, ("auto", *FORMATS))
    if format == "auto":
        format = recognize(path)  # noqa: A001
    if format in CONVENTIONS:
        return read_qubo(path, format, problem)
    if problem is not None and checks.count("problem", problem, 1) != 1:
        raise ValueError(checks.describe("problem", problem, "1 or None, but with 'orlib'"))
    if format == "edges":
        return read_edges_problem(path)
    return Problem(read_max_cut(path) if format == "max-cut" else read_dimacs(path))


def _of_content(path: Path) -> str:
    text = Text(path, loose=True)
    lines = text.lines()
    first = next(lines, "").split()
    if first[:1] == ["p"]:
        return "dimacs"
    second = next(lines, "").split()
    if len(first) == 1 and len(second) == 2 and integer(first[0]) > 0:
        return "orlib"
    numbers = [integer(word) for word in first[:2]]
    if len(numbers) == 2 and min(numbers) >= 0:
        rows = [second, *(line.split(maxsplit=3) for line in lines)] if second else []
        pairs = [row[:2] for row in rows]
        if len(first) == 2 and rows and all(len(row) == 2 for row in rows):
            return "max-cut" if len(rows) == numbers[1] else "edges"
        from_zero = numbers[0] == 0 or any("0" in pair for pair in pairs)
        if len(first) == 3 and (from_zero or len(pairs) != numbers[1]):
            return "edges"
        if len(first) in (2, 3) and not any(pair[0] == pair[-1] for pair in pairs):
            return "max-cut"
        if len(first) == 2:
            allowed = "its format given, as sparse and bq mean different things (or max-cut)"
            raise ValueError(f"{path}: got entries of a matrix after n m, allowed: {allowed}")
    allowed = f"a file in one of the formats {', '.join(FORMATS)}"
    got = checks.shown(" ".join(first)) if first else "nothing"
    raise ValueError(f"{path}: got {got} at its beginning, allowed: {allowed}")
