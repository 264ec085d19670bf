"""The points of a study that an executor has: handed over, waited for, called back."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from multiprocessing.reduction import ForkingPickler
from queue import Empty, SimpleQueue
from typing import Any

from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import ExecutorError
from multispin.studies.points import Outcome, Point, failure, run_point

#: Called with points and what came out there, to keep them.
Keep = Callable[[list[tuple[Point, Outcome]]], None]

#: Points with an executor that does not say how many workers it has.
_UNKNOWN = 1024

#: Seconds that an executor has at most to say of all its points that it broke. The standard
#: library's does so on a thread, which a busy machine may not run for a while.
_LAST_WORDS = 20.0


def default_in_flight(executor: Executor | None) -> int:
    """Return how many points keep all workers busy."""
    workers = getattr(executor, "_max_workers", None)  # the standard library's, and mpi4py's
    return 4 * workers if isinstance(workers, int) else _UNKNOWN


def check_task(task: Callable[..., Any], executor: Executor | None) -> None:
    """Refuse a task that the standard library's processes cannot be given, before all points fail.

    Other executors have their own ways; what they cannot hand over fails point by point.
    """
    if not isinstance(executor, ProcessPoolExecutor):
        return
    try:
        ForkingPickler.dumps(task)
    except Exception as error:  # PicklingError, AttributeError, TypeError, or the object's own
        allowed = "a function that other processes can import (a def in a file), for an executor"
        raise TypeError(checks.describe("task", task, f"{allowed} of processes")) from error


def run_elsewhere(
    task: Callable[..., Any], points: Iterable[Point], executor: Executor, most: int, keep: Keep
) -> None:
    """Run points on an executor, at most `most` at a time, and keep each as soon as it is done.

    Raises
    ------
    ExecutorError
        If the executor broke or was shut down. The points that it had are kept as failures.
    KeyboardInterrupt
        On Ctrl-C, after what is done was kept and what has not begun was called back.
    """
    flight = _Flight(task, executor, keep)
    try:
        try:
            for point in points:
                if len(flight.points) >= most:
                    flight.land()
                flight.start(point)
            while flight.points:
                flight.land()
        except BrokenExecutor:
            wait(flight.points, timeout=_LAST_WORDS)
            raise
        finally:
            flight.end()
    except BrokenExecutor as error:
        raise ExecutorError(f"the executor broke ({error}). {_advice(flight, most)}") from error


def _advice(flight: _Flight, most: int) -> str:
    """Say what became of the points, as far as it applies."""
    advice = "What had been finished is kept; the same call with a new executor goes on"
    suspects = flight.suspects
    if suspects:
        advice += f". It had {len(suspects)} of the points, {suspects[0]} first; "
        advice += "it will be tried last" if len(suspects) == 1 else "they will be tried last"
    if flight.died and len(suspects) > 1 and most > 1:
        advice += ". If one of them kills its worker each time, in_flight=1 finds out which"
    return advice


class _Flight:
    """The points that an executor has, and how to keep what comes out there."""

    def __init__(self, task: Callable[..., Any], executor: Executor, keep: Keep) -> None:
        self.points: dict[Future[Outcome], Point] = {}
        self.suspects: list[Point] = []  # those with the executor when it broke
        self.died = False  # and not only shut down, or told to cancel
        self._task = task
        self._executor = executor
        self._keep = keep
        self._done: SimpleQueue[Future[Outcome]] = SimpleQueue()

    def start(self, point: Point) -> None:
        """Hand over a point."""
        with interrupts_held():
            try:
                future = self._executor.submit(run_point, self._task, point)
            except RuntimeError as error:  # it broke just now, or was shut down
                raise BrokenExecutor(str(error)) from error
            self.points[future] = point
        future.add_done_callback(self._done.put)

    def land(self) -> None:
        """Wait for a point, and keep all that are done."""
        done = [self._done.get()]
        with suppress(Empty):
            while True:
                done.append(self._done.get_nowait())
        self._raise_any(self._take(done))

    def end(self) -> None:
        """Call back what has not begun, and keep what is done."""
        for future in self.points:
            future.cancel()
        self._take([future for future in self.points if future.done() and not future.cancelled()])

    def _take(self, done: list[Future[Outcome]]) -> list[BaseException]:
        """Keep what came out; return the errors that were not the task's."""
        outcomes, errors = [], []
        with interrupts_held():
            for future in done:
                point = self.points.pop(future)
                error = BrokenExecutor("cancelled") if future.cancelled() else future.exception()
                if error is None:
                    outcomes.append((point, future.result()))
                    continue
                errors.append(error)
                if isinstance(error, Exception):  # another was not the point's fault
                    text = "".join(traceback.format_exception(error))
                    outcomes.append((point, failure(point, text)))
                if isinstance(error, BrokenExecutor):
                    self.died |= not future.cancelled()
                    self.suspects.append(point)
            self._keep(outcomes)
        return errors

    @staticmethod
    def _raise_any(errors: list[BaseException]) -> None:
        """Raise what ends the study. A point that cannot be pickled, for one, does not."""
        for error in errors:
            if isinstance(error, BrokenExecutor) or not isinstance(error, Exception):
                raise error
