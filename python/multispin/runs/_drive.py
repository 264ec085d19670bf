"""How a run is driven: in pieces of about a tenth of a second, between which it can be kept."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from multispin._base.interrupts import interrupts_held
from multispin.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from multispin.progress import Progress
    from multispin.runs.checkpoint import Checkpoint, State
    from multispin.sampling.sampler import Sampler

#: Seconds of work between two looks at progress, checkpoint and Ctrl-C. Measurements of one piece
#: of work arrive together, so Ctrl-C may have to wait for its end: at most this long.
PIECE_SECONDS = 0.1


class Pace:
    """How much work fits into a piece, learned from the pieces so far.

    Attributes
    ----------
    fitting : int
        Units of work, such as sweeps, that fit.
    """

    def __init__(self) -> None:
        self.fitting = 1

    @contextmanager
    def learning(self, units: int) -> Iterator[None]:
        """Learn from the time that the block takes for so many units of work."""
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        # A first, tiny call tells little about speed: approach the right size in steps.
        fitting = int(PIECE_SECONDS * units / max(seconds, 1e-9))
        self.fitting = max(1, min(fitting, 8 * self.fitting))


class Pieces(Protocol):
    """A run that goes on piece by piece and is consistent between them, and after Ctrl-C."""

    sampler: Sampler

    @property
    def consistent(self) -> bool:
        """Whether it can be kept: not if anything but Ctrl-C broke into a piece of work."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""

    def advance(self) -> int:
        """Do one piece of work of about `PIECE_SECONDS`; return its sweeps, over all replicas."""


class Whole(Pieces, Protocol):
    """A run of one sampler that is a file's all."""

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all replicas."""

    @property
    def sweeps_done(self) -> int:
        """Sweeps so far, over all replicas."""

    def state(self) -> State:
        """Return JSON data and arrays from which it goes on."""


def finish(
    run: Whole, file: Checkpoint, progress: bool | Callable[[Progress], object] | None
) -> None:
    """Advance a run to its end, if it is not there, and keep it; tell how far it is."""
    n_spins = run.sampler.model.n_spins
    with closing(Reporter(progress, run.total_sweeps, run.sweeps_done, n_spins)) as reporter:
        if not run.finished:
            drive(run, file, reporter, run.state)


def drive(
    run: Pieces,
    file: Checkpoint,
    reporter: Reporter,
    state: Callable[[], State],
    end: Callable[[], Any] = lambda: None,
) -> None:
    """Advance a run to its end; on the way, and on Ctrl-C, keep what `state` returns.

    Parameters
    ----------
    run
        The run; one that is finished only ends.
    file, reporter
        Where it is kept, and who is told.
    state
        What is kept.
    end
        Called once the run is finished, before it is kept for the last time.
    """
    file.demand_writable()
    file.note_origin(run.sampler.info())
    with interrupts_held() as interrupts:
        try:
            while not run.finished:
                with interrupts.let_through():
                    sweeps = run.advance()
                    if sweeps:
                        reporter.advance(sweeps)
                file.save_if_due(state)
        finally:
            if run.finished:
                end()
            if run.consistent:  # else the last that was kept is better
                file.save(state)
