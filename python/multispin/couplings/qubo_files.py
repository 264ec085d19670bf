"""Problems of quadratic binary optimisation in files of lines ``i j q``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.couplings._pairs import check_strength
from multispin.couplings._text import (
    Entries,
    PathLike,
    Text,
    constant_line,
    entry_lines,
    write_lines,
)
from multispin.couplings.qubo import Qubo, to_qubo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from multispin.couplings.problem import Problem
    from multispin.models import SignedGraph


class Convention(NamedTuple):
    """What the numbers in a file mean.

    Attributes
    ----------
    symmetric
        Whether a line ``i j q`` is of both Q_ij and Q_ji.
    maximised
        Whether x^T Q x is to be as large as possible.
    several
        Whether a file begins with the number of problems in it.
    """

    symmetric: bool
    maximised: bool
    several: bool


CONVENTIONS = {
    "sparse": Convention(symmetric=True, maximised=False, several=False),
    "bq": Convention(symmetric=False, maximised=False, several=False),
    "orlib": Convention(symmetric=True, maximised=True, several=True),
}


def read_qubo(path: PathLike, format: str = "sparse", problem: int | None = None) -> Qubo:  # noqa: A002
    r"""Read a problem of quadratic binary optimisation, :math:`x^T Q x` for x in {0, 1}^n.

    A line ``n m``, variables and entries, is followed by m lines ``i j q``, with variables from 1.
    A line ``i i q`` is the linear term. Blank lines, lines ``c ...`` and what comes after
    ``#`` or ``%`` mean nothing, and commas may part numbers.

    =========== ============== ========================================== =======================
    format      is to be       a line ``i j q`` with i ≠ j                where
    =========== ============== ========================================== =======================
    ``sparse``  minimised      q is Q_ij **and** Q_ji: adds 2 q x_i x_j   Biq Mac (``.sparse``)
    ``bq``      minimised      q is Q_ij alone: adds q x_i x_j            McSparse, Bonn (``.bq``)
    ``orlib``   **maximised**  q is Q_ij **and** Q_ji: adds 2 q x_i x_j   OR-Library (bqp*, bqpgka)
    =========== ============== ========================================== =======================

    In ``bq`` both ``i j`` and ``j i`` may be there and are added; in the others a pair is there
    once. The files of Glover, Kochenberger and Alidaee are ``orlib`` in the OR-Library and
    ``sparse``, with all signs changed, in the Biq Mac Library. Files of ``orlib`` begin with the
    number of problems in them.

    What is returned is always to be minimised: of ``orlib`` with −Q, so that the largest value of
    the file's :math:`x^T Q x` is minus the lowest energy.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    format : {"sparse", "bq", "orlib"}
        How it is meant. Nothing in a file of ``sparse`` tells it from one of ``bq``.
    problem : int, optional
        Which problem of a file of ``orlib``, from 1. It may be left out where there is one.

    Returns
    -------
    Qubo
        The problem.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument is not of this kind; or a line is not, an entry is there twice, or there are
        not m of them, with a message that begins with ``path:line:column:``.

    Notes
    -----
    A. Wiegele, Biq Mac Library (2007); J. E. Beasley, J. Oper. Res. Soc. 41, 1069 (1990) and the
    page bqpinfo of the OR-Library; F. Glover, G. A. Kochenberger & B. Alidaee, Manage. Sci. 44,
    336 (1998); the page formats of McSparse, University of Bonn.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.sparse"
    ...     _ = path.write_text("2 3\n1 1 -3\n2 2 -3\n1 2 2\n")
    ...     qubo = ms.couplings.read_qubo(path)
    >>> qubo.to_dict()
    {(0, 0): -3.0, (1, 1): -3.0, (0, 1): 4.0}
    """
    path = checks.path("path", path)
    convention = CONVENTIONS[checks.choice("format", format, tuple(CONVENTIONS))]
    if problem is not None:
        problem = checks.count("problem", problem, 1)
    text = Text(path, loose=True)
    lines = text.lines()
    number = _find(text, lines, convention, problem)
    allowed = "n m, at least one variable and how many entries"
    n, m = text.counts(next(lines, ""), (1, 0), allowed)
    entries = Entries(text, 1, n, diagonal=True, ordered=not convention.symmetric)
    for _ in range(m):
        line = next(lines, None)
        if line is None:
            entries.demand(m, "n m")
        else:
            entries.add(line)
    for _ in range(number):  # problems after this one
        _skip(text, lines)
    extra = next(lines, None)
    if extra is not None:
        allowed = f"nothing after {m} entries, as n m says"
        raise text.error(extra, 0, checks.shown(extra.strip()), allowed)
    check_memory(f"{path}: {n} variables", 64 * n)
    return _qubo(entries, n, convention)


def write_qubo(
    path: PathLike,
    problem: Problem | SignedGraph,
    format: str = "sparse",  # noqa: A002
) -> None:
    """Write a problem of quadratic binary optimisation; see `read_qubo` for what files mean.

    A constant is kept in a comment ``# constant c``, which `read_qubo` understands and other
    programs skip; ``orlib`` knows no comments, and nothing with a constant can be written. At any
    moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    problem : Problem or SignedGraph
        What is to be minimised; one of spins is written as `to_qubo` makes it.
    format : {"sparse", "bq", "orlib"}
        How it is written.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If an argument is not of this kind, or a constant has no place.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> qubo = ms.couplings.from_qubo({(0, 0): -3, (1, 1): -3, (0, 1): 4})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "small.bq"
    ...     ms.couplings.write_qubo(path, qubo, format="bq")
    ...     path.read_text().splitlines()
    ['2 3', '1 1 -3', '2 2 -3', '1 2 4']
    """
    path = checks.path("path", path)
    convention = CONVENTIONS[checks.choice("format", format, tuple(CONVENTIONS))]
    qubo = to_qubo(problem)
    if convention.several and qubo.constant:
        allowed = "one of which the constant is 0, as orlib has no place for it"
        raise ValueError(f"problem: got the constant {qubo.constant!r}, allowed: {allowed}")
    sign = -1.0 if convention.maximised else 1.0
    (on_diagonal,) = np.nonzero(qubo.linear)
    q = qubo.quadratic / 2 if convention.symmetric else qubo.quadratic
    if convention.symmetric and bool(np.any(2 * q != qubo.quadratic)):
        allowed = "numbers whose halves are numbers too, or format='bq'"
        raise ValueError(f"problem: got coefficients as small as 5e-324, allowed: {allowed}")
    pairs = np.concatenate([np.stack([on_diagonal] * 2, axis=1), qubo.pairs]) + 1
    values = sign * np.concatenate([qubo.linear[on_diagonal], q])
    head = [*constant_line(qubo.constant), f"{qubo.n_variables} {len(values)}\n"]
    several = ["1\n"] if convention.several else []
    write_lines(path, [*several, *head, *entry_lines(pairs, values)])


def _find(text: Text, lines: Iterator[str], convention: Convention, problem: int | None) -> int:
    """Go to the problem, and return how many come after it."""
    if not convention.several:
        if problem not in (None, 1):
            raise ValueError(checks.describe("problem", problem, "1 or None, but with 'orlib'"))
        return 0
    (number,) = text.counts(next(lines, ""), (1,), "the number of problems")
    if problem is None and number > 1:
        raise ValueError(checks.describe("problem", None, f"1 to {number}, one of {text.path}"))
    chosen = problem or 1
    if chosen > number:
        raise ValueError(checks.describe("problem", chosen, f"1 to {number}, one of {text.path}"))
    for _ in range(chosen - 1):
        _skip(text, lines)
    return number - chosen


def _skip(text: Text, lines: Iterator[str]) -> None:
    """Pass over a problem."""
    _, entries = text.counts(next(lines, ""), (1, 0), "n m of the next problem")
    for _ in range(entries):
        if next(lines, None) is None:
            raise text.error("", 0, "nothing more", f"{entries} entries, as n m says")


def _qubo(entries: Entries, n: int, convention: Convention) -> Qubo:
    sign, twice = (-1.0 if convention.maximised else 1.0), (2.0 if convention.symmetric else 1.0)
    pairs, q, sites, a = entries.parted()
    constant = entries.text.constant
    check_strength(str(entries.text.path), [constant, *a, *q, *q], "entries of which Σ|q|")
    linear = np.zeros(n)
    linear[sites] = a
    upper: dict[tuple[int, int], float] = {}
    for (i, j), value in zip(pairs, q, strict=True):
        pair = (min(i, j), max(i, j))
        upper[pair] = upper.get(pair, 0.0) + twice * value
    quadratic = sign * np.array(list(upper.values()))
    return Qubo(sign * linear, list(upper), quadratic, sign * constant)
