"""Where the batches of a run are made: here, one after the other, or by an executor."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from pickle import PicklingError
from typing import TYPE_CHECKING, Any

from multispin._base.interrupts import interrupts_held
from multispin.errors import ExecutorError
from multispin.runs._batches import Batch, BatchRun, Plan, run_batch
from multispin.runs._drive import drive
from multispin.runs._observing import unpicklable

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from multispin.progress import Reporter
    from multispin.runs._record import Record
    from multispin.runs.checkpoint import Checkpoint


def run_here(run: Record, file: Checkpoint, reporter: Reporter) -> None:
    """Run all that is open here, in batches of any temperatures."""
    if run.current is not None:
        _finish_current(run, file, reporter)
    for batch in run.pending(by_temperature=False):
        run.current = BatchRun(run.plan, batch)
        _finish_current(run, file, reporter)


def _finish_current(run: Record, file: Checkpoint, reporter: Reporter) -> None:
    assert run.current is not None
    drive(run.current, file, reporter, run.state, end=run.take_current)


def run_elsewhere(run: Record, file: Checkpoint, reporter: Reporter, executor: Executor) -> None:
    """Let an executor run all that is open, in batches of one temperature.

    Raises
    ------
    ExecutorError
        If the executor broke.
    TypeError
        If the observables cannot be given to it.
    """
    if run.current is not None:  # begun here before: its state is at hand, so finish it here
        _finish_current(run, file, reporter)
    if run.finished:
        return
    file.demand_writable()
    futures: dict[Future[Any], Batch] = {}

    def take(future: Future[Any]) -> int:
        given, made_by = future.result()
        batch = futures.pop(future)
        file.note_origin(made_by)
        run.finish(given)
        sweeps = run.plan.sweeps - run.plan.sweeps_at(batch.began)
        return len(batch.temperatures) * sweeps

    with interrupts_held() as interrupts:
        try:
            for batch in run.pending(by_temperature=True):
                futures[_submitted(executor, run.plan, batch)] = batch
            while futures:
                with interrupts.let_through():
                    done, _ = wait(futures, return_when=FIRST_COMPLETED)
                sweeps = sum(map(take, done))
                file.save(run.state)
                with interrupts.let_through():
                    reporter.advance(sweeps)
        except Exception as error:
            told = _told(error, run, file)
            if told is None:
                raise
            raise told from error
        finally:
            for future in futures:
                future.cancel()
            for future in list(futures):  # done while another failed, or Ctrl-C came
                if future.done() and not future.cancelled() and future.exception() is None:
                    take(future)
            if run.drawn.any():
                file.save(run.state)


def _told(error: Exception, run: Record, file: Checkpoint) -> Exception | None:
    """Return what to say of an error that the executor, or pickling, may have made; or nothing."""
    if isinstance(error, (BrokenExecutor, CancelledError)):
        kept = "is in the checkpoint" if file.kept else "is lost without checkpoint="
        return ExecutorError(
            f"the executor broke ({error}). What had been finished {kept}; the same call with "
            "a new executor goes on"
        )
    if isinstance(error, (PicklingError, AttributeError, TypeError)):
        return unpicklable(run.plan.measures)
    return None


def _submitted(executor: Executor, plan: Plan, batch: Batch) -> Future[Any]:
    try:
        return executor.submit(run_batch, plan, batch)
    except RuntimeError as error:  # it broke just now, or was shut down
        raise BrokenExecutor(str(error)) from error
