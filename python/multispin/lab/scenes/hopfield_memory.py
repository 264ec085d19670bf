"""What a Hopfield network has stored, and how much of it stays."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin.lab.scenes import hopfield_patterns
from multispin.lab.scenes.hopfield_recall import RETRIEVED_AT
from multispin.learn import HopfieldNetwork
from multispin.theory.hopfield import alpha_c

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Rules that are offered: couplings that act both ways, of patterns as they are.
RULES = ("hebb", "pseudoinverse", "storkey", "dreaming")
MOST_PATTERNS = 100
_SWEEPS = 20  # within which a pattern shows whether it stays


class Memory:
    """Patterns by their words, the network that stores them, and the curve of what stays.

    Attributes
    ----------
    words
        The patterns, as links hold them.
    network
        Which stores them; None while there are none.
    kept
        Which of them stay, (P,) bool: left alone at temperature 0, they keep an overlap of 0.9.
    curve
        The share that stays, by the number of patterns.
    note
        What the rule had to say of them, or None.
    """

    #: Load at which Hebb's rule breaks down, of random patterns.
    alpha_c = alpha_c()

    def __init__(self, side: int, seed: int, words: list[str]) -> None:
        self.side, self.seed = side, seed
        self.words: list[str] = []
        self.patterns = np.zeros((0, side, side), np.int8)
        self.network: HopfieldNetwork | None = None
        self.kept = np.zeros(0, np.bool_)
        self.curve: dict[int, float] = {}
        self.note: str | None = None
        if len(words) > MOST_PATTERNS:
            raise ValueError(f"patterns: got {len(words)}, allowed: at most {MOST_PATTERNS}")
        for word in words:
            self._append(word)

    @property
    def load(self) -> float:
        """Patterns a neuron, α = P / N."""
        return len(self.words) / self.side**2

    @property
    def share(self) -> float | None:
        """Which share of them stays; None of none."""
        return float(self.kept.mean()) if len(self.kept) else None

    def add(self, word: str, rule: dict[str, Any]) -> None:
        """Store one more.

        Raises
        ------
        TypeError, ValueError
            If it is no pattern, or there are too many.
        """
        if len(self.words) >= MOST_PATTERNS:
            raise ValueError(f"patterns: got one more, allowed: at most {MOST_PATTERNS}")
        self._append(word)
        self.learn(rule)

    def remove(self, number: int, rule: dict[str, Any]) -> None:
        """Forget one."""
        del self.words[number]
        self.patterns = np.delete(self.patterns, number, axis=0)
        self.learn(rule)

    def learn(self, rule: dict[str, Any], anew: bool = False) -> None:
        """Make couplings of the patterns by a rule; `anew` if by another one than before."""
        count = len(self.words)
        self.curve = {} if anew else {p: s for p, s in self.curve.items() if p < count}
        self.network, self.note, self.kept = None, None, np.zeros(0, np.bool_)
        if not count:
            return
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            network = HopfieldNetwork(**rule, random_state=self.seed).fit(self.patterns)
        self.note = str(said[0].message) if said else None
        own = np.arange(count)
        found = network.retrieve(self.patterns, 0.0, _SWEEPS, random_state=self.seed, threads=1)
        self.kept = found.overlap[own, 0, own] >= RETRIEVED_AT
        self.network = network
        self.curve[count] = float(self.kept.mean())

    def titles(self) -> list[str]:
        """Return what people call the patterns."""
        return [hopfield_patterns.title(word) for word in self.words]

    def flat(self) -> NDArray[np.uint8]:
        """Return the patterns as bytes, 1 for ink, (P, N)."""
        return (self.patterns.reshape(len(self.words), self.side**2) > 0).astype(np.uint8)

    def _append(self, word: object) -> None:
        made = hopfield_patterns.pattern(word, self.side, self.seed)
        self.words.append(str(word))
        self.patterns = np.concatenate([self.patterns, made[None]])
