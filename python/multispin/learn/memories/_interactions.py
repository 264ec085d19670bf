r"""Energies of dense associative memories, and what a turn of a spin changes.

Where a spin of a cue is turned, the overlap x of pattern ξ changes by ±2. Of the sums over patterns
with :math:`s_i = \pm 1`

.. math:: \sum_\mu F(x_\mu^+) - F(x_\mu^-) = \tfrac12 \sum_\mu \xi_i^\mu U(x_\mu)
          + \tfrac12 s_i \sum_\mu V(x_\mu),

with :math:`U(x) = F(x+2) - F(x-2)` and :math:`V(x) = 2 F(x) - F(x+2) - F(x-2)`. So the weights U
of the patterns and a matrix product tell of all spins what their turn would change. Overlaps are
integers, and weights are looked up.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Overlaps = NDArray[np.int32]

#: Sums of floats that cancel to this part of their terms are taken for 0: a tie.
_ROUNDING = 1e-12

_UNSEEN = 1e-40

_EXACT = 2**53  # integers up to here are floats
_WIDE = 2**62  # integers, and their differences, up to here are integers of 64 bits


class Weights(NamedTuple):
    """Weights of patterns, of each of C cues."""

    of_patterns: Floats  # (C, P)
    total: Floats  # (C,): what of a sum over patterns is the same for all spins
    slack: Floats  # (C,): sums of weights and signs are not better known than this


class Interaction(Protocol):
    """An energy, of overlaps (C, P) of C cues with P patterns."""

    #: Patterns have no weight where their overlap is so far below the cue's largest, or further;
    #: None if weights do not vanish.
    reach: int | None

    def energy(self, overlaps: Overlaps) -> Floats:
        """Return the energies (C,)."""

    def weigh(self, overlaps: Overlaps) -> Weights:
        """Return what `gaps` needs, and the weights that are to be summed with signs for it."""

    def gaps(self, sums: Floats, spins: NDArray[np.int8], total: Floats, slack: Floats) -> Floats:
        """Return E(s_i = -1) - E(s_i = +1), 0 for ties; (C, B) of (C, B), (C, B), (C, 1), (C, 1).

        `sums` are those of weights and signs of the patterns at B spins.
        """

    def slopes(self, overlaps: Overlaps) -> Weights:
        """Return the weights of patterns for spins that have no sign yet: F(x + 1) - F(x - 1)."""


class Powers:
    r"""E = -(N/2) Σ_μ F(x_μ/N), with F(x) = x^n or max(x, 0)^n; plus P/2 for x².

    As long as sums of powers of integers are integers below 2⁵³ they are exact, and so are ties.
    Beyond it powers are those of x/N.
    """

    reach: int | None = None

    def __init__(self, n_patterns: int, n_units: int, n: int, rectified: bool) -> None:
        overlaps = np.arange(-n_units - 2, n_units + 3)
        if rectified:
            overlaps = np.maximum(overlaps, 0)
        whole = (n_units + 2) ** n < _WIDE
        F = overlaps**n if whole else (overlaps / n_units) ** n
        odd, even = F[4:] - F[:-4], 2 * F[2:-2] - F[4:] - F[:-4]
        largest = int(np.abs(odd).max()) + int(np.abs(even).max())
        self._rounding = 0.0 if whole and n_patterns * largest < _EXACT else _ROUNDING
        self._n_units = n_units
        self._F, self._odd, self._even, self._slope = (
            table.astype(np.float64) for table in (F[2:-2], odd, even, F[3:-1] - F[1:-3])
        )
        self._unit = 2.0 * self._F[-1] / n_units
        # x² has terms of one spin alone, which couplings of pairs are without.
        self._offset = n_patterns * self._F[-1] / n_units if n == 2 and not rectified else 0.0

    def energy(self, overlaps: Overlaps) -> Floats:
        sums: Floats = self._F[overlaps + self._n_units].sum(axis=1)
        energy: Floats = (self._offset - sums) / self._unit
        return energy

    def weigh(self, overlaps: Overlaps) -> Weights:
        index = overlaps + self._n_units
        return self._weights(self._odd[index], self._even[index].sum(axis=1))

    def gaps(self, sums: Floats, spins: NDArray[np.int8], total: Floats, slack: Floats) -> Floats:
        twice = sums + spins * total
        twice[np.abs(twice) <= slack] = 0.0
        gaps: Floats = twice / (2.0 * self._unit)
        return gaps

    def slopes(self, overlaps: Overlaps) -> Weights:
        slopes = self._slope[overlaps + self._n_units]
        return self._weights(slopes, np.zeros(len(slopes)))

    def _weights(self, of_patterns: Floats, total: Floats) -> Weights:
        if self._rounding == 0.0:
            return Weights(of_patterns, total, np.zeros(len(total)))
        return Weights(of_patterns, total, self._rounding * np.abs(of_patterns).sum(axis=1))


class Exponential:
    """E = -ln Σ_μ exp(x_μ). Weights are exp(x - x_max), with the largest overlap of each cue."""

    def __init__(self, n_units: int) -> None:
        self._falling = np.exp(-np.arange(2.0 * n_units + 1.0))
        # Next to a 1 no sum of these is seen, and numbers close to the smallest are slow.
        self._falling[self._falling < _UNSEEN] = 0.0
        self.reach: int | None = int(np.count_nonzero(self._falling))

    def energy(self, overlaps: Overlaps) -> Floats:
        weights = self.weigh(overlaps)
        energy: Floats = -(overlaps.max(axis=1) + np.log(weights.total))
        return energy

    def weigh(self, overlaps: Overlaps) -> Weights:
        of_patterns = self._falling[overlaps.max(axis=1, keepdims=True) - overlaps]
        total = of_patterns.sum(axis=1)
        return Weights(of_patterns, total, _ROUNDING * total)

    def gaps(self, sums: Floats, spins: NDArray[np.int8], total: Floats, slack: Floats) -> Floats:
        # U and V of exp are the weights times 2 sinh 2 and 2 - 2 cosh 2. The logarithm of a ratio
        # is that of (1 + r) / (1 - r), with r the difference over the sum.
        difference = math.sinh(2.0) * sums + (1.0 - math.cosh(2.0)) * spins * total
        both = (1.0 + math.cosh(2.0)) * total - math.sinh(2.0) * spins * sums
        difference[np.abs(difference) <= slack] = 0.0
        gaps: Floats = 2.0 * np.arctanh(difference / both)
        return gaps

    def slopes(self, overlaps: Overlaps) -> Weights:
        return self.weigh(overlaps)


def interaction(kind: str, n: int, n_patterns: int, n_units: int) -> Interaction:
    """Return the energy of a name, for so many patterns and units."""
    if kind == "exp":
        return Exponential(n_units)
    return Powers(n_patterns, n_units, n, rectified=kind == "rectified")
