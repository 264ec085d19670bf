"""Progress of a long run: a bar with throughput and time left, or the caller's own function."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from multispin import _checks
from multispin._extras import require

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Progress", "Reporter"]


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes
    ----------
    sweeps : int
        Sweeps done, thermalization included, added up over all chains.
    total : int
        The same at the end of the run.
    flips_per_ns : float
        Attempted spin updates per nanosecond since this call began; what an earlier call left in
        a checkpoint does not count.
    seconds_left : float
        Estimate from that throughput; infinite until something is known.
    """

    sweeps: int
    total: int
    flips_per_ns: float
    seconds_left: float


class Reporter:
    """Passes progress on to a bar, to a function, or to nobody.

    Parameters
    ----------
    progress : bool, callable or None
        True shows a bar (extra ``[run]``), a callable is called with a `Progress`, None and False
        report nothing.
    total : int
        Sweeps of the run, over all chains.
    done : int
        Sweeps that a checkpoint brings along.
    spins : int
        Spins of one chain.

    Raises
    ------
    TypeError
        If `progress` is something else.
    MissingExtraError
        If a bar is asked for and tqdm is not installed.
    """

    def __init__(
        self,
        progress: bool | Callable[[Progress], object] | None,
        total: int,
        done: int,
        spins: int,
    ) -> None:
        self._total = total
        self._sweeps = self._first = done
        self._spins = spins
        self._began = time.perf_counter()
        self._call: Callable[[Progress], object] | None = None
        self._bar: Any = None
        if progress is True:
            tqdm = require("tqdm.auto", "run")
            self._bar = tqdm.tqdm(total=total, initial=done, unit=" sweeps", unit_scale=True)
        elif callable(progress):
            self._call = progress
        elif progress not in (None, False):
            allowed = "True, False, None, or a function of one argument"
            raise TypeError(_checks.describe("progress", progress, allowed))

    def close(self) -> None:
        """Take the bar off the screen's last line."""
        if self._bar is not None:
            self._bar.close()

    def advance(self, sweeps: int) -> None:
        """Count `sweeps` more and report."""
        self._sweeps += sweeps
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self.state().flips_per_ns:.3g} flips/ns", refresh=False)
            self._bar.update(sweeps)
        if self._call is not None:
            self._call(self.state())

    def state(self) -> Progress:
        """Return where the run stands."""
        seconds = max(time.perf_counter() - self._began, 1e-9)
        done = self._sweeps - self._first
        left = (self._total - self._sweeps) * seconds / done if done else float("inf")
        return Progress(self._sweeps, self._total, done * self._spins / seconds * 1e-9, left)
