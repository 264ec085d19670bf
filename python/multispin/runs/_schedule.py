"""Steps of a schedule: how many sweeps each has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.base import MOST_SWEEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray


def checked_sweeps(name: str, value: object, steps: int) -> NDArray[np.int64]:
    """Return the sweeps of each step.

    Raises
    ------
    TypeError, ValueError
        If they are not one integer >= 1, or one for each step, or more than a sampler can make.
    """
    allowed = f"an integer >= 1, or {steps} of them"
    given = value.tolist() if isinstance(value, np.ndarray) else value
    several = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
    items: Any = given if several else [given] * steps
    each = [checks.count(name, item, 1) for item in items]
    if len(each) != steps:
        raise ValueError(checks.describe(name, value, allowed))
    if sum(each) > MOST_SWEEPS:
        raise ValueError(checks.describe(name, value, f"at most {MOST_SWEEPS} of all together"))
    return np.array(each, dtype=np.int64)
