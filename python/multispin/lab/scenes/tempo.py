"""How often something happens a second, where an eye is to follow it."""

from __future__ import annotations

import time


class Tempo:
    """Says how often something is to happen by now, `rate` times a second; who is late stays so.

    Parameters
    ----------
    rate
        Times a second, > 0.
    """

    #: Seconds that are made up for, at most.
    _LATE = 0.1

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._last = time.perf_counter()

    def owed(self) -> int:
        """Return how often it is to happen now."""
        now = time.perf_counter()
        self._last = max(self._last, now - max(self._LATE, 1.0 / self.rate))
        found = int((now - self._last) * self.rate + 1e-9)
        self._last += found / self.rate
        return found

    def wait(self, until: float) -> None:
        """Wait until it is to happen again, but not longer than `until` (`time.perf_counter`)."""
        pause = min(until, self._last + 1.0 / self.rate) - time.perf_counter()
        if pause > 0.0:
            time.sleep(pause)
