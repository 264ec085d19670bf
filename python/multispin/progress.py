"""Progress of a long run: a bar with throughput and time left, or the caller's own function."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from multispin._base import checks
from multispin._base.extras import require

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Progress",
    "Reporter",
    "StudyProgress",
    "StudyReporter",
    "TrainingProgress",
    "TrainingReporter",
    "check_progress",
]


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


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes
    ----------
    points : int
        Points that are there; what an earlier call left in the file counts.
    total : int
        Points of the study.
    failed : int
        Points that have failed in this call.
    seconds_left : float
        Estimate from this call's points; infinite until something is known.
    """

    points: int
    total: int
    failed: int
    seconds_left: float


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is.

    Attributes
    ----------
    updates : int
        Updates of the parameters done; what an earlier call left in a checkpoint counts.
    total : int
        Updates of the training.
    monitored : dict
        What was measured after the last epoch, by name; empty before that.
    seconds_left : float
        Estimate from this call's updates; infinite until something is known.
    """

    updates: int
    total: int
    monitored: dict[str, float]
    seconds_left: float


State = TypeVar("State")


def check_progress(progress: object) -> None:
    """Refuse what is neither a bool, nor None, nor a function."""
    if not callable(progress) and not isinstance(progress, (bool, type(None))):
        allowed = "True, False, None, or a function of one argument"
        raise TypeError(checks.describe("progress", progress, allowed))


class _Reporter(Generic[State]):
    """Counts to a total and says where it stands; what it counts is the subclass's business."""

    def __init__(
        self,
        progress: bool | Callable[[State], object] | None,
        total: int,
        done: int,
        unit: str,
    ) -> None:
        check_progress(progress)
        self._total = total
        self._done = self._first = done
        self._began = time.perf_counter()
        self._call: Callable[[State], object] | None = None
        self._bar: Any = None
        if progress is True:
            tqdm = require("tqdm.auto", "run")
            self._bar = tqdm.tqdm(total=total, initial=done, unit=unit, unit_scale=True)
        elif callable(progress):
            self._call = progress

    def close(self) -> None:
        """Take the bar off the screen's last line."""
        if self._bar is not None:
            self._bar.close()

    def advance(self, count: int) -> None:
        """Count `count` more and report."""
        self._done += count
        if self._bar is not None:
            self._bar.set_postfix_str(self.note(), refresh=False)
            self._bar.update(count)
        if self._call is not None:
            self._call(self.state())

    def state(self) -> State:
        """Return where the run stands."""
        raise NotImplementedError

    def note(self) -> str:
        """Return what stands at the end of the bar."""
        raise NotImplementedError

    def _seconds(self) -> float:
        return max(time.perf_counter() - self._began, 1e-9)

    def _seconds_left(self) -> float:
        done = self._done - self._first
        return (self._total - self._done) * self._seconds() / done if done else float("inf")


class Reporter(_Reporter[Progress]):
    """Passes a run's progress on to a bar, to a function, or to nobody.

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
        super().__init__(progress, total, done, " sweeps")
        self._spins = spins

    def state(self) -> Progress:
        """Return where the run stands."""
        flips = (self._done - self._first) * self._spins
        return Progress(
            self._done, self._total, flips / self._seconds() * 1e-9, self._seconds_left()
        )

    def note(self) -> str:
        """Return the throughput."""
        return f"{self.state().flips_per_ns:.3g} flips/ns"


class StudyReporter(_Reporter[StudyProgress]):
    """The same for a study, whose unit is the point.

    Parameters
    ----------
    progress : bool, callable or None
        As for `Reporter`; a callable is called with a `StudyProgress`.
    total : int
        Points of the study.
    done : int
        Points that its file brings along.
    """

    def __init__(
        self, progress: bool | Callable[[StudyProgress], object] | None, total: int, done: int
    ) -> None:
        super().__init__(progress, total, done, " points")
        self._failed = 0

    def fail(self) -> None:
        """Count a point that failed and report."""
        self._failed += 1
        self.advance(0)

    def state(self) -> StudyProgress:
        """Return where the study stands."""
        return StudyProgress(self._done, self._total, self._failed, self._seconds_left())

    def note(self) -> str:
        """Return how many points failed, if any."""
        return f"{self._failed} failed" if self._failed else ""


class TrainingReporter(_Reporter[TrainingProgress]):
    """The same for a training, whose unit is the update.

    Parameters
    ----------
    progress : bool, callable or None
        As for `Reporter`; a callable is called with a `TrainingProgress`.
    total : int
        Updates of the training.
    done : int
        Updates that a checkpoint brings along.
    """

    def __init__(
        self, progress: bool | Callable[[TrainingProgress], object] | None, total: int, done: int
    ) -> None:
        super().__init__(progress, total, done, " updates")
        self.monitored: dict[str, float] = {}

    def state(self) -> TrainingProgress:
        """Return where the training stands."""
        return TrainingProgress(self._done, self._total, dict(self.monitored), self._seconds_left())

    def note(self) -> str:
        """Return what was measured last."""
        return ", ".join(f"{name} {value:.4g}" for name, value in self.monitored.items())
