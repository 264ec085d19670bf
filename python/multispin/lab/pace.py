"""How much a scene does in a step: as much as there is time for, or so much a frame."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_CALL = 0.2  # of a step's time that a call takes at most
_WAIT = 0.004  # seconds


class Pace:
    """Calls work in pieces that take a fraction of a step, whose sizes it learns.

    Attributes
    ----------
    a_frame
        How much is to be done for each frame that is shown; 0: as much as there is time for.
    """

    def __init__(self, a_frame: int) -> None:
        self.a_frame = a_frame
        self._shown = True
        self._piece = 1

    def shown(self) -> None:
        """Note that a frame has been made of what was done."""
        self._shown = True

    def work(self, budget: float, do: Callable[[int], None]) -> None:
        """Have `do` do so many at a time, for about `budget` seconds or what a frame is to have."""
        if self.a_frame and not self._shown:
            time.sleep(min(budget, _WAIT))  # the page is not ready yet
            return
        self._shown = False
        began = time.perf_counter()
        left = self.a_frame or 2**62
        while left and (elapsed := time.perf_counter() - began) < budget:
            now = min(self._piece, left)
            do(now)
            left -= now
            each = (time.perf_counter() - began - elapsed) / now
            self._piece = max(1, min(2 * self._piece, int(_CALL * budget / each)))
