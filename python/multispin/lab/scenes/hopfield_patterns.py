"""Patterns to begin with: letters, the package's digits, random ones; each has a word for links."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from multispin import datasets
from multispin._base import checks
from multispin.lab.scenes import bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("letter", "digit", "random", "drawn")
_MOST_RANDOM = 10**6
#: Seven rows of five cells each. In this order they are as different as can be.
LETTERS = {
    "A": ".###. #...# #...# ##### #...# #...# #...#",
    "T": "##### ##### ..#.. ..#.. ..#.. ..#.. ..#..",
    "Z": "##### ...## ...#. ..#.. .#... ##... #####",
    "L": "##... ##... ##... ##... ##... ##### #####",
    "X": "#...# ##.## .###. ..#.. .###. ##.## #...#",
    "J": "...## ...## ...## ...## #..## ##### .###.",
    "H": "#...# #...# #...# ##### #...# #...# #...#",
    "C": ".#### ##... #.... #.... #.... ##... .####",
    "K": "#..## #.##. ###.. ##... ###.. #.##. #..##",
    "O": ".###. ##.## #...# #...# #...# ##.## .###.",
    "Y": "#...# ##.## .###. ..#.. ..#.. ..#.. ..#..",
    "S": ".#### ##... ##... .###. ...## ...## ####.",
}


def pattern(word: object, side: int, seed: int) -> NDArray[np.int8]:
    """Return the pattern ±1 (side, side) that a word stands for.

    ``"letter:A"``, ``"digit:17"``, number 17 of the data set, ``"random:3"``, number 3 of those of
    this seed, and ``"drawn:…"``, its bits.

    Raises
    ------
    TypeError, ValueError
        If there is no such pattern.
    """
    allowed = f"a word that begins with {', '.join(f'{kind}:' for kind in KINDS)}"
    if not isinstance(word, str):
        raise TypeError(checks.describe("pattern", word, allowed))
    kind, _, which = word.partition(":")
    if kind == "letter" and which in LETTERS:
        return _letter(which, side)
    if kind == "digit" and which.isascii() and which.isdigit() and int(which) < len(_digits()):
        return _digit(int(which), side)
    if kind == "random" and which.isascii() and which.isdigit() and int(which) < _MOST_RANDOM:
        rng = np.random.Generator(np.random.Philox(key=[seed, int(which)]))
        return (2 * rng.integers(0, 2, (side, side), dtype=np.int8) - 1).astype(np.int8)
    if kind == "drawn":
        ink = bits.bits_of("pattern", which, side * side)
        return np.where(ink, 1, -1).astype(np.int8).reshape(side, side)
    raise ValueError(checks.describe("pattern", word, allowed))


def title(word: str) -> str:
    """Return what people call it."""
    kind, _, which = word.partition(":")
    if kind == "letter":
        return which
    if kind == "digit":
        return f"digit {_labels()[int(which)]}"
    return f"random {int(which) + 1}" if kind == "random" else "drawn"


def next_word(kind: str, there: list[str]) -> str:
    """Return the next pattern of a kind that is not there yet.

    Raises
    ------
    ValueError
        If all of them are.
    """
    if kind == "letter":
        words = [f"letter:{letter}" for letter in LETTERS]
    elif kind == "digit":
        words = [f"digit:{number}" for number in range(len(_digits()))]
    else:
        words = [f"random:{number}" for number in range(len(there) + 1)]
    for word in words:
        if word not in there:
            return word
    allowed = f"others, as all {len(words)} of these are stored"
    raise ValueError(checks.describe("starter", kind, allowed))


def _letter(which: str, side: int) -> NDArray[np.int8]:
    cells = np.array([[cell == "#" for cell in row] for row in LETTERS[which].split()])
    return _in_the_middle(cells, side)


def _digit(number: int, side: int) -> NDArray[np.int8]:
    return _in_the_middle(_digits()[number] > 0, side)


def _in_the_middle(cells: NDArray[np.bool_], side: int) -> NDArray[np.int8]:
    """Return cells as large as they fit, on paper."""
    rows, columns = (max(1, side // length) for length in cells.shape)
    large = np.kron(cells, np.ones((rows, columns), np.bool_))
    found = np.full((side, side), -1, np.int8)
    top, left = ((side - length) // 2 for length in large.shape)
    found[top : top + large.shape[0], left : left + large.shape[1]][large] = 1
    return found


@lru_cache(maxsize=1)
def _digits() -> NDArray[np.int8]:
    return np.asarray(datasets.digits(binary=True).images)


@lru_cache(maxsize=1)
def _labels() -> list[int]:
    return [int(label) for label in datasets.digits().labels]
