"""Lines of text: read with their numbers, checked as entries ``i j value``, written all or nothing.

Whatever is wrong is a ValueError that begins with ``path:line:column:``, all counted from 1.
"""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING

from multispin._base import checks, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_OF_DIMOD = re.compile(r"\s*#\s*vartype\s*=", re.IGNORECASE)

_MATRIX_MARKET = re.compile(r"\s*%%MatrixMarket\b", re.IGNORECASE)
_INLINE = re.compile(r"\s[#%]")  # where a comment after numbers begins
_NO_FIELD = re.compile(r"(?:^|,)\s*,|,\s*$")
_TIGHT_COMMA, _ONLY_SPACE = re.compile(r"[^\s,],[^\s,]"), re.compile(r"[^\s,]\s+[^\s,]")

#: A comment with a meaning: what is added to all energies, for which no format has a place.
_CONSTANT = re.compile(r"\s*#\s*constant\s+(\S+)\s*$")

PathLike = str | os.PathLike[str]


class Text:
    """The lines of a file that are neither blank nor a comment, one after the other.

    Attributes
    ----------
    path
        The file.
    number
        Number of the line read last, from 1.
    constant
        The number in a comment ``# constant c``, 0 without one, among the lines so far.
    """

    def __init__(self, path: Path, loose: bool = False) -> None:
        """Read files `loose` that people and many programs write.

        Comments may then begin with ``%`` too or, as in DIMACS, be lines ``c ...``, and they may
        stand after numbers; and numbers may be parted by commas.
        """
        self.path, self.number, self.constant = path, 0, 0.0
        self._loose = loose

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        # The mark with which some programs begin a file is skipped, and bytes that are no text are
        # shown in the message about their line.
        with self.path.open(encoding="utf-8-sig", errors="backslashreplace") as file:
            for self.number, line in enumerate(file, 1):
                text = line.strip()
                if text and not self._is_comment(text):
                    line = line.rstrip("\r\n")
                    yield self._plain(line) if self._loose else line
                elif text.startswith(("#", "%")):
                    self._heed(line)

    def _is_comment(self, text: str) -> bool:
        return text.startswith("#") or (
            self._loose and (text.startswith("%") or text.split(maxsplit=1)[0] == "c")
        )

    def _plain(self, line: str) -> str:
        """Return a line without the comment after it and with spaces for commas, where they were.

        A comma between digits may be a decimal one, as long as spaces part other numbers.
        """
        line = _INLINE.split(line, maxsplit=1)[0]
        if "," not in line:
            return line
        empty = _NO_FIELD.search(line)
        if empty:
            got = "a comma with nothing on one side of it"
            raise self._at(empty.end() - 1, got, "one between each two numbers")
        tight = _TIGHT_COMMA.search(line)
        if tight and _ONLY_SPACE.search(line):
            got = f"{checks.shown(tight[0])}, which may be one number or two"
            raise self._at(tight.start(), got, "commas between all numbers, or spaces and points")
        return line.replace(",", " ")

    def _at(self, column: int, got: str, allowed: str) -> ValueError:
        place = f"{self.path}:{self.number}:{column + 1}"
        return ValueError(f"{place}: got {got}, allowed: {allowed}")

    def _heed(self, comment: str) -> None:
        if _OF_DIMOD.match(comment):
            allowed = "files without it (dimod reads this one, and then couplings.from_dimod)"
            got = f"{checks.shown(comment.strip())}, a file of dimod with other energies"
            raise self.error(comment, 0, got, allowed)
        if self._loose and _MATRIX_MARKET.match(comment):
            allowed = "files without it (scipy.io.mmread reads this one, and then Pairwise)"
            got = f"{checks.shown(comment.strip())}, a file of Matrix Market"
            raise self.error(comment, 0, got, allowed)
        match = _CONSTANT.match(comment)
        if match:
            self.constant = self.value(comment, match[1])

    def error(self, line: str, word: int, got: str, allowed: str) -> ValueError:
        """Return the error about a word of the line read last, or about what comes after it."""
        found = list(re.finditer(r"\S+", line))
        column = found[word].start() if word < len(found) else len(line.rstrip())
        return self._at(column, got, allowed)

    def value(self, line: str, word: str) -> float:
        """Return a word of the line read last as a finite number."""
        try:
            demand_plain(word)
            number = float(word)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            place = line.split().index(word)
            raise self.error(line, place, checks.shown(word), "a finite number")
        return number + 0.0

    def counts(
        self,
        line: str,
        least: Sequence[int],
        allowed: str,
        skipped: int = 0,
        more: bool = False,
    ) -> list[int]:
        """Return the integers that a line consists of, each at least so much.

        After its first `skipped` words; with `more`, further ones mean nothing.
        """
        words = line.split()[skipped:]
        for place, minimum in enumerate(least):
            word = words[place] if place < len(words) else None
            if word is None or not minimum <= integer(word) <= checks.MOST_SITES:
                got = "nothing more" if word is None else checks.shown(word)
                raise self.error(line, skipped + place, got, allowed)
        if len(words) > len(least) and not more:
            got = checks.shown(words[len(least)])
            raise self.error(line, skipped + len(least), got, allowed)
        return [int(word) for word in words[: len(least)]]


class Entries:
    """Lines ``i j value`` read so far, in the order of the file; others are refused.

    Attributes
    ----------
    line_of
        Number of its line, by pair of sites from 0.
    values
        Their numbers.
    """

    def __init__(
        self,
        text: Text,
        first_site: int,
        n_sites: int | None,
        diagonal: bool = False,
        ordered: bool = False,
    ) -> None:
        """Take pairs of one site too if there is a `diagonal`; (i, j) and (j, i) if `ordered`."""
        self.text, self.first_site = text, first_site
        self.last = (checks.MOST_SITES if n_sites is None else n_sites) - 1
        self.diagonal, self.ordered = diagonal, ordered
        self.line_of: dict[tuple[int, int], int] = {}
        self.values: list[float] = []
        self._weighted = True

    def add(self, line: str, skipped: int = 0, value: float | None = None) -> None:
        """Take in the line read last.

        Without its first `skipped` words; one without a number has `value`, if that is given.
        """
        try:
            words = line.split()[skipped:]
            if value is not None and len(words) == 2:
                words.append(repr(value))
            first, second, number = words
            demand_plain(line)
            i, j, found = int(first) - self.first_site, int(second) - self.first_site, float(number)
        except ValueError:
            raise self._refusal(line, skipped, value) from None
        in_range = 0 <= i <= self.last and 0 <= j <= self.last
        if not in_range or (i == j and not self.diagonal) or not math.isfinite(found):
            raise self._refusal(line, skipped, value)
        pair = (i, j) if self.ordered or i < j else (j, i)
        if pair in self.line_of:
            got = f"{checks.shown(line.strip())}, the pair of line {self.line_of[pair]}"
            raise self.text.error(line, skipped, got, "each pair once")
        self.line_of[pair] = self.text.number
        self.values.append(found)

    def add_alike(self, line: str, skipped: int = 0) -> None:
        """Take in the line read last: with a number if the first one had one, else with 1."""
        words = line.split()[skipped:]
        if not self.values:
            self._weighted = len(words) != 2
        if self._weighted:
            self.add(line, skipped)
            return
        if len(words) > 2:
            allowed = "nothing after two sites, as after the first"
            raise self.text.error(line, skipped + 2, checks.shown(words[2]), allowed)
        if len(words) == 2 and words[0] == words[1]:
            allowed = "a site other than the first, as there is no number for a field"
            raise self.text.error(line, skipped + 1, checks.shown(words[1]), allowed)
        self.add(line, skipped, value=1.0)

    @property
    def weighted(self) -> bool:
        """Whether entries had numbers."""
        return self._weighted

    def demand(self, wanted: int, where: str) -> None:
        """Refuse a file that had less or more entries than it said."""
        if len(self.values) != wanted:
            text = self.text
            raise ValueError(
                f"{text.path}:{text.number}:1: got {len(self.values)} entries at the end, "
                f"allowed: {wanted}, as {where} says"
            )

    def parted(
        self,
    ) -> tuple[list[tuple[int, int]], list[float], list[int], list[float]]:
        """Return pairs of two sites and their values, and single sites and theirs."""
        pairs, of_pairs, sites, of_sites = [], [], [], []
        for (i, j), value in zip(self.line_of, self.values, strict=True):
            if i == j:
                sites.append(i)
                of_sites.append(value)
            else:
                pairs.append((i, j))
                of_pairs.append(value)
        return pairs, of_pairs, sites, of_sites

    def _refusal(self, line: str, skipped: int, value: float | None) -> ValueError:
        """Find the word with which a line is none of these."""
        words = line.split()[skipped:]
        for place in range(3):
            word = words[place] if place < len(words) else None
            if place == 2 and word is None and value is not None:
                break
            allowed = self._allowed(place, words)
            if word is None:
                return self.text.error(line, skipped + place, "nothing more", allowed)
            if not (_is_finite(word) if place == 2 else self._is_site(place, words)):
                return self.text.error(line, skipped + place, checks.shown(word), allowed)
        return self.text.error(
            line, skipped + 3, checks.shown(words[3]), "nothing after two sites and a number"
        )

    def _allowed(self, place: int, words: list[str]) -> str:
        if place == 2:
            return "a finite number"
        sites = f"a site from {self.first_site}"
        if self.last < checks.MOST_SITES - 1:
            sites += f" to {self.last + self.first_site}"
        return sites if place == 0 or self.diagonal else f"{sites}, other than {words[0]}"

    def _is_site(self, place: int, words: list[str]) -> bool:
        site = integer(words[place]) - self.first_site
        same = place == 1 and not self.diagonal and site == integer(words[0]) - self.first_site
        return 0 <= site <= self.last and not same


def _is_finite(word: str) -> bool:
    try:
        demand_plain(word)
        return math.isfinite(float(word))
    except ValueError:
        return False


def integer(word: str) -> int:
    """Return the integer that a word is, and one below all that are allowed if it is none."""
    try:
        demand_plain(word)
        return int(word)
    except ValueError:
        return -(2**63)


def demand_plain(numbers: str) -> None:
    """Refuse what is a number in Python, and in no other program: 1_0, and digits of all scripts.

    Raises
    ------
    ValueError
        Without a message.
    """
    if "_" in numbers or not numbers.isascii():
        raise ValueError


def written(value: float) -> str:
    """Return a number as files have it: it comes back bit for bit."""
    return str(int(value)) if value.is_integer() else repr(value)


def constant_line(constant: float) -> list[str]:
    """Return the comment that a constant stands in, if there is one."""
    return [f"# constant {written(constant)}\n"] if constant else []


def entry_lines(
    pairs: NDArray[np.int64], values: NDArray[np.float64], before: str = ""
) -> Iterator[str]:
    """Yield lines ``i j value``."""
    for (i, j), value in zip(pairs.tolist(), values.tolist(), strict=True):
        yield f"{before}{i} {j} {written(value)}\n"


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines, all or nothing."""
    with files.replacing(path) as file:
        file.write("".join(lines).encode())
