"""Schedules: temperatures in the order in which they are visited, and how many sweeps each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin._base import checks
from multispin._engines.base import MOST_SWEEPS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Schedule:
    """Temperatures in the order in which they are visited, and when replicas are looked at.

    The looks are at the ends of the steps and, where the temperature is the lowest of all, also
    every `interval` sweeps from the beginning of the step on, if that is not 0.

    Examples
    --------
    >>> schedule = Schedule(np.array([2.0, 1.0]), ends=np.array([10, 20]), interval=4)
    >>> [schedule.next_look(sweep) for sweep in (0, 10, 14, 18)]
    [10, 14, 18, 20]
    """

    temperatures: NDArray[np.float64]
    ends: NDArray[np.int64]  # sweeps since the start at the end of each step
    interval: int = 0

    @property
    def sweeps(self) -> int:
        """Sweeps of one replica."""
        return int(self.ends[-1])

    def step(self, sweeps_done: int) -> int:
        """Return the step that the next sweep belongs to; there is none after the last."""
        return int(np.searchsorted(self.ends, sweeps_done, side="right"))

    def next_look(self, sweeps_done: int) -> int:
        """Return the sweep after which replicas are looked at next."""
        step = self.step(sweeps_done)
        end = int(self.ends[step])
        if self.interval == 0 or self.temperatures[step] > self.temperatures.min():
            return end
        start = int(self.ends[step - 1]) if step else 0
        looks = (sweeps_done - start) // self.interval + 1
        return min(start + looks * self.interval, end)


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
