"""Roots between two places where a function has opposite signs."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_STEPS = 100


def root(of: Callable[[float], float], low: float, high: float, tolerance: float = 1e-14) -> float:
    """Return a root of a function that does not have one sign at both ends.

    By the method of C. J. F. Ridders, IEEE Trans. Circuits Syst. 26, 979 (1979), which never leaves
    the bracket: where there is one root it cannot find another. The tolerance is relative.
    """
    at_low, at_high = of(low), of(high)
    if at_low == 0.0 or at_high == 0.0:
        return low if at_low == 0.0 else high
    if at_low * at_high > 0.0:
        raise ArithmeticError(f"no change of sign between {low} and {high}")
    found = math.inf
    for _ in range(_MOST_STEPS):
        middle = 0.5 * (low + high)
        at_middle = of(middle)
        bend = at_middle / math.sqrt(at_middle**2 - at_low * at_high)
        before, found = found, middle + (middle - low) * math.copysign(bend, at_low * at_middle)
        at_found = of(found)
        if at_found == 0.0 or abs(found - before) <= tolerance * abs(found):
            break
        places = sorted([(low, at_low), (middle, at_middle), (found, at_found), (high, at_high)])
        for left, right in itertools.pairwise(places):
            if left[1] * right[1] <= 0.0:
                (low, at_low), (high, at_high) = left, right
                break
    return found
