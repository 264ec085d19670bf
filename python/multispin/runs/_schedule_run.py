"""A run along a schedule: one sampler that is led from step to step, and looked at on the way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.runs._drive import Pace
from multispin.runs._observing import SWEEPING, Observations, kept_values, named_values
from multispin.runs._restored import restored_sampler, take_packed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.runs._schedule import Schedule
    from multispin.runs.observables import Measure
    from multispin.sampling.sampler import Sampler


class ScheduleRun(ABC):
    """Replicas that follow a schedule; energies and observables are those of the ends of steps.

    Between two calls of `advance`, and also after Ctrl-C in the middle of one, the object is
    consistent and `state` returns all that is needed to go on elsewhere. Models without disorder
    samples count as one sample here.

    Parameters
    ----------
    model, replicas
        What is simulated, and how many replicas of each sample.
    schedule
        The steps.
    sampler
        Of all replicas, at the start.
    measures
        What else is measured at the end of each step.
    final_states
        Whether the states at the end are kept.
    times
        Whether checkpoints have the seconds that sweeping and observables took.
    """

    def __init__(
        self,
        model: Model,
        replicas: int,
        schedule: Schedule,
        sampler: Sampler,
        measures: Sequence[Measure],
        final_states: bool,
        times: bool,
    ) -> None:
        samples, count = model.samples or 1, len(schedule.ends)
        self.model = model
        self.schedule = schedule
        self.sampler = sampler
        self.measures = measures
        self.energy = np.empty((count, samples, replicas))
        self.observed = Observations(measures, 0, count, samples * replicas, samples * replicas)
        self.final_state: NDArray[np.int8] | None = None
        self._seen = 0  # sweeps at the last look
        self._final_states = final_states
        self._times = times
        self._set = -1  # the step that the sampler is known to have been put at
        self._pace = Pace()

    # --- what a kind of run adds ------------------------------------------------------------------

    @property
    @abstractmethod
    def looked(self) -> int:
        """How far looks have come, as checkpoints of this kind count it."""

    @abstractmethod
    def _sweeps_of(self, looked: Any) -> int:
        """Return the sweeps at the last look, of what a checkpoint has as `looked`."""

    @abstractmethod
    def _put_at(self, step: int) -> None:
        """Give the sampler what a step has."""

    @abstractmethod
    def _measure(self, energy: NDArray[np.float64]) -> Callable[[], None]:
        """Measure what else there is; return what notes it, which nothing will break into.

        Energies are (samples, replicas), at the end of a step or within it.
        """

    @abstractmethod
    def _kept(self) -> dict[str, NDArray[Any]]:
        """Return what has been noted, beside energies of steps, for a checkpoint."""

    @abstractmethod
    def _demand_kept(self, arrays: Mapping[str, NDArray[Any]], seen: int) -> Callable[[], None]:
        """Return what takes over what `_kept` returned after so many sweeps, if it is this run's.

        Raises
        ------
        CheckpointError
            If it is not.
        """

    def _is_model(self, model: Model) -> bool:
        """Whether a sampler of this run has such a model."""
        return model == self.model

    # --- on the way -------------------------------------------------------------------------------

    @property
    def replicas(self) -> int:
        """Number of replicas, of all disorder samples together."""
        return int(self.energy[0].size)

    @property
    def consistent(self) -> bool:
        """Whether it can be kept: always, as what is measured is noted or measured again."""
        return True

    @property
    def finished(self) -> bool:
        """Whether the last look has been taken."""
        return self._seen == self.schedule.sweeps

    @property
    def total_sweeps(self) -> int:
        """Sweeps of the whole run, over all replicas."""
        return self.schedule.sweeps * self.replicas

    @property
    def sweeps_done(self) -> int:
        """Sweeps so far, over all replicas."""
        done = self.schedule.sweeps if self.finished else self.sampler.sweeps_done
        return done * self.replicas

    def advance(self) -> int:
        """Do a piece of work of about a tenth of a second; return its sweeps, over all replicas."""
        before, target = self.sampler.sweeps_done, self.schedule.next_look(self._seen)
        if before == target:
            self._look()
            return 0
        self._put(self.schedule.step(before))
        sweeps = min(target - before, self._pace.fitting)
        with self._pace.learning(sweeps), self.observed.timing(SWEEPING):
            self.sampler.sweep(sweeps)
            self.sampler.synchronize()
        return (self.sampler.sweeps_done - before) * self.replicas

    def _put(self, step: int) -> None:
        if step != self._set:
            self._put_at(step)
            self._set = step

    def _look(self) -> None:
        """Measure. Ctrl-C may stop this, and then it is measured again; it waits for the notes."""
        sampler, sweeps = self.sampler, self.sampler.sweeps_done
        step = self.schedule.step(sweeps - 1)
        ends = sweeps == self.schedule.ends[step]
        self._put(step)  # it may have been restored here, and the energy depends on the field
        found = self.observed.evaluate(step + 1, sweeps, sampler._engine.spins) if ends else {}
        energy = sampler.energy().reshape(self.energy.shape[1:])
        note = self._measure(energy)
        at_the_end = self._final_states and sweeps == self.schedule.sweeps
        final = sampler._engine.spins() if at_the_end else None
        with interrupts_held():
            if ends:
                self.energy[step] = energy
            note()
            self.observed.note(step + 1, found)
            self.final_state = final
            self._seen = sweeps

    # --- state ------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `restore` continues."""
        steps = self.schedule.step(self._seen)
        meta: dict[str, Any] = {"looked": self.looked, "sampler": None}
        if self._times:
            meta["seconds"] = dict(self.observed.seconds)
        arrays = {"energy": self.energy[:steps], **self._kept()}
        arrays |= named_values(self.observed.upto(steps))
        if self.final_state is not None:
            arrays["final_state"] = self.final_state
        if self.finished:  # what it takes to go on, should there be more steps
            arrays["packed"] = self.sampler._engine.packed()
        else:
            meta["sampler"], states = self.sampler._state()
            arrays |= {f"sampler_{name}": array for name, array in states.items()}
        return meta, arrays

    def restore(
        self,
        meta: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        device: str,
        threads: int | None,
    ) -> None:
        """Take over what `state` returned.

        Raises
        ------
        CheckpointError, LookupError, TypeError, ValueError
            If it is none of this run's.
        """
        seen = self._sweeps_of(meta["looked"])
        steps = self.schedule.step(seen)
        energy = io.demand_array(arrays, "energy", np.float64, (steps, *self.energy.shape[1:]))
        take = self._demand_kept(arrays, seen)
        if meta["sampler"] is None:  # it was finished; perhaps there are more steps now
            take_packed(self.sampler, seen, arrays)
        else:
            self.sampler = self._restored(meta, arrays, seen, device, threads)
        if seen == self.schedule.sweeps and self._final_states:
            of_all = (self.replicas, *self.model.shape)
            self.final_state = io.demand_array(arrays, "final_state", np.int8, of_all)
        self.observed.restore(steps, kept_values(arrays))
        if self._times:
            self.observed.add_seconds(meta["seconds"])
        take()
        self.energy[:steps] = energy
        self._seen, self._set = seen, -1

    def _restored(
        self,
        meta: dict[str, Any],
        arrays: dict[str, NDArray[Any]],
        seen: int,
        device: str,
        threads: int | None,
    ) -> Sampler:
        own = self.sampler._engine
        sampler = restored_sampler(
            meta,
            arrays,
            "sampler_",
            device,
            threads,
            replicas=self.energy.shape[2],
            dynamics=own.request.dynamics,
            seed=own.request.seed,
            first_stream=0,
            engine=own.name,
        )
        if not seen <= sampler.sweeps_done <= self.schedule.next_look(seen):
            given = f"{sampler.sweeps_done} sweeps, and was last looked at after {seen}"
            raise CheckpointError(f"the checkpoint is of no run: it has {given}")
        if not self._is_model(sampler.model):
            raise CheckpointError("the checkpoint's sampler has another model")
        return sampler
