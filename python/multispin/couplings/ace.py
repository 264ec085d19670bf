"""Couplings and moments of variables 0 and 1 in files of ACE: a number a line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin.couplings._pairs import check_strength
from multispin.couplings._text import PathLike, Text, write_lines, written
from multispin.couplings.qubo import Qubo, to_qubo
from multispin.models import triangle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from multispin.couplings.problem import Problem
    from multispin.models import SignedGraph

    Floats = NDArray[np.float64]

_ROUNDING = 1e-6  # by which probabilities in files are off


def read_ace(path: PathLike) -> Qubo:
    r"""Read couplings and fields of variables 0 and 1 as ACE writes them, in files ``.j``.

    N lines with fields h⁰¹_i are followed by N (N − 1) / 2 lines with couplings J⁰¹_ij, i < j, row
    by row, of

    .. math:: P(x) \propto \exp\left(\sum_{i<j} J^{01}_{ij} x_i x_j + \sum_i h^{01}_i x_i\right),
              \qquad x_i \in \{0, 1\}

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    Qubo
        Its ``model`` is that of spins ±1; ``linear`` and ``quadratic`` are −h⁰¹ and −J⁰¹.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If `path` is no path, or a line is no number, or there are not N (N + 1) / 2 of them: the
        message begins with ``path:line:column:``. Files of variables of more than two values have
        lines of several numbers, and are refused.

    Notes
    -----
    J. P. Barton, E. De Leonardis, A. Coucke & S. Cocco, Bioinformatics 32, 3089 (2016).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.j"
    ...     _ = path.write_text("-0.5\n-1\n2\n")
    ...     model = ms.couplings.read_ace(path).model
    >>> model.couplings.tolist(), model.h.tolist()
    ([0.5], [0.25, 0.0])
    """
    path = checks.path("path", path)
    numbers, n = _numbers(path)
    check_strength(str(path), numbers, "parameters of which Σ|J| + Σ|h|")
    return Qubo(-numbers[:n], triangle.pairs(n, "path"), -numbers[n:])


def write_ace(path: PathLike, model: SignedGraph | Problem) -> None:
    r"""Write a model's couplings and fields as those of variables 0 and 1, as ACE reads them.

    A line for each field, and one for each pair, coupled or not. A constant changes no
    distribution, and is not written. At any moment the file is the old one or the new one, whole.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace, whose name should end with ``.j``.
    model : SignedGraph or Problem
        One set of couplings, of spins or, as a `Qubo`, of variables 0 and 1.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If the model is not of this kind.
    MemoryError
        If all pairs do not fit.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.j"
    ...     ms.couplings.write_ace(path, ms.Pairwise([[0, 0.5], [0.5, 0]], [0.25, 0.0]))
    ...     path.read_text()
    '-0.5\n-1\n2\n'
    """
    path = checks.path("path", path)
    try:
        qubo = to_qubo(model)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("problem", "model", 1)) from error
    n = len(qubo.linear)
    pairs = triangle.pairs(n, "model")  # it says so if they do not fit
    found = np.zeros(len(pairs))
    i, j = qubo.pairs.T
    found[i * (2 * n - i - 1) // 2 + j - i - 1] = qubo.quadratic
    _write(path, [-qubo.linear, -found])


def read_ace_moments(path: PathLike) -> tuple[Floats, Floats]:
    r"""Read moments of variables 0 and 1 as ACE takes them, from files ``.p``.

    N lines with ⟨x_i⟩ are followed by N (N − 1) / 2 lines with ⟨x_i x_j⟩, i < j, row by row.

    Parameters
    ----------
    path : str or os.PathLike
        The file.

    Returns
    -------
    mean, second
        ⟨x_i⟩ (N,), and ⟨x_i x_j⟩ (N, N), symmetric with ⟨x_i⟩ on its diagonal, float64. In the
        units of the file, 0 and 1.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If `path` is no path, or a line is no number from 0 to 1, up to 10⁻⁶, or there are not
        N (N + 1) / 2 of them: the message begins with ``path:line:column:``.

    Notes
    -----
    J. P. Barton, E. De Leonardis, A. Coucke & S. Cocco, Bioinformatics 32, 3089 (2016).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.p"
    ...     _ = path.write_text("7.5e-01\n5.0e-01\n4.375e-01\n")
    ...     mean, second = ms.couplings.read_ace_moments(path)
    >>> mean.tolist(), second.tolist()
    ([0.75, 0.5], [[0.75, 0.4375], [0.4375, 0.5]])
    """
    path = checks.path("path", path)
    numbers, n = _numbers(path, probabilities=True)
    second = np.diag(numbers[:n])
    i, j = np.triu_indices(n, 1)
    second[i, j] = second[j, i] = numbers[n:]
    return numbers[:n], second


def write_ace_moments(path: PathLike, mean: ArrayLike, second: ArrayLike) -> None:
    r"""Write moments of variables 0 and 1 as ACE takes them.

    At any moment the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace, whose name should end with ``.p``.
    mean : array_like
        ⟨x_i⟩, (N,), N >= 1, from 0 to 1.
    second : array_like
        ⟨x_i x_j⟩, (N, N), symmetric, from 0 to 1; what stands on the diagonal is not written.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If moments are not of this kind.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.p"
    ...     ms.couplings.write_ace_moments(path, [0.75, 0.5], [[0.75, 0.4375], [0.4375, 0.5]])
    ...     path.read_text()
    '0.75\n0.5\n0.4375\n'
    """
    path = checks.path("path", path)
    first = _probabilities("mean", mean)
    if first.ndim != 1 or not len(first):
        allowed = "an array (N,), N >= 1"
        raise ValueError(checks.describe("mean", f"an array of shape {first.shape}", allowed))
    pairs = _probabilities("second", second)
    n = len(first)
    if pairs.shape != (n, n):
        allowed = f"an array {n, n}"
        raise ValueError(checks.describe("second", f"an array of shape {pairs.shape}", allowed))
    (i, j) = np.unravel_index(np.abs(pairs - pairs.T).argmax(), pairs.shape)
    if abs(pairs[i, j] - pairs[j, i]) > _ROUNDING:
        got = f"{pairs[i, j]:g} at [{i}, {j}] and {pairs[j, i]:g} at [{j}, {i}]"
        raise ValueError(f"second: got {got}, allowed: a symmetric array")
    _write(path, [first, triangle.above_diagonal(pairs)])


def _numbers(path: Path, probabilities: bool = False) -> tuple[Floats, int]:
    """Return the numbers of a file, and of how many variables they are."""
    text = Text(path)
    found: list[float] = []
    for line in text.lines():
        words = line.split()
        if len(words) > 1:
            allowed = "one number a line, as of variables of two values"
            raise text.error(line, 1, checks.shown(words[1]), allowed)
        number = text.value(line, words[0])
        if probabilities and not -_ROUNDING <= number <= 1.0 + _ROUNDING:
            raise text.error(line, 0, checks.shown(words[0]), "a probability, from 0 to 1")
        found.append(number)
    n = (math.isqrt(8 * len(found) + 1) - 1) // 2
    if n < 1 or n * (n + 1) // 2 != len(found):
        got = f"{len(found)} numbers at the end"
        allowed = "N (N + 1) / 2 of them, one for each variable and each pair"
        raise ValueError(f"{path}:{text.number}:1: got {got}, allowed: {allowed}")
    return np.array(found), n


def _probabilities(name: str, given: ArrayLike) -> Floats:
    allowed = "numbers from 0 to 1"
    found = checks.numbers(name, given, allowed)
    wrong = (found < -_ROUNDING) | (found > 1.0 + _ROUNDING)
    if bool(wrong.any()):
        raise ValueError(checks.describe(name, float(found[wrong].flat[0]), allowed))
    return found


def _write(path: Path, numbers: Iterable[Floats]) -> None:
    # ACE takes a blank at the end of a line for one number more.
    write_lines(path, (f"{written(x + 0.0)}\n" for part in numbers for x in part.tolist()))
