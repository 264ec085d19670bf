"""Batches of chains: how a run is cut into samplers, and how one of them is driven.

A *chain* is one replica at one temperature. Chain ``c`` of a run uses random stream ``c``,
whichever sampler it lives in, so how chains are grouped changes nothing but the speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.runs._drive import Pace
from multispin.runs._named import packed_spins, unpacked_spins
from multispin.runs._observing import SWEEPING, Observations, kept_values, named_values
from multispin.runs._restored import restored_sampler
from multispin.sampling.sampler import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs._observing import Values
    from multispin.runs.observables import Measure

#: Spins that the chains of one batch may have together. Enough chains to occupy every core;
#: few enough that a batch stays in cache and that huge lattices are run one after the other.
BATCH_SPINS = 1 << 28


def most_at_once(model: Model) -> int:
    """Return how many spins a batch has at most: those of one chain, if they are many."""
    return max(BATCH_SPINS, model.n_spins)


@dataclass(frozen=True)
class Plan:
    """What every chain of a run has in common. Picklable: workers of an executor receive it."""

    model: Model
    thermalization: int
    interval: int
    draws: int
    seed: int
    dynamics: str
    engine: str
    device: str
    rng: str
    threads: int | None
    chains: int  # of the run
    measures: tuple[Measure, ...] = ()
    keeps_states: bool = False  # at the end of each chain

    @property
    def sweeps(self) -> int:
        """Sweeps of one chain, thermalization included."""
        return self.sweeps_at(self.draws)

    def sweeps_at(self, drawn: int) -> int:
        """Sweeps of a chain at draw number `drawn`, counted from 1; 0 at the start."""
        return self.thermalization + drawn * self.interval if drawn else 0


@dataclass(frozen=True)
class Batch:
    """Consecutive chains that share one sampler."""

    first: int
    temperatures: NDArray[np.float64]
    init: str | NDArray[np.int8]
    began: int = 0  # draws that they have already
    states: NDArray[np.uint8] | None = None  # in which these left them, if there are any

    @property
    def stop(self) -> int:
        """The chain after the last one."""
        return self.first + len(self.temperatures)


@dataclass(frozen=True)
class Drawn:
    """What chains, from the first on, have given from draw number `began` on, counted from 0."""

    first: int
    began: int
    energy: NDArray[np.float64]  # (draws, chains)
    magnetization: NDArray[np.float64]
    observed: Values  # (values, chains, ...)
    states: NDArray[np.uint8] | None
    seconds: dict[str, float]


def split(first: int, stop: int, most: int) -> Iterator[tuple[int, int]]:
    """Cut the chains ``first .. stop - 1`` into near-equal pieces of at most `most` chains."""
    pieces = -(-(stop - first) // most)
    for piece in range(pieces):
        yield (
            first + (stop - first) * piece // pieces,
            first + (stop - first) * (piece + 1) // pieces,
        )


def runs_of(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return ``(first, stop)`` of every stretch of true values.

    Examples
    --------
    >>> runs_of(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(first, stop) for first, stop in edges.reshape(-1, 2).tolist()]


class BatchRun:
    """One batch on its way: thermalize, then sweep and measure until all draws are there.

    Between two calls of `advance`, and also after Ctrl-C in the middle of one, the object is
    consistent and `state` returns all that is needed to go on elsewhere.
    """

    def __init__(self, plan: Plan, batch: Batch) -> None:
        sampler = Sampler(
            plan.model,
            temperature=batch.temperatures,
            replicas=len(batch.temperatures),
            dynamics=plan.dynamics,
            init=batch.init,
            seed=plan.seed,
            device=plan.device,
            rng=plan.rng,
            threads=plan.threads,
            first_stream=batch.first,
            engine=plan.engine,
        )
        if batch.states is not None:
            sampler.set_spins(unpacked_spins(batch.states, plan.model.shape))
            sampler._engine.restore(plan.sweeps_at(batch.began), sampler._engine.packed())
        self._start(plan, batch.first, sampler, len(batch.temperatures), batch.began)

    @classmethod
    def from_state(cls, plan: Plan, meta: dict[str, Any], arrays: dict[str, Any]) -> BatchRun:
        """Continue from what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is no batch of this plan.
        """
        run = cls.__new__(cls)
        chains = checks.count("chains", meta["chains"], 1)
        drawn = checks.count("drawn", meta["drawn"], 0, plan.draws)
        began = checks.count("began", meta["began"], 0, drawn)
        sampler = restored_sampler(
            meta,
            arrays,
            "state_",
            plan.device,
            plan.threads,
            model=plan.model,
            replicas=chains,
            dynamics=plan.dynamics,
            seed=plan.seed,
            first_stream=meta["first"],
            engine=plan.engine,
        )
        run._start(plan, meta["first"], sampler, chains, began)
        run.drawn = drawn
        next_draw = plan.sweeps_at(drawn + 1)
        if not plan.sweeps_at(drawn) <= sampler.sweeps_done <= next_draw:
            given = f"{sampler.sweeps_done} sweeps and {drawn} draws"
            raise CheckpointError(f"the checkpoint is of no run: it has {given}")
        rows = drawn - began
        run.energy[:rows] = io.demand_array(arrays, "energy", np.float64, (rows, chains))
        run.magnetization[:rows] = io.demand_array(
            arrays, "magnetization", np.float64, (rows, chains)
        )
        run.observed.restore(drawn, kept_values(arrays))
        run.observed.add_seconds(meta["seconds"])
        return run

    def _start(self, plan: Plan, first: int, sampler: Sampler, chains: int, began: int) -> None:
        self.first = first
        self.chains = chains
        self.began = began
        self.sampler = sampler
        self.drawn = began
        self.energy = np.empty((plan.draws - began, chains))
        self.magnetization = np.empty((plan.draws - began, chains))
        self.observed = Observations(plan.measures, began, plan.draws, chains, plan.chains)
        self._plan = plan
        self._pace = Pace()
        self.consistent = True  # but while draws are made that nobody has yet

    @property
    def stop(self) -> int:
        """The chain after the last one."""
        return self.first + self.chains

    @property
    def finished(self) -> bool:
        """Whether all draws are there."""
        return self.drawn == self._plan.draws

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return JSON data and arrays from which `from_state` continues."""
        sampler, states = self.sampler._state()
        arrays = {f"state_{name}": array for name, array in states.items()}
        arrays["energy"] = self.energy[: self.drawn - self.began]
        arrays["magnetization"] = self.magnetization[: self.drawn - self.began]
        arrays |= named_values(self.observed.upto(self.drawn))
        meta = {
            "first": self.first,
            "chains": self.chains,
            "began": self.began,
            "drawn": self.drawn,
            "sampler": sampler,
            "seconds": dict(self.observed.seconds),
        }
        return meta, arrays

    def given(self) -> Drawn:
        """Return all that a finished batch has given."""
        plan = self._plan
        states = packed_spins(self.sampler._engine.spins()) if plan.keeps_states else None
        return Drawn(
            self.first,
            self.began,
            self.energy,
            self.magnetization,
            self.observed.upto(self.drawn),
            states,
            dict(self.observed.seconds),
        )

    def advance(self) -> int:
        """Do one piece of work of about a tenth of a second; return its sweeps, over all chains."""
        plan, sampler = self._plan, self.sampler
        before = sampler.sweeps_done
        last = plan.thermalization + self.drawn * plan.interval  # of the previous draw
        fitting = min(self._pace.fitting // plan.interval, self.observed.free_draws(self.drawn))
        if before < last:
            self._sweep(last - before)
        elif before == last and fitting > 0 and self._pace.fitting > 1:
            self._record(min(plan.draws - self.drawn, fitting))
        else:
            self._sweep(last + plan.interval - before)
            if sampler.sweeps_done == last + plan.interval:
                self._measure()
        return (sampler.sweeps_done - before) * self.chains

    def _sweep(self, missing: int) -> None:
        """Sweep towards the next draw. Ctrl-C may stop this anywhere: nothing is lost."""
        sweeps = min(missing, self._pace.fitting)
        if sweeps > 0:
            with self._pace.learning(sweeps), self.observed.timing(SWEEPING):
                self.sampler.sweep(sweeps)
                self.sampler.synchronize()

    def _measure(self) -> None:
        """Measure and note a draw. Ctrl-C may stop observables, which are then measured again."""
        draw, sampler = self.drawn + 1, self.sampler
        found = self.observed.evaluate(draw, sampler.sweeps_done, sampler._engine.spins)
        with interrupts_held():
            row = self.drawn - self.began
            self.energy[row] = sampler.energy()
            self.magnetization[row] = sampler.magnetization()
            self.observed.note(draw, found)
            self.drawn = draw

    def _record(self, draws: int) -> None:
        """Draw several times in one call; its draws would be lost if Ctrl-C broke into it."""
        with interrupts_held():
            self.consistent = False
            sweeps = draws * self._plan.interval
            with self._pace.learning(sweeps), self.observed.timing(SWEEPING):
                energy, magnetization = self.sampler.record(draws, self._plan.interval)
            first = self.drawn - self.began
            self.energy[first : first + draws] = energy
            self.magnetization[first : first + draws] = magnetization
            self.drawn += draws
            self.consistent = True


def run_batch(plan: Plan, batch: Batch) -> tuple[Drawn, dict[str, Any]]:
    """Run a batch from beginning to end, as a worker of an executor does.

    Returns
    -------
    drawn : Drawn
        What its chains have given.
    info : dict
        What `Sampler.info` says.
    """
    run = BatchRun(plan, batch)
    while not run.finished:
        run.advance()
    return run.given(), run.sampler.info()
