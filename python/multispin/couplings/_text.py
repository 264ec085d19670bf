"""Lines of text: read with their numbers, checked as edges, written all or nothing."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING

from multispin._base import checks, files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_OF_DIMOD = re.compile(r"#\s*vartype\s*=", re.IGNORECASE)

PathLike = str | os.PathLike[str]


class Edges:
    """Edges read so far, in the order of the file; a line that is not one is refused."""

    def __init__(self, path: Path, first_site: int, n_spins: int | None) -> None:
        self.path, self.first_site, self.n_spins = path, first_site, n_spins
        self.line_of: dict[tuple[int, int], int] = {}  # by pair of sites from 0
        self.couplings: list[float] = []

    def add(self, number: int, line: str) -> None:
        """Take in line `number`, ``i j J``."""
        try:
            first, second, value = line.split()
            demand_plain(line)
            i, j = int(first) - self.first_site, int(second) - self.first_site
            coupling = float(value)
        except ValueError:
            raise self._error(number, checks.shown(line)) from None
        last = (checks.MOST_SITES if self.n_spins is None else self.n_spins) - 1
        if not (0 <= min(i, j) < max(i, j) <= last and math.isfinite(coupling)):
            raise self._error(number, checks.shown(line))
        pair = (min(i, j), max(i, j))
        if pair in self.line_of:
            got = f"{checks.shown(line)}, the pair of line {self.line_of[pair]}"
            raise self._error(number, got)
        self.line_of[pair] = number
        self.couplings.append(coupling)

    def _error(self, number: int, got: str) -> ValueError:
        sites = f"two different sites from {self.first_site}"
        if self.n_spins is not None:
            sites += f" to {self.n_spins - 1 + self.first_site}"
        allowed = f"{sites} and a finite number, each pair once"
        return ValueError(f"{self.path}:{number}: got {got}, allowed: {allowed}")


def demand_plain(numbers: str) -> None:
    """Refuse what is a number in Python, and in no other program: 1_0, and digits of all scripts.

    Raises
    ------
    ValueError
        Without a message.
    """
    if "_" in numbers or not numbers.isascii():
        raise ValueError


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that are neither blank nor a comment."""
    # The mark with which some programs begin a file is skipped, and bytes that are no text are
    # shown in the message about their line.
    with path.open(encoding="utf-8-sig", errors="backslashreplace") as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            if _OF_DIMOD.match(text):
                raise ValueError(
                    f"{path}:{number}: got {checks.shown(text)}, a file of dimod with other "
                    "energies, allowed: files without it (dimod reads this one, and then "
                    "couplings.from_dimod_negating)"
                )
            if text and not text.startswith("#"):
                yield number, text


def write_lines(
    path: Path, head: str, edges: NDArray[np.int64], values: NDArray[np.float64]
) -> None:
    """Write lines ``i j value`` below the line `head`."""
    lines = (
        f"{i} {j} {int(value) if value.is_integer() else value!r}\n"
        for (i, j), value in zip(edges.tolist(), values.tolist(), strict=True)
    )
    text = f"{head}\n{''.join(lines)}".encode()
    with files.replacing(path) as file:
        file.write(text)
