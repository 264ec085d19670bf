"""Averages over a Gaussian local field."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
_RIGID = 40.0  # local field over T beyond which a spin is: cosh⁻² is 1e-34 there
_WIDE = 9.0  # standard deviations beyond which a Gaussian is nothing


class LocalField:
    """u = x/T for x ~ N(h, q) with h >= 0, where neither functions of it nor the Gaussian vanish.

    Gauss and Legendre's rule on u > 0: with `even` it sums averages of even functions that vanish
    for large u, with `odd` those of odd ones.
    """

    def __init__(self, T: float, h: float, q: float) -> None:
        width = math.sqrt(max(q, 0.0))
        if width < 1e-9 * max(h, T):  # no function changes over so little
            self.u, self.even, self.odd = np.array([min(h / T, _RIGID)]), np.ones(1), np.ones(1)
            self.sign = float(h > 0.0)
            return
        begin = max(0.0, (h - _WIDE * width) / T)
        end = max(begin, min(_RIGID, (h + _WIDE * width) / T))
        self.u = begin + 0.5 * (end - begin) * (_NODES + 1.0)
        scale = 0.5 * (end - begin) * _WEIGHTS * T / (width * math.sqrt(2.0 * math.pi))
        right, left = (
            scale * np.exp(-0.5 * ((T * self.u + side * h) / width) ** 2) for side in (-1, 1)
        )
        self.even, self.odd = right + left, right - left
        self.sign = math.erf(h / (width * math.sqrt(2.0)))  # average of the sign of u

    def average(self, even: Callable[[Array], Array]) -> float:
        """Average of an even function that vanishes for large u."""
        return float((self.even * even(self.u)).sum())

    def average_of_tanh(self) -> float:
        """Average of tanh u: that of the sign, less what is not rigid."""
        return self.sign - float((self.odd * (1.0 - np.tanh(self.u))).sum())
