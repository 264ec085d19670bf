"""Couplings and fields in files of adabmDCA: lines ``J i j a b value`` and ``h i a value``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from multispin._base import checks
from multispin._base.memory import check_memory
from multispin.couplings._pairs import check_strength
from multispin.couplings._text import PathLike, Text, integer, write_lines, written
from multispin.couplings.problem import Problem
from multispin.models import Pairwise, SignedGraph, fields

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What stands in a line, by the word it begins with.
_LINES = {"J": "J i j a b value", "h": "h i a value"}


def read_adabm_dca(path: PathLike, n_spins: int | None = None, symbols: str = "01") -> Problem:
    r"""Read couplings and fields of variables of two values, as adabmDCA writes them.

    A file has lines ``J i j a b value`` and ``h i a value``, sites from 0, of

    .. math:: P(x) \propto \exp\left(\sum_{i<j} J_{ij}(x_i, x_j) + \sum_i h_i(x_i)\right)

    What is not listed is 0. Many such parameters are of one distribution; whichever they are, they
    become, with s = −1 for the first symbol and +1 for the second,

    .. math:: J_{ij} &= \tfrac14 [J_{ij}(1,1) + J_{ij}(0,0) - J_{ij}(0,1) - J_{ij}(1,0)] \\
              h_i &= \tfrac12 [h_i(1) - h_i(0)] + \tfrac14 \sum_{j \ne i}
              [J_{ij}(1,1) + J_{ij}(1,0) - J_{ij}(0,1) - J_{ij}(0,0)]

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    n_spins : int, optional
        Number of sites N, where it is more than the largest number in the file and one.
    symbols : str
        The two values as the file writes them, that of s = −1 first: ``"01"`` of numbered values,
        letters where a file has those of an alphabet.

    Returns
    -------
    Problem
        The `Pairwise` and the constant with which −ln P of the file's parameters, unnormalised, is
        its energy.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument is not of this kind, or a line is not, or a parameter is there twice: the
        message begins with ``path:line:column:``.

    Notes
    -----
    A. P. Muntoni, A. Pagnani, M. Weigt & F. Zamponi, BMC Bioinformatics 22, 528 (2021).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import multispin as ms
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "Parameters.dat"
    ...     _ = path.write_text("J 0 1 1 1 2\nh 0 1 -0.5\nh 1 1 -1\n")
    ...     problem = ms.couplings.read_adabm_dca(path)
    >>> problem.model.couplings.tolist(), problem.model.h.tolist()
    ([0.5], [0.25, 0.0])
    """
    path = checks.path("path", path)
    if n_spins is not None:
        n_spins = checks.count("n_spins", n_spins, 1, checks.MOST_SITES)
    values = _checked_symbols(symbols)
    found = _Parameters(Text(path), n_spins, values)
    for line in found.text.lines():
        found.add(line)
    return found.problem()


def write_adabm_dca(path: PathLike, model: SignedGraph | Problem, symbols: str = "01") -> None:
    r"""Write a model's couplings and fields as adabmDCA reads them.

    In the gauge of zero sums, in which J_ij(a, b) = J_ij s_a s_b and h_i(a) = h_i s_a, s = −1 for
    the first symbol and +1 for the second: four lines for each coupling other than 0, and two for
    each site. The offset of a `Problem` changes no distribution, and is not written. At any moment
    the file is the old one or the new one, whole. Numbers come back bit for bit.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    model : SignedGraph or Problem
        One set of couplings.
    symbols : str
        How the two values are written, that of s = −1 first.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If an argument is not of this kind.

    Examples
    --------
    >>> import tempfile
    >>> import multispin as ms
    >>> model = ms.Pairwise([[0, 0.5], [0.5, 0]], [0.25, 0.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ms.couplings.write_adabm_dca(folder + "/Parameters.dat", model)
    ...     again = ms.couplings.read_adabm_dca(folder + "/Parameters.dat")
    >>> again.model == model, again.offset
    (True, 0.0)
    """
    path = checks.path("path", path)
    first, second = _checked_symbols(symbols)
    if not isinstance(model, Problem):
        checks.instance("model", model, SignedGraph, "a Problem, or a model of multispin")
        with checks.within("model"):
            model = Problem(model)
    pairwise = model.model
    spins = ((first, -1.0), (second, 1.0))

    def lines() -> Iterator[str]:
        pairs = zip(pairwise.edges.tolist(), pairwise.couplings.tolist(), strict=True)
        for (i, j), J in pairs:
            for a, s in spins:
                for b, t in spins:
                    yield f"J {i} {j} {a} {b} {written(J * s * t)}\n"
        for i, h in enumerate(fields.at_sites(pairwise.h, pairwise.n_spins).tolist()):
            for a, s in spins:
                yield f"h {i} {a} {written(h * s + 0.0)}\n"

    write_lines(path, lines())


class _Parameters:
    """Parameters read so far, and in which line each was."""

    def __init__(self, text: Text, n_spins: int | None, symbols: tuple[str, str]) -> None:
        self.text, self.symbols, self.n_spins = text, symbols, n_spins
        self.last = (checks.MOST_SITES if n_spins is None else n_spins) - 1
        self.pairs: dict[tuple[int, int], list[float]] = {}  # 00, 01, 10, 11
        self.sites: dict[int, list[float]] = {}
        self._line_of: dict[tuple[int, ...], int] = {}

    def add(self, line: str) -> None:
        """Take in the line read last."""
        words = line.split()
        kind = words[0]
        if kind not in _LINES:
            allowed = " or ".join(f"'{form}'" for form in _LINES.values())
            raise self.text.error(line, 0, checks.shown(kind), f"a line {allowed}")
        sites = 2 if kind == "J" else 1
        if len(words) != 2 + 2 * sites:
            got = f"{len(words)} words"
            raise self.text.error(line, len(words), got, f"those of '{_LINES[kind]}'")
        i = self._site(line, words, 1)
        a = self._value(line, words, 1 + sites)
        if kind == "h":
            self._once(line, (i, a))
            self.sites.setdefault(i, [0.0, 0.0])[a] = self.text.value(line, words[3])
            return
        j = self._site(line, words, 2)
        b = self._value(line, words, 4)
        if i == j:
            allowed = f"a site other than {i}"
            raise self.text.error(line, 2, checks.shown(words[2]), allowed)
        if i > j:
            i, j, a, b = j, i, b, a
        self._once(line, (i, j, a, b))
        place = 2 * a + b
        self.pairs.setdefault((i, j), [0.0] * 4)[place] = self.text.value(line, words[5])

    def _site(self, line: str, words: list[str], place: int) -> int:
        site = integer(words[place])
        if not 0 <= site <= self.last:
            allowed = "a site from 0" if self.n_spins is None else f"a site from 0 to {self.last}"
            raise self.text.error(line, place, checks.shown(words[place]), allowed)
        return site

    def _value(self, line: str, words: list[str], place: int) -> int:
        if words[place] not in self.symbols:
            first, second = self.symbols
            allowed = f"{first} or {second}, one of two values"
            raise self.text.error(line, place, checks.shown(words[place]), allowed)
        return self.symbols.index(words[place])

    def _once(self, line: str, which: tuple[int, ...]) -> None:
        if which in self._line_of:
            got = f"{checks.shown(line.strip())}, the parameter of line {self._line_of[which]}"
            raise self.text.error(line, 0, got, "each parameter once")
        self._line_of[which] = self.text.number

    def problem(self) -> Problem:
        """Return all of them as couplings and fields of spins."""
        path = self.text.path
        n = self.n_spins
        if n is None:
            if not self._line_of:
                raise ValueError(f"{path}: got no parameters, allowed: some, or n_spins given")
            n = 1 + max([*self.sites, *(j for _, j in self.pairs)])
        who = "path" if self.n_spins is None else "n_spins"
        check_memory(f"{who}: fields of {n} sites", 64 * n)
        of_pairs = np.array(list(self.pairs.values())).reshape(-1, 4)
        of_sites = np.array(list(self.sites.values())).reshape(-1, 2)
        check_strength(str(path), np.concatenate([of_pairs.ravel(), of_sites.ravel()]))
        edges = np.array(list(self.pairs), dtype=np.int64).reshape(-1, 2)
        h = np.zeros(n)
        h[list(self.sites)] = (of_sites[:, 1] - of_sites[:, 0]) / 2
        down, up = of_pairs[:, :2], of_pairs[:, 2:]
        np.add.at(h, edges[:, 0], (up - down).sum(axis=1) / 4)
        np.add.at(h, edges[:, 1], (of_pairs[:, 1::2] - of_pairs[:, ::2]).sum(axis=1) / 4)
        J = (of_pairs[:, 0] + of_pairs[:, 3] - of_pairs[:, 1] - of_pairs[:, 2]) / 4
        offset = -math.fsum([*(of_pairs / 4).ravel().tolist(), *(of_sites / 2).ravel().tolist()])
        return Problem(Pairwise.from_edges(n, edges, J, h), offset)


def _checked_symbols(symbols: object) -> tuple[str, str]:
    allowed = "two different characters, none of them blank, such as '01'"
    if not isinstance(symbols, str):
        raise TypeError(checks.describe("symbols", symbols, allowed))
    if len(symbols) != 2 or symbols[0] == symbols[1] or len(symbols.split()) != 1:
        raise ValueError(checks.describe("symbols", symbols, allowed))
    if len("".join(symbols.split())) != 2 or not symbols.isascii() or not symbols.isprintable():
        raise ValueError(checks.describe("symbols", symbols, allowed))
    return symbols[0], symbols[1]
