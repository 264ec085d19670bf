"""The ends of the scale of temperatures, 0 and infinity, by numbers that engines compute with.

Probabilities to accept are functions of 2|f|/T, f the local field. At the smallest normal number
that is beyond the range of exponentials, and at the largest it is next to nothing, for fields from
1e-300 to 1e+290: so they are 0 or 1, and at f = 0 what the rule says of any temperature, exactly.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO, _INFINITE = sys.float_info.min, sys.float_info.max


def computable(temperatures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return temperatures from 0 to infinity as finite numbers > 0."""
    above = np.where(temperatures == 0.0, _ZERO, temperatures)
    return np.minimum(above, _INFINITE)


def meant(temperatures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the temperatures that `computable` was given."""
    below = np.where(temperatures == _INFINITE, np.inf, temperatures)
    return np.where(below == _ZERO, 0.0, below)
