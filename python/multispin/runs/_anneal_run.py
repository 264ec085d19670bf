"""An annealing on its way: a schedule, the replicas that follow it, and the best they have seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import io
from multispin._base import checks
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError
from multispin.runs._drive import Pace
from multispin.runs._restored import restored_sampler, take_packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from multispin.models import Model
    from multispin.sampling.sampler import Sampler


@dataclass(frozen=True)
class Schedule:
    """Temperatures in the order in which they are visited, and when energies are looked at.

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
    interval: int

    @property
    def sweeps(self) -> int:
        """Sweeps of one replica."""
        return int(self.ends[-1])

    def step(self, sweeps_done: int) -> int:
        """Return the step that the next sweep belongs to; there is none after the last."""
        return int(np.searchsorted(self.ends, sweeps_done, side="right"))

    def next_look(self, sweeps_done: int) -> int:
        """Return the sweep after which energies are looked at next."""
        step = self.step(sweeps_done)
        end = int(self.ends[step])
        if self.interval == 0 or self.temperatures[step] > self.temperatures.min():
            return end
        start = int(self.ends[step - 1]) if step else 0
        looks = (sweeps_done - start) // self.interval + 1
        return min(start + looks * self.interval, end)


class AnnealRun:
    """Replicas that follow a schedule.

    Between two calls of `advance`, and also after Ctrl-C in the middle of one, the object is
    consistent and `state` returns all that is needed to go on elsewhere. Models without disorder
    samples count as one sample here.
    """

    def __init__(
        self,
        model: Model,
        replicas: int,
        schedule: Schedule,
        sampler: Sampler,
        final_states: bool = False,
    ) -> None:
        samples = model.samples or 1
        self.model = model
        self.schedule = schedule
        self.sampler = sampler
        self.looked = 0  # sweeps at the last look
        self.energy = np.empty((len(schedule.ends), samples, replicas))
        self.best_energy = np.full((samples, replicas), np.inf)
        self.best_state = np.zeros((samples, *model.shape), dtype=np.int8)
        self.best_state_energy = np.full(samples, np.inf)
        self.final_state: NDArray[np.int8] | None = None
        self._final_states = final_states
        self._step = -1  # the step whose temperature the sampler is known to have
        self._pace = Pace()

    @property
    def replicas(self) -> int:
        """Number of replicas, of all disorder samples together."""
        return self.best_energy.size

    @property
    def consistent(self) -> bool:
        """Whether it can be kept: always, as what is measured is noted or measured again."""
        return True

    @property
    def finished(self) -> bool:
        """Whether the last look has been taken."""
        return self.looked == self.schedule.sweeps

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON data and arrays from which `restore` continues."""
        meta: dict[str, Any] = {"looked": self.looked, "sampler": None}
        arrays: dict[str, NDArray[Any]] = {
            "energy": self.energy[: self.schedule.step(self.looked)],
            "best_energy": self.best_energy,
            "best_state": self.best_state,
            "best_state_energy": self.best_state_energy,
        }
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
        looked = checks.count("looked", meta["looked"], 0, self.schedule.sweeps)
        steps = self.schedule.step(looked)
        energy = io.demand_array(arrays, "energy", np.float64, (steps, *self.best_energy.shape))
        best = {
            name: io.demand_array(arrays, name, own.dtype, own.shape)
            for name in ("best_energy", "best_state", "best_state_energy")
            for own in [getattr(self, name)]
        }
        if looked == self.schedule.sweeps:
            self._restore_final(arrays)
        elif meta["sampler"] is None:  # it was finished, and there are more steps now
            take_packed(self.sampler, looked, arrays)
        else:
            request = self.sampler._engine.request
            sampler = restored_sampler(
                meta,
                arrays,
                "sampler_",
                device,
                threads,
                model=self.model,
                replicas=self.best_energy.shape[1],
                dynamics=request.dynamics,
                seed=request.seed,
                first_stream=0,
                engine=self.sampler._engine.name,
            )
            if not looked <= sampler.sweeps_done <= self.schedule.next_look(looked):
                raise CheckpointError(
                    f"the checkpoint is of no run: it has {sampler.sweeps_done} sweeps, and was "
                    f"last looked at after {looked}"
                )
            self.sampler = sampler
        if looked and not bool((abs(best["best_state"]) == 1).all()):
            raise CheckpointError("the checkpoint's best state has values other than +1 and -1")
        self.looked = looked
        self.energy[:steps] = energy
        self.best_energy, self.best_state = best["best_energy"], best["best_state"]
        self.best_state_energy = best["best_state_energy"]

    def _restore_final(self, arrays: dict[str, NDArray[Any]]) -> None:
        take_packed(self.sampler, self.schedule.sweeps, arrays)
        if self._final_states:
            shape = (self.replicas, *self.model.shape)
            self.final_state = io.demand_array(arrays, "final_state", np.int8, shape)

    def advance(self) -> int:
        """Do a piece of work of about a tenth of a second; return its sweeps, over all replicas."""
        before = self.sampler.sweeps_done
        target = self.schedule.next_look(self.looked)
        if before == target:
            self._look()
            return 0
        step = self.schedule.step(before)
        if step != self._step:
            self.sampler.temperature = float(self.schedule.temperatures[step])
            self._step = step
        sweeps = min(target - before, self._pace.fitting)
        with self._pace.learning(sweeps):
            self.sampler.sweep(sweeps)
            self.sampler.synchronize()
        return (self.sampler.sweeps_done - before) * self.replicas

    def _look(self) -> None:
        """Note the energies, and the states that are better than the best so far."""
        # Ctrl-C may stop the measurements, which are then taken again; it waits for the notes.
        energy = self.sampler.energy().reshape(self.best_energy.shape)
        lowest = energy.min(axis=1)
        better = np.flatnonzero(lowest < self.best_state_energy)
        states = self._states(better, energy[better].argmin(axis=1)) if better.size else None
        sweeps = self.sampler.sweeps_done
        step = self.schedule.step(sweeps - 1)
        at_the_end = self._final_states and sweeps == self.schedule.sweeps
        final = self._all_states() if at_the_end else None
        with interrupts_held():
            if sweeps == self.schedule.ends[step]:
                self.energy[step] = energy
            np.minimum(self.best_energy, energy, out=self.best_energy)
            if states is not None:
                self.best_state[better] = states
                self.best_state_energy[better] = lowest[better]
            self.final_state = final
            self.looked = sweeps

    def _all_states(self) -> NDArray[np.int8]:
        return self.sampler._engine.spins_of(np.arange(self.replicas))

    def _states(self, samples: NDArray[np.intp], replicas: NDArray[np.intp]) -> NDArray[np.int8]:
        """Return the spins of one replica of each of some samples."""
        return self.sampler._engine.spins_of(samples * self.best_energy.shape[1] + replicas)
